"""Time: a clock that can be replaced, so that no test sleeps; moments and durations as they are typed and shown."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shema_cli.errors import InvalidUsage

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_LONGEST_S = 10_000 * 86400


class Clock(Protocol):
    def now(self) -> datetime:
        """The time of day, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def iso(moment: datetime) -> str:
    """ISO-8601 in UTC with milliseconds and `Z`, as every event and record has it (contract 1.3)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> datetime | None:
    """The moment that an ISO-8601 text names, or None; a text without an offset is read as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def parse_duration(text: str, flag: str) -> float:
    """Seconds in `90s`, `15m`, `2h`, `3d` or a bare number of seconds.

    Raises InvalidUsage, naming `flag`, for anything else.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _UNITS[match[2] or "s"] if match else None
    if seconds is None or seconds > _LONGEST_S:
        raise InvalidUsage(
            "bad_duration",
            f"{flag}: {text!r} is not a duration",
            "write it as 90s, 15m, 2h, 3d or a number of seconds",
        )
    return seconds


def parse_optional_duration(text: str | None, flag: str) -> float | None:
    """`parse_duration` of an option that may not have been given."""
    return None if text is None else parse_duration(text, flag)


def parse_moment(text: str, flag: str, now: datetime) -> datetime:
    """The moment that `text` names: a duration before `now`, or an ISO-8601 time."""
    moment = parse_iso(text)
    if moment is not None and not _DURATION.fullmatch(text.strip()):
        return moment
    try:
        return now - timedelta(seconds=parse_duration(text, flag))
    except InvalidUsage:
        raise InvalidUsage(
            "bad_time",
            f"{flag}: {text!r} is neither a duration nor an ISO time",
            "write it as 15m or 2h (that long ago), or as 2026-01-31T08:00:00Z",
        ) from None


def age(seconds: float | None) -> str:
    """An age short enough for a table cell: `12s`, `4m`, `3h`, `9d`; `-` when it is not known."""
    if seconds is None:
        return "-"
    seconds = max(0.0, seconds)
    for unit in ("d", "h", "m"):
        if seconds >= _UNITS[unit]:
            return f"{int(seconds // _UNITS[unit])}{unit}"
    return f"{int(seconds)}s"
