"""The whole Shema system on this machine: services, Redis, Firebase sign-in, faults, traffic."""
