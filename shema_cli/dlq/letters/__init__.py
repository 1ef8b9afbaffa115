"""One dead letter: what it is, how it is chosen, what family it belongs to, how it is edited."""
