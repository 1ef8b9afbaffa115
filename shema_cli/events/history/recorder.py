"""One recorder: hears everything, and writes it or stands by until it is its turn (docs/decisions/history.md)."""

from __future__ import annotations

import re
import secrets
import threading
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from shema_cli.clock import Clock
from shema_cli.errors import ShemaError
from shema_cli.events.buffer import Alive, Batch, Buffer, Gap, Item, Lost, Skipped
from shema_cli.events.filters import SERVER_CHANNELS
from shema_cli.events.history.heard import Break, Heard
from shema_cli.events.history.log import Answer, HistoryLog, Standing, Step, entry
from shema_cli.events.history.presence import Look, Lookout
from shema_cli.events.history.stream import state_of
from shema_cli.events.history.words import gap, words_of
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.errors import Passing
from shema_cli.store.line import Argument
from shema_cli.store.refusals import refusal

MOST_AHEAD = 8
HEARTBEAT_S = 0.4
POLL_S = 0.2
RETRY_S = 0.5
LONGER_S = 0.5
LONGER_TIMES = 6
BEHIND_S = 2.0
GRACE_BROKEN_MS = 600
GRACE_UNKNOWN_MS = 1200
_TAILS = keys.PRESENCE_PREFIX.encode()
_MARK = re.compile(rb"mark ([A-Za-z0-9_-]{1,64})")
_PASSED_OVER = "a recorder was too slow, and passed over {count:,} messages"
NEVER_BEFORE = "nothing was recorded before"
NOBODY = "no recorder ran"
NOT_ALL = "the recorder that wrote was lost, and no other had heard all of it"
REDIS_LOST = "Redis lost what was recorded before"
STATE_LOST = "it was lost how far the history was written"


class Tell(Protocol):
    """Hears of each change of a recorder's role. `why` may be empty."""

    def __call__(self, state: str, why: str = "") -> None: ...


@dataclass
class Figures:
    """How it goes, for a person: entries and bytes in the history, and how many messages this recorder has written, and
    holds."""

    entries: int = 0
    size: int = 0
    written: int = 0
    held: int = 0


