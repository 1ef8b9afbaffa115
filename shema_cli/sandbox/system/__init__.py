"""The parts of a sandbox put together: Redis, ports, control and faults."""
