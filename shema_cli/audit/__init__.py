"""The audit trail: who changed what, chained so that nothing can be altered unseen."""
