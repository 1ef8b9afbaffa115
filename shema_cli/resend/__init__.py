"""Events of the history, published again (contract 3.3)."""
