"""Ids that follow a call through the logs of every service (contract 1.2)."""

from __future__ import annotations

import secrets
import string

from shema_cli.clock import Clock

_ALPHABET = string.ascii_lowercase + string.digits


def new_request_id(clock: Clock) -> str:
    """`req_<milliseconds>_<9 of a-z0-9>`."""
    milliseconds = int(clock.now().timestamp() * 1000)
    return f"req_{milliseconds}_{''.join(secrets.choice(_ALPHABET) for _ in range(9))}"


def new_trace_id() -> str:
    """The trace id of one call: 32 hex digits, never all zero."""
    return f"{secrets.randbits(128) or 1:032x}"


def traceparent(trace_id: str) -> str:
    """A W3C `traceparent` for one attempt: the call's trace, a span of its own, sampled."""
    return f"00-{trace_id}-{secrets.randbits(64) or 1:016x}-01"
