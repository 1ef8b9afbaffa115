"""Everything that is known before the first decision: who is meant, what is to be done, and who gets a seat."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.calls.audience import Audience
from shema_cli.enrollments.approve import Admissions, carry_out
from shema_cli.enrollments.decide import DecisionOrder
from shema_cli.enrollments.plan import (
    DecisionPlan,
    DecisionRequest,
    EnrollmentSelection,
    PlannedDecision,
    judge,
    select,
    standing,
)
from shema_cli.enrollments.preflight import preflight, question
from shema_cli.enrollments.results import Capacity, Decision, DecisionItem, DecisionKind, DecisionOutcome, Enrollment
from shema_cli.enrollments.seats import SeatLedger
from shema_cli.enrollments.source import EnrollmentQuery
from shema_cli.errors import AccessDenied, Failed, InvalidUsage, NotFound, ShemaError, Unreachable
from shema_cli.store.journal import Author, Journal
from shema_cli.store.listeners import Listeners
from tests.support.in_process import InProcessClient, in_process, store_in_process
from tests.support.trail import audited
from tests.support.world import NOW, StillClock, app_of

A, R = DecisionKind.APPROVED, DecisionKind.REJECTED
OTHER = {A: R, R: A}
DOWN = Unreachable("service_unreachable", "enrollment does not answer", "try again")
BROKEN = Failed("service_failed", "enrollment answered 500", "")
GONE = NotFound("not_found", "there is no enrollment 'e1'", "")


def found(number: int = 1, status: str = "pending", course: str = "c1", days: int = 3) -> Enrollment:
    created = NOW - timedelta(days=days)
    return Enrollment(f"e{number}", f"s{number}", course, status, created, {"id": f"e{number}"}, f"req_{number}")


def decision(kind: str, reason: str = "") -> Decision:
    return Decision(kind, "evt_1", "uid-bo", "bo@shema.test", "2026-02-01T08:00:00.000Z", reason)


def asked(kind: DecisionKind = A, **given: Any) -> DecisionRequest:
    return DecisionRequest(kind, EnrollmentSelection(("e1",)), **{"reason": "why", **given})


# -- one enrollment --------------------------------------------------------------------------------------------------

STATUSES = ("pending", "own", "other", "cancelled")  # own: what is asked for; other: the opposite
STANDING = ("none", "own", "other")
DONE_ALREADY, CONFLICT, NOT_PENDING = DecisionOutcome.ALREADY, DecisionOutcome.CONFLICT, DecisionOutcome.NOT_PENDING
WHAT_HAPPENS = {  # (status at the service, decision of ours, --republish)
    ("pending", "none", False): "decide",
    ("pending", "none", True): "decide",
    ("own", "none", False): DONE_ALREADY,
    ("own", "none", True): "again",
    ("other", "none", False): CONFLICT,
    ("other", "none", True): CONFLICT,
    ("cancelled", "none", False): NOT_PENDING,
    ("cancelled", "none", True): NOT_PENDING,
    **{(status, "own", False): DONE_ALREADY for status in STATUSES},
    **{(status, "own", True): "again" for status in STATUSES},
    **{(status, "other", again): CONFLICT for status in STATUSES for again in (False, True)},
}


@pytest.mark.parametrize("kind", [A, R])
@pytest.mark.parametrize(("status", "stands", "republish"), [*product(STATUSES, STANDING, (False, True))])
def test_what_is_done_about_one_enrollment(kind: DecisionKind, status: str, stands: str, republish: bool) -> None:
    words = {"own": kind.value, "other": OTHER[kind].value}
    ours = decision(words[stands]) if stands != "none" else None
    entry = judge(asked(kind, republish=republish), "e1", found(status=words.get(status, status)), ours)
    expected = WHAT_HAPPENS[status, stands, republish]
    if isinstance(entry, DecisionItem):
        assert entry.outcome == expected, entry.message
        assert entry.enrollment_id == "e1"
    else:
        assert expected == ("again" if entry.order.republish else "decide")
        assert (entry.order.kind, entry.order.student_id, entry.order.request_id) == (kind, "s1", "req_1")
        assert entry.counted is (kind is A and expected == "decide")


def test_the_table_of_one_enrollment_leaves_nothing_out() -> None:
    assert set(WHAT_HAPPENS) == set(product(STATUSES, STANDING, (False, True)))


@pytest.mark.parametrize(
    ("answer", "stands", "republish", "outcome", "unreachable"),
    [
        (GONE, None, False, DecisionOutcome.NOT_FOUND, False),
        (GONE, "approved", False, DecisionOutcome.NOT_FOUND, False),
        (DOWN, None, False, DecisionOutcome.FAILED, True),
        (DOWN, "approved", False, DecisionOutcome.ALREADY, False),
        (DOWN, "rejected", False, DecisionOutcome.CONFLICT, False),
        (DOWN, "approved", True, DecisionOutcome.FAILED, True),
        (DOWN, "rejected", True, DecisionOutcome.CONFLICT, False),
        (BROKEN, None, False, DecisionOutcome.FAILED, False),
        (BROKEN, "approved", True, DecisionOutcome.FAILED, False),
    ],
)
def test_what_the_service_could_not_tell_is_told_by_our_own_record_where_there_is_one(
    answer: ShemaError, stands: str | None, republish: bool, outcome: DecisionOutcome, unreachable: bool
) -> None:
    item = judge(asked(republish=republish), "e1", answer, decision(stands) if stands else None)
    assert isinstance(item, DecisionItem)
    assert (item.outcome, item.unreachable) == (outcome, unreachable)


def test_published_again_a_decision_keeps_its_reason_and_the_trail_gets_the_new_one() -> None:
    step = judge(asked(R, republish=True, reason="lost"), "e1", found(), decision("rejected", "no teacher"))
    assert isinstance(step, PlannedDecision)
    assert (step.order.reason, step.order.why) == ("no teacher", "lost")


def test_a_rejection_without_a_reason_cannot_be_new() -> None:
    item = judge(asked(R, republish=True, reason=""), "e1", found(), None)
    assert isinstance(item, DecisionItem)
    assert item.outcome is DecisionOutcome.FAILED
    assert "--reason" in item.message
    again = judge(asked(R, republish=True, reason=""), "e1", found(), decision("rejected"))
    assert isinstance(again, PlannedDecision)


def test_the_trail_is_told_what_the_service_said_before() -> None:
    step = judge(asked(republish=True), "e1", found(status="rejected"), decision("approved"))
    assert isinstance(step, PlannedDecision)
    assert step.order.details == {"before": "rejected", "after": "approved", "studentId": "s1", "courseId": "c1"}


def test_no_seat_is_counted_where_that_is_switched_off() -> None:
    step = judge(asked(skip_capacity_check=True), "e1", found(), None)
    assert isinstance(step, PlannedDecision)
    assert not step.counted


@pytest.mark.parametrize(
    ("status", "hinted"), [("pending", True), ("approved", False), (None, False), ("cancelled", False)]
)
def test_republishing_is_offered_where_the_decision_had_no_effect(status: str | None, hinted: bool) -> None:
    item = standing(A, "e1", decision("approved"), status)
    assert "approved by bo@shema.test at 2026-02-01T08:00:00.000Z" in item.message
    assert ("--republish" in item.message) is hinted


def test_a_conflict_says_the_reason_that_was_given() -> None:
    item = standing(A, "e1", decision("rejected", "no seat left"), "pending")
    assert item.outcome is DecisionOutcome.CONFLICT
    assert "(no seat left); nothing was done" in item.message


# -- who is meant ----------------------------------------------------------------------------------------------------


def chosen(*ids: str, stdin: str = "", **given: Any) -> EnrollmentSelection:
    named = {"status": None, "course": None, "all_pending": False, "ids_file": None, **given}
    return select(ids, named.pop("ids_file"), io.TextIOWrapper(io.BytesIO(stdin.encode())), **named)


@pytest.mark.parametrize(
    ("given", "query"),
    [
        ({"all_pending": True}, EnrollmentQuery("pending", None)),
        ({"all_pending": True, "course": "c1"}, EnrollmentQuery("pending", "c1")),
        ({"all_pending": True, "status": "pending"}, EnrollmentQuery("pending", None)),
        ({"course": "c1"}, EnrollmentQuery("pending", "c1")),
        ({"status": "approved"}, EnrollmentQuery("approved", None)),
        ({"status": "rejected", "course": "c1"}, EnrollmentQuery("rejected", "c1")),
    ],
)
def test_filters_ask_for_pending_ones_unless_they_say_otherwise(given: dict[str, Any], query: EnrollmentQuery) -> None:
    assert chosen(**given) == EnrollmentSelection(query=query)


def test_ids_are_taken_in_their_order_and_each_once() -> None:
    selection = chosen("e2", " e1 ", "", "e2", ids_file="-", stdin="e3\n# nobody\n\ne1\n")
    assert selection == EnrollmentSelection(("e2", "e1", "e3"))


def test_a_file_that_names_nobody_selects_nobody() -> None:
    with pytest.raises(NotFound, match="stdin names no ids"):
        chosen(ids_file="-", stdin="# none today\n")


@pytest.mark.parametrize(
    ("ids", "given", "code"),
    [
        ((), {}, "nothing_selected"),
        (("", "  "), {}, "nothing_selected"),
        (("e1",), {"all_pending": True}, "mixed_selection"),
        (("e1",), {"course": "c1"}, "mixed_selection"),
        (("e1",), {"status": "pending"}, "mixed_selection"),
        ((), {"ids_file": "-", "course": "c1"}, "mixed_selection"),
        ((), {"all_pending": True, "status": "approved"}, "mixed_selection"),
    ],
)
def test_a_selection_that_says_nothing_or_two_things_is_refused(
    ids: tuple[str, ...], given: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidUsage) as refused:
        chosen(*ids, **given)
    assert refused.value.code == code


# -- seats -----------------------------------------------------------------------------------------------------------

CAPACITIES = st.builds(Capacity, st.booleans(), st.integers(0, 5), st.integers(0, 5))


@given(st.dictionaries(st.sampled_from("abc"), CAPACITIES), st.lists(st.sampled_from("abcd"), max_size=20))
def test_no_more_seats_are_given_than_there_are(seats: dict[str, Capacity], wanted: list[str]) -> None:
    ledger, given_away = SeatLedger(seats), dict.fromkeys("abcd", 0)
    for course in wanted:
        if ledger.refusal(course) is None:
            ledger.give(course)
            given_away[course] += 1
    for course, capacity in seats.items():
        assert given_away[course] == min(wanted.count(course), capacity.left)
        assert ledger.left(course) == capacity.left - given_away[course]
    for course in set("abcd") - seats.keys():
        assert (given_away[course], ledger.left(course)) == (wanted.count(course), None)


def test_a_refusal_says_who_took_the_seats() -> None:
    ledger = SeatLedger({"c1": Capacity(True, 9, 10), "c2": Capacity(True, 12, 10)})
    ledger.give("c1")
    assert ledger.refusal("c1") == "course c1 is full: 9 of 10 seats are taken, 1 more given in this run"
    assert ledger.refusal("c2") == "course c2 is full: 12 of 10 seats are taken"


@pytest.mark.parametrize(
    ("capacity", "left"),
    [
        (Capacity(True, 3, 10), 7),
        (Capacity(True, 10, 10), 0),
        (Capacity(True, 11, 10), 0),
        (Capacity(False, 0, 10), 0),
    ],
)
def test_a_service_that_says_full_is_believed_over_its_numbers(capacity: Capacity, left: int) -> None:
    assert capacity.left == left


# -- what is foreseen and what is carried out ------------------------------------------------------------------------


def ending(client: InProcessClient, *, ends_after: int | None = None) -> Admissions:
    """Decides on a Redis in this process; the admin's session ends after so many steps."""
    store, clock = store_in_process(client), StillClock()
    asked_before: list[None] = []

    def still_admin(*, now: bool = False) -> None:
        if len(asked_before) == ends_after:
            raise AccessDenied("not_admin", "the session has ended", "shema auth login")
        asked_before.append(None)

    def no_services() -> Any:
        raise AssertionError("nothing is looked up while deciding")

    journal = Journal(store, clock, Author("uid-ana", "ana@shema.test", "enrollments approve", "default"))
    app, audience = app_of({}), Audience(store, clock)
    return Admissions(no_services, store, clock, audience, journal, app.person, still_admin, app.names)


