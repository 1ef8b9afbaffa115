"""The cases of the runbook, once: the page in docs/, `shema runbook` and the drills are made from them."""
