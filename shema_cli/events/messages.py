"""What a message is: an event, chat, or neither; read tolerantly, never changed (contract 1.3, 2.3); and its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

import orjson

from shema_cli.clock import iso, iso_of_ms
from shema_cli.events.envelope import CHAT_PREFIX, KNOWN_EVENT_TYPES, READABLE_VERSIONS
from shema_cli.frozen import dataclass
from shema_cli.json_text import DEEPEST, dumps, loads, too_deep
from shema_cli.output.sanitize import bounded, safe_json, safe_json_text
from shema_cli.people.shown import Subject, subject_of

MOST_TEXT = 400
_CHAT = CHAT_PREFIX.encode()
_BEYOND_A_DOUBLE = re.compile(rb"[eE]\+?\d{3}|\d{309}")
"""What a number too great for a double has in it, and little else."""
NOT_JSON = object()
EventData = Mapping[str, object]


class MessageKind(StrEnum):
    EVENT = "event"
    CHAT = "chat"
    INVALID = "invalid"


@dataclass(slots=True)
class Message:
    """One message as it came, with what was made of it. `document` is for looking into; `payload` is what is shown.

    `id`: its entry of the history, where it was read there; `from_history`: and shown by a tail.
    """

    kind: MessageKind
    received_at: datetime
    channel: bytes
    pattern: bytes
    payload: bytes
    document: object
    supported: bool = True
    duplicate: bool = False
    id: str | None = None
    from_history: bool = False

    @property
    def is_json(self) -> bool:
        return self.document is not NOT_JSON

    @property
    def text(self) -> str:
        """The payload as text; bytes that are not UTF-8 are written `\\xNN`."""
        return self.payload.decode("utf-8", "backslashreplace")

    @property
    def channel_name(self) -> str:
        return self.channel.decode("utf-8", "backslashreplace")

    @property
    def session(self) -> str | None:
        """The conversation that it belongs to: all that follows `chat:session:`, else `sessionId` of the data."""
        if self.channel.startswith(_CHAT):
            return self.channel_name.removeprefix(CHAT_PREFIX)
        data = self.document.get("data") if isinstance(self.document, dict) else None
        found = data.get("sessionId") if isinstance(data, dict) else None
        return found if isinstance(found, str) else None

    @property
    def subject(self) -> Subject:
        """Whom it is about."""
        return subject_of(self.document if self.kind is MessageKind.CHAT else self.field("data"))

    def field(self, name: str) -> object:
        return self.document.get(name) if isinstance(self.document, dict) else None


def read_message(channel: bytes, pattern: bytes, payload: bytes, received_at: datetime) -> Message:
    document = decode(payload)
    if not isinstance(document, dict):
        return Message(MessageKind.INVALID, received_at, channel, pattern, payload, document)
    if channel.startswith(_CHAT) or type(event_type := document.get("eventType")) is not str:
        kind = MessageKind.CHAT if _is_chat(channel, document) else MessageKind.INVALID
        return Message(kind, received_at, channel, pattern, payload, document)
    supported = document.get("version", "1.0") in READABLE_VERSIONS and event_type in KNOWN_EVENT_TYPES
    kind = MessageKind.INVALID if supported and not isinstance(document.get("data"), dict) else MessageKind.EVENT
    return Message(kind, received_at, channel, pattern, payload, document, supported)


def decode(payload: bytes) -> object:
    """The decoded JSON, or NOT_JSON: bytes that are not UTF-8, and nesting that most readers cannot take, are not."""
    document: object
    try:
        document = orjson.loads(payload)
    except ValueError:
        document = decode_exactly(payload)  # lone surrogates and numbers beyond a double are JSON all the same
        return document
    if payload.count(b"[") + payload.count(b"{") > DEEPEST and too_deep(payload.decode()):
        return NOT_JSON
    return document


def decode_exactly(payload: bytes) -> object:
    """As `decode`, slower, with every number in its own digits."""
    try:
        return loads(payload)
    except ValueError:
        return NOT_JSON


def json_text(message: Message) -> bytes:
    """The payload as one line of JSON: its own text where it is JSON, so that nothing of it is re-encoded.

    A number that readers take for infinity is told as text, as everywhere.
    """
    if not message.is_json:
        return safe_json(message.text).encode()
    payload = message.payload
    if _BEYOND_A_DOUBLE.search(payload):
        return safe_json(decode_exactly(payload)).encode()
    if not payload.isascii() or b"\x7f" in payload or b"\\ud" in payload.lower():
        payload = safe_json_text(payload.decode()).encode()
    if b"\n" in payload or b"\r" in payload:  # only ever between tokens
        payload = payload.replace(b"\n", b" ").replace(b"\r", b" ")
    return payload


class JsonLines:
    """Messages as the JSON objects of `events tail -o json`, one a line."""

    def __init__(self) -> None:
        self._moment: datetime | None = None
        self._heads: dict[MessageKind, bytes] = {}
        self._second = (-1, "")

    def line(self, message: Message) -> bytes:
        plain = message.supported and not message.duplicate and message.id is None
        tail = b"}\n" if plain else _flags(message)
        return self.head(message.kind, message.received_at) + self.middle(message) + json_text(message) + tail

    def head(self, kind: MessageKind, moment: datetime) -> bytes:
        """The line up to the channel. Messages come in batches, so the time is written once for many."""
        if moment is not self._moment:
            self._moment = moment
            self._heads = {k: f'{{"kind":"{k}","received_at":"{iso(moment)}",'.encode() for k in MessageKind}
        return self._heads[kind]

    def head_at(self, kind: MessageKind, ms: int) -> bytes:
        """The same of milliseconds since 1970; of messages in their order, each second is written once."""
        second, rest = divmod(ms, 1000)
        if second != self._second[0]:
            self._second = (second, iso_of_ms(second * 1000)[: -len("000Z")])
        return f'{{"kind":"{kind}","received_at":"{self._second[1]}{rest:03d}Z",'.encode()

    def middle(self, message: Message) -> bytes:
        """The line's channel and pattern, up to the payload."""
        names = {"channel": message.channel_name, "pattern": message.pattern.decode("utf-8", "backslashreplace")}
        return f'{safe_json(names)[1:-1]},"payload":'.encode()