def step(number: int, course: str = "c1", *, counted: bool = True, kind: DecisionKind = A) -> PlannedDecision:
    order = DecisionOrder(f"e{number}", f"s{number}", kind, reason="why")
    return PlannedDecision(order, found(number, course=course), counted)


def older(number: int) -> PlannedDecision:
    return replace(step(number), enrollment=found(number, days=5))


SETTLED = DecisionItem("settled", DecisionOutcome.NOT_PENDING, "it is cancelled; nothing was done")


@st.composite
def plans(draw: st.DrawFn) -> DecisionPlan:
    kind = draw(st.sampled_from([A, R]))
    courses = draw(st.lists(st.sampled_from(["c1", "c2", None]), max_size=6))
    entries = [
        SETTLED if course is None else step(number, course, counted=kind is A and draw(st.booleans()), kind=kind)
        for number, course in enumerate(courses)
    ]
    seats = {"c1": Capacity(True, 0, draw(st.integers(0, 3))), "c2": Capacity(draw(st.booleans()), 1, 2)}
    return DecisionPlan(asked(kind, allow_unheard=draw(st.booleans())), tuple(entries), seats, Listeners(0, 0, True))


@settings(max_examples=40, deadline=None)
@given(plans())
def test_what_is_foreseen_is_what_happens(plan: DecisionPlan) -> None:
    client = in_process()
    expected = preflight([plan], NOW).items
    done = carry_out(ending(client), [plan]).items
    assert [item.enrollment_id for item in done] == [item.enrollment_id for item in expected]
    published = DecisionOutcome(plan.ask.kind.value)
    assert [item.outcome for item in done] == [
        published if item.outcome is DecisionOutcome.PLANNED else item.outcome for item in expected
    ]
    events = [item.event_id for item in done if item.outcome is published]
    assert [entry["eventId"] for entry in audited(client)] == events


