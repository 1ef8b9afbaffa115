"""How long to wait before the next attempt (contract 1.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from shema_cli.calls.http_date import parse_http_date

ATTEMPTS = 3
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
BASE_S = 0.1
JITTER = 0.5
LONGEST_RETRY_AFTER_S = 10.0


def attempts_for(method: str) -> int:
    """Three for what may be repeated, one for what may not."""
    return ATTEMPTS if method.upper() in IDEMPOTENT else 1


def pause_after(attempt: int, random: Callable[[], float]) -> float:
    """Seconds after the failed attempt number `attempt` (from 1): 0.2, 0.4, plus up to half of that."""
    return float(BASE_S * 2**attempt * (1 + JITTER * random()))


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """What `Retry-After` asks for, in seconds or as a date; None when it is missing or nonsense."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    moment = parse_http_date(text)
    return max(0.0, (moment - now).total_seconds()) if moment else None
