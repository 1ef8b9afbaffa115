"""What one source does to the others: nothing. The caller here is a stand-in, for what no server can be made to do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shema_cli.calls.reply import Reply
from shema_cli.clock import SystemClock
from shema_cli.dashboard import snapshot
from shema_cli.dashboard.results import (
    Kept,
    ReadingState,
    Snapshot,
    SourceAnswer,
    SourceProblem,
    Surroundings,
    settle,
)
from shema_cli.dashboard.snapshot import SchoolAccess, ask, ask_all, take
from shema_cli.dashboard.sources import count
from shema_cli.errors import ExitCode, NotConfigured
from shema_cli.settings.sources import load_settings
from shema_cli.settings.target import Target
from shema_cli.state import StateDir
from shema_cli.store.connection import Store
from tests.dashboard.school import NOON, STATS, VALUES, School, source

FAILED = SourceProblem("x", "y")


class StandIn:
    """Answers for four services as they should, and does `mischief` for the chat."""

    def __init__(self, mischief: Any) -> None:
        self._mischief = mischief

    async def request(self, service: str, method: str, path: str) -> Reply:
        if service == "chat":
            await self._mischief()
        body = f'{{"{source(service).field}": {VALUES[service]}}}'.encode()
        return Reply(service, 200, {}, body, "application/json", "req_1_aaaaaaaaa", 3, "http://x", "closed")


async def _at_once() -> None:
    return None


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


class Counting(StandIn):
    """Counts the requests that have begun; a client and its own context manager."""

    def __init__(self) -> None:
        super().__init__(_at_once)
        self.begun = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def request(self, service: str, method: str, path: str) -> Reply:
        self.begun += 1
        await asyncio.sleep(0)
        return await super().request(service, method, path)


async def test_redis_is_thought_of_when_all_requests_are_on_their_way(tmp_path: Path) -> None:
    client, begun = Counting(), list[int]()

    def connect() -> Store:
        begun.append(client.begun)
        raise NotConfigured("not_configured", "there is no Redis here", "")

    environ = {"SHEMA_CONFIG_DIR": str(tmp_path), "SHEMA_STATE_DIR": str(tmp_path), "SERVICE_JWT_SECRET": "s" * 32}
    settings = load_settings(environ=environ, cwd=tmp_path)
    school = SchoolAccess(settings, StateDir(tmp_path), SystemClock(), Target.of(settings), lambda: client, connect)
    found = await take(school, 60, looked_at=True)
    assert begun == [5]
    assert {reading.source.service: reading.value for reading in found.readings} == VALUES
    assert found.surroundings == Surroundings(
        redis_problem="there is no Redis here", registry_problem="there is no Redis here"
    )


def test_numbers_alone_are_shown_without_loading_what_stands_around_them(school: School) -> None:
    code = "import sys; from shema_cli.main import main; main(['dashboard', '-o', 'json']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=school.env, capture_output=True, text=True, check=True)
    document, modules = done.stdout.splitlines()
    assert json.loads(document)["stats"] == STATS
    assert {"httpx2", "sqlite3"} <= set(modules.split())
    for_a_person = {"rich", "shema_cli.condition.facts", "shema_cli.dashboard.surroundings"}
    assert not {"redis", "tomllib", *for_a_person} & set(modules.split())


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
    reading = settle(SourceAnswer(source("user"), NOON, problem=FAILED), kept, NOON, max_stale_s)
    assert reading.state is (ReadingState.STALE if old_s <= max_stale_s else ReadingState.UNAVAILABLE)
    assert (reading.value is None) == (reading.state is ReadingState.UNAVAILABLE)
    assert reading.age_s == (old_s if reading.state is ReadingState.STALE else None)


def test_a_live_number_outranks_the_kept_one() -> None:
    reading = settle(SourceAnswer(source("user"), NOON, value=3), Kept(5, NOON), NOON + timedelta(seconds=2), 60)
    assert (reading.state, reading.value, reading.age_s) == (ReadingState.LIVE, 3, 2)


def test_a_clock_that_ran_backwards_gives_no_negative_age() -> None:
    reading = settle(SourceAnswer(source("user"), NOON, value=3), None, NOON - timedelta(seconds=9), 60)
    assert reading.age_s == 0


@given(st.lists(st.sampled_from(list(ReadingState)), min_size=5, max_size=5))
def test_the_exit_code_is_derived_from_the_states(states: list[ReadingState]) -> None:
    readings = tuple(
        settle(
            SourceAnswer(source("user"), NOON, value=1 if state is ReadingState.LIVE else None),
            Kept(1, NOON) if state is ReadingState.STALE else None,
            NOON,
            60,
        )
        for state in states
    )
    live = states.count(ReadingState.LIVE)
    wanted = ExitCode.DONE if live == 5 else ExitCode.FAILED if live else ExitCode.UNREACHABLE
    assert [reading.state for reading in readings] == states
    assert Snapshot(NOON, readings).exit_code is wanted
