"""A recorder whose turn it is: what was heard goes out step by step, ahead of answers (docs/decisions/history.md)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from shema_cli.clock import Clock
from shema_cli.events.history.hearing import Hearing
from shema_cli.events.history.log import Answer, HistoryLog, Step, entry
from shema_cli.events.history.presence import Look, Lookout
from shema_cli.events.history.standby import Beginning
from shema_cli.events.history.words import gap, words_of
from shema_cli.frozen import dataclass
from shema_cli.store.line import Argument

MOST_AHEAD = 8
HEARTBEAT_S = 0.4
ANSWER_S = 0.05
GIVEN_BACK_S = 1.0


@dataclass
class Figures:
    """How it goes, for a person: entries and bytes in the history, and how many messages this recorder has written, and
    holds."""

    entries: int = 0
    size: int = 0
    written: int = 0
    held: int = 0


class Writer:
    """One turn, from the claim to its end. Raises what `HistoryLog` and `Lookout` raise; then the turn is over.

    Once it has given way it writes what it had heard until then, for a standby may have heard what it is about to miss.
    """

    def __init__(
        self,
        log: HistoryLog,
        hearing: Hearing,
        lookout: Lookout,
        clock: Clock,
        figures: Figures,
        beginning: Beginning,
    ) -> None:
        self._log = log
        self._hearing = hearing
        self._heard = hearing.heard
        self._lookout = lookout
        self._clock = clock
        self._figures = figures
        self._next = beginning.number
        self._heard_ms = beginning.heard_ms
        self._gap = beginning.gap
        self._last: int | None = None
        self._sent_at = 0.0
        self._looked: tuple[Step, Look] | None = None
        self._appended = False

    def give_way(self) -> None:
        self._last = self._heard.last if self._last is None else self._last

    @property
    def has_given_way(self) -> bool:
        return self._last is not None

    @property
    def unsent(self) -> bool:
        return self._next <= self._up_to

    @property
    def all_is_written(self) -> bool:
        return not self.unsent and not self._log.waiting

    @property
    def _up_to(self) -> int:
        return self._heard.last if self._last is None else self._last

    def send(self, *, full: bool) -> None:
        """All that may go ahead of its answer, or a sign of life. `full`: Redis takes no entries just now."""
        while self._log.waiting < MOST_AHEAD and self.unsent and not full:
            self._send(self._step())
        is_due = self._clock.monotonic() - self._sent_at >= HEARTBEAT_S
        if is_due and self._log.waiting < MOST_AHEAD:
            self._send(self._sign_of_life() if full else self._step())

    def look_who_is_there(self) -> None:
        """If it is time for it: what has changed is appended."""
        now_ms = self._log.clock.ms(self._clock.monotonic())
        if self._looked or self._log.waiting >= MOST_AHEAD or not self._lookout.is_due(now_ms, appended=self._appended):
            return
        look = self._lookout.look(now_ms)
        words = [word for at_ms, fields in look.entries for word in entry(at_ms, fields)]
        number = self._next - 1
        step = Step(number, self._log.place, self._heard_until(number), words, look.state)
        self._looked, self._appended = (step, look), False
        self._log.send(step)

    def answers(self) -> Iterator[Answer]:
        """Those that have come; the first is waited for where no more may go ahead of it."""
        wait_s = ANSWER_S if self._log.waiting >= MOST_AHEAD else 0.0
        while (answer := self._log.answer(wait_s)) is not None:
            yield answer
            wait_s = 0.0

    def confirm(self, answer: Answer) -> None:
        """The step that was done stands in the history."""
        step, figures = answer.step, self._figures
        if self._looked and step is self._looked[0]:
            self._lookout.keep(self._looked[1])
            self._looked = None
        self._heard.confirm(step.number, self._clock.monotonic())
        figures.entries, figures.size, figures.held = answer.entries, answer.size, self._heard.unwritten

    def give_back(self) -> None:
        """End the lease at once, for a standby that hears; or for good."""
        self._log.send(self._sign_of_life(), give_back=True)
        self._log.answer(GIVEN_BACK_S)

    def _send(self, step: Step) -> None:
        self._appended = self._appended or bool(step.words)
        self._log.send(step)
        self._sent_at = self._clock.monotonic()

    def _sign_of_life(self) -> Step:
        self._next = max(self._next, self._heard.first)
        number = self._next - 1
        return Step(number, self._log.place, self._heard_until(number), (), {})

    def _step(self) -> Step:
        """What comes next, up to as much as is sent at once; a sign of life where there is nothing."""
        self._next = max(self._next, self._heard.first)
        if not (self.unsent or self._gap):
            return self._sign_of_life()
        words = self._words_of_the_gap()
        most = max(0, self._up_to - self._next + 1)
        count, things = words_of(islice(self._heard.since(self._next), most), self._log.clock)
        self._figures.written += count
        self._next += count
        number = self._next - 1
        return Step(number, self._heard.place(number), self._heard_until(number), [*words, *things], {})

    def _words_of_the_gap(self) -> list[Argument]:
        if self._gap is None:
            return []
        from_ms, to_ms, cause = self._gap
        self._heard_ms, self._gap = to_ms, None
        return list(entry(to_ms, gap(from_ms, to_ms, cause)))

    def _heard_until(self, number: int) -> int:
        """Up to when (ms, the server's clock) all stands in the history once this number does."""
        for moment_s in self._hearing.complete_until(number):
            moment_ms = self._log.clock.ms(moment_s)
            was_set_back = self._heard_ms > self._log.clock.ms(self._clock.monotonic())
            self._heard_ms = moment_ms if was_set_back else max(self._heard_ms, moment_ms)
        return self._heard_ms
