"""What one source does to the others: nothing. The caller here is a stand-in, for what no server can be made to do."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shema_cli.calls.reply import Reply
from shema_cli.clock import SystemClock
from shema_cli.dashboard import snapshot
from shema_cli.dashboard.models import Answer, Kept, Problem, Snapshot, State, settle
from shema_cli.dashboard.snapshot import ask, ask_all, count
from shema_cli.exit_codes import ExitCode
from tests.dashboard.school import NOON, VALUES, source

FAILED = Problem("x", "y")


class StandIn:
    """Answers for four services as they should, and does `mischief` for the chat."""

    def __init__(self, mischief: Any) -> None:
        self._mischief = mischief

    async def request(self, service: str, method: str, path: str) -> Reply:
        if service == "chat":
            await self._mischief()
        body = f'{{"{source(service).field}": {VALUES[service]}}}'.encode()
        return Reply(service, 200, {}, body, "application/json", "req_1_aaaaaaaaa", 3, "http://x", "closed")


async def _hangs() -> None:
    await asyncio.sleep(3600)


async def _crashes() -> None:
    raise RuntimeError("a fault of ours")


@pytest.mark.parametrize(("mischief", "code"), [(_hangs, "timeout"), (_crashes, "internal")])
async def test_whatever_one_does_the_others_answer(mischief: Any, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "SOURCE_LIMIT_S", 0.05)
    answers = [await one for one in ask_all(StandIn(mischief), SystemClock())]
    found = {answer.source.service: answer.value for answer in answers}
    assert found == {**VALUES, "chat": None}
    chat = next(answer for answer in answers if answer.source.service == "chat")
    assert chat.problem
    assert chat.problem.code == code


async def test_an_answer_bears_the_facts_of_its_call() -> None:
    answer = await ask(StandIn(_crashes), source("user"), SystemClock())
    assert (answer.value, answer.duration_ms, answer.request_id) == (1284, 3, "req_1_aaaaaaaaa")
    assert answer.instance == "http://x"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


@settings(max_examples=50)
@example(-1)
@example(0)
@example(True)
@example(1.0)
@example(2**70)
@given(JSON)
def test_only_integers_of_zero_or_more_are_counts(value: Any) -> None:
    wanted = value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
    assert count({"count": value}, "count") is wanted
    assert count(value, "absent") is None


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_a_last_number_counts_until_it_is_too_old(old_s: int, max_stale_s: int) -> None:
    kept = Kept(5, NOON - timedelta(seconds=old_s))
    reading = settle(Answer(source("user"), NOON, problem=FAILED), kept, NOON, max_stale_s)
    assert reading.state is (State.STALE if old_s <= max_stale_s else State.UNAVAILABLE)
    assert (reading.value is None) == (reading.state is State.UNAVAILABLE)
    assert reading.age_s == (old_s if reading.state is State.STALE else None)


def test_a_live_number_outranks_the_kept_one() -> None:
    reading = settle(Answer(source("user"), NOON, value=3), Kept(5, NOON), NOON + timedelta(seconds=2), 60)
    assert (reading.state, reading.value, reading.age_s) == (State.LIVE, 3, 2)


def test_a_clock_that_ran_backwards_gives_no_negative_age() -> None:
    reading = settle(Answer(source("user"), NOON, value=3), None, NOON - timedelta(seconds=9), 60)
    assert reading.age_s == 0


@given(st.lists(st.sampled_from(list(State)), min_size=5, max_size=5))
def test_the_exit_code_is_derived_from_the_states(states: list[State]) -> None:
    readings = tuple(
        settle(
            Answer(source("user"), NOON, value=1 if state is State.LIVE else None),
            Kept(1, NOON) if state is State.STALE else None,
            NOON,
            60,
        )
        for state in states
    )
    live = states.count(State.LIVE)
    wanted = ExitCode.DONE if live == 5 else ExitCode.FAILED if live else ExitCode.UNREACHABLE
    assert [reading.state for reading in readings] == states
    assert Snapshot(NOON, readings).exit_code is wanted
