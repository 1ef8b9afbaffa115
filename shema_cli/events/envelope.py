"""The envelope of every event, and the two spellings of its name (contract 1.3)."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import field

from shema_cli.clock import Clock, iso, ms_of
from shema_cli.errors import InvalidUsage
from shema_cli.frozen import dataclass
from shema_cli.json_text import dumps
from shema_cli.output.sanitize import safe_line

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
    milliseconds = ms_of(now)
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
        "data": data,
    }
    return Event(event_id, channel, encode_json(document), document)


def encode_json(document: object) -> bytes:
    """Compact UTF-8 JSON with readable non-ASCII text, numbers in their own digits.

    Raises InvalidUsage for NaN and infinity, and for text that has no UTF-8 form: each service would read a lone
    surrogate in a way of its own.
    """
    try:
        return dumps(document).encode()
    except UnicodeEncodeError as error:
        wrong = safe_line(error.object[error.start : error.end])
        raise InvalidUsage("bad_data", f"the data is not UTF-8 text: it has {wrong}", "write it in UTF-8") from None
    except ValueError as error:
        raise InvalidUsage("bad_data", f"the data cannot be written as JSON: {error}", "use finite numbers") from error
