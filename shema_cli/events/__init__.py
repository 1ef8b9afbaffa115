"""The event world: envelope, catalogue, Redis connection, publish, subscribe, tail."""
