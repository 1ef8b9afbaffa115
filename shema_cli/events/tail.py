"""Follow what is published: the loop behind `events tail` and `chat tail`."""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shema_cli.durations import parse_duration
from shema_cli.events.address import Address, redis_address
from shema_cli.events.buffer import Batch, Buffer, Gap, Item, Lost, Skipped
from shema_cli.events.connection import redis_errors
from shema_cli.events.filters import Filter
from shema_cli.events.messages import JsonLines, Message, read_message
from shema_cli.events.reader import Pace, Reader
from shema_cli.events.records import MessageLine, NoticeLine
from shema_cli.events.subscription import Reply, Subscriber
from shema_cli.exit_codes import ExitCode
from shema_cli.ui.output import Format, PipeClosed
from shema_cli.ui.sanitize import safe_json

if TYPE_CHECKING:
    from shema_cli.context import AppContext
    from shema_cli.ui.output import View

EVERYTHING = b"*"
_SERVER_CHANNELS = (b"__keyspace@", b"__keyevent@", b"__sentinel__:", b"__redis__:")
_REMEMBERED_IDS = 100_000
_LONGEST_WAIT_S = 0.5


@dataclass(frozen=True)
class TailOptions:
    """What to follow, what of it to show, and when to end; durations in seconds."""

    patterns: tuple[bytes, ...]
    filter: Filter = field(default_factory=Filter)
    limit: int | None = None
    duration: float | None = None
    idle: float | None = None
    raw: bool = False
    as_chat: bool = False
    pace: Pace = field(default_factory=Pace)

    @property
    def label(self) -> str:
        return ", ".join(pattern.decode("utf-8", "backslashreplace") for pattern in self.patterns)


class Intake:
    """Replies of the server in, the messages to be shown out."""

    def __init__(self, options: TailOptions) -> None:
        self._filter = options.filter
        self._several = len(options.patterns) > 1
        self._hide_server_channels = not any(pattern.startswith(b"__") for pattern in options.patterns)
        self._pattern_of: dict[bytes, bytes] = {}
        self._ids: set[str] = set()
        self._older_ids: set[str] = set()

    def read(self, reply: Reply, batch: Batch) -> Message | None:
        """The message in a reply; None when it is not to be shown."""
        _, pattern, channel, payload = reply
        if self._several and not self._is_first_delivery(channel, pattern):
            return None
        if not self._filter.may_want(payload) or (channel[:2] == b"__" and self._is_server_channel(channel)):
            return None
        message = read_message(channel, pattern, payload, batch.received_at)
        if not self._filter.wants(message):
            return None
        event_id = message.field("eventId")
        if isinstance(event_id, str):
            message.duplicate = self._seen_before(event_id)
        return message

    def _is_first_delivery(self, channel: bytes, pattern: bytes) -> bool:
        """Redis delivers once for each pattern that matches, always in the same order: only the first one counts."""
        first = self._pattern_of.get(channel)
        if first is None:
            if len(self._pattern_of) >= _REMEMBERED_IDS:
                self._pattern_of.clear()
            self._pattern_of[channel] = first = pattern
        return first == pattern

    def _is_server_channel(self, channel: bytes) -> bool:
        return self._hide_server_channels and channel.startswith(_SERVER_CHANNELS)

    def _seen_before(self, event_id: str) -> bool:
        if event_id in self._ids or event_id in self._older_ids:
            return True
        if len(self._ids) >= _REMEMBERED_IDS:
            self._older_ids, self._ids = self._ids, set()
        self._ids.add(event_id)
        return False


