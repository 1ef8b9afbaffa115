"""A sweep over a run that takes no Redis: nothing is taken twice or passed over, whatever others do meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.outcomes import MOST_PROBLEMS, ReplayOutcome
from shema_cli.dlq.run import pace, sweep
from shema_cli.dlq.run.bounces import BounceWatch, ReplayTally
from shema_cli.dlq.run.pace import BACKLOG_BYTES, BACKLOG_EVERY_BYTES, BATCH, Backlog, RateLimit
from shema_cli.dlq.run.registered import Code
from shema_cli.dlq.run.run import EntryBatch, Run, StepBegun, Wanted
from shema_cli.dlq.run.store import NOTHING, DeadLetters, EntryPage
from shema_cli.dlq.run.sweep import Sweep, SweepChoice
from tests.dlq.support import entry_id, letter
from tests.support.world import StillClock

NO_KEY = bytes(8)
Removal = Callable[["ListOfARun"], None]


@dataclass
class ListOfARun:
    """As much of a run, and of the list in Redis, as a sweep sees. `stays` are entries that nobody hears.

    Before a step, `others` may take entries out; the step then answers that the list has moved, as the script does.
    What is read with a step is read before that, after it, or lost (`orders`), and pages may be cut.
    """

    raws: list[bytes]
    stays: frozenset[bytes] = frozenset()
    others: list[Removal] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    cut: int = 0
    frontier: int = 0
    bound: int = 0
    taken: list[bytes] = field(default_factory=list)
    events: list[str | None] = field(default_factory=list)
    read: int = 0  # how often something was read with a step

    def __post_init__(self) -> None:
        self.bound = self.bound or len(self.raws)
        self.store = self

    def page(self, first: int, count: int, most_bytes: int = 0) -> EntryPage:
        return EntryPage(self.raws[first : first + min(count, self.cut or count)], len(self.raws), 0)

    def remove(self, place: int) -> None:
        """What another program does."""
        if place < len(self.raws):
            del self.raws[place]
            self.frontier -= place < self.frontier
            self.bound -= place < self.bound

    def remember(self, event_id: str | None) -> None:
        self.events.append(event_id)

    def begin(self, batch: EntryBatch, read: tuple[int, int] = NOTHING) -> StepBegun:
        place = (self.frontier, self.bound)
        order = self.orders.pop(0) if self.orders else "before"
        found = self.page(*read).raws if order == "before" else []
        if self.others:
            self.others.pop(0)(self)
        if order == "between":
            found = self.page(*read).raws
        self.read += bool(found)
        codes = self._step(batch, place)  # it is done, whatever is asked for first
        return StepBegun(lambda: codes, lambda: found)

    def _step(self, batch: EntryBatch, place: tuple[int, int]) -> str | None:
        if place != (self.frontier, self.bound):
            return None
        first = self.frontier + batch.skip
        if self.raws[first : first + len(batch.raws)] != list(batch.raws):
            return None
        codes = [Code.PASSED] * len(batch.raws)
        for wanted in batch.wanted:
            stays = batch.raws[wanted.index] in self.stays
            codes[wanted.index] = Code.UNHEARD if stays else Code.PUBLISHED
        gone = [raw for raw, code in zip(batch.raws, codes, strict=True) if code is Code.PUBLISHED]
        self.taken += gone
        kept = [raw for raw in batch.raws if raw not in gone]
        self.raws[first : first + len(batch.raws)] = kept
        self.frontier = first + len(kept)
        self.bound -= len(gone)
        return "".join(codes)


@dataclass
class Choosing:
    """Takes what is in `take`, finds what is in `invalid` invalid, and remembers what it was told."""

    take: frozenset[bytes]
    invalid: frozenset[bytes] = frozenset()
    counted: list[tuple[bytes, Code]] = field(default_factory=list)
    passed: int = 0
    largest: int = 0

    def read(self, raw: bytes) -> tuple[Entry, SweepChoice]:
        if raw in self.invalid:
            return parse_entry(raw), SweepChoice.INVALID
        return parse_entry(raw), SweepChoice.TAKE if raw in self.take else SweepChoice.PASS

    def batch(self, skip: int, block: Sequence[tuple[Entry, SweepChoice]]) -> EntryBatch:
        taken = [n for n, (_, choice) in enumerate(block) if choice is SweepChoice.TAKE]
        self.largest = max(self.largest, len(taken))
        raws = [entry.raw for entry, _ in block]
        return EntryBatch(skip, raws, [Wanted(n, 0, 1, 1, NO_KEY) for n in taken])

    def count(self, entry: Entry, choice: SweepChoice, code: Code) -> None:
        assert choice is not SweepChoice.PASS
        self.counted.append((entry.raw, code))

    def batch_done(self, passed: int) -> None:
        self.passed += passed


def swept(run: ListOfARun, work: Choosing, *quotas: int | None, **given: Any) -> list[int]:
    clock = StillClock()
    pace = RateLimit(given.pop("rate", None), clock, lambda: False)
    go_on = given.pop("go_on", lambda: True)
    one = Sweep(cast(Run, run), work, pace=pace, go_on=go_on, **given)
    return [one.go(quota) for quota in quotas or (None,)]


def entries(count: int) -> list[bytes]:
    return [b"%d" % n for n in range(count)]


@settings(deadline=None, max_examples=60)
@given(
    length=st.integers(0, 700),
    wanted=st.sets(st.integers(0, 699), max_size=700),
    stays=st.sets(st.integers(0, 699), max_size=50),
    invalid=st.sets(st.integers(0, 699), max_size=50),
    removals=st.lists(st.integers(0, 699), max_size=5),
    known=st.booleans(),
    orders=st.lists(st.sampled_from(["before", "between", "lost"]), max_size=9),
    cut=st.sampled_from([0, 1, 7, 90]),
)
def test_each_selected_entry_is_asked_for_once_and_in_its_order(
    length: int,
    wanted: set[int],
    stays: set[int],
    invalid: set[int],
    removals: list[int],
    known: bool,
    orders: list[str],
    cut: int,
) -> None:
    raws = entries(length)
    take = frozenset(raw for n, raw in enumerate(raws) if n in wanted and n not in invalid)
    bad = frozenset(raw for n, raw in enumerate(raws) if n in invalid)
    removed: list[bytes] = []

    def removal(place: int) -> Removal:
        def by_another(run: ListOfARun) -> None:
            removed.extend(run.raws[place : place + 1])
            run.remove(place)

        return by_another

    others = [removal(place) for place in removals]
    run = ListOfARun([*raws], frozenset(b"%d" % n for n in stays), others, [*orders], cut)
    work = Choosing(take, bad)
    positions = [n for n, raw in enumerate(raws) if raw in take] if known else None
    swept(run, work, positions=positions)
    there = [raw for raw in raws if raw not in removed or raw in run.taken]
    assert run.taken == [raw for raw in there if raw in take and raw not in run.stays]
    assert [raw for raw in raws if raw not in run.taken and raw not in removed] == run.raws
    told = [raw for raw, _ in work.counted]
    assert len(told) == len(set(told))
    if not known:  # what stands between known places is passed over unread
        assert {raw for raw in there if raw in bad} - set(removed) <= set(told)


def test_no_more_are_taken_than_were_asked_for_and_the_next_goes_on_there() -> None:
    run, work = ListOfARun(entries(50)), Choosing(frozenset(entries(50)[::2]))
    assert swept(run, work, 3, 0, 4, None) == [0, 0, 0, 0]
    assert run.taken == entries(50)[::2]
    few = ListOfARun(entries(5))
    assert swept(few, Choosing(frozenset(entries(5))), 8) == [3]


def test_what_follows_is_read_with_the_step_and_no_page_is_waited_for_by_itself() -> None:
    run, pages = ListOfARun(entries(5000)), [0]
    page = run.page

    def counted(first: int, count: int, most_bytes: int = 0) -> EntryPage:
        pages[0] += count > 0
        return page(first, count, most_bytes)

    run.page = counted  # type: ignore[method-assign]
    swept(run, Choosing(frozenset(entries(5000)[::2])))
    assert (run.taken, pages[0] - run.read) == (entries(5000)[::2], 1)


def test_what_others_do_between_two_goes_is_read_anew() -> None:
    run, work = ListOfARun(entries(40), cut=10), Choosing(frozenset([b"1", b"20", b"39"]))
    pace = RateLimit(None, StillClock(), lambda: False)
    one = Sweep(cast(Run, run), work, pace=pace, go_on=lambda: True)
    one.go(1)
    run.remove(run.frontier + 2)  # of what was read, and is passed over: else 20 would be passed over unread
    one.go()
    assert run.taken == [b"1", b"20", b"39"]
    assert (run.frontier, run.bound) == (36, 36)


def test_what_arrives_above_the_bound_is_left_alone() -> None:
    run = ListOfARun(entries(30), bound=20)
    swept(run, Choosing(frozenset(entries(30))))
    assert run.raws == entries(30)[20:]


def test_batches_are_bounded_by_number_and_by_rate() -> None:
    work = Choosing(frozenset(entries(1000)))
    swept(ListOfARun(entries(1000)), work)
    assert work.largest == BATCH
    slow = Choosing(frozenset(entries(100)))
    swept(ListOfARun(entries(100)), slow, rate=40)
    assert slow.largest == 10


def test_batches_are_bounded_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "BATCH_BYTES", 100)
    large = [b"%050d" % n for n in range(9)]
    work = Choosing(frozenset(large))
    run = ListOfARun([*large])
    swept(run, work)
    assert (work.largest, run.taken) == (2, large)
    one = ListOfARun([b"9" * 500])
    swept(one, Choosing(frozenset(one.raws)))
    assert one.raws == []


def test_stopped_it_takes_nothing_more() -> None:
    run = ListOfARun(entries(1000))
    work = Choosing(frozenset(entries(1000)))
    swept(run, work, go_on=lambda: len(run.taken) < BATCH)
    assert BATCH <= len(run.taken) < 2 * BATCH
    nothing = ListOfARun(entries(3))
    swept(nothing, Choosing(frozenset(entries(3))), go_on=lambda: False)
    assert nothing.taken == []


@pytest.mark.parametrize("known", [True, False])
def test_what_it_did_not_come_to_is_told_and_left(known: bool) -> None:
    raws = entries(1000)
    chosen = raws[::3]
    run, work = ListOfARun([*raws]), Choosing(frozenset(chosen))
    pace = RateLimit(None, StillClock(), lambda: False)
    places = [n for n, raw in enumerate(raws) if raw in work.take] if known else None
    one = Sweep(cast(Run, run), work, pace=pace, go_on=lambda: len(run.taken) < 50, positions=places)
    one.go()
    assert [entry.raw for entry in one.rest()] == chosen[len(run.taken) :]
    assert len(run.taken) + len(run.raws) == 1000


# -- pace ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.5, 1, 10, 333.3, 5000])
def test_a_rate_is_kept_on_the_whole(rate: float) -> None:
    clock = StillClock()
    pace, takes = RateLimit(rate, clock, lambda: False), 40
    started = clock.passed
    for _ in range(takes):
        pace.wait()
        pace.took(pace.most)
    sent_before_the_last = (takes - 1) * pace.most
    assert clock.passed - started == pytest.approx(sent_before_the_last / rate)
    assert pace.most == max(1, min(BATCH, int(rate / 4)))


def test_without_a_rate_nobody_waits() -> None:
    clock = StillClock()
    pace = RateLimit(None, clock, lambda: False)
    for _ in range(2):
        pace.wait()
        pace.took(BATCH)
    assert clock.passed == StillClock().passed


def test_a_pause_does_not_save_up_for_a_burst() -> None:
    clock = StillClock()
    pace = RateLimit(1, clock, lambda: False)
    pace.took(1)
    clock.advance(100)
    pace.wait()
    pace.took(1)
    before = clock.passed
    pace.wait()
    assert clock.passed - before == pytest.approx(1)


def test_what_is_passed_over_waits_for_nothing() -> None:
    clock, run, work = StillClock(), ListOfARun(entries(12)), Choosing(frozenset())
    pace = RateLimit(1, clock, lambda: False)
    pace.took(1)
    Sweep(cast(Run, run), work, pace=pace, go_on=lambda: True).go()
    assert (work.passed, clock.passed) == (12, StillClock().passed)


def test_a_list_that_changed_during_the_wait_is_asked_again_at_once() -> None:
    """Two runs at one pace: the one that comes second each time would never have its turn."""

    def first_of_those_left(run: ListOfARun) -> None:
        run.remove(0)

    clock, run = StillClock(), ListOfARun(entries(12), others=[first_of_those_left] * 4)
    pace = RateLimit(4, clock, lambda: False)
    started = clock.passed
    Sweep(cast(Run, run), Choosing(frozenset(entries(12))), pace=pace, go_on=lambda: True).go()
    assert run.taken == entries(12)[4:]
    assert clock.passed - started == pytest.approx((len(run.taken) - 1) / 4)


def test_a_stop_ends_the_waiting() -> None:
    clock, stops = StillClock(), iter([False, True])
    pace = RateLimit(0.001, clock, lambda: next(stops))
    pace.took(1)
    pace.wait()
    assert clock.passed - StillClock().passed == pytest.approx(0.1)


def backlog_of(*unread: int) -> tuple[Backlog, StillClock, list[int]]:
    clock, left = StillClock(), [*unread]
    slowest = lambda: left.pop(0) if len(left) > 1 else left[0]  # noqa: E731
    store = SimpleNamespace(slowest_reader=slowest, begin_slowest_reader=lambda: slowest)
    return Backlog(cast(DeadLetters, store), clock, lambda: False), clock, left


def test_a_slow_reader_is_waited_for_after_each_megabyte() -> None:
    backlog, clock, left = backlog_of(BACKLOG_BYTES + 1, BACKLOG_BYTES + 1, BACKLOG_BYTES, 0)
    backlog.sent(BACKLOG_EVERY_BYTES - 1)
    backlog.wait()
    assert (len(left), clock.passed) == (4, StillClock().passed)
    backlog.sent(1)
    backlog.wait()
    assert (len(left), clock.passed) == (4, StillClock().passed), "it is only asked"
    backlog.wait()
    assert left == [0]
    assert clock.passed - StillClock().passed == pytest.approx(pace.BACKLOG_PAUSE_S)
    backlog.wait()
    assert left == [0]


def test_one_that_reads_nothing_is_not_waited_for_for_ever() -> None:
    backlog, clock, _ = backlog_of(BACKLOG_BYTES * 9)
    backlog.sent(BACKLOG_EVERY_BYTES)
    backlog.wait()
    backlog.wait()
    assert clock.passed - StillClock().passed == pytest.approx(pace.BACKLOG_PATIENCE_S, abs=0.1)


# -- what comes back -------------------------------------------------------------------------------------------------


@dataclass
class Arrivals:
    """The list above a run's bound: `later` arrives, one by one, each time that somebody looks."""

    raws: list[bytes] = field(default_factory=list)
    later: list[bytes] = field(default_factory=list)
    bound: int = 0
    taken: int = 0
    parked: int = 0

    def __post_init__(self) -> None:
        self.store = self

    def refresh(self) -> None:
        self.raws += self.later[:1]
        del self.later[:1]

    def park(self) -> None:
        self.parked += 1

    def total(self) -> int:
        return len(self.raws)

    def page(self, first: int, count: int, most_bytes: int = 0) -> EntryPage:
        return EntryPage(self.raws[first : first + count], len(self.raws), self.taken)


