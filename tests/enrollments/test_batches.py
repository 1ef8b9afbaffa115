"""Several decisions in one write: each is a step of its own all the same, and whatever happens between them, each
enrollment is decided once, in its turn, and what was published is recorded and audited (contract 2.4)."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from shema_cli.context import AppContext
from shema_cli.enrollments.decide import (
    AlreadyDecided,
    CourseFull,
    Decider,
    DecisionAnswer,
    DecisionMade,
    DecisionOrder,
    NobodyHears,
)
from shema_cli.enrollments.results import Capacity, DecisionKind
from shema_cli.enrollments.seats import Seat, clock_of
from shema_cli.errors import Unreachable
from shema_cli.store import commit, keys
from shema_cli.store.chain import entries_of
from shema_cli.store.connection import ScriptCall, Store
from tests.enrollments.school import assert_all_or_nothing, decider_of
from tests.support.middleman import Middleman, is_step
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey
from tests.support.waiting import eventually
from tests.support.world import app_on

APPROVED = "enrollment.approved"


@pytest.fixture(autouse=True)
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every server is taken for one that is far away; that a step can begin no more is known soon."""
    monkeypatch.setattr(commit, "NEAR_S", -1.0)
    monkeypatch.setattr(commit, "BEGIN_WITHIN_MS", 300)


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many calls each write had that had several, on a machine that is as busy as it likes."""
    monkeypatch.setattr(commit, "BEGIN_WITHIN_MS", 60_000)
    monkeypatch.setattr(commit, "LONGEST_BATCH_S", 60.0)
    found: list[int] = []
    run_batch = Store.run_batch

    def noted(store: Store, calls: Sequence[ScriptCall]) -> list[Any]:
        found.append(len(calls))
        return run_batch(store, calls)

    monkeypatch.setattr(Store, "run_batch", noted)
    return found


def orders(number: int, prefix: str = "e", seat: Seat | None = None) -> list[DecisionOrder]:
    return [DecisionOrder(f"{prefix}{n}", "s1", DecisionKind.APPROVED, seat=seat) for n in range(number)]


def decide_all(decider: Decider, wanted: Sequence[DecisionOrder]) -> list[DecisionAnswer | Unreachable]:
    answers: list[DecisionAnswer | Unreachable] = []
    while len(answers) < len(wanted):
        left = wanted[len(answers) :]
        answers += decider.decide_first(left[: decider.at_once])
    return answers


def targets(valkey: Valkey) -> list[str]:
    with valkey.client() as client:
        return [entry.text("target") for entry in entries_of(client.xrange(keys.AUDIT))]


def at_step(number: int, action: Callable[[], Any]) -> Callable[[bytes], Any]:
    """`action` at the step of that number, from 0; its answer is the hook's."""
    steps = count()

    def hook(command: bytes) -> Any:
        return action() if is_step(command) and next(steps) == number else True

    return hook


@contextmanager
def between(valkey: Valkey, folder: Path) -> Iterator[tuple[Middleman, AppContext]]:
    with Middleman(valkey.port) as middleman, app_on(valkey, folder, REDIS_URL=middleman.url) as app:
        yield middleman, app


def test_a_run_goes_out_in_ever_larger_batches_and_in_its_order(
    valkey: Valkey, tmp_path: Path, sizes: list[int]
) -> None:
    with Listener(valkey.port, APPROVED) as service, app_on(valkey, tmp_path) as app:
        answers = decide_all(decider_of(app), orders(100))
        events = service.events()
    assert all(isinstance(answer, DecisionMade) and answer.receivers == 1 for answer in answers)
    assert sizes == [2, 4, 8, 16, 32, 32, 5]
    assert [event["data"]["enrollmentId"] for event in events] == [f"e{n}" for n in range(100)] == targets(valkey)
    assert [answer.event_id for answer in answers if isinstance(answer, DecisionMade)] == [
        event["eventId"] for event in events
    ]
    assert_all_or_nothing(valkey, events, tmp_path)


