"""The trace that a call belongs to, by W3C Trace Context: a pipeline's, where the environment hands one over."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from shema_cli.frozen import dataclass
from shema_cli.settings.values import TRACE

HEADER, STATE_HEADER = "traceparent", "tracestate"
PARENT, STATE = TRACE
MOST_MEMBERS = 32
LONGEST_STATE = 4096  # servers take about 8 KB of headers in all
_SAMPLED = "01"
_KNOWN_FLAGS = 0b11  # sampled, and that the trace id is random
_PARENT = (
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<id>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?"
)
_MEMBER = r"[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"


@dataclass(frozen=True)
class Trace:
    """A trace in which spans are begun: its id, its flags in hex, and the `tracestate` of whoever began it."""

    id: str
    flags: str = _SAMPLED
    state: str = ""

    @classmethod
    def new(cls) -> Trace:
        """One of our own: 32 hex digits, never all zero, sampled."""
        return cls(f"{secrets.randbits(128) or 1:032x}")

    @classmethod
    def given(cls, environment: Mapping[str, str]) -> Trace | None:
        """The one of TRACEPARENT, with TRACESTATE beside it.

        None where there is none, or one that cannot be read, which the specification has passed over in silence.
        """
        told = re.fullmatch(_PARENT, environment.get(PARENT, "").strip())
        if told is None or (told["version"] == "00" and told["more"]):
            return None
        return cls(told["id"], f"{int(told['flags'], 16) & _KNOWN_FLAGS:02x}", _state(environment.get(STATE, "")))

    def span(self) -> dict[str, str]:
        """The headers of one attempt: a span of its own in this trace."""
        state = {STATE_HEADER: self.state} if self.state else {}
        return {HEADER: f"00-{self.id}-{_span_id()}-{self.flags}", **state}


def next_span(traceparent: str) -> str:
    """The same trace, a new span."""
    version, trace, _, flags = traceparent.split("-")
    return f"{version}-{trace}-{_span_id()}-{flags}"


def _span_id() -> str:
    return f"{secrets.randbits(64) or 1:016x}"


def _state(text: str) -> str:
    """A `tracestate` as it came; nothing where it is not one."""
    text = text.strip()
    members = [member.strip(" \t") for member in text.split(",")]
    told = [member for member in members if member]
    keys = {member.partition("=")[0] for member in told}
    fits = len(text) <= LONGEST_STATE and len(keys) == len(told) <= MOST_MEMBERS
    return text if fits and all(re.fullmatch(_MEMBER, member) for member in told) else ""
