"""What each way of ending says to a script (contract 2.2)."""

from enum import IntEnum


class ExitCode(IntEnum):
    DONE = 0
    FAILED = 1  # failed, partial, degraded, unhealthy or not found
    USAGE = 2
    UNREACHABLE = 3  # something needed could not be reached or timed out
    DENIED = 4  # not signed in, not an admin, session ended or revoked
    REFUSED = 5  # a guard said no and nothing was changed
    INTERRUPTED = 130
