"""Which channels the conversations are on (contract 1.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shema_cli.events.envelope import CHAT_PATTERN, CHAT_PREFIX

_GLOB = re.compile(rb"([*?\[\]^\\])")


def session_patterns(sessions: Sequence[str]) -> tuple[bytes, ...]:
    """The patterns of these sessions and no others, whatever signs their ids hold; of all when there are none."""
    prefix = CHAT_PREFIX.encode()
    named = (session.removeprefix(CHAT_PREFIX).encode("utf-8", "surrogateescape") for session in sessions if session)
    return tuple(dict.fromkeys(prefix + _GLOB.sub(rb"\\\1", name) for name in named)) or (CHAT_PATTERN.encode(),)
