"""What the system below has. POSIX has owners and modes of files, folders that can be opened, terminals that can be
taken over. Windows has none of these: a user's files are private there by their place in the user's own profile.
"""

from __future__ import annotations

import os

POSIX = hasattr(os, "geteuid")
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
"""Flag of `os.open`: a link is an error. 0 where there is none: then look first."""
AT_ONCE = getattr(os, "O_NONBLOCK", 0)
"""A pipe that nobody writes into is opened all the same."""
BYTES = getattr(os, "O_BINARY", 0)
"""Line breaks are left as they are."""


def user() -> int:
    """Who this process acts as; on Windows 0, which is what every file there names as its owner."""
    return os.geteuid() if POSIX else 0


def others_may(mode: int) -> int:
    """The rights that a file's mode gives to others, its group included; on Windows a mode says nothing of them."""
    return mode & 0o077 if POSIX else 0
