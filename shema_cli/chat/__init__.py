"""`shema chat`: conversations as they happen, a kind of `events/tail`, drawn in `events/views`."""