def _flags(message: Message) -> bytes:
    supported = b"" if message.supported else b',"supported":false'
    duplicate = b',"duplicate":true' if message.duplicate else b""
    recorded = b"" if message.id is None else f',"id":{safe_json(message.id)}'.encode()
    from_history = b',"from_history":true' if message.from_history else b""
    return supported + duplicate + recorded + from_history + b"}\n"


def _is_chat(channel: bytes, document: Mapping[str, object]) -> bool:
    talks = isinstance(document.get("message"), str) or isinstance(document.get("type"), str)
    return talks and (channel.startswith(_CHAT) or channel == b"chat.message")


def spellings(message: Message) -> Iterator[str]:
    """A message as it came, with its escapes read, and as it is told: what a search may find it by."""
    yield message.text
    if message.is_json and b"\\" in message.payload:
        yield dumps(decode_exactly(message.payload))
    yield sentence(message)


# -- in words: one sentence for each event, for people ---------------------------------------------------------------


def sentence(message: Message) -> str:
    """Who and what; for what is not understood, the payload itself."""
    if message.kind is MessageKind.CHAT:
        return f"{message.field('senderName') or message.field('senderId') or '?'}{_role(message)}: {said(message)}"
    if message.kind is MessageKind.INVALID:
        return f"not an event: {bounded(message.text, MOST_TEXT)}"
    if not message.supported:
        return f"{_unsupported(message)}: {bounded(message.text, MOST_TEXT)}"
    return _SENTENCES[str(message.field("eventType"))](_data(message))


