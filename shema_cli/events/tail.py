"""Follow what is published: the loop behind `events tail` and `chat tail`."""

from __future__ import annotations

import gc
import select
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shema_cli.auth.gate import stay_signed_in
from shema_cli.errors import Failed
from shema_cli.events.buffer import MOST_MESSAGES, Batch, Buffer, Gap, Item, Lost, Skipped
from shema_cli.events.filters import Filter
from shema_cli.events.intake import Intake
from shema_cli.events.messages import Message
from shema_cli.events.reader import Pace, Reader
from shema_cli.events.records import MessageLines, NoticeLine
from shema_cli.events.subscription import Subscriber
from shema_cli.exit_codes import ExitCode
from shema_cli.output.sanitize import safe_json
from shema_cli.output.sink import Format, PipeClosed
from shema_cli.store.address import Address, redis_address
from shema_cli.store.connection import redis_errors

if TYPE_CHECKING:
    from shema_cli.context import AppContext
    from shema_cli.output.sink import View

EVERYTHING = b"*"
_LONGEST_WAIT_S = 0.5
_DRAWN_TOGETHER = 200
_MOST_TO_DRAW = 20_000
_SWITCH_INTERVAL_S = 0.0005
_COLLECT_AFTER = (100_000, 50, 100)


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


class Printer:
    """Messages and notices to stdout, in the form that was asked for. Counts the messages that it printed."""

    def __init__(self, app: AppContext, options: TailOptions, view: View | None) -> None:
        self._output = app.output
        self._options = options
        self._view = view
        self._intake = Intake(options.patterns, options.filter)
        self.printed = 0

    @property
    def is_full(self) -> bool:
        return self._options.limit is not None and self.printed >= self._options.limit

    def batch(self, batch: Batch) -> int:
        """Print what is to be shown of a batch, up to the limit, and return how many messages that were."""
        room = None if self._options.limit is None else self._options.limit - self.printed
        if self._options.raw:
            shown = self._write([message.payload + b"\n" for message in self._intake.messages(batch)[:room]])
        elif self._output.format is Format.JSON:
            shown = self._write(self._intake.json_lines(batch)[:room])
        else:
            shown = self._draw(self._intake.messages(batch)[:room])
        self.printed += shown
        return shown

    def _write(self, lines: list[bytes]) -> int:
        if lines:
            self._output.raw(b"".join(lines))
        return len(lines)

    def _draw(self, messages: list[Message]) -> int:
        for first in range(0, len(messages), _DRAWN_TOGETHER):
            together = tuple(messages[first : first + _DRAWN_TOGETHER])
            self._output.result(MessageLines(together, self._options.as_chat), self._view)
        return len(messages)

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
        self._app = app
        self._clock = app.clock
        self._options = options
        self._printer = printer
        self._buffer = buffer
        self._stdout = app.output.streams.stdout
        self._started = self._shown_at = self._admin_checked_at = app.clock.monotonic()

    def follow(self, reader: Reader) -> None:
        while not self._is_over():
            self._stay_signed_in()
            item = self._buffer.take(self._wait())
            if item is not None:
                self._print(item)
            elif not reader.is_alive():
                raise Failed("tail_stopped", "the connection is not read any more", "run the same command again")
            else:
                _check_stdout_is_read(self._stdout)
        reader.stop()
        self._drain()

    def _stay_signed_in(self) -> None:
        """Ask now and then whether this is still an admin. Raises what `stay_signed_in` raises."""
        if self._clock.monotonic() - self._admin_checked_at < self._options.pace.check_admin:
            return
        self._admin_checked_at = self._clock.monotonic()
        stay_signed_in(self._app)

    def _drain(self) -> None:
        """What came before the end is still shown, up to the limit."""
        while (item := self._buffer.take(0)) is not None:
            self._print(item)

    def _print(self, item: Item) -> None:
        if not isinstance(item, Batch):
            self._printer.notice(item)
        elif not self._printer.is_full and self._printer.batch(item):
            self._shown_at = self._clock.monotonic()

    def _is_over(self) -> bool:
        return self._printer.is_full or self._remaining() <= 0

    def _remaining(self) -> float:
        now, options = self._clock.monotonic(), self._options
        ends = [self._started + options.duration] if options.duration is not None else []
        ends += [self._shown_at + options.idle] if options.idle is not None else []
        return min(ends) - now if ends else float("inf")

    def _wait(self) -> float:
        return max(0.0, min(self._remaining(), _LONGEST_WAIT_S))


def tail(app: AppContext, options: TailOptions, view: View | None = None, *, buffer: Buffer | None = None) -> ExitCode:
    """Follow `options.patterns` until the end. Raises Unreachable when Redis is out of reach at the start."""
    try:
        with _tuned_interpreter():
            _follow(app, options, view, buffer or Buffer(most_messages=_most_messages(app, options)))
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE


def _follow(app: AppContext, options: TailOptions, view: View | None, buffer: Buffer) -> None:
    address = redis_address(app.settings)
    subscriber = Subscriber(address, options.patterns)
    with redis_errors(app.settings):
        subscription = subscriber.open()
    app.output.note(_greeting(address, options))
    run = Tail(app, options, Printer(app, options, view), buffer)
    reader = Reader(subscriber, subscription, buffer, app.clock, options.pace)
    reader.start()
    try:
        run.follow(reader)
    finally:
        reader.stop()


def to_patterns(words: Sequence[str]) -> tuple[bytes, ...]:
    """Patterns as they were typed, whatever bytes they hold; everything when there are none."""
    patterns = tuple(dict.fromkeys(word.encode("utf-8", "surrogateescape") for word in words if word))
    return patterns or (EVERYTHING,)


@contextmanager
def _tuned_interpreter() -> Iterator[None]:
    """Let the reading thread have its turn soon, and keep the collector from walking through a full buffer.

    With the interpreter's defaults a busy tail reads so late that Redis closes its connection.
    """
    switch_interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        yield
    finally:
        sys.setswitchinterval(switch_interval)
        gc.set_threshold(*thresholds)


def _most_messages(app: AppContext, options: TailOptions) -> int:
    """Lines for a person are drawn slowly: with a full buffer before them they would be minutes old."""
    drawn = app.output.format is Format.TABLE and app.output.streams.stdout_is_terminal and not options.raw
    return _MOST_TO_DRAW if drawn else MOST_MESSAGES


def _greeting(address: Address, options: TailOptions) -> str:
    return (
        f"following {options.label} on {address.label}\n"
        "Pub/Sub has no past: only what is published from now on is shown"
    )


def _check_stdout_is_read(stdout: object) -> None:
    """Notice that a pipe's reader has gone even while there is nothing to write. Raises PipeClosed."""
    fileno: Callable[[], int] | None = getattr(stdout, "fileno", None)
    try:
        poll = select.poll()
        poll.register(fileno() if fileno else -1, 0)
        if any(event & select.POLLERR for _, event in poll.poll(0)):
            raise PipeClosed
    except (OSError, ValueError):
        return
