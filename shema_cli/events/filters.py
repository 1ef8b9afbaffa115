"""From what the server sent to what is shown: one delivery of each, filtered, duplicates marked (contract 2.3).

`--type`, `--where`, `--grep`, `--session`: all must hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import orjson

from shema_cli.errors import InvalidUsage
from shema_cli.events.buffer import Batch
from shema_cli.events.envelope import KNOWN_EVENT_TYPES, READABLE_VERSIONS, channel_of, event_type_of
from shema_cli.events.history.entries import RecordedMessage
from shema_cli.events.messages import JsonLines, Message, MessageKind, decode_exactly, read_message, spellings
from shema_cli.events.types import is_pattern, type_matches
from shema_cli.events.where import Condition
from shema_cli.frozen import dataclass
from shema_cli.json_text import DEEPEST
from shema_cli.store import keys
from shema_cli.store.glob import matches

if TYPE_CHECKING:
    from shema_cli.store.verdicts import Reply

REMEMBERED_IDS = 100_000
_REMEMBERED_CHANNELS = 10_000
SERVER_CHANNELS = (b"__keyspace@", b"__keyevent@", b"__sentinel__:", b"__redis__:")
_TAIL_CHANNELS = keys.PRESENCE_PREFIX.encode()


@dataclass(frozen=True)
class Recorded:
    """Messages out of the history, oldest first. `in_a_tail`: a tail shows them between those that it hears."""

    messages: tuple[RecordedMessage, ...]
    in_a_tail: bool = False


@dataclass(frozen=True)
class Filter:
    types: frozenset[str] = frozenset()
    type_patterns: tuple[str, ...] = ()
    wheres: tuple[Condition, ...] = ()
    grep: re.Pattern[str] | None = None
    session: str | None = None
    needles: tuple[tuple[bytes, ...], ...] = ()

    @property
    def passes_all(self) -> bool:
        return not (self.types or self.type_patterns or self.wheres or self.grep or self.session is not None)

    def may_want(self, payload: bytes) -> bool:
        """False only for a payload that `wants` would certainly refuse: most are, and are never decoded.

        Whatever a filter compares with stands in the payload as it is, unless it is written with escapes.
        """
        for group in self.needles:
            for needle in group:
                if needle in payload:
                    break
            else:
                return b"\\" in payload
        return True

    def wants(self, message: Message) -> bool:
        if (self.types or self.type_patterns) and not self._is_of_type(message):
            return False
        if not all(where.holds(message.document, partial(decode_exactly, message.payload)) for where in self.wheres):
            return False
        if self.session is not None and message.session != self.session:
            return False
        return self.grep is None or any(self.grep.search(text) for text in spellings(message))

    def _is_of_type(self, message: Message) -> bool:
        event_type, chat_type = message.field("eventType"), message.field("type")
        if isinstance(event_type, str) and event_type in self.types:
            return True
        if self.type_patterns and self._is_like(event_type, message):
            return True
        if message.kind is not MessageKind.CHAT or not isinstance(chat_type, str):
            return False
        return chat_type.islower() and chat_type.upper() in self.types

    def _is_like(self, event_type: object, message: Message) -> bool:
        if isinstance(event_type, str):
            names = [event_type, channel_of(event_type)]
        elif message.kind is MessageKind.CHAT:
            names = [str(message.field("type")), message.channel.decode("utf-8", "replace")]
        else:
            return False
        return any(type_matches(pattern, names) for pattern in self.type_patterns)


def build_filter(
    types: Sequence[str] = (), where: Sequence[str] = (), grep: str | None = None, session: str | None = None
) -> Filter:
    """Raises InvalidUsage for a `--where` without `=` and for a `--grep` that is no regular expression."""
    patterns = tuple(filter(is_pattern, types))
    wanted = frozenset(event_type_of(name) for name in types if not is_pattern(name))
    wheres = tuple(map(Condition.typed, where))
    spellings = tuple(spelling.encode() for name in wanted for spelling in (name, name.lower()))
    groups = [spellings] if spellings and not patterns else []
    groups += [(condition.needle,) for condition in wheres]
    return Filter(wanted, patterns, wheres, _regex(grep), session, tuple(groups))


def _regex(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise InvalidUsage("bad_grep", f"--grep: {text!r} is not a regular expression: {error}", "quote it") from None


class Intake:
    """Belongs to one tail: it remembers the channels, and the last 100,000 to 200,000 eventIds, that it let through."""

    def __init__(self, patterns: Sequence[bytes], filter: Filter) -> None:
        self._filter = filter
        self._passes_all = filter.passes_all
        self._patterns = tuple(patterns)
        self._several = len(patterns) > 1
        self._hide_server_channels = not any(pattern.startswith(b"__") for pattern in patterns)
        self._pattern_of: dict[bytes, bytes | None] = {}
        self._ids: set[str] = set()
        self._older_ids: set[str] = set()
        self._json = JsonLines()
        self._event_channels: dict[tuple[bytes, bytes], bytes] = {}

    def messages(self, batch: Batch | Recorded) -> list[Message]:
        """The messages of a batch that are to be shown."""
        if isinstance(batch, Recorded):
            recorded = (self._recorded_message(recorded, batch) for recorded in batch.messages)
            return [message for message in recorded if message is not None]
        read = (self._message(reply, batch.received_at) for reply in self._candidates(batch.messages))
        return [message for message in read if message is not None]

    def json_lines(self, batch: Batch | Recorded) -> list[bytes]:
        """The same as lines of JSON. Busy tails spend their time here, so a plain event takes a short way."""
        if not self._passes_all:
            return [self._json.line(message) for message in self.messages(batch)]
        if isinstance(batch, Recorded):
            return list(self._recorded_lines(batch))
        lines = []
        head, middles = self._json.head(MessageKind.EVENT, batch.received_at), self._event_channels
        for reply in self._candidates(batch.messages):
            _, pattern, channel, payload = reply
            middle = middles.get((channel, pattern))
            event_id = plain_event_id(payload) if middle is not None else None
            if middle is not None and event_id is not None and self._is_new(event_id):
                lines.append(head + middle + payload + b"}\n")
            elif message := self._message(reply, batch.received_at, already_counted=event_id is not None):
                lines.append(self._line(message))
        return lines

    def _recorded_lines(self, batch: Recorded) -> Iterator[bytes]:
        """The same short way for what was recorded."""
        middles, tail = self._event_channels, b',"from_history":true}\n' if batch.in_a_tail else b"}\n"
        for recorded in batch.messages:
            pattern = self._pattern_for(recorded.channel)
            middle = middles.get((recorded.channel, pattern)) if pattern is not None else None
            event_id = plain_event_id(recorded.payload) if middle is not None else None
            if middle is not None and event_id is not None and self._is_new(event_id):
                head = self._json.head_at(MessageKind.EVENT, recorded.at_ms)
                yield b'%s%s%s,"id":"%s"%s' % (head, middle, recorded.payload, recorded.id.encode(), tail)
            elif message := self._recorded_message(recorded, batch, already_counted=event_id is not None):
                yield self._line(message)

    def count(self, batch: Recorded) -> int:
        """How many of them `messages` would show; none counts as seen by that."""
        return sum(1 for recorded in batch.messages if self._wanted(recorded))

    def _recorded_message(
        self, recorded: RecordedMessage, batch: Recorded, *, already_counted: bool = False
    ) -> Message | None:
        if message := self._wanted(recorded):
            self._mark_duplicate(message, already_counted=already_counted)
            message.from_history = batch.in_a_tail
        return message

    def _wanted(self, recorded: RecordedMessage) -> Message | None:
        """If it is of the patterns and the filter. What stands in a history was written by whoever may write there."""
        pattern = self._pattern_for(recorded.channel)
        if pattern is None or not self._filter.may_want(recorded.payload) or self._hides(recorded.channel):
            return None
        at = datetime.fromtimestamp(recorded.at_ms / 1000, UTC)
        message = read_message(recorded.channel, pattern, recorded.payload, at)
        message.id = recorded.id
        return message if self._passes_all or self._filter.wants(message) else None

    def _line(self, message: Message) -> bytes:
        if message.kind is MessageKind.EVENT:
            if len(self._event_channels) >= _REMEMBERED_CHANNELS:
                self._event_channels.clear()
            self._event_channels[message.channel, message.pattern] = self._json.middle(message)
        return self._json.line(message)

    def _candidates(self, replies: list[Reply]) -> list[Reply]:
        if self._several:
            replies = [reply for reply in replies if self._is_first_delivery(reply[2], reply[1])]
        if self._filter.needles:
            may_want = self._filter.may_want
            replies = [reply for reply in replies if may_want(reply[3])]
        return replies

    def _message(self, reply: Reply, received_at: datetime, *, already_counted: bool = False) -> Message | None:
        _, pattern, channel, payload = reply
        if self._hides(channel):
            return None
        message = read_message(channel, pattern, payload, received_at)
        if not self._passes_all and not self._filter.wants(message):
            return None
        self._mark_duplicate(message, already_counted=already_counted)
        return message

    def _hides(self, channel: bytes) -> bool:
        """What other tails are told (`store/verdicts.py`), and the server's own, unless that is asked for."""
        if channel.startswith(_TAIL_CHANNELS):
            return True
        return self._hide_server_channels and channel.startswith(SERVER_CHANNELS)

    def _mark_duplicate(self, message: Message, *, already_counted: bool = False) -> None:
        event_id = message.field("eventId")
        message.duplicate = already_counted or (isinstance(event_id, str) and not self._is_new(event_id))

    def _is_first_delivery(self, channel: bytes, pattern: bytes) -> bool:
        """Redis delivers once for each pattern that matches: only the first of ours counts."""
        return (self._pattern_for(channel) or pattern) == pattern

    def _pattern_for(self, channel: bytes) -> bytes | None:
        """The first of our patterns that matches a channel."""
        if channel not in self._pattern_of:
            if len(self._pattern_of) >= _REMEMBERED_CHANNELS:
                self._pattern_of.clear()
            self._pattern_of[channel] = next((own for own in self._patterns if matches(own, channel)), None)
        return self._pattern_of[channel]

    def _is_new(self, event_id: str) -> bool:
        if event_id in self._ids or event_id in self._older_ids:
            return False
        if len(self._ids) >= REMEMBERED_IDS:
            self._older_ids, self._ids = self._ids, set()
        self._ids.add(event_id)
        return True


def plain_event_id(payload: bytes) -> str | None:
    """The eventId of a payload that may stand in a line of JSON as it is: a known event, in ASCII, short, on one line.

    None when it takes a closer look; never for a payload that `read_message` and `json_text` would treat otherwise.
    """
    if (
        len(payload) > 2 * DEEPEST
        or not payload.isascii()
        or b"\n" in payload
        or b"\r" in payload
        or b"\x7f" in payload
    ):
        return None
    try:
        document = orjson.loads(payload)
    except ValueError:
        return None
    if type(document) is not dict or type(event_type := document.get("eventType")) is not str:
        return None
    known = event_type in KNOWN_EVENT_TYPES and document.get("version", "1.0") in READABLE_VERSIONS
    if not known or type(document.get("data")) is not dict:
        return None
    event_id = document.get("eventId")
    return event_id if type(event_id) is str else None
