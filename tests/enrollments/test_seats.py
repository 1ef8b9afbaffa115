"""Seats hold across admins: whatever runs at once and however late the course service's number is, no more are approved
into a course than it has seats, and no seat counts twice once the number shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
import redis
from fakeredis.commands_mixins import server_mixin
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.crc import key_slot

from shema_cli.calls.audience import Audience
from shema_cli.enrollments.decide import CourseFull, Decider, DecisionMade, DecisionOrder, NobodyHears
from shema_cli.enrollments.results import Capacity, DecisionKind
from shema_cli.enrollments.seats import Seat, clock_of, with_promised
from shema_cli.errors import Failed
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.journal import Author, Journal
from tests.enrollments.school import School, World, enrollment, open_world
from tests.support.cli import Run, shema
from tests.support.in_process import in_process, store_in_process
from tests.support.store import store_at
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey
from tests.support.waiting import eventually
from tests.support.world import StillClock, still

COUNTED_S = 120
KEY = keys.seats("c1")


def decider_of(store: Store, *, allow_unheard: bool = True) -> Decider:
    clock = StillClock()
    journal = Journal(store, clock, Author("uid-ana", "ana@shema.test", "enrollments approve", "default"))
    return Decider(Audience(store, clock), clock, journal, allow_unheard=allow_unheard)


def approval(number: int, seat: Seat | None) -> DecisionOrder:
    return DecisionOrder(f"e{number}", f"s{number}", DecisionKind.APPROVED, seat=seat)


def told(store: Store, current: int, maximum: int) -> Capacity:
    """What the course's service tells now."""
    return with_promised(store, {"c1": Capacity(True, current, maximum)}, clock_of(store))["c1"]


@contextmanager
def server_clock() -> Iterator[StillClock]:
    """The clock of the Redis in this process, which moves when it is told to."""
    clock = still(1_800_000_000.0)
    stopped = SimpleNamespace(time=lambda: clock.now().timestamp())
    with patch.object(server_mixin, "time", stopped):
        yield clock


def next_millisecond(store: Store) -> None:
    """What happened in one and the same tells no order."""
    now = clock_of(store)
    eventually(lambda: clock_of(store) > now, what="the server's clock to move")


def reserved(client: redis.Redis) -> int:
    return int(client.zcount(KEY, "(0", "+inf"))


@pytest.fixture
def store(valkey: Valkey) -> Iterator[Store]:
    with closing(store_at(valkey.url)) as one:
        yield one


# -- one reservation -------------------------------------------------------------------------------------------------


def test_a_seat_is_given_away_in_the_step_of_the_decision(store: Store) -> None:
    decider = decider_of(store)
    one = told(store, 8, 10)
    answers = [decider.decide(approval(n, Seat("c1", one))) for n in range(4)]
    assert [isinstance(answer, DecisionMade) for answer in answers] == [True, True, False, False]
    assert answers[2:] == [CourseFull(10), CourseFull(10)]
    assert reserved(store.client) == 2
    assert 0 < store.client.pttl(KEY) <= 3_600_000
    assert told(store, 8, 10).left == 0


def test_every_server_keeps_count(any_server: Valkey) -> None:
    with closing(store_at(any_server.url)) as store:
        decider = decider_of(store)
        for current, maximum, given in ((0, 2, 2), (1, 3, 1), (3, 4, 1)):
            one = told(store, current, maximum)
            answers = [decider.decide(approval(maximum * 10 + n, Seat("c1", one))) for n in range(3)]
            assert answers[given:] == [CourseFull(maximum)] * (3 - given)
            assert all(isinstance(answer, DecisionMade) for answer in answers[:given])
            next_millisecond(store)
        store.client.delete(KEY)
        one = told(store, 0, 4)
        assert decider_of(store, allow_unheard=False).decide(approval(1, Seat("c1", one))) == NobodyHears()
        assert not store.client.exists(KEY)


