"""Follow what is published: the loop behind `events tail` and `chat tail`."""

from __future__ import annotations

import gc
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from datetime import datetime
from typing import Protocol

from shema_cli.clock import Clock, local_time, ms_of
from shema_cli.errors import ExitCode, Failed
from shema_cli.events.buffer import MOST_MESSAGES, Alive, Batch, Buffer, Gap, Item, Lost, Marked, Skipped
from shema_cli.events.envelope import CHAT_PATTERN, CHAT_PREFIX
from shema_cli.events.filters import Filter, Recorded
from shema_cli.events.history.entries import RecordedGap
from shema_cli.events.history.handover import Past, Piece
from shema_cli.events.history.track import Counter, Track
from shema_cli.events.reader import Reader, TailPace
from shema_cli.frozen import dataclass
from shema_cli.output.sanitize import Lines
from shema_cli.store.connection import Store
from shema_cli.store.presence import Presence
from shema_cli.store.subscriber import Subscriber

EVERYTHING = b"*"
_LONGEST_WAIT_S = 0.5
_MOST_TO_DRAW = 20_000
_SWITCH_INTERVAL_S = 0.0005
_COLLECT_AFTER = (100_000, 50, 100)
UNPROVEN = "as long as this runs, whoever publishes takes it for a service, because it could not register as a tail"
_GLOB = re.compile(rb"([*?\[\]^\\])")


@dataclass(frozen=True)
class TailOptions:
    """What to follow, what of it to show, and when to end; durations in seconds. `since`: begin with what was recorded
    from then on."""

    patterns: tuple[bytes, ...]
    filter: Filter = field(default_factory=Filter)
    limit: int | None = None
    duration: float | None = None
    idle: float | None = None
    raw: bool = False
    as_chat: bool = False
    since: datetime | None = None
    pace: TailPace = field(default_factory=TailPace)

    @property
    def label(self) -> str:
        return ", ".join(pattern.decode("utf-8", "backslashreplace") for pattern in self.patterns)


class Printer(Protocol):
    """Where the messages go as they come (`events/printer.py`; a test may keep them)."""

    @property
    def draws(self) -> bool:
        """Whether each message is drawn for a person, which takes its time."""

    def batch(self, batch: Batch | Recorded, room: int | None) -> int:
        """Print what is to be shown of a batch, up to `room` messages; return how many that were."""

    def count(self, batch: Recorded) -> int:
        """How many messages are to be shown of a batch."""

    def notice(self, notice: Gap | Skipped | Lost | RecordedGap) -> None:
        """Tell what was missed, or that the connection is lost."""

    def note(self, said: Lines) -> None:
        """Say something to the person."""

    def warn(self, text: str) -> None:
        """Say to the person what is not as it should be."""

    def check_is_read(self) -> None:
        """Notice a reader that has gone even while there is nothing to print. Raises PipeClosed."""


class Tail:
    """One run: ends by its limits, by Ctrl-C, or when nobody reads stdout any more."""

    def __init__(
        self,
        options: TailOptions,
        printer: Printer,
        buffer: Buffer,
        clock: Clock,
        still_admin: Callable[[], None],
        past: Past | None = None,
    ) -> None:
        self._options = options
        self._printer = printer
        self._buffer = buffer
        self._clock = clock
        self._still_admin = still_admin
        self._past = past
        if past:
            past.over = self._is_over
        self._printed = 0
        self._started = self._shown_at = self._admin_checked_at = clock.monotonic()

    def show(self, past: Iterable[Piece]) -> None:
        """What was recorded, as long as there is time and room for it."""
        for piece in past:
            self._stay_signed_in()
            self._show(piece)
            if self._is_over():
                return

    def follow(self, reader: Reader) -> None:
        while not self._is_over():
            self._stay_signed_in()
            item = self._buffer.take(self._wait())
            if item is not None:
                self._print(item)
            elif not reader.is_alive():
                raise Failed("tail_stopped", "the connection is not read any more", "run the same command again")
            else:
                self._printer.check_is_read()
        reader.stop()
        self._drain()

    def _stay_signed_in(self) -> None:
        """Ask now and then whether this is still an admin. Raises what `still_admin` raises."""
        if self._clock.monotonic() - self._admin_checked_at < self._options.pace.check_admin:
            return
        self._admin_checked_at = self._clock.monotonic()
        self._still_admin()

    def _drain(self) -> None:
        """What came before the end is still shown, up to the limit."""
        while (item := self._buffer.take(0)) is not None:
            self._print(item)

    def _print(self, item: Item) -> None:
        if isinstance(item, (Alive, Marked)):
            return
        if isinstance(item, Gap) and self._past:
            self.show(self._past.filling(item))
        else:
            self._show(item)

    def _show(self, piece: Batch | Skipped | Piece) -> None:
        if isinstance(piece, Gap) and piece.filled and self._room is not None:
            self._printer.notice(replace(piece, filled=min(piece.filled, self._room)))
        elif not isinstance(piece, (Batch, Recorded)):
            self._printer.notice(piece)
        elif not self._is_full and (shown := self._printer.batch(piece, self._room)):
            self._printed += shown
            self._shown_at = self._clock.monotonic()

    @property
    def _room(self) -> int | None:
        return None if self._options.limit is None else self._options.limit - self._printed

    @property
    def _is_full(self) -> bool:
        room = self._room
        return room is not None and room <= 0

    def _is_over(self) -> bool:
        return self._is_full or self._remaining() <= 0

    def _remaining(self) -> float:
        now, options = self._clock.monotonic(), self._options
        ends = [self._started + options.duration] if options.duration is not None else []
        ends += [self._shown_at + options.idle] if options.idle is not None else []
        return min(ends) - now if ends else float("inf")

    def _wait(self) -> float:
        return max(0.0, min(self._remaining(), _LONGEST_WAIT_S))


