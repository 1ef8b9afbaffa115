"""Time: a clock that can be replaced, so that no test sleeps; moments and durations as they are typed and shown."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shema_cli.errors import InvalidUsage

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
SHORTEST_INTERVAL_S = 0.1
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_LONGEST_S = 10_000 * 86400
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)")
TO_THE_SECOND = "%Y-%m-%d %H:%M:%S"
TO_THE_MINUTE = "%Y-%m-%d %H:%M"
TIME_OF_DAY = "%H:%M:%S"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


def ms_of(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def iso_of_ms(milliseconds: float) -> str:
    """The same of a moment in milliseconds since 1970."""
    return iso(datetime.fromtimestamp(milliseconds / 1000, UTC))


def local_time(moment: datetime, form: str = TO_THE_SECOND) -> str:
    """A moment as people are shown it, in this machine's time zone with its offset: `2026-01-31 15:00:00 +07:00`.

    `form` is one of those above, or another of strftime's (contract 3.1).
    """
    try:
        here = moment.astimezone()
    except (OverflowError, OSError, ValueError):  # the first and the last day of all
        here = moment.astimezone(UTC)
    offset = f"{here:%z}"
    return f"{here.strftime(form)} {offset[:3]}:{offset[3:5]}"


def local_time_of_ms(milliseconds: float, form: str = TO_THE_SECOND) -> str:
    """The same of a moment in milliseconds since 1970."""
    return local_time(datetime.fromtimestamp(milliseconds / 1000, UTC), form)


def local_instant(text: str, form: str = TO_THE_SECOND) -> str:
    """A text that is an ISO-8601 instant and nothing else, as people are shown it; any other as it is."""
    moment = parse_iso(text) if _INSTANT.fullmatch(text) else None
    return local_time(moment, form) if moment else text


def with_local_instants(words: str) -> str:
    """A sentence of our own, each instant in it as people are shown it."""
    return _INSTANT.sub(lambda found: local_instant(found[0]), words)


def parse_iso(text: str, *, local: bool = False) -> datetime | None:
    """The moment that an ISO-8601 text names, or None; a text without an offset is read as UTC, or as local time."""
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    try:
        return (moment if moment.tzinfo or local else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, OSError, ValueError):
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


def parse_interval(text: str, flag: str) -> float:
    """Seconds between two looks. Raises InvalidUsage for anything that is not a duration of 0.1 s or more."""
    seconds = parse_duration(text, flag)
    if seconds < SHORTEST_INTERVAL_S:
        raise InvalidUsage("bad_duration", f"{flag}: {text!r} is too short", f"use {SHORTEST_INTERVAL_S:g} or more")
    return seconds


def parse_moment(text: str, flag: str, now: datetime) -> datetime:
    """The moment that `text` names: a duration before `now`, or an ISO-8601 time, local unless it has an offset."""
    moment = parse_iso(text, local=True)
    if moment is not None and not _DURATION.fullmatch(text.strip()):
        return moment
    try:
        return now - timedelta(seconds=parse_duration(text, flag))
    except InvalidUsage:
        raise InvalidUsage(
            "bad_time",
            f"{flag}: {text!r} is neither a duration nor an ISO time",
            "write it as 15m or 2h (that long ago), or as 2026-01-31T08:00 (local time) or 2026-01-31T08:00:00Z",
        ) from None


def parse_optional_moment(text: str | None, flag: str, now: datetime) -> datetime | None:
    return parse_moment(text, flag, now) if text else None


def parse_coming_moment(text: str, flag: str, now: datetime) -> datetime:
    """The moment that `text` names: a duration from `now` on, or an ISO-8601 time, local unless it has an offset.

    Raises InvalidUsage for anything else, and for a time that is over.
    """
    moment = None if _DURATION.fullmatch(text.strip()) else parse_iso(text, local=True)
    try:
        moment = moment or now + timedelta(seconds=parse_duration(text, flag))
    except InvalidUsage:
        problem = "is neither a duration nor an ISO time"
    else:
        if moment > now:
            return moment
        problem = "is over"
    hint = "write it as 2h or 3d (so long from now), or as 2026-01-31T08:00 (local time) or 2026-01-31T08:00:00Z"
    raise InvalidUsage("bad_time", f"{flag}: {text!r} {problem}", hint)


def age(seconds: float | None) -> str:
    """An age short enough for a table cell: `12s`, `4m`, `3h`, `9d`; `-` when it is not known."""
    if seconds is None:
        return "-"
    seconds = max(0.0, seconds)
    for unit in ("d", "h", "m"):
        if seconds >= _UNITS[unit]:
            return f"{int(seconds // _UNITS[unit])}{unit}"
    return f"{int(seconds)}s"


def age_in_words(seconds: float | None) -> str:
    """An age in two units, for a sentence: `12 s`, `4 min`, `3 h 20 min`, `3 d 4 h`; `-` when it is not known."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days:,} d {hours} h" if hours else f"{days:,} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{rest} s"
