"""The states of a review, without a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.enrollments.choices import LONGEST_REASON, Review, Stage
from shema_cli.enrollments.results import Enrollment
from shema_cli.output.keys import keys_of
from tests.enrollments.school import enrollment


def review(count: int = 4, *, complete: bool = True) -> Review:
    begun = Review()
    begun.arrived(Enrollment.parse(enrollment(number)) for number in range(count))
    if complete:
        begun.all_arrived()
    begun.begin()
    return begun


def shown(begun: Review) -> str:
    return begun.current.id if begun.current else ""


def of_day(number: int, day: int | None) -> Enrollment:
    created = {} if day is None else {"created_at": f"2026-01-{day:02d}T08:00:00.000Z"}
    return Enrollment.parse({"created_at": None} | enrollment(number, created_at=None) | created)


def press(begun: Review, typed: str) -> Review:
    for key in keys_of(typed):
        begun.press(key)
    return begun


def chosen(begun: Review) -> list[str]:
    return [f"{one.enrollment.id} {one.kind.verb} {one.reason}".strip() for one in begun.choices if one.kept]


@pytest.mark.parametrize(
    ("typed", "stage", "at", "choices"),
    [
        ("", Stage.READING, 0, []),
        ("as", Stage.READING, 2, ["e0 approve"]),
        ("rfull\r", Stage.READING, 1, ["e0 reject full"]),
        ("rfull\rr\r", Stage.READING, 2, ["e0 reject full", "e1 reject full"]),
        ("r\r", Stage.REASON, 0, []),
        ("r  \r", Stage.REASON, 0, []),
        ("rfull\x1b", Stage.READING, 0, []),
        ("rfull\x7f\x7fn\r", Stage.READING, 1, ["e0 reject fun"]),
        ("rfull\x15empty\r", Stage.READING, 1, ["e0 reject empty"]),
        ("raqs\r", Stage.READING, 1, ["e0 reject aqs"]),
        ("abrno\r", Stage.READING, 1, ["e0 reject no"]),
        ("abs", Stage.READING, 1, []),
        ("bbba", Stage.READING, 1, ["e0 approve"]),
        ("aaaa", Stage.SUMMARY, 4, ["e0 approve", "e1 approve", "e2 approve", "e3 approve"]),
        ("aaaab", Stage.READING, 3, ["e0 approve", "e1 approve", "e2 approve", "e3 approve"]),
        ("aaqjx", Stage.SUMMARY, 2, ["e0 approve"]),
        ("aaqxx", Stage.SUMMARY, 2, ["e0 approve", "e1 approve"]),
        ("aaqx\x1b[B\x1b[Bx", Stage.SUMMARY, 2, []),
        ("aaqx\x1b[Bx\x1bOAx", Stage.SUMMARY, 2, ["e0 approve"]),
        ("aqxba", Stage.READING, 2, ["e1 approve"]),
        ("aqxbba", Stage.READING, 1, ["e0 approve"]),
        ("q\r", Stage.SUMMARY, 0, []),
        ("aqx\r", Stage.SUMMARY, 1, []),
        ("aq\r", Stage.CONFIRMED, 1, ["e0 approve"]),
        ("aqq", Stage.LEFT, 1, ["e0 approve"]),
        ("a\x04", Stage.LEFT, 1, ["e0 approve"]),
        ("rno\x04", Stage.LEFT, 0, []),
        ("\x1b[A\x1bOB\x1ba\x1b[3~AZ?", Stage.READING, 0, []),
    ],
)
def test_where_keys_lead(typed: str, stage: Stage, at: int, choices: list[str]) -> None:
    begun = press(review(), typed)
    assert (begun.stage, begun.at, chosen(begun)) == (stage, at, choices)


def test_the_next_page_may_still_be_on_its_way() -> None:
    begun = press(review(1, complete=False), "aa")
    assert (begun.stage, begun.current, chosen(begun)) == (Stage.READING, None, ["e0 approve"])
    begun.arrived([Enrollment.parse(enrollment(7))])
    assert press(begun, "a").current is None
    begun.all_arrived()
    assert (begun.stage, chosen(begun)) == (Stage.SUMMARY, ["e0 approve", "e7 approve"])


def test_whoever_has_waited_longest_comes_first_however_the_service_lists_them() -> None:
    begun = Review()
    begun.arrived([of_day(1, 9), of_day(2, 8), of_day(3, None)])
    begun.arrived([of_day(4, 7), of_day(5, 6)])
    begun.all_arrived()
    assert [one.id for one in begun.applicants] == ["e5", "e4", "e2", "e1", "e3"]


def test_who_was_shown_already_stays_in_place_when_older_ones_arrive() -> None:
    begun = Review()
    begun.arrived([of_day(1, 9), of_day(2, 8)])
    begun.begin()
    press(begun, "ab")  # e2 is approved, e1 was shown
    begun.arrived([of_day(3, 7), of_day(4, 6)])
    assert [one.id for one in begun.applicants] == ["e2", "e1", "e4", "e3"]
    assert shown(begun) == "e2"
    press(begun, "sss")
    begun.arrived([of_day(5, 5), of_day(6, 4)])
    assert [one.id for one in begun.applicants] == ["e2", "e1", "e4", "e3", "e6", "e5"]
    assert shown(begun) == "e3"


def test_of_the_first_few_those_who_have_waited_longest_are_meant() -> None:
    begun = Review(limit=2)
    begun.arrived([of_day(1, 9), of_day(2, 8), of_day(3, 7)])
    begun.arrived([of_day(4, 6)])
    begun.all_arrived()
    assert [one.id for one in begun.applicants] == ["e4", "e3"]


def test_nothing_is_chosen_of_whom_nobody_has_seen() -> None:
    begun = Review()
    begun.arrived([of_day(1, 1), of_day(2, 2)])
    press(begun, "aasrno\rb")
    assert (begun.current, begun.choices, begun.at, begun.stage) == (None, [], 0, Stage.READING)
    begun.begin()
    assert shown(begun) == "e1"


def test_what_was_chosen_is_told_with_its_reason() -> None:
    begun = press(review(), "rfull\rb")
    assert begun.current
    told = begun.chosen_of(begun.current)
    assert told
    assert (told.kind.verb, told.reason) == ("reject", "full")


def test_seats_given_away_here_are_counted_by_course() -> None:
    begun = press(review(), "arno\ra")
    assert (begun.promised_in("c1"), begun.promised_in("c2")) == (2, 0)
    assert press(begun, "qx").promised_in("c1") == 1


def test_a_reason_has_an_end() -> None:
    assert len(press(review(), f"r{'x' * 2000}\r").choices[0].reason) == LONGEST_REASON


@given(st.text(alphabet="arsbqxjk\r\x1b\x7f é"), st.integers(0, 3))
def test_nothing_is_to_be_done_but_by_enter_in_a_summary(typed: str, count: int) -> None:
    begun = review(count)
    for key in keys_of(typed):
        before = begun.stage
        begun.press(key)
        assert begun.stage is not Stage.CONFIRMED or before in (Stage.SUMMARY, Stage.CONFIRMED)
        assert 0 <= begun.at <= count
    if begun.stage is Stage.CONFIRMED:
        assert chosen(begun)