def test_seats_run_out_while_they_are_given_and_what_is_not_counted_takes_none() -> None:
    entries = (step(0, counted=False), step(1), step(2), step(3), step(4, "c2"))
    seats = {"c1": Capacity(True, 8, 10), "c2": Capacity(True, 0, 1)}
    done = carry_out(ending(in_process()), [DecisionPlan(asked(allow_unheard=True), entries, seats)]).items
    assert [item.outcome.value for item in done] == ["approved", "approved", "approved", "course_full", "approved"]
    assert done[3].message.endswith("2 more given in this run; nothing was done")


def test_a_plan_tells_the_seats_before_and_after_each() -> None:
    plan = DecisionPlan(asked(), (step(1), step(2), step(3), step(4, counted=False)), {"c1": Capacity(True, 8, 10)})
    first, second, third, fourth = preflight([plan], NOW).items
    assert first.message == "would be approved; seats left in c1: 2 → 1"
    assert second.message == "would be approved; seats left in c1: 1 → 0"
    assert (third.outcome, third.message) == (
        DecisionOutcome.COURSE_FULL,
        "course c1 is full: 8 of 10 seats are taken, 2 more given in this run",
    )
    assert fourth.message == "would be approved"


def test_once_the_session_has_ended_nothing_more_is_decided() -> None:
    client = in_process()
    plan = DecisionPlan(asked(allow_unheard=True), tuple(step(n, counted=False) for n in range(4)))
    done = carry_out(ending(client, ends_after=2), [plan])
    assert [item.outcome.value for item in done.items] == ["approved", "approved", "failed", "failed"]
    assert [item.message for item in done.items[2:]] == ["not done: the session has ended"] * 2
    assert [entry["target"] for entry in audited(client)] == ["e0", "e1"]
    assert done.exit_code == 4
    document: Any = done.document()
    assert document["stopped"] == {
        "code": "not_admin",
        "message": "the session has ended",
        "hint": "shema auth login",
    }
    assert "stopped: the session has ended" in list(done.notes())