def _data(message: Message) -> EventData:
    """The event's data; read again exactly where a number of it is a float, which has lost its digits."""
    data = message.field("data")
    if isinstance(data, dict) and any(type(value) is float for value in data.values()):
        exact = decode_exactly(message.payload)
        data = exact.get("data") if isinstance(exact, dict) else data
    return data if isinstance(data, dict) else {}


def said(message: Message) -> str:
    text = message.field("message")
    return text if isinstance(text, str) else bounded(message.text, MOST_TEXT)


def _role(message: Message) -> str:
    role = message.field("senderRole")
    return f" ({role})" if isinstance(role, str) and role else ""


def _unsupported(message: Message) -> str:
    version = message.field("version")
    if version not in (None, "1.0", "1.1"):
        return f"{message.field('eventType')}, version {version!s:.20}, not supported"
    return f"{message.field('eventType')}, not known"


def _name(data: EventData, name: str) -> str:
    value = data.get(name)
    return bounded(str(value), MOST_TEXT) if value not in (None, "") else "?"


def _enrollment_created(data: EventData) -> str:
    level = f", {data['experienceLevel']}" if data.get("experienceLevel") else ""
    return f"student {_name(data, 'studentId')} applied to course {_name(data, 'courseId')}{level}"


def _enrollment_approved(data: EventData) -> str:
    return f"enrollment {_name(data, 'enrollmentId')} of student {_name(data, 'studentId')} approved"


def _enrollment_rejected(data: EventData) -> str:
    ids = f"enrollment {_name(data, 'enrollmentId')} of student {_name(data, 'studentId')}"
    return f"{ids} rejected: {_name(data, 'reason')}"


def _schedule_created(data: EventData) -> str:
    return f"class {_name(data, 'scheduleId')} of course {_name(data, 'courseId')} starts {_name(data, 'startsAt')}"


def _attendance_marked(data: EventData) -> str:
    return f"student {_name(data, 'studentId')} {_name(data, 'status')} in class {_name(data, 'scheduleId')}"


def _chat_message(data: EventData) -> str:
    return f"{_name(data, 'senderName')} ({_name(data, 'senderRole')}): {_name(data, 'message')}"


def _chat_session_closed(data: EventData) -> str:
    return f"conversation {_name(data, 'sessionId')} closed by {_name(data, 'closedBy')}"


def _user_updated(data: EventData) -> str:
    changes = data.get("changes")
    names = ", ".join(map(str, changes)) if isinstance(changes, dict) else _name(data, "changes")
    return f"user {_name(data, 'userId')} changed {bounded(names, MOST_TEXT) or 'nothing'}"


def _booking_created(data: EventData) -> str:
    slots = _name(data, "firstChoiceSlotId")
    if data.get("secondChoiceSlotId"):
        slots += f" or {_name(data, 'secondChoiceSlotId')}"
    return f"user {_name(data, 'userId')} booked course {_name(data, 'courseId')}, slot {slots}"


def _booking_confirmed(data: EventData) -> str:
    return f"booking {_name(data, 'bookingId')} confirmed in slot {_name(data, 'slotId')}"


def _booking_expired(data: EventData) -> str:
    return f"booking {_name(data, 'bookingId')} expired, slot {_name(data, 'firstChoiceSlotId')} is free again"


_SENTENCES: dict[str, Callable[[EventData], str]] = {
    "ENROLLMENT_CREATED": _enrollment_created,
    "ENROLLMENT_APPROVED": _enrollment_approved,
    "ENROLLMENT_REJECTED": _enrollment_rejected,
    "SCHEDULE_CREATED": _schedule_created,
    "ATTENDANCE_MARKED": _attendance_marked,
    "CHAT_MESSAGE": _chat_message,
    "CHAT_SESSION_CLOSED": _chat_session_closed,
    "USER_UPDATED": _user_updated,
    "BOOKING_CREATED": _booking_created,
    "BOOKING_CONFIRMED": _booking_confirmed,
    "BOOKING_EXPIRED": _booking_expired,
}
