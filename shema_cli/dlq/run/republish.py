"""A run that publishes again, from its first batch to the last bounce, whatever it takes its events from: the canary
and the rest, the pace, who hears, the admin who may, and what is told of each event (contract 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from math import ceil
from typing import NamedTuple, Protocol, TypeVar

from shema_cli.calls.audience import Audience
from shema_cli.dlq.outcomes import MOST_PROBLEMS, EntryProblem, ReplayOutcome, ReplayResult
from shema_cli.dlq.run.bounces import BounceWatch, ReplayTally
from shema_cli.dlq.run.pace import Backlog, RateLimit
from shema_cli.dlq.run.registered import Code, Registered
from shema_cli.dlq.run.run import Operator, UnderWay
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import InvalidUsage, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.results import counted
from shema_cli.store import keys
from shema_cli.store.listeners import Listeners

CANARY_VERIFY_S = 10.0
MOST_TOLD = 5
"""Of those that come back, while it is watched."""

AnyResult = TypeVar("AnyResult", bound=ReplayResult)


@dataclass(frozen=True)
class RepublishOptions:
    """How to publish again. `verify_s` None: do not wait for events to come back, unless a canary was asked for."""

    rate: float | None = None
    limit: int | None = None
    force: bool = False
    canary: int | None = None
    verify_s: float | None = None
    allow_unheard: bool = False
    require_listeners: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Raises InvalidUsage for a rate that is none."""
        if self.rate is not None and not 0 < self.rate < float("inf"):
            hint = "give a number of entries a second above 0"
            raise InvalidUsage("bad_rate", f"--rate: {self.rate:g} is not a rate", hint)

    @property
    def watch_s(self) -> float | None:
        """How long to wait for events to come back."""
        return CANARY_VERIFY_S if self.verify_s is None and self.canary is not None else self.verify_s

    def canary_words(self, takes: int) -> Iterator[str]:
        """What the question says of a canary that does not take everything."""
        if self.canary is not None and self.canary < takes:
            yield f"  {self.canary:>9,}  of them first; the others if none comes back within {self.watch_s:g} s"


class Named(Protocol):
    @property
    def id(self) -> str: ...


class Counted(Protocol):
    @property
    def replay_key(self) -> bytes: ...


class Source(Protocol):
    """What a run takes its events from, the oldest first (`Sweep`: the list of dead letters)."""

    def go(self, quota: int | None = None) -> int:
        """Have up to `quota` of them published. Returns how many of the quota are left, 0 when there is none."""

    def rest(self) -> Iterable[Named]:
        """What was selected and not come to; nothing is done with it. Raises ShemaError where that is not told."""


class Publications:
    """Who hears what a run publishes, and the count of what became of each event that a step was asked to publish."""

    def __init__(
        self, store: DeadLetters, options: RepublishOptions, tally: ReplayTally, backlog: Backlog, present: Audience
    ) -> None:
        self._options = options
        self._tally = tally
        self._backlog = backlog
        self._present = present
        self._exact = store.single_node
        self._channels: Sequence[str] = ()  # of the batch in hand

    def listening(self, channel: str) -> Listeners:
        return self._present.of(channel, keys.DEAD_LETTERS)

    def _among_others(self, channel: str) -> Listeners:
        """`listening`, with all of its batch in one question."""
        return self._present.of_all([*{channel, *self._channels}], keys.DEAD_LETTERS)[channel]

    def held(self, channel: str) -> str | None:
        """Why nothing goes out to this channel whoever else hears it; None when it may."""
        if not self._options.require_listeners or not (unmet := self.listening(channel).unmet()):
            return None
        return f"{unmet}: --require-listeners"

    def away(self, channels: Sequence[str]) -> list[tuple[str, int]]:
        """Each channel, and how many listen to it on the nodes that do not run the script."""
        self._channels = channels
        away = {} if self._exact else self._present.of_all(channels, keys.DEAD_LETTERS)
        return [(name, away[name].elsewhere if away else 0) for name in channels]

    def count_held(self, id: str, channel: str) -> None:
        message = self.held(channel) or "not all were there"
        self._tally.add(ReplayOutcome.UNHEARD, id, message, self.listening(channel))

    def count(self, one: Named, channel: str, code: Code, *, size: int, event: Counted, at_limit: str) -> None:
        """One event of `size` bytes; `at_limit` is said of one that went out often enough."""
        add = self._tally.add
        if code is Code.PUBLISHED:
            add(self._tally.act.done)
            if channel not in self._tally.heard:
                self._tally.heard[channel] = self._among_others(channel)
            self._backlog.sent(size)
            if self._options.watch_s is not None:
                self._tally.published[event.replay_key] = one.id
        elif code is Code.UNHEARD:
            add(ReplayOutcome.UNHEARD, one.id, f"nobody listens to {channel}", self.listening(channel).heard_by(0))
        elif code is Code.AT_LIMIT:
            add(ReplayOutcome.SKIPPED, one.id, at_limit)
        else:
            add(ReplayOutcome.FAILED, one.id, f"Redis refused PUBLISH on the channel {channel}")


class Means(NamedTuple):
    """What a source is given to work with."""

    way: UnderWay
    backlog: Backlog
    pace: RateLimit


