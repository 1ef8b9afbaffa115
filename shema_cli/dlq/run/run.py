"""One run at work on the list of dead letters: who it is done for, its place, and its steps, each of which happens
once."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from hashlib import sha1
from typing import TYPE_CHECKING

from shema_cli.admin import Mandate, StillAdmin
from shema_cli.clock import Clock
from shema_cli.dlq.run.registered import TAKEN_OUT, Code, Registered
from shema_cli.dlq.run.store import NOTHING, TURN_MS, Argument, DeadLetters, StepAnswer
from shema_cli.frozen import dataclass
from shema_cli.interrupts import stop_gently
from shema_cli.store import keys

if TYPE_CHECKING:
    from shema_cli.output.person import Person
    from shema_cli.output.sanitize import Lines
    from shema_cli.store.journal import Journal

DROP = 0
_SPEC = struct.Struct("<HIIH8sH")


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

    def fields(self, action: str, selection: str, target: str = keys.DEAD_LETTERS) -> dict[str, str]:
        """What is kept with a run, so that whoever finds it dead can write its audit entry, whatever it worked on."""
        author = self.journal.author
        return {
            "action": action,
            "target": target,
            "selection": selection,
            "actor": author.uid,
            "actorEmail": author.email,
            "command": author.command,
        }

    def confirm(self, question: Lines) -> None:
        self.person.confirm(question, yes=self.yes)

    @contextmanager
    def under_way(self, label: str, total: int, run: Registered) -> Iterator[UnderWay]:
        """The changing part of a run: drawn, and stopped between two batches (`UnderWay`)."""
        with stop_gently() as interrupted, self.person.progress(label, total) as drawn:
            yield UnderWay(drawn.step, interrupted.is_set, Mandate(self.still_admin, run.stopped))


@dataclass(frozen=True)
class UnderWay:
    """What every run that changes the list goes by: it asks before each batch whether it may `go_on`.

    `progress` is told after each batch how many entries are done with.
    """

    progress: Callable[[int], None]
    interrupted: Callable[[], bool]
    mandate: Mandate

    def go_on(self, *, now: bool = False) -> bool:
        """False after Ctrl-C, when somebody has told it to stop, and when its admin no longer is one, which Firebase
        is asked (contract 2.4)."""
        return not self.interrupted() and self.mandate.holds(now=now)

    def stopped(self) -> bool:
        """What a wait looks at: nobody is asked."""
        return self.interrupted() or self.mandate.ended is not None


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


@dataclass(frozen=True)
class StepBegun:
    """A step under way. `codes` waits for its end, as `Run.step` does; `entries` for what was read before it.

    Where the step is done, the entries stand where they were asked for: nobody else has taken any out in between.
    """

    codes: Callable[[], str | None]
    entries: Callable[[], list[bytes]]


class Run(Registered):
    """One that takes entries out of the list, at its frontier."""

    def step(self, batch: EntryBatch) -> str | None:
        """Do one step exactly once, also when its answer is lost on the way.

        Returns a Code for each entry of the batch, or None when nothing was done: the list has changed and must be read
        again, or the run was told to stop.
        """
        return self.begin(batch).codes()

    def begin(self, batch: EntryBatch, read: tuple[int, int] = NOTHING) -> StepBegun:
        """Send a step on its way, and before it a question for entries (`read`: first position, how many).

        Raises what keeps the run's beginning out of the trail, and then nothing was done.
        """
        if not self.begun and (idle := self._idle(batch)) is not None:
            begun = self._send(replace(batch, wanted=(), channels=()), read)
            return replace(begun, codes=lambda: _overlaid(begun.codes(), idle))
        self.announce()
        return self._send(batch, read)

    def _send(self, batch: EntryBatch, read: tuple[int, int]) -> StepBegun:
        self._seq += 1
        sent = self.store.begin_step(*self._arguments(batch, batch.skip), read=read)
        return StepBegun(partial(self._finish, batch, sent.answer), sent.entries)

    def _idle(self, batch: EntryBatch) -> dict[int, Code] | None:
        """What a step would say of each wanted entry if it can do none of it; None when it may change something."""
        if any(wanted.channel == DROP for wanted in batch.wanted):
            return None
        copies = self.store.begin_copies()
        wanted = [(batch.channels[one.channel - 1][0], one.replay_key) for one in batch.wanted]
        codes = self.idle(wanted, max_replays=batch.max_replays, allow_unheard=batch.allow_unheard)
        if codes is None or copies():  # a copy is taken out whoever listens
            return None
        return dict(zip((one.index for one in batch.wanted), codes, strict=True))

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
            if told.outcome == "stopped":
                self.stopped_by = told.word
            if told.outcome in ("moved", "stopped"):
                return None
            if told.outcome == "ask":
                self._vouch(told.word.split())
            if told.outcome == "turn":
                self.clock.sleep(min(int(told.word), TURN_MS) / 1000)
            answer = partial(self.store.step, *self._arguments(batch, skip))

    def push(self, raws: Sequence[bytes]) -> bool:
        """Push entries as the services do, the last becoming the newest; False when the run was told to stop.

        Raises as `begin` does.
        """
        self.announce()
        self._seq += 1
        while True:
            outcome, word = self._told(partial(self.store.push, self.id, self._seq, raws))
            if outcome == "gone":
                self._rejoin()
                continue
            if outcome == "stopped":
                self.stopped_by = word
                return False
            self.done = int(word)
            return True

    def _arguments(self, batch: EntryBatch, skip: int) -> list[Argument]:
        place = (self.frontier, self.bound, skip, len(batch.raws), digest(batch.raws))
        how = (batch.max_replays, int(batch.allow_unheard))
        specs = b"".join(wanted.packed() for wanted in batch.wanted)
        channels = (word for pair in batch.channels for word in pair)
        return [self.id, self._seq, *place, *how, specs, batch.edited, self._voucher.words(), *channels]


def _overlaid(codes: str | None, idle: Mapping[int, Code]) -> str | None:
    """The codes of a step of which nothing was asked, with what it would have said."""
    return codes and "".join(idle.get(index, code) for index, code in enumerate(codes))


def digest(raws: Sequence[bytes]) -> str:
    """What the script compares the right end of the list with: sizes and bytes, newest first."""
    sizes = ",".join(str(len(raw)) for raw in reversed(raws)).encode()
    return sha1(b"".join((sizes, b":", *reversed(raws))), usedforsecurity=False).hexdigest()
