"""One dead letter: what its stored bytes say (contract 1.4).

The event is never decoded and encoded again on its way out: what is found here is where its bytes stand in the entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from json.decoder import scanstring  # type: ignore[attr-defined]
from json.scanner import make_scanner
from typing import NamedTuple, NoReturn

import orjson

from shema_cli.events.envelope import CHAT_PREFIX, channel_of
from shema_cli.json_text import DEEPEST, dumps, loads

ID_LENGTH = 12
_BLANK = " \t\n\r"
_SPACE = re.compile(r"[ \t\n\r]*")
_NO_NAME = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]|^[^\w]*$")
_LONGEST_INT = 4000
_OPENING, _ERROR, _FAILED_AT = b'{"event":{', b'},"error":', b'},"failedAt":'
_START = len(_OPENING) - 1
_TOLD = (str, type(None))
_Scan = Callable[[str, int], tuple[object, int]]


class _NotJson(ValueError):
    pass


def _constant(name: str) -> NoReturn:
    raise _NotJson(f"{name} is not JSON")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < _LONGEST_INT else float(digits)


_scan: _Scan = make_scanner(json.JSONDecoder(parse_constant=_constant))  # type: ignore[arg-type]
_scan_long: _Scan = make_scanner(json.JSONDecoder(parse_constant=_constant, parse_int=_integer))  # type: ignore[arg-type]


class Entry(NamedTuple):
    """A stored entry, read once.

    `start` and `end` are the byte offsets of the event inside `raw`. `reason` says why an entry is invalid and is
    None for a valid one; only valid entries have a `channel`. `error` and `failed_at` are told whenever they are there.
    """

    raw: bytes
    reason: str | None = None
    start: int = 0
    end: int = 0
    event_type: str | None = None
    event_id: str | None = None
    channel: str | None = None
    error: str | None = None
    failed_at: str | None = None

    @property
    def valid(self) -> bool:
        return self.reason is None

    @property
    def id(self) -> str:
        """First 12 hex digits of the SHA-256 of the stored bytes."""
        return entry_id(self.raw)

    @property
    def event(self) -> bytes:
        """The event exactly as it is stored."""
        return self.raw[self.start : self.end]

    @property
    def replay_key(self) -> bytes:
        """What replays are counted by: the eventId, else the bytes of the event; 8 bytes."""
        if self.event_id is not None:
            return replay_key(self.event_id)
        return sha256(b"event:" + self.event).digest()[:8]


def replay_key(event_id: str) -> bytes:
    """What the replays of an event that has an id are counted by, and it is found by among what runs took out."""
    return sha256(b"id:" + event_id.encode("utf-8", "surrogatepass")).digest()[:8]


def entry_id(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:ID_LENGTH]


def parse_entry(raw: bytes) -> Entry:
    """Read an entry; whatever it is, the answer is an Entry and never an exception."""
    return parse_usual(raw) or parse_any(raw)


def parse_usual(raw: bytes) -> Entry | None:
    """An entry as services write it, the event first and then texts beside it; None for any other.

    The event and what is beside it are parsed apart: where each is an object by itself, the event ends between them.
    """
    end = raw.rfind(_ERROR) + 1 or raw.rfind(_FAILED_AT) + 1
    if not end or not raw.startswith(_OPENING) or (len(raw) > 2 * DEEPEST and _may_be_too_deep(raw)):
        return None
    try:
        event, beside = orjson.loads(raw[_START:end]), orjson.loads(b"{" + raw[end + 1 :])
    except orjson.JSONDecodeError:
        return None
    error, failed_at, event_id = beside.get("error"), beside.get("failedAt"), event.get("eventId")
    if "event" in beside or not isinstance(error, _TOLD) or not isinstance(failed_at, _TOLD):
        return None
    event_type, channel, reason = _address(event)
    identity = event_id if isinstance(event_id, str) and event_id else None
    return Entry(raw, reason, _START, end, event_type, identity, channel, error, failed_at)


def _may_be_too_deep(raw: bytes) -> bool:
    """Whether parsers may differ over how deeply it is nested."""
    return raw.count(b"[") + raw.count(b"{") > DEEPEST


def parse_any(raw: bytes) -> Entry:
    """The same without the way that is quicker for most; what that way does not decide is decided here."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Entry(raw, "not UTF-8")
    try:
        members, span = _scan_object(text)
    except RecursionError:
        return Entry(raw, "nested too deeply")
    except _NotJson as error:
        return Entry(raw, f"not JSON: {error}" if str(error) else "not JSON")
    if members is None:
        return Entry(raw, "not an object")
    return _describe(raw, text, members, span)


