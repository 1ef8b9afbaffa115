"""Talk to one service well: discovery, balancing, retries, circuits, service tokens and health (contract 1.1, 1.2)."""
