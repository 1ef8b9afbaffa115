from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shema_cli.calls.circuit import FILE, THRESHOLD, TRIAL_LEASE_S, Breaker, Circuit, Permit, SharedState
from shema_cli.state import StateDir
from tests.support.calls import new_breaker
from tests.support.world import NOW, StillClock

URL = "http://user:3002"


def fail(breaker: Breaker, times: int, url: str = URL) -> None:
    for _ in range(times):
        permit = breaker.admit(url)
        assert permit
        breaker.failed(permit)


def opened(folder: Path, clock: StillClock) -> Breaker:
    breaker = new_breaker(folder, clock)
    fail(breaker, 5)
    return breaker


def test_five_failures_in_a_row_open_it_for_60_seconds(tmp_path: Path) -> None:
    clock = StillClock()
    breaker = new_breaker(tmp_path, clock)
    fail(breaker, 4)
    assert breaker.state(URL) is Circuit.CLOSED
    fail(breaker, 1)
    assert breaker.state(URL) is Circuit.OPEN
    assert breaker.admit(URL) is None
    clock.advance(59.9)
    assert breaker.admit(URL) is None
    clock.advance(0.2)
    assert breaker.state(URL) is Circuit.HALF_OPEN
    assert breaker.admit(URL)


def test_a_success_between_forgets_the_failures(tmp_path: Path) -> None:
    breaker = new_breaker(tmp_path, StillClock())
    fail(breaker, 4)
    breaker.succeeded(breaker.admit(URL) or pytest.fail("not admitted"))
    fail(breaker, 4)
    assert breaker.state(URL) is Circuit.CLOSED


def test_each_instance_has_a_circuit_of_its_own(tmp_path: Path) -> None:
    breaker = opened(tmp_path, StillClock())
    assert breaker.admit("http://user:3003")


def test_one_trial_at_a_time_and_its_success_closes(tmp_path: Path) -> None:
    clock = StillClock()
    breaker = opened(tmp_path, clock)
    clock.advance(61)
    trial = breaker.admit(URL)
    assert trial
    assert trial.trial
    assert breaker.admit(URL) is None
    breaker.succeeded(trial)
    assert breaker.state(URL) is Circuit.CLOSED
    fail(breaker, 4)
    assert breaker.state(URL) is Circuit.CLOSED


def test_a_failed_trial_opens_it_for_another_60_seconds(tmp_path: Path) -> None:
    clock = StillClock()
    breaker = opened(tmp_path, clock)
    clock.advance(61)
    breaker.failed(breaker.admit(URL) or pytest.fail("not admitted"))
    clock.advance(59)
    assert breaker.state(URL) is Circuit.OPEN
    clock.advance(2)
    assert breaker.admit(URL)


def test_a_trial_whose_process_died_is_given_up_after_15_seconds(tmp_path: Path) -> None:
    clock = StillClock()
    breaker = opened(tmp_path, clock)
    clock.advance(61)
    dead = breaker.admit(URL)
    assert dead
    clock.advance(14.9)
    assert breaker.admit(URL) is None
    clock.advance(0.2)
    second = breaker.admit(URL)
    assert second
    breaker.failed(dead)  # it was not dead after all, but it speaks for nobody any more
    assert breaker.state(URL) is Circuit.HALF_OPEN
    breaker.succeeded(second)
    assert breaker.state(URL) is Circuit.CLOSED


def test_a_long_trial_keeps_its_lease(tmp_path: Path) -> None:
    clock = StillClock()
    breaker = opened(tmp_path, clock)
    clock.advance(61)
    trial = breaker.admit(URL)
    assert trial
    for _ in range(6):
        clock.advance(5)
        breaker.renew(trial)
    assert breaker.admit(URL) is None


def test_an_abandoned_trial_can_be_made_by_the_next(tmp_path: Path) -> None:
    clock = StillClock()
    breaker = opened(tmp_path, clock)
    clock.advance(61)
    breaker.abandoned(breaker.admit(URL) or pytest.fail("not admitted"))
    assert breaker.admit(URL)


def test_calls_from_before_it_opened_say_nothing_any_more(tmp_path: Path) -> None:
    clock = StillClock()
    breaker = new_breaker(tmp_path, clock)
    early = breaker.admit(URL)
    assert early
    fail(breaker, 5)
    breaker.succeeded(early)
    assert breaker.state(URL) is Circuit.OPEN
    clock.advance(30)
    breaker.failed(early)
    clock.advance(31)
    assert breaker.admit(URL)


def test_a_clock_put_back_does_not_keep_it_open_for_ever(tmp_path: Path) -> None:
    clock = StillClock()
    breaker = opened(tmp_path, clock)
    clock.at = NOW - timedelta(days=1)
    trial = breaker.admit(URL)
    assert trial
    assert trial.trial


