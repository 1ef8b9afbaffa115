"""Dead letters: see them, replay them, and never lose or double one."""
