"""The errors that a user can meet.

    ShemaError
    ├── Failed            1   it was tried and did not work
    │   └── NotFound      1   what was named does not exist
    ├── InvalidUsage      2   the command line cannot be carried out as written
    │   └── NotConfigured 2   a setting is missing or cannot be read
    ├── Unreachable       3   something needed did not answer in time
    ├── AccessDenied      4   not signed in, not an admin, session ended
    ├── Refused           5   a guard said no, nothing was changed
    └── Interrupted     130   Ctrl-C, or stopped by somebody else

Each says what happened and to what (`message`) and the next command to try (`hint`); `code` is for programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What each way of ending says to a script (contract 2.2)."""

    DONE = 0
    FAILED = 1  # failed, partial, degraded, unhealthy or not found
    USAGE = 2
    UNREACHABLE = 3  # something needed could not be reached or timed out
    DENIED = 4  # not signed in, not an admin, session ended or revoked
    REFUSED = 5  # a guard said no and nothing was changed
    INTERRUPTED = 130


class ShemaError(Exception):
    """An error that is shown to the user as `code`, `message` and `hint`, without a traceback.

    What looks like a secret in the message or the hint is masked, wherever the error is shown.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        from shema_cli.masking import masked  # not for `--help`

        self.code = code
        self.message = masked(message)
        self.hint = masked(hint) if hint else hint
        super().__init__(self.message)

    def document(self) -> dict[str, dict[str, str | None]]:
        """`{"error": {"code", "message", "hint"}}` (contract 2.2)."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


class Failed(ShemaError):
    """It was tried and did not work."""


class NotFound(Failed):
    """What was named does not exist."""


class InvalidUsage(ShemaError):
    """The command line cannot be carried out as it is written."""

    exit_code = ExitCode.USAGE


class NotConfigured(InvalidUsage):
    """A setting is missing or cannot be read."""


class Unreachable(ShemaError):
    """Something that is needed could not be reached, or did not answer in time."""

    exit_code = ExitCode.UNREACHABLE


class AccessDenied(ShemaError):
    """Nobody is signed in, or whoever is may not do this."""

    exit_code = ExitCode.DENIED


class Refused(ShemaError):
    """A guard said no; nothing was changed."""

    exit_code = ExitCode.REFUSED


class Interrupted(ShemaError):
    """The user pressed Ctrl-C, or another admin has stopped it."""

    exit_code = ExitCode.INTERRUPTED


@contextmanager
def nothing_done_yet(said: str = "nothing was changed", hint: str | None = None) -> Iterator[None]:
    """Around all that comes before the first change: a Ctrl-C says that there was none, and how to go on.

    Raises Interrupted.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted", f"interrupted; {said}", hint) from None