def parse_event(payload: bytes) -> Entry:
    """Read an event that stands alone, as an editor leaves it: an Entry whose `raw` is the event itself."""
    prefix = b'{"event":'
    entry = parse_entry(prefix + payload + b"}")
    inner = payload.strip(b" \t\r\n")
    if entry.valid and entry.event != inner:
        return Entry(payload, "not one JSON value")
    return Entry(inner, entry.reason, 0, len(inner), entry.event_type, entry.event_id, entry.channel)


def _scan_object(text: str) -> tuple[dict[str, object] | None, tuple[int, int]]:
    """The members of the top-level object and the span of its last `event` in characters; None for another value.

    Raises _NotJson for text that is not strict JSON.
    """
    try:
        return _walk(text, _scan)
    except (StopIteration, IndexError):
        raise _NotJson from None
    except json.JSONDecodeError:
        raise _NotJson from None
    except _NotJson:
        raise
    except ValueError:  # an integer longer than Python converts; JSON has no such limit
        try:
            return _walk(text, _scan_long)
        except (StopIteration, IndexError, ValueError):
            raise _NotJson from None


def _walk(text: str, scan: _Scan) -> tuple[dict[str, object] | None, tuple[int, int]]:
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        _, at = scan(text, at)
        _end(text, at)
        return None, (0, 0)
    members: dict[str, object] = {}
    span = (0, 0)
    at = _skip(text, at + 1)
    if text[at] == "}":
        _end(text, at + 1)
        return members, span
    while True:
        if text[at] != '"':
            raise _NotJson
        key, at = scanstring(text, at + 1, True)
        if text[at] != ":":
            at = _skip(text, at)
            if text[at] != ":":
                raise _NotJson
        at += 1
        start = _skip(text, at) if text[at] in _BLANK else at
        members[key], at = scan(text, start)
        if key == "event":
            span = (start, at)
        if text[at] in _BLANK:
            at = _skip(text, at)
        if text[at] == "}":
            _end(text, at + 1)
            return members, span
        if text[at] != ",":
            raise _NotJson
        at += 1
        if text[at] in _BLANK:
            at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]


def _end(text: str, at: int) -> None:
    if at != len(text) and _SPACE.fullmatch(text, at) is None:
        raise _NotJson("more follows after the value")


def _describe(raw: bytes, text: str, members: dict[str, object], span: tuple[int, int]) -> Entry:
    start, end = span
    if len(raw) != len(text):
        start, end = len(text[:start].encode()), len(raw) - len(text[end:].encode())
    event = members.get("event")
    error, failed_at = _text(members, "error", text), _text(members, "failedAt", text)
    reason: str | None
    if not isinstance(event, dict):
        reason = "its event is not an object" if "event" in members else "it has no event"
        return Entry(raw, reason, start, end, error=error, failed_at=failed_at)
    event_id = event.get("eventId")
    identity = event_id if isinstance(event_id, str) and event_id else None
    event_type, channel, reason = _address(event)
    return Entry(raw, reason, start, end, event_type, identity, channel, error, failed_at)


def _address(event: Mapping[str, object]) -> tuple[str | None, str | None, str | None]:
    """(event type, channel, why there is no channel)."""
    name = event.get("eventType")
    if isinstance(name, str):
        channel = _channel(name)
        return name, channel, None if channel else "its eventType names no channel"
    session = event.get("sessionId")
    if name is None and event.get("type") == "new_message" and isinstance(session, str) and session:
        if any("\ud800" <= char <= "\udfff" for char in session):
            return "new_message", None, "its sessionId names no channel"
        return "new_message", CHAT_PREFIX + session, None
    return None, None, "its event has no eventType" if name is None else "its eventType is not text"


@lru_cache(maxsize=1024)
def _channel(event_type: str) -> str | None:
    return None if not event_type or _NO_NAME.search(event_type) else channel_of(event_type)


def _text(members: Mapping[str, object], name: str, text: str) -> str | None:
    """The text of a member; anything else as JSON, in the digits in which it stands in the entry's `text`."""
    value = members.get(name)
    if value is None or isinstance(value, str):
        return value
    try:
        document = loads(text)
    except ValueError:
        return "(unreadable)"
    return dumps(document.get(name), spaced=True) if isinstance(document, dict) else None
