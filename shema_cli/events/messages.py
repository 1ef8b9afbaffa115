"""What a message is: an event, chat, or neither; read tolerantly, and never changed (contract 1.3, 2.3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from shema_cli.clock import iso
from shema_cli.events.envelope import CHAT_PREFIX, KNOWN_EVENT_TYPES, READABLE_VERSIONS
from shema_cli.json_text import no_constant
from shema_cli.output.sanitize import safe_json, safe_json_text

DEEPEST = 500
_CHAT = CHAT_PREFIX.encode()
NOT_JSON = object()


class Kind(StrEnum):
    EVENT = "event"
    CHAT = "chat"
    INVALID = "invalid"


class RawNumber(str):
    """A number as it was written: nothing of it is lost to a float."""

    __slots__ = ()


@dataclass(slots=True)
class Message:
    """One message as it came, with what was made of it. `document` is for looking into; `payload` is what is shown."""

    kind: Kind
    received_at: datetime
    channel: bytes
    pattern: bytes
    payload: bytes
    document: Any
    supported: bool = True
    duplicate: bool = False

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

    def field(self, name: str) -> Any:
        return self.document.get(name) if isinstance(self.document, dict) else None


def read_message(channel: bytes, pattern: bytes, payload: bytes, received_at: datetime) -> Message:
    document = decode(payload)
    if type(document) is not dict:
        return Message(Kind.INVALID, received_at, channel, pattern, payload, document)
    if channel.startswith(_CHAT) or type(event_type := document.get("eventType")) is not str:
        kind = Kind.CHAT if _is_chat(channel, document) else Kind.INVALID
        return Message(kind, received_at, channel, pattern, payload, document)
    supported = document.get("version", "1.0") in READABLE_VERSIONS and event_type in KNOWN_EVENT_TYPES
    kind = Kind.INVALID if supported and type(document.get("data")) is not dict else Kind.EVENT
    return Message(kind, received_at, channel, pattern, payload, document, supported)


def decode(payload: bytes) -> Any:
    """The decoded JSON, or NOT_JSON: bytes that are not UTF-8, and nesting that most readers cannot take, are not."""
    try:
        document = orjson.loads(payload)
    except ValueError:
        document = decode_exactly(payload)  # lone surrogates and numbers beyond a double are JSON all the same
    if len(payload) > 2 * DEEPEST and payload.count(b"[") + payload.count(b"{") > DEEPEST and _too_deep(document):
        return NOT_JSON
    return document


def decode_exactly(payload: bytes) -> Any:
    """As `decode`, slower, with every number as a `RawNumber`."""
    try:
        text = payload.decode()
        return json.loads(text, parse_int=RawNumber, parse_float=RawNumber, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return NOT_JSON


def _too_deep(document: Any) -> bool:
    level = [document]
    for _ in range(DEEPEST + 1):
        level = [value for holder in level for value in _members(holder) if type(value) in (dict, list)]
        if not level:
            return False
    return True


def _members(holder: Any) -> Any:
    return holder.values() if type(holder) is dict else holder if type(holder) is list else ()


def json_text(message: Message) -> bytes:
    """The payload as one line of JSON: its own text where it is JSON, so that nothing of it is re-encoded."""
    if not message.is_json:
        return safe_json(message.text).encode()
    payload = message.payload
    if not payload.isascii() or b"\x7f" in payload:
        payload = safe_json_text(payload.decode()).encode()
    if b"\n" in payload or b"\r" in payload:  # only ever between tokens
        payload = payload.replace(b"\n", b" ").replace(b"\r", b" ")
    return payload


class JsonLines:
    """Messages as the JSON objects of `events tail -o json`, one a line."""

    def __init__(self) -> None:
        self._moment: datetime | None = None
        self._heads: dict[Kind, bytes] = {}

    def line(self, message: Message) -> bytes:
        tail = b"}\n" if message.supported and not message.duplicate else _flags(message)
        return self.head(message.kind, message.received_at) + self.middle(message) + json_text(message) + tail

    def head(self, kind: Kind, moment: datetime) -> bytes:
        """The line up to the channel. Messages come in batches, so the time is written once for many."""
        if moment is not self._moment:
            self._moment = moment
            self._heads = {k: f'{{"kind":"{k}","received_at":"{iso(moment)}",'.encode() for k in Kind}
        return self._heads[kind]

    def middle(self, message: Message) -> bytes:
        """The line's channel and pattern, up to the payload."""
        names = {"channel": message.channel_name, "pattern": message.pattern.decode("utf-8", "backslashreplace")}
        return f'{safe_json(names)[1:-1]},"payload":'.encode()


def _flags(message: Message) -> bytes:
    supported = b"" if message.supported else b',"supported":false'
    duplicate = b',"duplicate":true' if message.duplicate else b""
    return supported + duplicate + b"}\n"


def _is_chat(channel: bytes, document: dict[str, Any]) -> bool:
    talks = isinstance(document.get("message"), str) or isinstance(document.get("type"), str)
    return talks and (channel.startswith(_CHAT) or channel == b"chat.message")
