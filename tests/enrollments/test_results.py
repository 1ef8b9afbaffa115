"""What the commands on enrollments hand back, and how it looks on a terminal (contract 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shema_cli.enrollments import views
from shema_cli.enrollments.results import (
    Capacity,
    Decided,
    Decision,
    DecisionItem,
    DecisionKind,
    DecisionOutcome,
    Enrollment,
    EnrollmentDetails,
    EnrollmentList,
)
from shema_cli.errors import ExitCode
from shema_cli.people.results import Course, Names, Person
from tests.enrollments.school import enrollment
from tests.support.drawing import drawn, flat

NOW = datetime(2026, 2, 1, 8, tzinfo=UTC)
NAMES = Names({"s1": Person("s1", "Budi Santoso", "budi@shema.test")}, {"c1": Course("c1", "Piano", "beginner")})
WIDTHS = [40, 60, 80, 120]
STANDS = Decision("approved", "evt_1", "uid-ana", "ana@shema.test", "2026-01-31T08:00:00.000Z", "")


def decided(*outcomes: str, unreachable: Sequence[str] = (), interrupted: bool = False) -> Decided:
    items = [
        DecisionItem(f"e{n}", DecisionOutcome(one), "because", unreachable=one in unreachable)
        for n, one in enumerate(outcomes)
    ]
    return Decided(DecisionKind.APPROVED, tuple(items), interrupted)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], ExitCode.DONE),
        (["approved"], ExitCode.DONE),
        (["rejected", "already", "planned"], ExitCode.DONE),
        (["conflict"], ExitCode.REFUSED),
        (["course_full", "not_pending", "unheard", "conflict"], ExitCode.REFUSED),
        (["already", "unheard"], ExitCode.REFUSED),
        (["planned", "course_full"], ExitCode.DONE),
        (["planned", "not_found", "failed"], ExitCode.DONE),
        (["approved", "course_full"], ExitCode.FAILED),
        (["unconfirmed", "conflict"], ExitCode.FAILED),
        (["unconfirmed"], ExitCode.FAILED),
        (["not_found"], ExitCode.FAILED),
        (["conflict", "not_found"], ExitCode.FAILED),
        (["failed", "approved"], ExitCode.FAILED),
    ],
)
def test_how_a_run_ends_follows_from_its_items(outcomes: list[str], code: ExitCode) -> None:
    assert decided(*outcomes).exit_code is code
    assert decided(*reversed(outcomes)).exit_code is code
    assert decided(*outcomes, interrupted=True).exit_code is ExitCode.INTERRUPTED


def test_it_is_unreachable_only_where_nothing_at_all_was_reached() -> None:
    assert decided("failed", "failed", unreachable=["failed"]).exit_code is ExitCode.UNREACHABLE
    assert decided("failed", "conflict", unreachable=["failed"]).exit_code is ExitCode.FAILED
    assert decided("failed", "approved", unreachable=["failed"]).exit_code is ExitCode.FAILED


def test_the_summary_counts_what_there_is_in_a_steady_order() -> None:
    result = decided("failed", "approved", "failed", "already")
    assert list(result.summary.items()) == [("approved", 1), ("already", 1), ("failed", 2)]
    assert list(result.notes()) == ["1 approved, 1 already, 2 failed"]
    assert list(decided().notes()) == ["nothing to approve"]
    assert list(decided("approved", interrupted=True).notes())[1].startswith("interrupted: the same command goes on")


def test_an_item_is_the_same_in_the_document_and_in_the_table() -> None:
    item = DecisionItem("e1", DecisionOutcome.APPROVED, "approved; 1 service heard it", "evt_1", 1)
    result = Decided(DecisionKind.APPROVED, (item,), named={"e1": NAMES.of("s1", "c1")})
    assert result.document() == {
        "results": [
            {
                "enrollment_id": "e1",
                "outcome": "approved",
                "event_id": "evt_1",
                "receivers": 1,
                "message": "approved; 1 service heard it",
                "student": {"id": "s1", "name": "Budi Santoso", "email": "budi@shema.test"},
                "course": {"id": "c1", "title": "Piano", "level": "beginner"},
            }
        ],
        "summary": {"approved": 1},
    }
    assert list(result.table().rows) == [
        ("e1", "approved", "evt_1", 1, "approved; 1 service heard it", "Budi Santoso", "Piano")
    ]
    assert "unreachable" not in item.document()


# -- what the services and the store tell ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["id", "student_id", "course_id", "status"])
@pytest.mark.parametrize("value", [None, "", 7, ["e1"]])
def test_an_enrollment_without_what_it_takes_is_none(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"an enrollment has no {name}"):
        Enrollment.parse(enrollment(1) | {name: value})


@pytest.mark.parametrize("document", [None, [], "e1", 5])
def test_what_is_no_object_is_no_enrollment(document: object) -> None:
    with pytest.raises(ValueError, match="not an object"):
        Enrollment.parse(document)


@pytest.mark.parametrize(
    "change",
    [
        {"has_capacity": None},
        {"has_capacity": 1},
        {"current_students": -1},
        {"max_students": 2.0},
        {"max_students": True},
        {"current_students": "1"},
        {"max_students": None},
    ],
)
def test_seats_that_make_no_sense_are_not_believed(change: dict[str, Any]) -> None:
    sound = {"has_capacity": True, "current_students": 1, "max_students": 2}
    assert Capacity.parse(sound).left == 1
    with pytest.raises(ValueError, match="not"):
        Capacity.parse(sound | change)


def test_a_record_is_read_as_far_as_it_is_there() -> None:
    assert Decision.of_stored({}) is None
    half = Decision.of_stored({b"eventId": b"evt_1"})
    assert half is not None
    assert (half.event_id, half.told()) == ("evt_1", "decided by somebody unknown")
    by_uid = Decision.of_stored({b"decision": b"rejected", b"actor": b"uid-bo", b"at": b"yesterday"})
    assert by_uid is not None
    assert by_uid.told() == "rejected by uid-bo"
    odd = Decision.of_stored({b"reason": b"\xff"})
    assert odd is not None
    assert odd.reason.encode("utf-8", "surrogateescape") == b"\xff"


@pytest.mark.parametrize(
    ("kind", "channel", "verb"),
    [("approved", "enrollment.approved", "approve"), ("rejected", "enrollment.rejected", "reject")],
)
def test_a_decision_names_its_channel_and_its_command(kind: str, channel: str, verb: str) -> None:
    assert (DecisionKind(kind).channel, DecisionKind(kind).verb) == (channel, verb)


# -- lists -----------------------------------------------------------------------------------------------------------


def listed(*documents: dict[str, Any], decisions: Sequence[str] = (), **more: Any) -> EnrollmentList:
    found = tuple(Enrollment.parse(document) for document in documents)
    return EnrollmentList(found, more.pop("cursor", None), NOW, dict.fromkeys(decisions, STANDS), **more)


def test_a_list_keeps_what_the_service_told_and_adds_what_was_decided_here() -> None:
    result = listed(enrollment(1, extra={"a": [1]}), enrollment(2, "c2"), decisions=["e2"], names=NAMES)
    first, second = result.document()["enrollments"]  # type: ignore[index]
    assert first == enrollment(1, extra={"a": [1]}) | NAMES.of("s1", "c1").document()
    assert second == enrollment(2, "c2") | {"decision": STANDS.document(), "student": None, "course": None}
    assert [row[5:] for row in result.table().rows] == [
        (None, None, None, "Budi Santoso", "Piano"),
        ("approved", "ana@shema.test", "2026-01-31T08:00:00.000Z", None, None),
    ]


def test_a_time_that_cannot_be_read_is_shown_as_it_came() -> None:
    (row,) = listed(enrollment(1) | {"created_at": "last week"}).table().rows
    assert row[4] == "last week"


def test_decisions_without_effect_are_named_and_not_all_of_them() -> None:
    numbers = range(7)
    result = listed(*(enrollment(n) for n in numbers), decisions=[f"e{n}" for n in numbers])
    (note,) = result.notes()
    assert "e0, e1, e2, e3, e4 and others" in note
    (few,) = listed(enrollment(1), enrollment(2, status="approved"), decisions=["e1", "e2"]).notes()
    assert "pending at the service: e1; --republish" in few


def test_a_list_says_that_it_is_empty_or_not_all() -> None:
    assert list(listed().notes()) == ["no enrollments"]
    assert list(listed(enrollment(1), cursor="x").notes()) == ["the first 1; a larger --limit shows more"]


@pytest.mark.parametrize(
    ("status", "decision", "hint"),
    [
        ("pending", STANDS, "shema enrollments approve --republish e1"),
        ("pending", Decision("rejected", "evt_1", "u", "", "", "full"), "shema enrollments reject --republish e1"),
        ("approved", STANDS, None),
        ("pending", None, None),
    ],
)
def test_one_enrollment_says_when_its_decision_had_no_effect(
    status: str, decision: Decision | None, hint: str | None
) -> None:
    notes = list(EnrollmentDetails(Enrollment.parse(enrollment(1, status=status)), decision).notes())
    assert [hint in note for note in notes] == ([True] if hint else []) if hint else notes == []


def test_details_in_rows_have_decision_and_names_last_and_the_service_s_word_for_it_not_at_all() -> None:
    told = Enrollment.parse(enrollment(1, decision="ours is another"))
    rows = list(EnrollmentDetails(told, STANDS, NAMES.of("s1", "c2")).table().rows)
    assert ("decision", "ours is another") not in rows
    assert rows[-2:] == [("student_name", "Budi Santoso"), ("course_title", None)]
    assert rows[-8:-2] == [
        ("decision.decision", "approved"),
        ("decision.eventId", "evt_1"),
        ("decision.actor", "uid-ana"),
        ("decision.actorEmail", "ana@shema.test"),
        ("decision.at", "2026-01-31T08:00:00.000Z"),
        ("decision.reason", None),
    ]


# -- on a terminal ---------------------------------------------------------------------------------------------------

FULL, ROOM = Capacity(True, 10, 10), Capacity(True, 3, 10)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_list_has_everything_at_every_width(width: int) -> None:
    result = listed(
        enrollment(1),
        enrollment(2, course="c2"),
        enrollment(3, status="approved"),
        decisions=["e3"],
        names=NAMES,
        seats={"c1": ROOM, "c2": FULL},
    )
    shown = flat(views.listing(result, width), width)
    for word in ("e1", "s2", "Pianoc1", "3/10", "full", "approvedbyana@shema.test", "30d"):
        assert word in shown, word
    assert shown.count("3/10") == 1  # seats matter to those who wait
    assert ("2026-01-3108:00:00" in shown) is (width == 40 or width >= views.WIDE)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_reason_that_the_service_tells_as_well_stands_once(width: int) -> None:
    stands = replace(STANDS, reason="no teacher")
    for told, times in (("no teacher", 1), ("no room", 2)):
        found = Enrollment.parse(enrollment(1, reason=told))
        shown = flat(views.details(EnrollmentDetails(found, stands, NAMES.of("s1", "c1"), FULL), width), width)
        assert shown.count("reasonno") == times


def test_who_decided_has_a_column_where_somebody_has() -> None:
    assert "decided" in drawn(views.listing(listed(enrollment(3), decisions=["e3"]), 80), 80)[0]
    assert drawn(views.listing(listed(enrollment(1)), 80), 80)[0].split() == [
        "id",
        "student",
        "course",
        "status",
        "age",
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_what_came_of_it_is_said_once(width: int) -> None:
    done = DecisionItem("e1", DecisionOutcome.APPROVED, "approved; 1 service heard it", "evt_1", 1)
    shown = flat(views.decided(Decided(DecisionKind.APPROVED, (done,)), width), width)
    assert shown.endswith("1serviceheardit")
    assert shown.count("approved") == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_details_have_everything_at_every_width(width: int) -> None:
    told = Enrollment.parse(enrollment(1, decision="not this one"))
    shown = flat(views.details(EnrollmentDetails(told, STANDS, NAMES.of("s1", "c1"), FULL), width), width)
    for word in (
        "studentids1",
        "BudiSantosobudi@",
        "courseidc1Pianobeginnerfull(10/10)",
        "evt_1",
        "approvedbyana@shema.test",
        "reason-",
    ):
        assert word in shown, word
    assert "notthisone" not in shown
    bare = flat(views.details(EnrollmentDetails(told, None), width), width)
    assert "courseidc1" in bare
    assert "evt_1" not in bare


@pytest.mark.parametrize("width", WIDTHS)
def test_results_have_everything_at_every_width(width: int) -> None:
    shown = flat(views.decided(decided("approved", "failed", "course_full"), width), width)
    for word in ("e0approved", "e1failed", "e2course_full"):
        assert word in shown, word
    assert shown.count("because") == 3


@pytest.mark.parametrize("width", [60, 65, 70, 80])
def test_ids_of_any_length_leave_no_other_column_out(width: int) -> None:
    id = "d284c1e5-005e-48b0-84cf-640961b87550"
    listing = flat(
        views.listing(listed(enrollment(1) | {"id": id, "student_id": "s-1", "course_id": "c-1"}), width), width
    )
    assert all(word in listing for word in (id, "s-1", "c-1", "pending"))
    long = Decided(DecisionKind.APPROVED, (DecisionItem(id * 2, DecisionOutcome.FAILED, "no answer"),))
    assert flat(views.decided(long, width), width).endswith("noanswer")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_said_in_words(width: int) -> None:
    assert drawn(views.listing(listed(), width), width)[0] == "No enrollments."
    assert drawn(views.decided(decided(), width), width)[0] == "Nothing was selected."


@pytest.mark.parametrize("width", WIDTHS)
def test_foreign_text_stays_text(width: int) -> None:
    hostile = "\x1b[2J\x9b\u202e[red]x[/red]\r\n"
    odd = dict.fromkeys(("id", "student_id", "course_id", "status", "created_at"), hostile)
    told = Enrollment.parse(odd | {hostile: hostile})
    decision = Decision(*[hostile] * 6)
    names = Names({hostile: Person(hostile, hostile, hostile)}, {hostile: Course(hostile, hostile, hostile)})
    views_of = (
        views.listing(EnrollmentList((told,), None, NOW, {hostile: decision}, names), width),
        views.details(EnrollmentDetails(told, decision, names.of(hostile, hostile)), width),
        views.decided(Decided(DecisionKind.APPROVED, (DecisionItem(hostile, DecisionOutcome.FAILED, hostile),)), width),
    )
    for view in views_of:
        assert "[red]x[/red]" in flat(view, width)
