"""Check of the rights that the tool needs in Redis, without using them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shema_cli.doctor.bench import Bench, Say
from shema_cli.doctor.models import Finding
from shema_cli.doctor.redis_server import random_node
from shema_cli.store.rights import NEEDED


def rights(bench: Bench, say: Say) -> Iterator[Finding]:
    with bench.redis() as client:
        user = _ask(client, "ACL", "WHOAMI")
        if user is None:
            yield say.ok("this server has no users, or its rules may not be asked")
            return
        name = user.decode("utf-8", "replace")
        answers = {words: _ask(client, "ACL", "DRYRUN", name, *words) for words in NEEDED}
    if all(answer is None for answer in answers.values()):
        yield say.warn(
            f"what the user {name!r} may do cannot be asked (ACL DRYRUN)",
            "it needs " + ", ".join(sorted({words[0] for words in NEEDED})),
        )
        return
    refused = [" ".join(words[:2]) for words, answer in answers.items() if answer not in (b"OK", None)]
    if refused:
        yield say.fail(f"the user {name!r} may not: {', '.join(refused)}", "give that user these rights (ACL SETUSER)")
    else:
        yield say.ok(f"the user {name!r} may do all {len(NEEDED)} things that are needed")


def _ask(client: Any, *words: str) -> bytes | None:
    """The answer; None when it may not be asked."""
    from shema_cli.errors import Unreachable
    from shema_cli.store.errors import translate

    try:
        answer = client.execute_command(*words, **random_node(client))
    except Exception as error:
        if isinstance(translate(error), Unreachable):
            raise
        return None
    answer = next(iter(answer.values())) if isinstance(answer, dict) else answer
    return answer if isinstance(answer, bytes) else str(answer).encode()
