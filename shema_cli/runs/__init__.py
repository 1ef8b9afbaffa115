"""Runs at work on the dead letters and the history, as others see them: listed, and stopped (contract 3.5)."""
