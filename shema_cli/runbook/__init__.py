"""`shema runbook`: the cases of the runbook, step by step at a terminal."""
