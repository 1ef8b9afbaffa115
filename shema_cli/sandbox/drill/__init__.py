"""`shema sandbox drill`: the cases of the runbook, to be practised."""