def test_what_nobody_hears_and_what_stands_already_takes_no_seat(store: Store) -> None:
    decider = decider_of(store, allow_unheard=False)
    assert decider.decide(approval(1, Seat("c1", told(store, 0, 3)))) == NobodyHears()
    assert store.client.keys("*") == []
    decider = decider_of(store)
    assert isinstance(decider.decide(approval(1, None)), DecisionMade)
    assert not isinstance(decider.decide(approval(1, Seat("c1", told(store, 0, 3)))), DecisionMade)
    assert reserved(store.client) == 0


def test_a_number_that_has_moved_shows_as_many_and_no_seat_counts_twice() -> None:
    store = store_in_process(in_process())
    with server_clock() as clock:
        for number in range(2):
            decider_of(store).decide(approval(number, Seat("c1", told(store, 5, 10))))
            clock.advance(1)
        assert [told(store, current, 10).promised for current in (5, 6, 7, 9)] == [2, 1, 0, 0]
        assert told(store, 4, 10).promised == 2, "somebody left: which of them are shown is not known"
        assert isinstance(decider_of(store).decide(approval(9, Seat("c1", told(store, 7, 10)))), DecisionMade)
        assert reserved(store.client) == 1, "what the number shows is forgotten"


def test_after_two_minutes_a_number_is_believed_whatever_it_says() -> None:
    store = store_in_process(in_process())
    with server_clock() as clock:
        decider_of(store).decide(approval(1, Seat("c1", told(store, 0, 1))))
        clock.advance(COUNTED_S - 0.001)
        assert told(store, 0, 1).left == 0
        clock.advance(0.001)
        assert told(store, 0, 1).left == 1
        assert isinstance(decider_of(store).decide(approval(2, Seat("c1", told(store, 0, 1)))), DecisionMade)


def test_an_answer_that_is_older_than_what_is_known_frees_nothing() -> None:
    """It was asked for, others were told a larger number and took the last seat, and only then it decides."""
    store = store_in_process(in_process())
    with server_clock() as clock:
        old = told(store, 0, 3)
        clock.advance(1)
        assert isinstance(decider_of(store).decide(approval(1, Seat("c1", told(store, 2, 3)))), DecisionMade)
        clock.advance(1)
        assert decider_of(store).decide(approval(2, Seat("c1", old))) == CourseFull(3)


def test_a_long_run_keeps_count_of_what_it_gave_two_minutes_ago() -> None:
    """Its number is as old as the run, so that nothing of it can be in there."""
    store = store_in_process(in_process())
    with server_clock() as clock:
        one, decider = told(store, 0, 3), decider_of(store)
        answers = []
        for number in range(5):
            clock.advance(COUNTED_S)
            answers.append(isinstance(decider.decide(approval(number, Seat("c1", one))), DecisionMade))
    assert answers == [True, True, True, False, False]


def test_an_approval_without_the_check_counts_for_those_that_are_counted(store: Store) -> None:
    decider = decider_of(store)
    decider.decide(approval(1, Seat("c1")))
    assert store.client.exists(KEY) == 0, "where nobody counts there is nothing to tell the number's growth by"
    one = told(store, 0, 3)
    decider.decide(approval(2, Seat("c1", one)))
    decider.decide(approval(3, Seat("c1")))
    assert told(store, 0, 3).left == 1
    assert isinstance(decider.decide(approval(4, Seat("c1", one))), DecisionMade)
    assert decider.decide(approval(5, Seat("c1", one))) == CourseFull(3)


def test_seats_that_are_something_else_end_the_decision_before_anything_is_published(
    valkey: Valkey, store: Store
) -> None:
    one = told(store, 0, 3)
    store.client.set(KEY, "x")
    with Listener(valkey.port, patterns=("*",)) as heard:
        with pytest.raises(Failed, match="WRONGTYPE"):
            decider_of(store).decide(approval(1, Seat("c1", one)))
        assert heard.heard == []
    assert store.client.exists(keys.decision("e1"), keys.AUDIT) == 0


@pytest.mark.parametrize("course", ["c1", "", "}{", "{x}", "ü 🎻", "\udcff", "a\nb", "x" * 5000])
def test_courses_of_any_name_share_the_slot_of_the_trail(course: str, store: Store) -> None:
    assert key_slot(keys.seats(course)) == key_slot(keys.AUDIT.encode())
    one = with_promised(store, {course: Capacity(True, 0, 1)}, clock_of(store))[course]
    decider = decider_of(store)
    assert isinstance(decider.decide(approval(1, Seat(course, one))), DecisionMade)
    assert decider.decide(approval(2, Seat(course, one))) == CourseFull(1)