@pytest.mark.parametrize("way", ["the command is lost", "the answer is lost", "only the answers are lost"])
def test_cut_in_the_middle_at_any_point(valkey: Valkey, tmp_path: Path, way: str) -> None:
    chance = random.Random(way)
    events: list[dict[str, Any]] = []
    with Listener(valkey.port, APPROVED) as service, between(valkey, tmp_path) as (middleman, app):
        middleman.rest_arrives = way == "only the answers are lost"
        decider = decider_of(app)
        for round in range(17):
            hook = at_step(chance.randrange(20), lambda: False)
            if way == "the command is lost":
                middleman.before = hook
            else:
                middleman.after = hook
            answers = decide_all(decider, orders(20, f"r{round}-"))
            assert [answer for answer in answers if not isinstance(answer, DecisionMade)] == []
            events += service.events()
        assert targets(valkey) == [f"r{round}-{n}" for round in range(17) for n in range(20)]
    assert_all_or_nothing(valkey, events, tmp_path)


def test_somebody_else_writes_to_the_trail_in_the_middle(valkey: Valkey, tmp_path: Path, sizes: list[int]) -> None:
    with (
        Listener(valkey.port, APPROVED) as service,
        between(valkey, tmp_path) as (middleman, app),
        app_on(valkey, tmp_path) as other,
    ):
        middleman.before = at_step(9, lambda: decider_of(other).decide(orders(1, "other")[0]))
        answers = decide_all(decider_of(app), orders(20))
        events = service.events()
    assert all(isinstance(answer, DecisionMade) for answer in answers)
    assert targets(valkey) == [*(f"e{n}" for n in range(9)), "other0", *(f"e{n}" for n in range(9, 20))]
    assert sizes[:3] == [2, 4, 8], "the tenth was the third of eight"
    assert_all_or_nothing(valkey, events, tmp_path)


def test_what_stands_already_is_told_and_holds_up_nobody(valkey: Valkey, tmp_path: Path) -> None:
    with Listener(valkey.port, APPROVED) as service, app_on(valkey, tmp_path) as app:
        decider = decider_of(app)
        decide_all(decider, [orders(20)[n] for n in (5, 11, 12)])
        answers = decide_all(decider, orders(20))
        events = service.events()
    assert [n for n, answer in enumerate(answers) if isinstance(answer, AlreadyDecided)] == [5, 11, 12]
    assert sum(isinstance(answer, DecisionMade) for answer in answers) == 17
    assert_all_or_nothing(valkey, events, tmp_path)


def test_the_last_service_leaves_in_the_middle(valkey: Valkey, tmp_path: Path) -> None:
    with ExitStack() as stack, between(valkey, tmp_path) as (middleman, app), valkey.client() as client:
        service = stack.enter_context(Listener(valkey.port, APPROVED))
        events: list[dict[str, Any]] = []

        def leave() -> None:
            events.extend(service.events())
            stack.close()
            eventually(lambda: client.pubsub_numsub(APPROVED)[0][1] == 0)

        middleman.before = at_step(9, leave)
        answers = decide_all(decider_of(app), orders(20))
    assert all(isinstance(answer, DecisionMade) for answer in answers[:9])
    assert all(isinstance(answer, NobodyHears) for answer in answers[9:])
    assert_all_or_nothing(valkey, events, tmp_path)


def test_another_service_comes_in_the_middle(valkey: Valkey, tmp_path: Path) -> None:
    with (
        ExitStack() as stack,
        Listener(valkey.port, APPROVED) as service,
        between(valkey, tmp_path) as (middleman, app),
    ):
        middleman.before = at_step(9, lambda: stack.enter_context(Listener(valkey.port, APPROVED)))
        answers = decide_all(decider_of(app), orders(20))
        events = service.events()
    assert [answer.receivers for answer in answers if isinstance(answer, DecisionMade)] == [1] * 9 + [2] * 11
    assert_all_or_nothing(valkey, events, tmp_path)