class Republication:
    """One run on the way. `takes` is how many events it is to find."""

    def __init__(
        self, operator: Operator, run: Registered, options: RepublishOptions, tally: ReplayTally, takes: int
    ) -> None:
        self.tally = tally
        self.interrupted = False
        self.ended: ShemaError | None = None
        self.stopped: str | None = None
        self._told = 0
        self._watched = True  # for as long as was wanted
        self._operator = operator
        self._run = run
        self._options = options
        self._takes = takes

    def go(self, total: int, source_of: Callable[[Means], Source]) -> None:
        """All of it, drawn as `total` entries to pass. Raises what Redis raises and what keeps the beginning out."""
        operator, tally = self._operator, self.tally
        with operator.under_way(tally.act.noun, total, self._run) as way:
            backlog = Backlog(operator.store, operator.clock, way.stopped)
            pace = RateLimit(self._options.rate, operator.clock, way.stopped)
            source = source_of(Means(way, backlog, pace))
            watch = BounceWatch(self._run, operator.clock, tally.published, tally, way.stopped)
            left = self._phases(source, watch, way)
            ended = way.mandate.ended
            if ended is not None and not self._tell_the_rest(source, left, ended) and self._watched:
                ended = None  # it was done by then
            self.interrupted, self.ended = way.interrupted(), ended

    def _phases(self, source: Source, watch: BounceWatch, way: UnderWay) -> int | None:
        """The canary, if there is one, and then the rest: each waits for what comes back. How many of the limit are
        left over, None when there is none."""
        limit = self._options.limit
        if self._options.canary is not None:
            canary = self._options.canary if limit is None else min(self._options.canary, limit)
            used = canary - source.go(canary)
            self._watch(watch)
            bounced, unheard = self.tally.counts[ReplayOutcome.BOUNCED], self.tally.counts[ReplayOutcome.UNHEARD]
            if bounced or unheard:
                reason = "came back" if bounced else "found no listener"
                others = counted(max(0, self._takes - used), "other")
                self.stopped = f"the canary stopped it: {bounced or unheard} of {used} {reason}; {others} left alone"
                return 0
            limit = None if limit is None else limit - used
            if not way.go_on(now=True):
                return limit
        tried = self.tally.tried
        left = source.go(limit)
        if self._options.canary is None or self.tally.tried > tried:
            self._watch(watch)
        return None if limit is None else left

    def _watch(self, watch: BounceWatch) -> None:
        """Wait for what comes back, and say so, and of what comes back at once."""
        counts = self.tally.counts
        done = f"{counts[self.tally.act.done]:,} {self.tally.act.done}"

        def told(left: float) -> str:
            back = counts[ReplayOutcome.BOUNCED]
            return f"{done}{f', {back:,} came back' if back else ''}; watching {ceil(left)} s more"

        with self._operator.person.waiting() as waiting:

            def tell(left: float) -> None:
                for problem in self._that_came_back():
                    waiting.note(f"{problem.id}  {problem.message}")
                waiting.tell(told(left))

            self._watched = watch.until(self._options.watch_s or 0, tell)

    def _that_came_back(self) -> Iterator[EntryProblem]:
        """The first of those that came back, each once: of more their number is told."""
        came = [one for one in self.tally.problems if one.outcome is ReplayOutcome.BOUNCED][:MOST_TOLD]
        yield from came[self._told :]
        self._told = len(came)

    def _tell_the_rest(self, source: Source, left: int | None, why: ShemaError) -> bool:
        """Each of up to `left` entries that were selected and not come to is a problem. Whether there may be any.

        Those that are told by their ids are looked for; the others are counted as they were foretold: a run of a
        million ends at once, too.
        """
        foretold = max(0, self._takes - self.tally.tried)
        most = min(MOST_PROBLEMS, foretold, foretold if left is None else left)
        try:
            for entry in islice(source.rest(), most):
                self.tally.add(ReplayOutcome.NOT_DONE, entry.id, why.message)
        except ShemaError:
            return True
        told = self.tally.counts[ReplayOutcome.NOT_DONE]
        if told == MOST_PROBLEMS:
            self.tally.leave(foretold - told)
        return told > 0

    def result(self, kind: type[AnyResult], *, chosen_by_id: bool) -> AnyResult:
        """What came of it."""
        counts, cut_short = self.tally.counts, self.interrupted or self.stopped or self.ended
        return kind(
            replayed=counts[self.tally.act.done],
            copies=self.tally.copies,
            unheard=counts[ReplayOutcome.UNHEARD],
            skipped=counts[ReplayOutcome.SKIPPED],
            invalid=counts[ReplayOutcome.INVALID],
            failed=counts[ReplayOutcome.FAILED],
            bounced=counts[ReplayOutcome.BOUNCED],
            gone=0 if cut_short else max(0, self._takes - self.tally.tried),
            problems=(*self.tally.problems, *self._not_heard_by_all()),
            heard=self.tally.heard,
            omitted=self.tally.omitted,
            not_found=counts[ReplayOutcome.NOT_FOUND],
            chosen_by_id=chosen_by_id,
            interrupted=self.interrupted,
            stopped=self.stopped,
            not_done=counts[ReplayOutcome.NOT_DONE],
            ended=self.ended,
        )

    def _not_heard_by_all(self) -> Iterator[EntryProblem]:
        """A line for each channel that was published on while somebody who has declared it was away."""
        for channel, listening in self.tally.heard.items():
            if listening.said_missing:
                message = f"{channel}: {listening.said_missing}"
                yield EntryProblem("", self.tally.act.done, message, listening)