# -- many at once ----------------------------------------------------------------------------------------------------


@dataclass
class Asking:
    """One run: it asks for the number, the service makes its answer, which comes; then it decides."""

    number: int
    asked: int = 0
    current: int = 0
    capacity: Capacity | None = None
    steps: int = 0


@dataclass
class Course:
    """A course of so many seats whose number lags: approvals are in it when they are shown. A millisecond a step."""

    seats: int
    store: Store = field(default_factory=lambda: store_in_process(in_process()))
    shown: int = 0
    approved: int = 0

    def step(self, run: Asking) -> None:
        match run.steps:
            case 0:
                run.asked = clock_of(self.store)
            case 1:
                run.current = self.shown
            case 2:
                told = {"c1": Capacity(True, run.current, self.seats)}
                run.capacity = with_promised(self.store, told, run.asked)["c1"]
            case 3:
                answer = decider_of(self.store).decide(approval(run.number, Seat("c1", run.capacity)))
                self.approved += isinstance(answer, DecisionMade)
        run.steps += 1


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 4),
    st.lists(st.one_of(st.integers(0, 5), st.just("show")), min_size=10, max_size=60),
)
def test_in_whatever_order_runs_ask_are_told_and_decide_there_are_never_more_than_seats(
    seats: int, order: list[int | str]
) -> None:
    with server_clock() as clock:
        course, runs = Course(seats), [Asking(number) for number in range(6)]
        for word in [*order, *(number for number in range(6) for _ in range(4))]:
            clock.advance(0.001)
            if isinstance(word, int):
                course.step(runs[word])
            else:
                course.shown = min(course.shown + 1, course.approved)
            assert course.approved <= seats
        assert course.approved == min(seats, 6), "nobody was turned away from a seat that was free"
        clock.advance(1)
        assert told(course.store, course.approved, seats).left == seats - course.approved, "shown: not counted besides"
        assert told(course.store, course.shown, seats).left == seats - course.approved, "not shown, so counted"
        clock.advance(COUNTED_S)
        assert told(course.store, 0, seats).left == seats, "two minutes are over"


@pytest.fixture
def world(valkey: Valkey, tmp_path: Path) -> Iterator[World]:
    """A course with three seats, whose number does not move."""
    school = School(courses={"c1": (0, 3)}).add(*(enrollment(n) for n in range(12)))
    with open_world(valkey, tmp_path, school) as opened:
        yield opened


@pytest.fixture
def service(valkey: Valkey) -> Iterator[Listener]:
    with Listener(valkey.port, patterns=("enrollment.*",)) as listening:
        yield listening


def outcome(done: Run) -> str:
    (result,) = done.json["results"]
    return str(result["outcome"])


