"""What `-o json` prints, said once: a pydantic model for each document (contract 2.3).

The contract's page, the tests that hold it and `shema help json` come from here. No command that does the work loads
it: results are frozen dataclasses (`results.py`), and pydantic would double the time to start.

    from shema_cli.documents.dead_letters import DeadLetters

    DeadLetters.model_validate_json(printed).entries[0].error
"""