class Recorder:
    """Runs in a thread of its own until it is told to end. The reader fills `buffer`; its clock is steady."""

    def __init__(self, store: Store, log: HistoryLog, buffer: Buffer, clock: Clock, tell: Tell) -> None:
        self.figures = Figures()
        self.connections = 1
        self.heard = Heard(_new_name(), clock.monotonic())
        self._store = store
        self._log = log
        self._buffer = buffer
        self._clock = clock
        self._lookout: Lookout | None = None
        self._look: tuple[Step, Look] | None = None
        self._tell = tell
        self._state = ("", "")
        self._idle = False
        self._writes = False
        self._cut = False
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._given_up = threading.Event()
        self._alive: deque[tuple[int, float]] = deque([(0, clock.monotonic())])
        self._alive_s = clock.monotonic()
        self._heard_ms = 0
        self._standing: Standing | None = None
        self._candidate: tuple[str, str] = ("", "")
        self._behind_since: float | None = None
        self._next_poll = 0.0
        self._cursor = 0
        self._until: int | None = None
        self._gap: tuple[int, int, str] | None = None
        self._sent_at = 0.0
        self._full = False
        self._appended = False
        self._began_s = clock.monotonic()
        self._saw_a_history = False
        self._failed = False

    def begin(self) -> None:
        """Look how things stand. Raises what makes no sense to wait for: Failed, Refused, Unreachable."""
        self._standing = self._log.look()

    def run(self) -> None:
        """Until `end`, and what was heard by then is written."""
        try:
            while not (self._given_up.is_set() or (self._stop.is_set() and self._all_is_done())):
                self._turn()
        finally:
            self._ended.set()

    def end(self, within_s: float) -> int:
        """Write what is left, give the lease back, and return how many messages could not be written in that time.

        Longer, up to three seconds, where Redis takes them and they are only too many.
        """
        self._stop.set()
        ended, before = self._ended.wait(within_s), -1
        for _ in range(LONGER_TIMES):
            if not ended and self.heard.written > before:  # on a busy machine: better late than lost
                before, ended = self.heard.written, self._ended.wait(LONGER_S)
        self._given_up.set()
        return 0 if ended else sum(1 for one in self.heard.since(self.heard.written + 1) if isinstance(one, tuple))

    def _all_is_done(self) -> bool:
        """Whether all that was heard is written, or is another's to write."""
        another = self._standing is not None and self._standing.word == "held"
        return self._idle and not self._writes and (another or not self.heard.unwritten)

    def _turn(self) -> None:
        busy = self._writes and (self._log.waiting or self._unsent)
        if (item := self._buffer.take(0.002 if busy else 0.05)) is not None:
            self._take(item)
        self._idle = item is None
        try:
            if self._writes:
                self._write()
            else:
                self._stand_by()
        except ShemaError as error:
            self._bear(error)

    # -- hearing --------------------------------------------------------------------------------------------

    def _take(self, item: Item) -> None:
        match item:
            case Batch():
                self._hear(item)
            case Alive():
                self._alive_s = item.until.timestamp()
                self._alive.append((self.heard.last, self._alive_s))
            case Lost():
                self._cut = True
                self._give_way()
                if not self._writes:
                    self._change("deaf", f"the connection to Redis was lost: {item.cause}")
            case Gap():
                self._cut = False
                self.connections += 1
                self._be_deaf(item.ended.timestamp(), item.cause)
                self._next_poll = 0.0
            case Skipped():
                self._give_way()
                self._be_deaf(self._clock.monotonic(), _PASSED_OVER.format(count=item.count))
        self.figures.held = self.heard.unwritten

    def _hear(self, batch: Batch) -> None:
        heard_s = batch.received_at.timestamp()
        pairs: list[tuple[bytes, bytes]] = []
        for _, _, channel, payload in batch.messages:
            if channel.startswith(_TAILS):
                if found := _MARK.fullmatch(payload):
                    self.heard.hear(heard_s, pairs)
                    pairs = []
                    self.heard.mark(heard_s, found[1].decode())
                    self._next_poll = 0.0
            elif not channel.startswith(SERVER_CHANNELS):
                pairs.append((channel, payload))
        self.heard.hear(heard_s, pairs)

    def _give_way(self) -> None:
        """A standby may have heard what we are about to miss: what was heard before is still ours to write."""
        if self._writes and self._until is None:
            self._until = self.heard.last

    def _be_deaf(self, to_s: float, cause: str) -> None:
        self.heard.deaf(_new_name(), self._alive_s, to_s, cause)
        self._alive_s = to_s
        self._alive.append((self.heard.last, to_s))

    # -- standing by ----------------------------------------------------------------------------------------

    def _stand_by(self) -> None:
        if self._clock.monotonic() < self._next_poll:
            return
        self._next_poll = self._clock.monotonic() + POLL_S
        standing = self._standing
        if standing is None:
            self._next_poll = 0.0  # what it finds may be claimed at once
        attempt = None if standing is None or self._cut else self._attempt(standing)
        self._standing = standing = self._log.claim(*attempt) if attempt else self._log.look()
        if standing.mine:
            self._begin_to_write(standing)
            return
        if (number := self.heard.find(standing.place)) is None or not self.heard.first <= number <= self.heard.last:
            return
        self._confirm(number)
        self._saw_a_history = True
        if standing.word == "held" and not self._cut:
            self._change("standing by", f"recorder {standing.writer[:6]} writes")

    def _attempt(self, standing: Standing) -> tuple[str, int, int] | None:
        """The claim to make: place, grace (ms), how much is remembered behind it. None: not yet."""
        place = standing.place
        if standing.word == "blank" or not place:
            return place, 0, self.heard.last + 1
        number = self.heard.find(place)
        if number is not None and number > self.heard.last:  # the writer has heard more, which is on its way to us
            self._behind_since = self._behind_since or self._clock.monotonic()
            if self._clock.monotonic() - self._behind_since < BEHIND_S:
                return None
            number = None
        else:
            self._behind_since = None
        if number is not None:
            grace = GRACE_BROKEN_MS if self.heard.is_broken_behind(number) else 0
            return place, grace, self.heard.last - number
        # A mark that is published while a place stands is not written as long as it stands.
        of_place, mark = self._candidate
        if of_place != place:
            self._candidate = place, _new_name()
            self._publish_mark(self._candidate[1])
            return None
        if (number := self.heard.heard_at(mark)) is None:
            return None
        return place, GRACE_UNKNOWN_MS, self.heard.last - number

    def _publish_mark(self, mark: str) -> None:
        with self._store.errors():
            self._store.client.publish(f"{keys.PRESENCE_PREFIX}{mark}", f"mark {mark}")

    def _begin_to_write(self, standing: Standing) -> None:
        """Go on behind what is written, or write a gap up to what is remembered."""
        heard = self.heard
        number = heard.find(standing.place) if standing.word == "yours" and standing.place else None
        if standing.word == "none" and standing.entries:  # who had written it, and how far, is lost
            number = heard.last
        self._heard_ms = standing.heard_ms
        self._gap = None
        if number is not None and heard.first <= number + 1:
            self._cursor = number + 1
            heard.confirm(number, self._clock.monotonic())
            if standing.word == "none":
                now_ms = self._log.clock.ms(self._clock.monotonic())
                self._gap = min(standing.heard_ms, now_ms), now_ms, STATE_LOST
        else:
            of_place, mark = self._candidate
            unknown = number is None and standing.word == "yours" and of_place == standing.place != ""
            marked = heard.heard_at(mark) if unknown else None
            self._cursor = heard.first if marked is None else marked
            heard.written = self._cursor - 1
            self._gap = self._gap_before(self._cursor, standing, known=number is not None)
        self._writes = True
        self._sent_at = 0.0
        with self._store.errors():
            self._lookout, self._look = Lookout(self._store, state_of(self._store)), None

    def _gap_before(self, number: int, standing: Standing, *, known: bool) -> tuple[int, int, str] | None:
        """`known`: the place that stands is one that this recorder has forgotten, since it had been written."""
        first = self.heard.at(number)
        moment_s = first[0] if isinstance(first, tuple) else first.from_s if isinstance(first, Break) else first.heard_s
        to_ms = self._log.clock.ms(moment_s)
        if known or standing.word == "lost" or (standing.word == "none" and self._saw_a_history):
            cause = REDIS_LOST
        elif not standing.heard_ms:
            cause = NEVER_BEFORE
        else:
            cause = NOBODY if standing.heard_ms <= self._log.clock.ms(self._began_s) else NOT_ALL
        return (standing.heard_ms, to_ms, cause) if standing.heard_ms < to_ms else None

    # -- writing --------------------------------------------------------------------------------------------

    @property
    def _unsent(self) -> bool:
        return self._cursor <= (self.heard.last if self._until is None else self._until)

    def _write(self) -> None:
        while self._writes and self._log.waiting < MOST_AHEAD and (self._unsent and not self._full):
            self._send()
        now = self._clock.monotonic()
        if self._writes and now - self._sent_at >= HEARTBEAT_S and self._log.waiting < MOST_AHEAD:
            self._send(only_a_sign=self._full)
        self._look_who_is_there()
        self._collect(0.05 if self._log.waiting >= MOST_AHEAD else 0.0)
        all_is_written = self._writes and not self._unsent and not self._log.waiting
        if all_is_written and (self._until is not None or (self._stop.is_set() and self._idle)):
            self._step_down()

    def _send(self, *, only_a_sign: bool = False) -> None:
        step = Step(*self._step(only_a_sign=only_a_sign), state={})
        self._appended = self._appended or bool(step.words)
        self._log.send(step)
        self._sent_at = self._clock.monotonic()

    def _step(self, *, only_a_sign: bool = False) -> tuple[int, str, int, list[Argument]]:
        """Number, place, heard (ms) and words of what comes next, up to as much as is sent at once."""
        heard, clock = self.heard, self._log.clock
        self._cursor = max(self._cursor, heard.first)
        words: list[Argument] = []
        if only_a_sign or not (self._unsent or self._gap):
            return self._cursor - 1, self._log.place, self._heard_until(self._cursor - 1), words
        if self._gap:
            from_ms, to_ms, cause = self._gap
            words += entry(to_ms, gap(from_ms, to_ms, cause))
            self._heard_ms, self._gap = to_ms, None
        most = max(0, (heard.last if self._until is None else self._until) - self._cursor + 1)
        count, things = words_of(islice(heard.since(self._cursor), most), clock)
        self.figures.written += count
        self._cursor += count
        number = self._cursor - 1
        return number, heard.place(number), self._heard_until(number), [*words, *things]

    def _heard_until(self, number: int) -> int:
        while self._alive and self._alive[0][0] <= number:
            moment_ms = self._log.clock.ms(self._alive.popleft()[1])
            was_set_back = self._heard_ms > self._log.clock.ms(self._clock.monotonic())
            self._heard_ms = moment_ms if was_set_back else max(self._heard_ms, moment_ms)
        return self._heard_ms

    def _collect(self, wait_s: float) -> None:
        while (answer := self._log.answer(wait_s)) is not None:
            self._settle(answer)
            wait_s = 0.0

    def _settle(self, answer: Answer) -> None:
        if answer.word != "done":
            if answer.word == "fenced":
                self._change("standing by", "another recorder has taken over")
            self._start_over(0.0)
            return
        if self._look and self._lookout and answer.step is self._look[0]:
            self._lookout.keep(self._look[1])
            self._look = None
        self._full = self._failed = False
        self._saw_a_history = True
        self.figures.entries, self.figures.size = answer.entries, answer.size
        self._confirm(answer.step.number)
        if answer.step.words or self._state[0] != "blocked":  # a sign of life takes no memory, and few rights
            self._change("recording")

    def _confirm(self, number: int) -> None:
        self.heard.confirm(number, self._clock.monotonic())
        while len(self._alive) > 1 and self._alive[1][0] <= number and not self._writes:
            self._alive.popleft()
        self.figures.held = self.heard.unwritten

    def _look_who_is_there(self) -> None:
        now_ms = self._log.clock.ms(self._clock.monotonic())
        if not self._writes or not self._lookout or self._look or self._log.waiting >= MOST_AHEAD:
            return
        if not self._lookout.is_due(now_ms, appended=self._appended):
            return
        with self._store.errors():
            look = self._lookout.look(now_ms)
        words = [word for at_ms, fields in look.entries for word in entry(at_ms, fields)]
        number = self._cursor - 1
        step = Step(number, self._log.place, self._heard_until(number), words, look.state)
        self._look, self._appended = (step, look), False
        self._log.send(step)

    def _step_down(self) -> None:
        """Give the lease back, for a standby that hears; or for good."""
        number, place, heard_ms, words = self._step(only_a_sign=True)
        self._log.send(Step(number, place, heard_ms, words, {}), give_back=True)
        self._log.answer(1.0)
        self._start_over(POLL_S)
        if self._cut:
            self._change("deaf", "the connection to Redis was lost")

    # -- what may go wrong ----------------------------------------------------------------------------------

    def _start_over(self, after_s: float) -> None:
        """What was not answered may have been carried out: the place that stands will tell."""
        self._log.let_go()
        self._writes = False
        self._until = None
        self._standing = None
        self._next_poll = self._clock.monotonic() + after_s

    def _bear(self, error: ShemaError) -> None:
        """Keep what was heard, and try again for ever. What passes is told when it has not passed at once."""
        self._full = refusal(error.__cause__ or error).word == "OOM"
        passing, again = isinstance(error, Passing), self._failed
        self._failed = True
        if again or not passing:
            self._change("waiting" if passing else "blocked", _words(error))
        self._start_over(RETRY_S if again or not passing else 0.0)
        self._store.let_go()

    def _change(self, state: str, why: str = "") -> None:
        if (state, why) != self._state:
            self._state = (state, why)
            self._tell(state, why)


def _words(error: ShemaError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message


def _new_name() -> str:
    return secrets.token_hex(12)