def test_it_outlives_the_process(tmp_path: Path) -> None:
    opened(tmp_path, StillClock())
    assert new_breaker(tmp_path, StillClock()).state(URL) is Circuit.OPEN
    assert (tmp_path / "state" / FILE).stat().st_mode & 0o777 == 0o600


def test_a_database_that_is_being_made_by_another_process_is_waited_for(tmp_path: Path) -> None:
    class BusyAtFirst(StateDir):
        tries = 0

        def database(self, name: str, *, busy_s: float = 1.0) -> sqlite3.Connection:
            self.tries += 1
            if self.tries < 3:
                raise sqlite3.OperationalError("database is locked")
            return super().database(name, busy_s=busy_s)

    warnings: list[str] = []
    fail(new_breaker(tmp_path, StillClock(), warnings, state=BusyAtFirst), 5)
    assert warnings == []
    assert new_breaker(tmp_path, StillClock()).state(URL) is Circuit.OPEN


# -- a database that cannot be used never stops a call -----------------------------------------------------------


def works_in_memory(breaker: Breaker) -> None:
    fail(breaker, 5)
    assert breaker.state(URL) is Circuit.OPEN
    assert breaker.admit(URL) is None


def test_a_broken_database(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).write_bytes(b"this is no database at all" * 100)
    warnings: list[str] = []
    works_in_memory(new_breaker(tmp_path, StillClock(), warnings))
    assert len(warnings) == 1
    assert FILE in warnings[0]