def test_a_redis_that_leaves_ends_the_run_and_what_was_not_begun_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shema_cli.store.commit.RESOLVE_WITHIN_S", 0.0)
    client = in_process()
    plan = DecisionPlan(asked(allow_unheard=True), tuple(step(n, counted=False) for n in range(3)))
    client.server.comes_back(leaves_after=0)
    done = carry_out(ending(client), [plan])
    assert [item.outcome.value for item in done.items] == ["failed"] * 3
    assert all(item.unreachable for item in done.items)
    assert [item.message.startswith("not done: ") for item in done.items] == [False, True, True]
    assert not any("may or may not" in item.message for item in done.items[1:])
    assert done.exit_code == 3


# -- what the question shows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ((step(1, counted=False),), "Approve 1 enrollment; the oldest is 3d old."),
        ((step(1, counted=False), SETTLED), "Approve 1 enrollment; the oldest is 3d old; 1 left as it is."),
        ((step(1), SETTLED, SETTLED), "Approve 1 enrollment; the oldest is 3d old; 2 left as they are."),
        ((step(1), step(2)), "Approve 2 enrollments; the oldest is 3d old and comes first."),
        ((step(1), older(2)), "Approve 2 enrollments; the oldest is 5d old; they go in the order given."),
        ((older(2), step(1)), "Approve 2 enrollments; the oldest is 5d old and comes first."),
        ((PlannedDecision(DecisionOrder("e1", "s1", A)),), "Approve 1 enrollment."),
        ((SETTLED, SETTLED), "Approve 0 enrollments; 2 left as they are."),
    ],
)
def test_the_question_counts_what_is_meant_and_what_is_left(entries: tuple[Any, ...], said: str) -> None:
    assert question([DecisionPlan(asked(), entries)], NOW) == said


