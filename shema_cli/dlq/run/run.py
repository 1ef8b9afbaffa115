"""One run at work on the dead letters: who it is done for, its lease, its place, and its steps, each of which happens
once."""

from __future__ import annotations

import secrets
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from hashlib import sha1
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from shema_cli.admin import Mandate, StillAdmin
from shema_cli.clock import Clock
from shema_cli.dlq.run.store import TURN_MS, Argument, DeadLetters, StepAnswer
from shema_cli.errors import Failed, ShemaError, Unreachable
from shema_cli.interrupts import stop_gently
from shema_cli.results import counted, were
from shema_cli.store.presence import Voucher

if TYPE_CHECKING:
    from shema_cli.output.person import Person
    from shema_cli.output.sanitize import Lines
    from shema_cli.store.journal import Journal

HEARTBEAT_S = 0.7
NAMED_EVENTS = 20
DROP = 0
_SPEC = struct.Struct("<HIIH8sH")

Told = TypeVar("Told")


@dataclass(frozen=True)
class Operator:
    """One admin with one command: what every run on the dead letters needs.

    `environ` names the editor; `yes` answers every question.
    """

    store: DeadLetters
    clock: Clock
    journal: Journal
    person: Person
    still_admin: StillAdmin
    environ: Mapping[str, str]
    yes: bool = False

    def fields(self, action: str, selection: str) -> dict[str, str]:
        """What is kept with a run, so that whoever finds it dead can write its audit entry."""
        author = self.journal.author
        return {
            "action": action,
            "selection": selection,
            "actor": author.uid,
            "actorEmail": author.email,
            "command": author.command,
        }

    def confirm(self, question: Lines) -> None:
        self.person.confirm(question, yes=self.yes)

    @contextmanager
    def under_way(self, label: str, total: int) -> Iterator[UnderWay]:
        """The changing part of a run: drawn, and stopped between two batches (`UnderWay`)."""
        with stop_gently() as interrupted, self.person.progress(label, total) as drawn:
            yield UnderWay(drawn.step, interrupted.is_set, Mandate(self.still_admin))


@dataclass(frozen=True)
class UnderWay:
    """What every run that changes the list goes by: it asks before each batch whether it may `go_on`.

    `progress` is told after each batch how many entries are done with.
    """

    progress: Callable[[int], None]
    interrupted: Callable[[], bool]
    mandate: Mandate

    def go_on(self, *, now: bool = False) -> bool:
        """False after Ctrl-C, and when its admin no longer is one, which Firebase is asked (contract 2.4)."""
        return not self.interrupted() and self.mandate.holds(now=now)

    def stopped(self) -> bool:
        """What a wait looks at: nobody is asked."""
        return self.interrupted() or self.mandate.ended is not None


class RunLost(Unreachable):
    """Redis stayed away in the middle of a run: says how far that has come, and what to do."""


class Code(StrEnum):
    """What a step did with one entry."""

    PUBLISHED = "p"
    COPY = "c"  # of an event that went out; taken out without publishing it
    UNHEARD = "u"
    AT_LIMIT = "s"
    FAILED = "f"
    DROPPED = "d"
    PASSED = "-"


TAKEN_OUT = frozenset({Code.PUBLISHED, Code.COPY, Code.DROPPED})


@dataclass(frozen=True)
class Wanted:
    """What is wanted of one entry of a batch: publish `raw[start:end]` to channel number `channel`, or DROP it.

    `copies` are the entries that publishing it covers besides, or ALONE (`letters/copies.py`).
    """

    index: int
    start: int
    end: int
    channel: int
    replay_key: bytes
    copies: bytes = b""

    def packed(self) -> bytes:
        size, copies = self.end - self.start, self.copies
        return _SPEC.pack(self.index, self.start, size, self.channel, self.replay_key, len(copies)) + copies


@dataclass(frozen=True)
class EntryBatch:
    """A batch (oldest first) that stands `skip` places above the frontier, and what is wanted of its entries."""

    skip: int
    raws: Sequence[bytes]
    wanted: Sequence[Wanted] = ()
    channels: Sequence[tuple[str, int]] = ()  # channel 1, 2, … and how many listen to it on other nodes
    max_replays: int = -1
    allow_unheard: bool = False
    edited: bytes = b""