def started(world: World, *words: str) -> subprocess.Popen[str]:
    """A process of its own that approves."""
    line = [sys.executable, "-m", "shema_cli", "enrollments", "approve", *words, "--yes", "-o", "json"]
    env, folder = os.environ | world.env, Path(world.env["SHEMA_STATE_DIR"]).parent
    return subprocess.Popen(line, env=env, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> Run:
    out, err = process.communicate(timeout=120)
    return Run(process.returncode, out, err)


def test_twelve_processes_at_once_give_three_seats_away(
    world: World, service: Listener, redis_client: redis.Redis
) -> None:
    runs = [ended(process) for process in [started(world, f"e{n}") for n in range(12)]]
    assert sorted((outcome(run), run.code) for run in runs) == [("approved", 0)] * 3 + [("course_full", 5)] * 9
    assert len(service.events()) == 3
    assert len(redis_client.keys(f"{keys.DECISION_PREFIX}*")) == 3
    assert redis_client.xlen(keys.AUDIT) == 3


def test_a_number_that_moves_while_they_run_gives_no_seat_twice(world: World, service: Listener) -> None:
    """The course service counts an approval a little after it was heard, in the middle of everybody's run."""
    world.school.courses["c1"] = (0, 5)
    runs = [started(world, f"e{n}") for n in range(10)]
    while any(process.poll() is None for process in runs):
        world.school.courses["c1"] = (max(0, len(service.heard) - 1), 5)
    outcomes = [outcome(ended(process)) for process in runs]
    assert outcomes.count("approved") == len(service.events()) == 5
    world.school.courses["c1"] = (4, 7)
    assert [outcome(approve(world, f"e{n}")) for n, was in enumerate(outcomes) if was == "course_full"][:3] == [
        "approved",
        "approved",
        "course_full",
    ]


def test_runs_that_are_killed_hold_exactly_the_seats_that_they_gave(
    world: World, service: Listener, redis_client: redis.Redis
) -> None:
    world.school.courses["c1"] = (0, 60)
    world.school.add(*(enrollment(n) for n in range(12, 150)))
    for wanted in (3, 11, 24, 40):
        process = started(world, "--all-pending")
        while redis_client.xlen(keys.AUDIT) < wanted:
            assert process.poll() is None, ended(process).err
        process.kill()
        process.communicate()
        with redis_client.pipeline() as together:  # what was sent before the kill may be carried out after it
            together.zcount(KEY, "(0", "+inf")
            together.keys(f"{keys.DECISION_PREFIX}*")
            together.xlen(keys.AUDIT)
            held, decisions, entries = together.execute()
        assert held == len(decisions) == entries
    last = ended(started(world, "--all-pending"))
    assert redis_client.xlen(keys.AUDIT) == len(service.events()) == 60
    assert last.json["summary"]["course_full"] == 90


def approve(world: World, *words: str) -> Run:
    return shema("enrollments", "approve", *words, "--yes", "-o", "json", env=world.env)


def age_reservations(client: redis.Redis, seconds: float) -> None:
    """As if everything about the course had happened so much earlier."""
    found: Any = client.zrange(KEY, 0, -1, withscores=True)
    for member, score in found:
        name, *times = member.split(b":")
        if name == b"told":
            client.zrem(KEY, member)
            shifted = [b"%d" % (int(time) - int(seconds * 1000)) for time in times[1:]]
            client.zadd(KEY, {b":".join((name, times[0], *shifted)): 0})
        else:
            client.zadd(KEY, {member: score - seconds * 1000})


def test_one_run_after_the_other_sees_what_was_given_until_the_number_shows_it_or_two_minutes_are_over(
    world: World, service: Listener, redis_client: redis.Redis
) -> None:
    assert [outcome(approve(world, f"e{n}")) for n in range(3)] == ["approved"] * 3
    full = approve(world, "e3")
    assert (full.code, outcome(full)) == (5, "course_full")
    (result,) = full.json["results"]
    assert result["message"] == (
        "course c1 is full: 0 of 3 seats are taken, 3 more given a moment ago; nothing was done"
    )
    world.school.courses["c1"] = (2, 4)
    assert outcome(approve(world, "e3")) == "approved", "two are shown, one is not: one of four seats is free"
    assert outcome(approve(world, "e4")) == "course_full"
    world.school.courses["c1"] = (4, 5)
    assert outcome(approve(world, "e4")) == "approved", "all four are shown"
    world.school.courses["c1"] = (0, 5)
    assert outcome(approve(world, "e5", "--dry-run")) == "planned"
    age_reservations(redis_client, COUNTED_S + 1)
    done = approve(world, *(f"e{n}" for n in range(5, 12)))
    assert done.json["summary"] == {"approved": 5, "course_full": 2}


def test_a_dry_run_counts_what_others_have_given(world: World, service: Listener) -> None:
    approve(world, "e0", "e1")
    done = shema("enrollments", "approve", "e2", "e3", "--dry-run", "-o", "json", env=world.env)
    assert [result["message"] for result in done.json["results"]] == [
        "would be approved; seats left in c1: 1 → 0; nobody for sure; 1 pattern of others may match",
        "course c1 is full: 0 of 3 seats are taken, 1 more given in this run, 2 more given a moment ago",
    ]