class Printer:
    """Messages and notices to stdout, in the form that was asked for. Counts the messages that it printed."""

    def __init__(self, app: AppContext, options: TailOptions, view: View | None) -> None:
        self._output = app.output
        self._options = options
        self._view = view
        self._lines = JsonLines()
        self.printed = 0

    def messages(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        self.printed += len(messages)
        if self._options.raw:
            self._output.raw(b"".join([message.payload + b"\n" for message in messages]))
        elif self._output.format is Format.JSON:
            line = self._lines.line
            self._output.raw(b"".join([line(message) for message in messages]))
        else:
            for message in messages:
                self._output.result(MessageLine(message, self._options.as_chat), self._view)

    def notice(self, notice: Gap | Skipped | Lost) -> None:
        if isinstance(notice, Lost):
            self._output.warn(f"the connection to Redis was lost ({notice.cause}); trying again until it is back")
            return
        record = NoticeLine(notice, self._options.as_chat)
        if self._options.raw:
            self._output.warn(record.words)
        elif self._output.format is Format.JSON:
            self._output.raw(safe_json(record.document()).encode() + b"\n")
        else:
            self._output.result(record, self._view)


class Tail:
    """One run: ends by its limits, by Ctrl-C, or when nobody reads stdout any more."""

    def __init__(self, app: AppContext, options: TailOptions, printer: Printer, buffer: Buffer) -> None:
        self._clock = app.clock
        self._options = options
        self._printer = printer
        self._buffer = buffer
        self._intake = Intake(options)
        self._stdout = app.output.streams.stdout
        self._started = self._shown_at = app.clock.monotonic()

    def follow(self, reader: Reader) -> None:
        while not self._is_over():
            item = self._buffer.take(self._wait())
            if item is None:
                _check_reader_is_there(self._stdout)
            else:
                self._print(item)
        reader.stop()
        self._drain()

    def _drain(self) -> None:
        """What came before the end is still shown, up to the limit."""
        while (item := self._buffer.take(0)) is not None:
            self._print(item)

    def _print(self, item: Item) -> None:
        if not isinstance(item, Batch):
            self._printer.notice(item)
            return
        messages = [message for reply in item.messages if (message := self._intake.read(reply, item)) is not None]
        if self._options.limit is not None:
            messages = messages[: self._options.limit - self._printer.printed]
        if messages:
            self._printer.messages(messages)
            self._shown_at = self._clock.monotonic()

    def _is_over(self) -> bool:
        if self._options.limit is not None and self._printer.printed >= self._options.limit:
            return True
        return self._remaining() <= 0

    def _remaining(self) -> float:
        now, options = self._clock.monotonic(), self._options
        ends = [self._started + options.duration] if options.duration is not None else []
        ends += [self._shown_at + options.idle] if options.idle is not None else []
        return min(ends) - now if ends else float("inf")

    def _wait(self) -> float:
        return max(0.0, min(self._remaining(), _LONGEST_WAIT_S))


def tail(app: AppContext, options: TailOptions, view: View | None = None, *, buffer: Buffer | None = None) -> ExitCode:
    """Follow `options.patterns` until the end. Raises Unreachable when Redis is out of reach at the start."""
    address = redis_address(app.settings)
    subscriber = Subscriber(address, options.patterns)
    with redis_errors(app.settings):
        subscription = subscriber.open()
    app.output.note(_greeting(address, options))
    buffer = buffer or Buffer()
    run = Tail(app, options, Printer(app, options, view), buffer)
    reader = Reader(subscriber, subscription, buffer, app.clock, options.pace)
    reader.start()
    try:
        run.follow(reader)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE


def to_patterns(words: Sequence[str]) -> tuple[bytes, ...]:
    """Patterns as they were typed, whatever bytes they hold; everything when there are none."""
    patterns = tuple(dict.fromkeys(word.encode("utf-8", "surrogateescape") for word in words if word))
    return patterns or (EVERYTHING,)


def to_seconds(text: str | None, flag: str) -> float | None:
    return None if text is None else parse_duration(text, flag)


def _greeting(address: Address, options: TailOptions) -> str:
    return (
        f"following {options.label} on {address.label}; Pub/Sub has no past: what was published before now, or while "
        "the connection is down, cannot be shown"
    )


def _check_reader_is_there(stdout: object) -> None:
    """Notice that a pipe's reader has gone even while there is nothing to write. Raises PipeClosed."""
    fileno: Callable[[], int] | None = getattr(stdout, "fileno", None)
    try:
        poll = select.poll()
        poll.register(fileno() if fileno else -1, 0)
        if any(event & select.POLLERR for _, event in poll.poll(0)):
            raise PipeClosed
    except (OSError, ValueError):
        return