def test_a_database_of_another_shape(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with closing(sqlite3.connect(tmp_path / "state" / FILE)) as connection, connection:
        connection.execute("CREATE TABLE circuit (something TEXT)")
    warnings: list[str] = []
    works_in_memory(new_breaker(tmp_path, StillClock(), warnings))
    assert len(warnings) == 1


def test_a_locked_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shema_cli.calls.circuit.BUSY_S", 0.01)
    new_breaker(tmp_path, StillClock()).state(URL)
    holder = sqlite3.connect(tmp_path / "state" / FILE, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    warnings: list[str] = []
    works_in_memory(new_breaker(tmp_path, StillClock(), warnings))
    holder.close()
    assert len(warnings) == 1


def test_a_state_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    warnings: list[str] = []
    works_in_memory(new_breaker(tmp_path, StillClock(), warnings))
    assert len(warnings) == 1


def test_how_long_it_is_open_still_and_a_reset(tmp_path: Path) -> None:
    clock = StillClock()
    breaker = new_breaker(tmp_path, clock)
    assert breaker.open_for_s("http://a") is None
    for _ in range(THRESHOLD):
        breaker.failed(breaker.admit("http://a") or pytest.fail("not admitted"))
    clock.advance(18.5)
    assert breaker.open_for_s("http://a") == pytest.approx(41.5)
    assert breaker.reset("http://a") is Circuit.OPEN
    assert (breaker.state("http://a"), breaker.open_for_s("http://a")) == (Circuit.CLOSED, None)
    assert breaker.reset("http://a") is Circuit.CLOSED


def test_a_trial_that_was_under_way_when_it_was_reset_says_nothing_any_more(tmp_path: Path) -> None:
    clock = StillClock()
    breaker = new_breaker(tmp_path, clock)
    for _ in range(THRESHOLD):
        breaker.failed(breaker.admit("http://a") or pytest.fail("not admitted"))
    clock.advance(61)
    trial = breaker.admit("http://a")
    assert trial is not None
    assert breaker.reset("http://a") is Circuit.HALF_OPEN
    breaker.failed(trial)
    assert breaker.state("http://a") is Circuit.CLOSED


# -- the rules as a machine --------------------------------------------------------------------------------------


class BreakerMachine(RuleBasedStateMachine):
    """Whatever happens in whatever order: the breaker does what a plain model of the contract does."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = StillClock()
        shared = SharedState(StateDir(Path("/nonexistent")), lambda _: None)
        shared._in_memory = True
        self.breaker = Breaker(shared, self.clock)
        self.failures = 0
        self.open_until: float | None = None
        self.trial: Permit | None = None
        self.trial_until = 0.0

    def now(self) -> float:
        return self.clock.now().timestamp()

    @rule(seconds=st.sampled_from([0.5, 7.0, 14.0, 16.0, 45.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(succeeds=st.booleans())
    def a_call_is_made(self, succeeds: bool) -> None:
        permit = self.breaker.admit(URL)
        now = self.now()
        if self.open_until is None:
            assert permit
            assert permit.trial is None
            self.failures = 0 if succeeds else self.failures + 1
            (self.breaker.succeeded if succeeds else self.breaker.failed)(permit)
            if self.failures >= 5:
                self.open_until = now + 60
        elif now < self.open_until or (self.trial and now < self.trial_until):
            assert permit is None
        else:
            assert permit
            assert permit.trial
            self.trial, self.trial_until = permit, now + 15

    @precondition(lambda self: self.trial is not None)
    @rule(succeeds=st.booleans())
    def the_trial_ends(self, succeeds: bool) -> None:
        assert self.trial
        (self.breaker.succeeded if succeeds else self.breaker.failed)(self.trial)
        self.trial = None
        self.failures = 0 if succeeds else self.failures
        self.open_until = None if succeeds else self.now() + 60

    @precondition(lambda self: self.trial is not None)
    @rule()
    def the_trial_is_broken_off(self) -> None:
        assert self.trial
        self.breaker.abandoned(self.trial)
        self.trial = None

    @invariant()
    def the_state_is_told(self) -> None:
        if self.open_until is None:
            expected = Circuit.CLOSED
        else:
            expected = Circuit.OPEN if self.now() < self.open_until else Circuit.HALF_OPEN
        assert self.breaker.state(URL) is expected

    def teardown(self) -> None:
        self.breaker._shared.close()


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# -- what several commands share ---------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["fails", "succeeds", "abandons", "holds", 7.0, 16.0, 61.0, -3600.0]),
    ),
    max_size=40,
)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_two_commands_see_one_circuit_and_never_two_trials(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str | float]]
) -> None:
    folder, clock = tmp_path_factory.mktemp("circuit"), StillClock()
    both = [new_breaker(folder, clock) for _ in range(2)]
    trials: dict[str, float] = {}
    fail(both[0], 5)
    for who, step in [(0, 61.0), *steps]:
        if isinstance(step, float):
            clock.advance(step)
            trials = {} if step < 0 else trials  # a clock put back ends every lease
        elif permit := both[who].admit(URL):
            if permit.trial:
                assert all(until <= clock.passed for until in trials.values()), "one at a time"
                trials[permit.trial] = clock.passed + TRIAL_LEASE_S
            if step == "holds":
                continue
            ends = {"fails": both[who].failed, "succeeds": both[who].succeeded, "abandons": both[who].abandoned}
            ends[str(step)](permit)
            trials.pop(permit.trial or "", None)
        assert both[0].state(URL) is both[1].state(URL)
    for breaker in both:
        breaker._shared.close()


def test_however_far_the_clock_was_put_back_it_can_be_tried_within_a_minute(tmp_path: Path) -> None:
    for hours in (1, 24, 24 * 365):
        clock = StillClock()
        breaker = opened(tmp_path / str(hours), clock)
        clock.at -= timedelta(hours=hours)
        assert breaker.state(URL) is Circuit.HALF_OPEN
        trial = breaker.admit(URL)
        assert trial is not None
        breaker.failed(trial)
        assert breaker.state(URL) is Circuit.OPEN
        clock.advance(60)
        assert breaker.admit(URL) is not None


async def test_a_trial_is_renewed_three_times_in_its_lease_and_not_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, pauses = StillClock(), list[float]()
    breaker = opened(tmp_path, clock)
    clock.advance(61)
    trial = breaker.admit(URL)
    assert trial is not None
    enough, turn = asyncio.Event(), asyncio.sleep

    async def passes(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(seconds)
        if len(pauses) == 5:
            enough.set()
            await asyncio.Event().wait()
        await turn(0)

    monkeypatch.setattr("shema_cli.calls.circuit.asyncio.sleep", passes)
    async with breaker.kept(trial):
        await enough.wait()
        assert breaker.admit(URL) is None, "25 s later it is still leased"
    assert pauses == [TRIAL_LEASE_S / 3] * 5
    clock.advance(TRIAL_LEASE_S)
    assert breaker.admit(URL) is not None


async def test_an_ordinary_attempt_has_no_lease_to_keep(tmp_path: Path) -> None:
    breaker = new_breaker(tmp_path, StillClock())
    before = len(asyncio.all_tasks())
    async with breaker.kept(Permit(URL)):
        assert len(asyncio.all_tasks()) == before
    breaker.renew(Permit(URL))
    breaker.abandoned(Permit(URL))
    assert breaker.state(URL) is Circuit.CLOSED


def test_what_fails_inside_a_change_leaves_nothing_of_it(tmp_path: Path) -> None:
    shared = SharedState(StateDir(tmp_path), lambda _: None)

    def half(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO rotation VALUES ('pay', 1)")
        raise KeyError

    with pytest.raises(KeyError):
        shared.change(half)
    assert shared.run(lambda db: db.execute("SELECT * FROM rotation").fetchall()) == []
    shared.close()
