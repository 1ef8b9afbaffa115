"""The envelope of every event, and the two spellings of its name (contract 1.3)."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from shema_cli.clock import Clock, iso
from shema_cli.errors import InvalidUsage

CHAT_PREFIX = "chat:session:"
CHAT_PATTERN = "chat:session:*"
READABLE_VERSIONS = ("1.0", "1.1")
CHANNELS = (
    "enrollment.created",
    "enrollment.approved",
    "enrollment.rejected",
    "schedule.created",
    "attendance.marked",
    "chat.message",
    "chat.session.closed",
    "user.updated",
    "booking.created",
    "booking.confirmed",
    "booking.expired",
)
KNOWN_EVENT_TYPES = frozenset(channel.upper().replace(".", "_") for channel in CHANNELS)


@dataclass(frozen=True)
class Event:
    """An event ready to be published: `payload` is exactly what goes over the wire, `document` the same decoded."""

    event_id: str
    channel: str
    payload: bytes = field(repr=False)
    document: dict[str, object]


def new_event_id(clock: Clock) -> str:
    """`evt_` and a UUIDv7: ids sort by the time that they were made, to the microsecond."""
    now = clock.now()
    milliseconds = int(now.timestamp() * 1000)
    fraction = (now.microsecond % 1000) * 4096 // 1000
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    return f"evt_{uuid.UUID(int=value)}"


def channel_of(event_type: str) -> str:
    """`CHAT_SESSION_CLOSED` → `chat.session.closed`."""
    return event_type.lower().replace("_", ".")


def event_type_of(channel: str) -> str:
    """`chat.session.closed` → `CHAT_SESSION_CLOSED`."""
    return channel.upper().replace(".", "_")


def encode_event(channel: str, data: Mapping[str, object], *, version: str = "1.0", clock: Clock) -> Event:
    """A new event with an id and a time of its own. Raises InvalidUsage for data that JSON has no words for."""
    event_id = new_event_id(clock)
    document: dict[str, object] = {
        "eventType": event_type_of(channel),
        "eventId": event_id,
        "timestamp": iso(clock.now()),
        "version": version,
        "data": dict(data),
    }
    return Event(event_id, channel, encode_json(document), document)


def encode_json(document: object) -> bytes:
    """Compact UTF-8 JSON with readable non-ASCII text. Raises InvalidUsage for NaN and infinity."""
    try:
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise InvalidUsage("bad_data", f"the data cannot be written as JSON: {error}", "use finite numbers") from error
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form; JSON's own escape keeps it
        return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
