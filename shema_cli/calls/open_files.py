"""How much may be under way at a time: a connection is an open file, and a command may have only so many."""

from __future__ import annotations

import contextlib

from shema_cli.network_errors import open_files_allowed
from shema_cli.system import POSIX

if POSIX:
    import resource

_MOST_AT_ONCE = 512
_ENOUGH_FILES = 4096
_RESERVED_FILES = 64  # for Redis, the state folder, name servers, and what Python has open


def connections_at_once() -> int:
    """How many attempts may be under way at a time: a quarter of the files that a command may have open.

    As many connections again are kept, and as many are being made or closed at any moment.
    """
    _allow_more_files()
    return max(2, min(_MOST_AT_ONCE, (open_files_allowed() - _RESERVED_FILES) // 4))


def _allow_more_files() -> None:
    """A machine's first limit (1024, or 256) is for programs that cannot do with more; its hard one stays."""
    if not POSIX:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(_ENOUGH_FILES, hard)
    if 0 <= soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