class Run:
    """Registered in Redis while it lasts, so that others see it live and `recover` sees it dead.

    Positions below `frontier` are done; those from `bound` on arrived later. Both follow what other runs take out.
    """

    def __init__(self, store: DeadLetters, clock: Clock) -> None:
        self.id = secrets.token_hex(8)
        self.store = store
        self.clock = clock
        self.frontier = 0
        self.bound = 0
        self.done = 0
        self.deaths = 0  # how often others took it for dead
        self.begun = False  # whether the trail has its beginning
        self.fields: dict[str, str] = {}
        self.events: dict[str, None] = {}  # ids of the first events that it took out
        self._seq = 0
        self._enter: Callable[[], None] = lambda: None
        self._voucher = Voucher(store.redis, clock)
        self._ended = threading.Event()
        self._heart: threading.Thread | None = None

    def join(self, fields: Mapping[str, str], enter: Callable[[], None]) -> None:
        """Register, and take the snapshot: the entries that there are now.

        `enter` writes the beginning into the trail; it is called once, before the first step that may change something.
        """
        self.fields = dict(fields)
        self._enter = enter
        self.bound = self.store.join(self.id, fields)
        self.store.patience = self.clock
        self._heart = threading.Thread(target=self._beat, name="dlq-lease", daemon=True)
        self._heart.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back what is held, whatever happened; what cannot be given back now is found by `recover`."""
        if kind is not None:
            self.store.patience = None
        try:
            with suppress(ShemaError):
                if kind is not None and self._heart is not None:
                    self.store.settle(self.id, leaving=True)
                if not self.begun:
                    self.store.forget(self.id, if_idle=True)
        finally:
            self.store.patience = None
            self._ended.set()
            if self._heart is not None:
                self._heart.join(timeout=HEARTBEAT_S)
        if isinstance(error, Unreachable) and error.code in ("redis_unreachable", "redis_lost"):
            raise self._lost(error) from error

    def step(self, batch: EntryBatch) -> str | None:
        """Do one step exactly once, also when its answer is lost on the way.

        Returns a Code for each entry of the batch, or None when the list has changed and must be read again.
        """
        return self.begin(batch)()

    def begin(self, batch: EntryBatch) -> Callable[[], str | None]:
        """Send a step on its way; what is returned waits for its end, as `step` does.

        Raises what keeps the run's beginning out of the trail, and then nothing was done.
        """
        if not self.begun and (idle := self._idle(batch)) is not None:
            codes_of = self._send(replace(batch, wanted=(), channels=()))
            return lambda: _overlaid(codes_of(), idle)
        self.announce()
        return self._send(batch)

    def _send(self, batch: EntryBatch) -> Callable[[], str | None]:
        self._seq += 1
        return partial(self._finish, batch, self.store.begin_step(*self._arguments(batch, batch.skip)))

    def announce(self) -> None:
        """Have the beginning in the trail. Raises what keeps it out, and then nothing was done."""
        if not self.begun:
            self._enter()
            self.begun = True

    def _idle(self, batch: EntryBatch) -> dict[int, Code] | None:
        """What a step would say of each wanted entry if it can do none of it; None when it may change something.

        What nobody hears leaves no entry in the trail, so that is asked before the run has one.
        """
        if any(wanted.channel == DROP for wanted in batch.wanted) or self.store.any_copies():
            return None
        listening = {} if batch.allow_unheard else self.store.listeners([name for name, _ in batch.channels])
        spent = self.store.replays([wanted.replay_key for wanted in batch.wanted])
        idle = {}
        for wanted, replays in zip(batch.wanted, spent, strict=True):
            at_limit = 0 <= batch.max_replays <= replays
            name = batch.channels[wanted.channel - 1][0]
            if not at_limit and (batch.allow_unheard or not listening[name].unheard):
                return None
            idle[wanted.index] = Code.AT_LIMIT if at_limit else Code.UNHEARD
        return idle

    def _finish(self, batch: EntryBatch, answer: Callable[[], StepAnswer]) -> str | None:
        skip = batch.skip
        while True:
            told = self._told(answer)
            if told.outcome == "gone":
                self._rejoin()
                answer = partial(self.store.step, *self._arguments(batch, skip))
                continue
            if told.outcome in ("gap", "ask"):
                skip -= told.frontier - self.frontier
            self.frontier, self.bound = told.frontier, told.bound
            if told.outcome == "done":
                self.done += sum(map(told.word.count, TAKEN_OUT))
                return told.word
            if told.outcome == "moved":
                return None
            if told.outcome == "ask":
                self._vouch(told.word.split())
            if told.outcome == "turn":
                self.clock.sleep(min(int(told.word), TURN_MS) / 1000)
            answer = partial(self.store.step, *self._arguments(batch, skip))

    def push(self, raws: Sequence[bytes]) -> None:
        """Push entries as the services do, the last becoming the newest. Raises as `begin` does."""
        self.announce()
        self._seq += 1
        while True:
            done = self._told(partial(self.store.push, self.id, self._seq, raws))
            if done is not None:
                self.done = done
                return
            self._rejoin()

    def took_out(self, event_id: str | None) -> None:
        """Remember the first events for the trail; all of them are kept beside it (`lua/dlq_act.lua`)."""
        if event_id is not None and len(self.events) < NAMED_EVENTS:
            self.events[event_id] = None

    def refresh(self) -> None:
        """Learn how others have moved the frontier and the bound."""
        while (place := self._told(partial(self.store.renew, self.id))) is None:
            self._rejoin()
        self.frontier, self.bound = place

    def park(self) -> None:
        """Before a long wait: nothing stays in flight that is not held by others."""
        self.store.settle(self.id)

    def leave(self) -> None:
        """Give back everything; the run stays registered until it is forgotten."""
        with suppress(Failed):  # the work is done: that others have counted this run among the dead changes nothing
            self.refresh()
        self.store.settle(self.id, leaving=True)

    def forget(self) -> None:
        self.store.forget(self.id)

    def _rejoin(self) -> None:
        """Others took this run for dead: go on where it stood, if nobody has changed the list since."""
        self.deaths += 1
        answer = self._told(partial(self.store.rejoin, self.id))
        if answer != "ok":
            raise lost(answer, self.done)

    def _arguments(self, batch: EntryBatch, skip: int) -> list[Argument]:
        place = (self.frontier, self.bound, skip, len(batch.raws), digest(batch.raws))
        how = (batch.max_replays, int(batch.allow_unheard))
        specs = b"".join(wanted.packed() for wanted in batch.wanted)
        channels = (word for pair in batch.channels for word in pair)
        return [self.id, self._seq, *place, *how, specs, batch.edited, self._voucher.words(), *channels]

    def _vouch(self, tokens: Sequence[str]) -> None:
        """Where Redis has gone just now, the step is what waits for it, and asks again."""
        with suppress(Unreachable), self.store.redis.errors():
            self._voucher.vouch(tokens)

    def _told(self, ask: Callable[[], Told]) -> Told:
        """Ask, and when Redis stays away say how far the run has come."""
        try:
            return ask()
        except Unreachable as error:
            raise self._lost(error) from error

    def _lost(self, error: Unreachable) -> RunLost:
        if isinstance(error, RunLost):
            return error
        message = f"{error.message}; {_done_before(self.done)}, and nothing is lost"
        return RunLost(error.code, message, "when Redis is back: shema dlq recover")

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            with suppress(ShemaError):
                self.store.renew(self.id, once=True)


def _overlaid(codes: str | None, idle: Mapping[int, Code]) -> str | None:
    """The codes of a step of which nothing was asked, with what it would have said."""
    return codes and "".join(idle.get(index, code) for index, code in enumerate(codes))


def digest(raws: Sequence[bytes]) -> str:
    """What the script compares the right end of the list with: sizes and bytes, newest first."""
    sizes = ",".join(str(len(raw)) for raw in reversed(raws)).encode()
    return sha1(b"".join((sizes, b":", *reversed(raws))), usedforsecurity=False).hexdigest()


def lost(why: str, done: int) -> Failed:
    if why == "overtaken":
        message = "this run was silent for so long that others took it for dead and went on without it; nothing is lost"
        return Failed(
            "run_taken_over",
            f"{message}. It had done {counted(done, 'entry', 'entries')}",
            "run the same command again",
        )
    message = f"Redis no longer knows this run: it lost its data or evicted its keys. {_done_before(done)}"
    return Failed("run_unknown", message, "see what is left with shema dlq list, then run the same command again")


def _done_before(done: int) -> str:
    return f"{counted(done, 'entry', 'entries')} {were(done)} done before"
