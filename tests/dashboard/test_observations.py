"""What is known between the first look and the last: newest answers, old numbers, changes and their marks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shema_cli.condition.facts import LetterFacts, RegistryFacts
from shema_cli.dashboard.lastgood import Memory
from shema_cli.dashboard.results import Kept, ReadingState, SourceAnswer, SourceProblem, Surroundings
from shema_cli.dashboard.snapshot import CHANGED_FOR_S, HISTORY, Observations
from shema_cli.dashboard.sources import SOURCES
from shema_cli.dashboard.views import live_screen, screen
from shema_cli.errors import ExitCode
from shema_cli.output.sparkline import sparkline
from shema_cli.settings.target import Target
from tests.dashboard.school import NOON, VALUES, source
from tests.support.drawing import drawn, flat

NOWHERE = Target("default", None, {}, None, None, {})
PROBLEM = SourceProblem("service_unavailable", "chat does not answer")


def answer(value: int | None, service: str = "chat", at_s: int = 0) -> SourceAnswer:
    problem = PROBLEM if value is None else None
    return SourceAnswer(source(service), NOON + timedelta(seconds=at_s), value, problem)


def seen(memory: Memory | None = None, max_stale_s: float = 60) -> Observations:
    return Observations(memory or Memory(), max_stale_s, NOWHERE)


def chat_at(observations: Observations, at_s: int = 0) -> tuple[str, int | None]:
    snapshot = observations.snapshot(NOON + timedelta(seconds=at_s))
    (reading,) = (reading for reading in snapshot.readings if reading.source.service == "chat")
    return reading.state.value, reading.value


def test_before_anybody_has_answered_everybody_is_waited_for() -> None:
    snapshot = seen().snapshot(NOON)
    assert [reading.answer.problem.code for reading in snapshot.readings if reading.answer.problem] == ["waiting"] * 5
    assert snapshot.exit_code is ExitCode.UNREACHABLE


def test_while_it_is_waited_for_the_last_number_stands() -> None:
    memory = Memory(good={"chat": Kept(7, NOON - timedelta(seconds=59))})
    assert chat_at(seen(memory)) == ("stale", 7)
    assert chat_at(seen(memory), 1) == ("stale", 7)
    assert chat_at(seen(memory), 2) == ("unavailable", None)


def test_a_number_lives_grows_old_and_is_gone() -> None:
    found = seen()
    found.hear(answer(7), 0)
    assert chat_at(found) == ("live", 7)
    found.hear(answer(None, at_s=30), 30)
    assert chat_at(found, 60) == ("stale", 7)
    assert chat_at(found, 61) == ("unavailable", None)
    found.hear(answer(8, at_s=70), 70)
    assert chat_at(found, 70) == ("live", 8)


@pytest.mark.parametrize(
    ("values", "changed"),
    [([5], False), ([5, 5], False), ([5, 6], True), ([5, None, 6], True), ([5, None, 5], False), ([None, 5], False)],
)
def test_a_change_is_one_between_two_numbers_of_this_session(values: list[int | None], changed: bool) -> None:
    found = seen()
    for at_s, value in enumerate(values):
        found.hear(answer(value), at_s)
    assert ("chat" in found.live(len(values), 5).changed) is changed


def test_a_number_of_an_earlier_session_is_no_change() -> None:
    found = seen(Memory(good={"chat": Kept(4, NOON)}))
    found.hear(answer(5), 0)
    assert found.live(0, 5).changed == frozenset()


def test_a_mark_fades() -> None:
    found = seen()
    found.hear_all([answer(5), answer(6)], 10)
    assert found.live(10 + CHANGED_FOR_S - 0.1, 5).changed == {"chat"}
    assert found.live(10 + CHANGED_FOR_S, 5).changed == frozenset()


def test_the_trend_is_that_since_the_last_look_and_not_since_the_last_answer() -> None:
    found = seen(Memory(good={"chat": Kept(9, NOON)}, look={"chat": Kept(4, NOON)}))
    found.hear(answer(10), 0)
    (reading,) = (one for one in found.snapshot(NOON).readings if one.source.service == "chat")
    assert reading.change == 6


@given(st.lists(st.integers(0, 50) | st.none(), max_size=40))
@example([*range(HISTORY + 20)])
def test_the_history_is_what_was_heard_last(values: list[int | None]) -> None:
    found = seen()
    for value in values:
        found.hear(answer(value), 0)
    live = found.live(0, 5)
    assert list(live.history["chat"]) == values[-HISTORY:]
    assert list(live.history["user"]) == []
    bars = sparkline(live.history["chat"], 24)
    assert len(bars) in (0, min(24, len(values)))


def test_a_warning_is_told_once_and_what_the_store_had_to_say_first() -> None:
    found = seen(Memory(problem="the numbers cannot be kept"))
    for problem in ("disk full", None, "disk full", "the numbers cannot be kept"):
        found.warn(problem)
    assert found.snapshot(NOON).warnings == ("the numbers cannot be kept", "disk full")


def whole(*missing: str, around: Surroundings | None = None) -> Observations:
    found = seen()
    found.hear_all([answer(None if name in missing else value, name) for name, value in VALUES.items()], 0)
    if around is not None:
        found.look_around(around, NOON)
    return found


@pytest.mark.parametrize(
    ("missing", "code"),
    [((), ExitCode.DONE), (("chat",), ExitCode.FAILED), (tuple(VALUES), ExitCode.UNREACHABLE)],
)
def test_how_a_look_ends(missing: tuple[str, ...], code: ExitCode) -> None:
    snapshot = whole(*missing).snapshot(NOON)
    assert snapshot.exit_code is code
    assert len(whole(*missing).answers) == len(SOURCES)


def test_a_line_and_a_row_say_the_same_as_the_document() -> None:
    snapshot = whole("chat").snapshot(NOON)
    assert "Active chats: unavailable" in snapshot.line()
    assert f"Students: {VALUES['user']}" in snapshot.line()
    document = snapshot.document()
    rows = {str(row[0]): row for row in snapshot.table().rows}
    assert {name: row[1] for name, row in rows.items()} == document["stats"]
    assert rows["active_chats"][2] == ReadingState.UNAVAILABLE.value
    assert rows["active_chats"][-1] == "service_unavailable: chat does not answer"


AROUND = [
    (
        Surroundings(LetterFacts(0), redis_ms=0.4, registry=RegistryFacts()),
        ("none", "answersin0.4ms", "nothingregistered"),
    ),
    (
        Surroundings(LetterFacts(3), redis_ms=12.34, registry=RegistryFacts(1)),
        ("Deadletters", "answersin12.3ms", "1instanceregistered"),
    ),
    (Surroundings(redis_problem="no answer", registry_problem="no answer"), ("notknown", "noanswer")),
    (
        Surroundings(redis_ms=1, registry=RegistryFacts(2, (("a", "b"),), ("x", "y", "z"))),
        ("2instancesregistered,1expired,3that",),
    ),
    (Surroundings(redis_ms=1, registry_problem="a broken registry"), ("abrokenregistry",)),
]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize(("around", "words"), AROUND)
def test_what_stands_around_the_numbers_is_told_at_every_width(
    width: int, around: Surroundings, words: tuple[str, ...]
) -> None:
    shown = flat(screen(whole("chat", around=around).snapshot(NOON), width), width)
    for word in words:
        assert word in shown, word


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
@pytest.mark.parametrize("roomy", [True, False])
def test_a_frame_of_the_watch_fits_and_marks_what_has_changed(width: int, roomy: bool) -> None:
    found = whole("course")
    found.hear(answer(VALUES["chat"] + 1), 1)
    frame = live_screen(found.snapshot(NOON), width, found.live(2, 5), roomy=roomy)
    assert sum("◆" in line for line in drawn(frame, width)) == (1 if width > 20 else "◆" in flat(frame, width))
