"""The forms in which the clients of several languages write a moment, as a dead letter's `failedAt` has it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from shema_cli.clock import parse_iso

_NUMBER = re.compile(r"[+-]?\d{1,25}(?:\.\d{1,25})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_COMPACT = re.compile(r"(?:19|20)\d{6}(?:\d{6})?", re.ASCII)
_LONGEST = 100
_SECONDS_BELOW = 1e11  # the year 5138; in milliseconds, 1973
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TO_STRING = re.compile(  # JavaScript's, and those of C, Java and Ruby, whose year or zone stands elsewhere
    r"[A-Z][a-z]{2},? (?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2})(?: (?P<year>\d{4}))?"
    r" (?P<time>\d\d:\d\d:\d\d)(?: (?P<zone>[A-Z]{1,5})?(?P<offset>[+-]\d\d:?\d\d)?)?(?: (?P<last>\d{4}))?(?: \(.*\))?"
)
_SPACED = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)(?: ?([+-]\d\d:?\d\d))?(?: [A-Z]{1,5})?(?: m=\S+)?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def read_moment(text: str | None) -> datetime | None:
    """The moment that a `failedAt` names, or None.

    ISO-8601; seconds, milliseconds, micro- or nanoseconds since 1970; RFC 2822; what `toString` makes of a date in
    JavaScript and its like. Without an offset it is read as UTC.
    """
    if text and text[4:5] == "-" and len(text) <= _LONGEST and (moment := parse_iso(text)):
        return moment  # as nearly all are written; no other form has its hyphen there and is ISO-8601
    return read_any_form(text)


def read_any_form(text: str | None) -> datetime | None:
    """The same without the way that is quicker for most."""
    text = (text or "").strip()
    if not text or len(text) > _LONGEST:
        return None
    if _COMPACT.fullmatch(text):
        return parse_iso(f"{text[:8]}T{text[8:] or '00'}")
    if _NUMBER.fullmatch(text):
        return _since_1970(float(text))
    if match := _TO_STRING.fullmatch(text):
        return _to_string(match)
    return parse_iso(text) or _spaced(text) or _rfc_2822(text)


def _since_1970(number: float) -> datetime | None:
    unit = 1.0
    while abs(number) * unit >= _SECONDS_BELOW and unit > 1e-9:
        unit /= 1000
    try:
        return _EPOCH + timedelta(seconds=number * unit)
    except OverflowError:
        return None


def _spaced(text: str) -> datetime | None:
    """`2026-11-26 05:00:00 +0700 WIB`, as Go and Ruby write it."""
    match = _SPACED.fullmatch(text)
    return parse_iso(match[1] + (match[2] or "")) if match else None


def _to_string(match: re.Match[str]) -> datetime | None:
    year = match["year"] or match["last"]
    if year is None or match["month"] not in _MONTHS:
        return None
    if match["zone"] not in (None, "GMT", "UTC", "Z") and match["offset"] is None:
        return None  # which zone this is depends on where it was written
    day = f"{year}-{_MONTHS.index(match['month']) + 1:02d}-{int(match['day']):02d}"
    return parse_iso(f"{day}T{match['time']}{match['offset'] or ''}")


def _rfc_2822(text: str) -> datetime | None:
    from email.utils import parsedate_tz

    try:
        parts = parsedate_tz(text)
        zone = timezone(timedelta(seconds=parts[9] or 0)) if parts else UTC
        return datetime(*parts[:6], tzinfo=zone).astimezone(UTC) if parts else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