def tail(
    store: Store,
    options: TailOptions,
    printer: Printer,
    *,
    clock: Clock,
    still_admin: Callable[[], None],
    buffer: Buffer | None = None,
) -> ExitCode:
    """Follow `options.patterns` until the end: DONE, or INTERRUPTED by Ctrl-C.

    Raises NotConfigured without an address, Unreachable when Redis is out of reach at the start, what `still_admin`
    raises, and PipeClosed when nobody reads any more.
    """
    # Lines for a person are drawn slowly: with a full buffer before them they would be minutes old.
    buffer = buffer or Buffer(most_messages=_MOST_TO_DRAW if printer.draws else MOST_MESSAGES)
    try:
        with tuned_interpreter():
            _follow(store, options, printer, buffer, clock, still_admin)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return ExitCode.DONE


def _follow(
    store: Store,
    options: TailOptions,
    printer: Printer,
    buffer: Buffer,
    clock: Clock,
    still_admin: Callable[[], None],
) -> None:
    address = store.address
    presence = Presence(store, options.patterns)
    track = Track(store, presence, options.patterns, clock, asked_for_past=options.since is not None)
    subscriber = Subscriber(
        address, options.patterns, presence, clock, node=track.node, or_another=True, mark=track.of_subscription
    )
    reader: Reader | None = None
    try:
        with presence.kept_up(track.renew):  # from the beginning: a Ctrl-C may come once it has registered
            with store.errors():
                subscription = subscriber.open()
            printer.note((f"following {options.label} on {address.label}", _of_the_past(options, track)))
            if presence.refused:
                printer.warn(f"{UNPROVEN}: {presence.refused}")
            past = Past(store, track, Counter(options.patterns), clock, printer)
            run = Tail(options, printer, buffer, clock, still_admin, past)
            reader = Reader(subscriber, subscription, buffer, clock, options.pace, track)
            reader.start()
            if options.since:
                run.show(past.opening(ms_of(options.since), subscription.mark, buffer))
            run.follow(reader)
    finally:
        if reader:
            reader.stop()


def _of_the_past(options: TailOptions, track: Track) -> str:
    if options.since:
        return f"first what was recorded since {local_time(options.since)}"
    if track.state:
        return "what was published before is recorded: --since 1h shows the last hour of it first"
    return "Pub/Sub has no past: only what is published from now on is shown"


def to_patterns(words: Sequence[str]) -> tuple[bytes, ...]:
    """Patterns as they were typed, whatever bytes they hold; everything when there are none."""
    patterns = tuple(dict.fromkeys(word.encode("utf-8", "surrogateescape") for word in words if word))
    return patterns or (EVERYTHING,)


def session_patterns(sessions: Sequence[str]) -> tuple[bytes, ...]:
    """The patterns of these conversations and no others, whatever signs their ids hold (contract 1.3); of all when
    there are none."""
    prefix = CHAT_PREFIX.encode()
    named = (session.removeprefix(CHAT_PREFIX).encode("utf-8", "surrogateescape") for session in sessions if session)
    return tuple(dict.fromkeys(prefix + _GLOB.sub(rb"\\\1", name) for name in named)) or (CHAT_PATTERN.encode(),)


@contextmanager
def tuned_interpreter() -> Iterator[None]:
    """Let the reading thread have its turn soon, and keep the collector from walking through a full buffer.

    With the interpreter's defaults a busy tail reads so late that Redis closes its connection. These are settings of
    the whole process: off the main thread they are left to whoever has started more than this tail, as the console.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    switch_interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        yield
    finally:
        sys.setswitchinterval(switch_interval)
        gc.set_threshold(*thresholds)