def test_a_course_becomes_full_in_the_middle_whatever_is_asked_for_at_once(valkey: Valkey, tmp_path: Path) -> None:
    with Listener(valkey.port, APPROVED) as service, app_on(valkey, tmp_path) as app:
        now = clock_of(app.store)
        few, many = (
            Seat(course, Capacity(True, 0, maximum, asked_ms=now, told_ms=now))
            for course, maximum in (("few", 5), ("many", 50))
        )
        wanted = [order for pair in zip(orders(15, "f", few), orders(15, "m", many), strict=True) for order in pair]
        answers = decide_all(decider_of(app), wanted)
        events = service.events()
    full = [order.enrollment_id for order, got in zip(wanted, answers, strict=True) if isinstance(got, CourseFull)]
    assert full == [f"f{n}" for n in range(5, 15)]
    assert sum(isinstance(answer, DecisionMade) for answer in answers) == 20
    assert_all_or_nothing(valkey, events, tmp_path)


def test_a_server_that_forgets_the_script_in_the_middle_gets_it_again(valkey: Valkey, tmp_path: Path) -> None:
    with (
        Listener(valkey.port, APPROVED) as service,
        between(valkey, tmp_path) as (middleman, app),
        valkey.client() as client,
    ):
        middleman.before = at_step(9, client.script_flush)
        answers = decide_all(decider_of(app), orders(20))
        events = service.events()
    assert all(isinstance(answer, DecisionMade) and answer.receivers == 1 for answer in answers)
    assert_all_or_nothing(valkey, events, tmp_path)


def test_a_record_that_is_none_fails_alone(valkey: Valkey, tmp_path: Path) -> None:
    with Listener(valkey.port, APPROVED) as service, app_on(valkey, tmp_path) as app, valkey.client() as client:
        client.set(keys.decision("e4"), "no record")
        decider = decider_of(app)
        assert len(decide_all(decider, orders(4))) == 4
        with pytest.raises(Exception, match="WRONGTYPE"):
            decide_all(decider, orders(20)[4:])
        rest = decide_all(decider, orders(20)[5:])
        client.delete(keys.decision("e4"))
        events = service.events()
    assert all(isinstance(answer, DecisionMade) for answer in rest)
    assert_all_or_nothing(valkey, events, tmp_path)


def test_a_redis_that_stays_away_leaves_a_batch_of_which_nothing_is_known(
    valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "RESOLVE_WITHIN_S", 0.5)
    with Listener(valkey.port, APPROVED), between(valkey, tmp_path) as (middleman, app):
        gone = threading.Event()
        decider = decider_of(app)
        assert len(decide_all(decider, orders(3))) == 3

        def vanish() -> bool:
            gone.set()
            return False

        middleman.after = at_step(1, vanish)
        middleman.before = lambda command: not gone.is_set()
        answers = decider.decide_first(orders(4, "lost"))
    assert [type(answer) for answer in answers] == [DecisionMade, Unreachable, Unreachable, Unreachable]
    assert all("may or may not" in answer.message for answer in answers if isinstance(answer, Unreachable))


def test_two_admins_with_the_same_enrollments(valkey: Valkey, tmp_path: Path) -> None:
    wanted, answers = orders(120), dict[int, list[Any]]()
    barrier = threading.Barrier(2)

    def run(admin: int) -> None:
        with app_on(valkey, tmp_path / str(admin)) as app:
            barrier.wait()
            answers[admin] = decide_all(decider_of(app), wanted)

    with Listener(valkey.port, APPROVED) as service:
        threads = [threading.Thread(target=run, args=(admin,)) for admin in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        events = service.events()
    for both in zip(answers[0], answers[1], strict=True):
        assert Counter(map(type, both)) == {DecisionMade: 1, AlreadyDecided: 1}
    assert_all_or_nothing(valkey, events, tmp_path)


# -- how many at once --------------------------------------------------------------------------------------------


def test_a_server_that_is_near_is_sent_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "NEAR_S", 0.005)
    pace = commit._Pace()
    for _ in range(5):
        pace.learn(1, 1, 0.001)
    assert pace.size == 1


def test_a_batch_that_takes_too_long_or_comes_to_nothing_is_followed_by_a_smaller_one() -> None:
    pace = commit._Pace()
    sizes = []
    for settled_of, took_s in ((1, 0.6), (1, 0.6), (1, 0.7), (1, 0.6), (0.5, 0.6), (0, 0.6), (1, 2.0)):
        sent = pace.size
        pace.learn(sent, int(sent * settled_of), took_s)
        sizes.append(pace.size)
    assert sizes == [2, 4, 8, 16, 8, 1, 1]
