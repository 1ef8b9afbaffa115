"""Dead letters: see them, replay them, and never lose or double one."""

REPLAY_LIMIT = 3  # an event replayed so often comes back no more, unless it is forced (contract 2.4)
