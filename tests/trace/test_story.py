"""What several sources tell of one thing is one line, day by day."""

from __future__ import annotations

from typing import Any

import pytest

from shema_cli.people.results import Course, Person
from shema_cli.people.shown import Subject
from shema_cli.trace import views
from shema_cli.trace.results import FoundIn, Trace, TraceEvent, in_order
from shema_cli.trace.story import UNDATED, days
from tests.support.drawing import drawn
from tests.support.zone import in_zone

AT = "2026-03-29T{}Z"
AWAY = "heard by 3 of 4: schedule was away"


def event(time: str, source: FoundIn, words: str, kind: str = "event", **more: Any) -> TraceEvent:
    at = AT.format(time) if time else ""
    return TraceEvent(at, source, kind, words, **{"event_id": "evt_1", "words": words, **more})


def story(*events: TraceEvent) -> list[list[str]]:
    return [[line.words for line in day.lines] for day in days(Trace("e1", in_order(events), {}))]


DECIDED = event("08:00:00.000", FoundIn.DECISIONS, "approved by dina", "decision")
ENTERED = event("08:00:00.000", FoundIn.AUDIT, "approved by dina", "audit", heard=AWAY)
HEARD = event("08:00:00.010", FoundIn.HISTORY, "approved", heard="heard by 3 of 4: schedule and chat were away")


def test_a_decision_its_entry_and_its_event_are_one_line() -> None:
    assert story(DECIDED, ENTERED, HEARD) == [[f"approved by dina; {AWAY}"]]
    assert story(DECIDED, HEARD) == [[f"approved by dina; {HEARD.heard}"]]
    assert story(HEARD) == [[f"approved; {HEARD.heard}"]]


def test_an_event_that_was_heard_before_its_decision_was_dated_is_still_that() -> None:
    early = event("07:59:59.990", FoundIn.HISTORY, "approved")
    assert story(DECIDED, ENTERED, early) == [[f"approved by dina; {AWAY}"]]


def test_what_was_resent_is_told_once_and_apart() -> None:
    resent = event("22:14:00.000", FoundIn.AUDIT, "resent to schedule by dina", "resend")
    again = event("22:14:00.005", FoundIn.HISTORY, "approved", heard="heard by 4 services")
    planned = event("22:14:01.000", FoundIn.HISTORY, "lesson planned", event_id="evt_2")
    assert story(DECIDED, ENTERED, HEARD, resent, again, planned) == [
        [f"approved by dina; {AWAY}", "resent to schedule by dina; heard by 4 services", "lesson planned"]
    ]
    assert story(DECIDED, again)[0][-1] == "published again; heard by 4 services", (
        "of whoever did that nothing is known"
    )


def test_two_dead_letters_of_one_event_are_two() -> None:
    failed = [event(f"09:00:0{n}.000", FoundIn.DEAD_LETTERS, "failed", "dead_letter", id=str(n)) for n in range(2)]
    assert story(DECIDED, *failed) == [["approved by dina", "failed", "failed"]]


def test_what_has_no_time_is_told_last_and_facts_are_not_told_as_if_they_had_happened() -> None:
    course = event("", FoundIn.COURSE, "Piano", "course", event_id="")
    found = Trace("e1", in_order([event("", FoundIn.AUDIT, "odd", "audit"), course, DECIDED]), {})
    assert [day.title for day in days(found)][-1] == UNDATED
    assert [line.words for day in days(found) for line in day.lines] == ["approved by dina", "odd"]


def test_the_offset_that_held_stands_with_the_day() -> None:
    before = event("00:30:00.000", FoundIn.AUDIT, "before", "audit", event_id="")
    after = event("01:30:00.000", FoundIn.AUDIT, "after", "audit", event_id="")
    with in_zone("Europe/Berlin"):
        titles = [day.title for day in days(Trace("e1", (before, after), {}))]
    assert titles == ["Sunday 29 March 2026 +01:00", "Sunday 29 March 2026 +02:00"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_of_several_enrollments_each_line_names_its_own(width: int) -> None:
    def applied(id: str, course: str) -> TraceEvent:
        told = event("07:00:00.000", FoundIn.ENROLLMENT, "applied", "enrollment", event_id="", id=id, enrollment_id=id)
        return TraceEvent(**{**vars(told), "about": Subject("s1", course)})

    decided = event("08:00:00.000", FoundIn.DECISIONS, "approved by dina", "decision", enrollment_id="e2")
    people, courses = {"s1": Person("s1", "Budi", None)}, {"c2": Course("c2", "Piano", None)}
    events = (applied("e1", "c1"), applied("e2", "c2"), decided)
    lines = drawn(views.trace(Trace("s1", events, {}, people=people, courses=courses), width), width)
    assert "Budi s1" in lines[0]
    (told,) = [line for line in lines if "approved by dina" in line]
    assert "Piano e2" in told