def watched(arrivals: Arrivals, *published: bytes, seconds: float = 5) -> tuple[ReplayTally, StillClock]:
    keys = {parse_entry(raw).replay_key: entry_id(raw) for raw in published}
    tally, clock = ReplayTally(), StillClock()
    BounceWatch(cast(Run, arrivals), clock, keys, tally, lambda: False).until(seconds)
    return tally, clock


def test_what_comes_back_is_recognised_by_its_event_whatever_its_error() -> None:
    arrivals = Arrivals(later=[letter(9), b"junk", letter(1, error="again")])
    tally, clock = watched(arrivals, letter(1), letter(2))
    (problem,) = tally.problems
    assert (problem.id, problem.outcome) == (entry_id(letter(1, error="again")), ReplayOutcome.BOUNCED)
    assert problem.message == f"came back after the replay of {entry_id(letter(1))}: again"
    assert clock.passed - StillClock().passed == pytest.approx(5)
    assert arrivals.parked == 1


def test_once_everything_has_come_back_nobody_waits_any_longer() -> None:
    tally, clock = watched(Arrivals([letter(1, error=None), letter(1, error="y")]), letter(1))
    assert tally.counts == {ReplayOutcome.BOUNCED: 1}
    assert "no error given" in tally.problems[0].message
    assert clock.passed == StillClock().passed