def rejecting(*entries: Any, reason: str = "why") -> DecisionPlan:
    return DecisionPlan(asked(R, reason=reason), entries)


def because(number: int, reason: str) -> PlannedDecision:
    return PlannedDecision(DecisionOrder(f"e{number}", f"s{number}", R, reason=reason), found(number))


@pytest.mark.parametrize(
    ("plans", "said"),
    [
        ([rejecting(step(1, kind=R))], "Reject 1 enrollment (reason: why); the oldest is 3d old."),
        (
            [rejecting(because(1, "full"), because(2, "full"), because(3, "no\x1b[2J teacher"))],
            "Reject 3 enrollments (reasons: full; no\x1b[2J teacher); the oldest is 3d old and comes first.",
        ),
        (
            [rejecting(*(because(number, f"{number}") for number in range(9)))],
            "Reject 9 enrollments (9 reasons, told above); the oldest is 3d old and comes first.",
        ),
        (
            [rejecting(because(1, "x" * 500))],
            f"Reject 1 enrollment (reason: {'x' * 80}… (500 characters)); the oldest is 3d old.",
        ),
        (
            [DecisionPlan(asked(), (step(1), step(2), step(3), SETTLED)), rejecting(because(4, "no teacher"), SETTLED)],
            "Approve 3, reject 1 (reason: no teacher); the oldest is 3d old and comes first; 2 left as they are.",
        ),
        (
            [DecisionPlan(asked(), (SETTLED,)), rejecting(because(4, "no teacher"))],
            "Reject 1 enrollment (reason: no teacher); the oldest is 3d old; 1 left as it is.",
        ),
        (
            [DecisionPlan(asked(), (step(1),)), rejecting(SETTLED)],
            "Approve 1 enrollment; the oldest is 3d old; 1 left as it is.",
        ),
        ([DecisionPlan(asked(), (SETTLED,)), rejecting(SETTLED)], "Approve 0 enrollments; 2 left as they are."),
    ],
)
def test_one_question_for_all_says_what_of_it_is_approved_and_what_rejected_and_why(
    plans: list[DecisionPlan], said: str
) -> None:
    assert question(plans, NOW) == said


def test_one_question_for_all_says_once_who_will_hear_where_that_is_the_same() -> None:
    one, two = Listeners(1, 0, True), Listeners(2, 0, True)
    approving, refusing = DecisionPlan(asked(), (step(1),), listening=one), rejecting(because(2, "full"))
    assert question([approving, replace(refusing, listening=one)], NOW).endswith(f"; {one.foretold}.")
    assert question([approving, replace(refusing, listening=two)], NOW).endswith(
        f"; enrollment.approved: {one.foretold}; enrollment.rejected: {two.foretold}."
    )


def test_the_age_of_an_enrollment_is_known_only_where_it_says_when_it_was_made() -> None:
    document = {"id": "e1", "student_id": "s", "course_id": "c", "status": "pending"}
    assert Enrollment.parse(document).age_s(NOW) is None
    assert Enrollment.parse(document | {"created_at": 5}).age_s(NOW) is None
    assert Enrollment.parse(document | {"created_at": "2026-03-01T07:59:00Z"}).age_s(NOW) == 60
    assert found().age_s(datetime(2026, 3, 2, 8, tzinfo=UTC)) == 4 * 86400
