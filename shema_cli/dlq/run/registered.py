"""A run as the registry in Redis knows it, whatever it works on: its lease, the numbers of its steps, its beginning in
the trail, and what is said when Redis goes away under it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial
from types import TracebackType
from typing import ClassVar, Self, TypeVar

from shema_cli.clock import Clock
from shema_cli.dlq.run.store import DeadLetters, Place
from shema_cli.errors import Failed, Interrupted, ShemaError, Unreachable
from shema_cli.results import counted, were
from shema_cli.store.presence import Voucher

HEARTBEAT_S = 0.7
NAMED_EVENTS = 20

Told = TypeVar("Told")


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


class Registered:
    """Registered in Redis while it lasts, so that others see it live and `recover` sees it dead.

    Of the list, positions below `frontier` are done, and those from `bound` on arrived later. Both follow what other
    runs take out.
    """

    resumes: ClassVar[str] = "shema dlq recover"
    """What to do when Redis is back."""
    look: ClassVar[str] = "see what is left with shema dlq list, then run the same command again"
    """What to do when the run was stopped, or Redis has forgotten it."""

    def __init__(self, store: DeadLetters, clock: Clock) -> None:
        self.id = secrets.token_hex(8)
        self.store = store
        self.clock = clock
        self.frontier = 0
        self.bound = 0
        self.done = 0
        self.deaths = 0  # how often others took it for dead
        self.begun = False  # whether the trail has its beginning
        self.stopped_by = ""  # who has told it to stop
        self.fields: dict[str, str] = {}
        self.events: dict[str, None] = {}  # ids of the first events that it published or took out
        self._seq = 0
        self._noted: Callable[[], object] | None = None  # on its way
        self._enter: Callable[[], None] = lambda: None
        self._voucher = Voucher(store.redis, clock)
        self._ended = threading.Event()
        self._heart: threading.Thread | None = None

    def join(self, fields: Mapping[str, str], enter: Callable[[], None]) -> None:
        """Register, and take the snapshot of the list: the entries that there are now.

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

    def expect(self, entries: int) -> None:
        """Tell others how many it is about."""
        self._note("of", entries)

    def announce(self) -> None:
        """Have the beginning in the trail. Raises what keeps it out, and then nothing was done."""
        self._be_noted()
        if not self.begun:
            self._enter()
            self.begun = True
            self._note("began")

    def _note(self, field: str, value: int | None = None) -> None:
        """Keep something with it in Redis, by the next step at the latest."""
        self._be_noted()
        self._noted = self.store.begin_note(self.id, field, value)

    def _be_noted(self) -> None:
        noted, self._noted = self._noted, None
        if noted is not None:
            self._told(noted)

    def stopped(self) -> Interrupted | None:
        """Why it does nothing more, once somebody has told it to stop (`store/lua/dlq_run_stop.lua`)."""
        return Interrupted("run_stopped", f"stopped by {self.stopped_by}", self.look) if self.stopped_by else None

    def idle(self, wanted: Sequence[tuple[str, bytes]], *, max_replays: int, allow_unheard: bool) -> list[Code] | None:
        """What a step would say of each of these (channel, replay key) if it can publish none; None when it may.

        What nobody hears leaves no entry in the trail, so that is asked before the run has one.
        """
        names = list(dict.fromkeys(name for name, _ in wanted))
        spent = self.store.begin_replays([replay_key for _, replay_key in wanted])
        listening = {} if allow_unheard else self.store.listeners(names)
        codes = []
        for (name, _), replays in zip(wanted, spent(), strict=True):
            at_limit = 0 <= max_replays <= replays
            if not at_limit and (allow_unheard or not listening[name].unheard):
                return None
            codes.append(Code.AT_LIMIT if at_limit else Code.UNHEARD)
        return codes

    def remember(self, event_id: str | None) -> None:
        """Name the first events for the trail; all of them are kept beside it (`lua/dlq_step.lua`)."""
        if event_id is not None and len(self.events) < NAMED_EVENTS:
            self.events[event_id] = None

    def refresh(self) -> None:
        """Learn how others have moved the frontier and the bound."""
        while (place := self._told(partial(self.store.renew, self.id))) is None:
            self._rejoin()
        self._stand_at(place)

    def _stand_at(self, place: Place) -> None:
        self.frontier, self.bound, stopped_by = place
        self.stopped_by = self.stopped_by or stopped_by

    def park(self) -> None:
        """Before a long wait: nothing stays in flight that is not held by others."""
        self.store.settle(self.id)

    def leave(self) -> None:
        """Give back everything; the run stays registered until it is forgotten."""
        self._be_noted()
        renewed, settled = self.store.begin_leaving(self.id)
        place = self._told(renewed)
        self._told(settled)
        if place is not None:
            self._stand_at(place)
            return
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
            raise self._overtaken(answer)

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
        return RunLost(error.code, message, f"when Redis is back: {self.resumes}")

    def _overtaken(self, why: str) -> Failed:
        if why == "overtaken":
            message = (
                "this run was silent for so long that others took it for dead and went on without it; nothing is lost"
            )
            done = counted(self.done, "entry", "entries")
            return Failed("run_taken_over", f"{message}. It had done {done}", "run the same command again")
        message = f"Redis no longer knows this run: it lost its data or evicted its keys. {_done_before(self.done)}"
        return Failed("run_unknown", message, self.look)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            with suppress(ShemaError):
                place = self.store.renew(self.id, once=True)
                if place and place.stopped_by:
                    self.stopped_by = place.stopped_by


def _done_before(done: int) -> str:
    return f"{counted(done, 'entry', 'entries')} {were(done)} done before"