@pytest.mark.parametrize(("published", "seconds"), [((), 5.0), ((letter(1),), 0.0)])
def test_where_nothing_can_come_back_nobody_looks(published: tuple[bytes, ...], seconds: float) -> None:
    arrivals = Arrivals([letter(1)])
    tally, _ = watched(arrivals, *published, seconds=seconds)
    assert (tally.problems, arrivals.parked) == ([], 0)


def test_when_others_take_entries_out_the_arrivals_are_looked_at_again() -> None:
    arrivals = Arrivals([b"older", letter(5)], later=[letter(6)], bound=1)
    real = arrivals.refresh

    def refresh() -> None:
        real()
        if len(arrivals.raws) == 3 and arrivals.taken == 0 and not arrivals.later:
            del arrivals.raws[0]
            arrivals.bound, arrivals.taken = 0, 1
            arrivals.raws.append(letter(1))

    arrivals.refresh = refresh  # type: ignore[method-assign]
    tally, _ = watched(arrivals, letter(1))
    assert tally.counts == {ReplayOutcome.BOUNCED: 1}


def test_a_tally_keeps_a_thousand_problems_and_counts_the_rest() -> None:
    tally = ReplayTally()
    for _ in range(MOST_PROBLEMS + 5):
        tally.add(ReplayOutcome.FAILED, "x", "refused")
    tally.add(ReplayOutcome.REPLAYED)
    assert (len(tally.problems), tally.omitted) == (MOST_PROBLEMS, 5)
    assert tally.counts == {ReplayOutcome.FAILED: MOST_PROBLEMS + 5, ReplayOutcome.REPLAYED: 1}
