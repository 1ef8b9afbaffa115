"""People, courses and enrollments of the canned school, and what commands tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from shema_cli.clock import iso
from shema_cli.courses.results import CourseDetails, CourseFigures, CourseList
from shema_cli.enrollments.foreseen import ForeseenDecision, Preflight
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
from shema_cli.find.results import Findings, FoundEnrollment, FoundOther
from shema_cli.people.results import Course, Names, Person
from shema_cli.people.search import Match, MatchedPerson
from shema_cli.people.shown import Subject
from shema_cli.results import Source, SourceState
from shema_cli.store.listeners import Listeners
from shema_cli.trace.results import FoundIn, Trace, TraceEvent

NOW = datetime(2026, 11, 23, 2, 10, tzinfo=UTC)
ADMIN = "dina@shema-music.test"
TOLD = Source()
NO_LIST = Source(SourceState.NOT_OFFERED, "the chat service has no list of sessions")


def ago(**time: float) -> str:
    """So long before now, as services write it."""
    return iso(NOW - timedelta(**time))


PEOPLE = {
    id: Person(id, name, email, {"id": id, "name": name, "email": email, "phone": phone})
    for id, name, email, phone in (
        ("stu-0101", "Budi Santoso", "budi.santoso@mail.test", "+62 812 5550 0101"),
        ("stu-0102", "Siti Nurhaliza Wulandari Kusumaningrum", "siti@mail.test", None),
        ("stu-0103", "久石 譲", "joe@mail.test", None),
        ("stu-0104", "Citra Lestari", "citra@mail.test", None),
        ("stu-0105", "Budi Hartono", "hartono@mail.test", "+62 811 5550 0105"),
        ("tch-0007", "Rina Maharani", "rina@shema-music.test", None),
    )
}
COURSES = {
    id: Course(id, title, level, {"id": id, "title": title, "level": level, "instructor_id": "tch-0007"})
    for id, title, level in (
        ("crs-01", "Piano", "beginner"),
        ("crs-02", "Violin for Adults who never held one before", "beginner"),
        ("crs-03", "Jazz Ensemble", "advanced"),
        ("crs-04", "Gamelan", None),
    )
}
NAMES = Names(PEOPLE, COURSES)
SEATS = {
    "crs-01": Capacity(True, 17, 20),
    "crs-02": Capacity(True, 9, 10),
    "crs-03": Capacity(False, 12, 12),
}
WAITING = tuple(
    Enrollment.parse(
        {
            "id": id,
            "student_id": student,
            "course_id": course,
            "status": "pending",
            "created_at": ago(hours=hours),
            "experience_level": level,
            "registration_number": f"REG-2026-{id[-4:]}",
        }
    )
    for id, student, course, hours, level in (
        ("enr-0314", "stu-0101", "crs-01", 3, "beginner"),
        ("enr-0313", "stu-0102", "crs-02", 9, "beginner"),
        ("enr-0312", "stu-0103", "crs-03", 30, "advanced"),
        ("enr-0311", "stu-0104", "crs-01", 51, "intermediate"),
        ("enr-0309", "stu-0199", "crs-04", 74, None),
        ("enr-0305", "stu-0105", "crs-02", 170, "beginner"),
    )
)
DECISION = Decision("approved", "evt_6a7b3f52-6a77-4a5a-8f2e-3a0c8a6d0001", "uid-dina", ADMIN, ago(hours=1), "")


def waiting() -> EnrollmentList:
    return EnrollmentList(WAITING, None, NOW, {"enr-0305": DECISION}, NAMES, SEATS)


def enrollment(id: str) -> EnrollmentDetails:
    one = next(one for one in WAITING if one.id == id)
    return EnrollmentDetails(one, None, NAMES.of(one.student_id, one.course_id), SEATS.get(one.course_id))


def courses() -> CourseList:
    pending: Mapping[str, int | None] = {"crs-01": 2, "crs-02": 2, "crs-03": 1, "crs-04": None}
    figures = tuple(CourseFigures(one, SEATS.get(one.id), pending[one.id]) for one in COURSES.values())
    return CourseList(figures, {"course": TOLD, "enrollment": TOLD})


def course(id: str) -> CourseDetails:
    figures = CourseFigures(COURSES[id], SEATS.get(id), 2)
    return CourseDetails(figures, {"course": TOLD, "enrollment": TOLD}, NAMES)


def found() -> Findings:
    people = (
        MatchedPerson(PEOPLE["stu-0101"], Match.WORDS),
        MatchedPerson(PEOPLE["stu-0105"], Match.WORDS),
    )
    enrollments = tuple(
        FoundEnrollment(one, exact=False, about=NAMES.of(one.student_id, one.course_id))
        for one in (WAITING[0], WAITING[5])
    )
    others = (
        FoundOther("chat_session", "room-7", ago(minutes=4), "Budi Santoso with Rina Maharani"),
        FoundOther("decision", "enr-0305", DECISION.at, DECISION.told(), DECISION.event_id),
    )
    sources = dict.fromkeys(("user", "enrollment", "decisions", "audit", "dead_letters"), TOLD)
    return Findings("budi", people, enrollments, others, {**sources, "chat": NO_LIST})


def story() -> Trace:
    about = Subject("stu-0105", "crs-02")
    events = (
        TraceEvent(
            ago(hours=170),
            FoundIn.ENROLLMENT,
            "enrollment",
            "enr-0305 applied for crs-02",
            id="enr-0305",
            words="applied for Violin for Adults who never held one before",
            about=about,
            enrollment_id="enr-0305",
        ),
        TraceEvent(
            DECISION.at,
            FoundIn.DECISIONS,
            "decision",
            f"approved by {ADMIN}",
            ADMIN,
            DECISION.event_id,
            "enr-0305",
            words=f"approved by {ADMIN}",
            heard="2 services heard it; schedule was not there",
            about=about,
            enrollment_id="enr-0305",
        ),
        TraceEvent(
            ago(minutes=59),
            FoundIn.DEAD_LETTERS,
            "dead_letter",
            "failed in schedule: Timeout: schedule-db did not answer within 5000 ms",
            event_id=DECISION.event_id,
            id="c0ffee5eed00",
            about=about,
        ),
    )
    sources = dict.fromkeys(("user", "enrollment", "course", "decisions", "audit", "dead_letters", "history"), TOLD)
    return Trace("enr-0305", events, sources, people=PEOPLE, courses=COURSES)


HEARD = Listeners(3, declared=("course", "schedule", "user"))
EVENT_ID = "evt_0b51a0d2-95a7-4c14-9c39-6c2b6f0e0314"


def foreseen() -> Preflight:
    """What an approval of the first three would do."""
    rows = tuple(
        _foreseen(one, seats, outcome, message, remarks)
        for one, seats, outcome, message, remarks in (
            (WAITING[0], (3, 2), DecisionOutcome.PLANNED, "would be approved", ()),
            (WAITING[1], (1, 0), DecisionOutcome.PLANNED, "would be approved", ("takes the last seat",)),
            (WAITING[2], None, DecisionOutcome.COURSE_FULL, "course crs-03 is full (12 of 12); nothing is done", ()),
        )
    )
    named = {row.item.enrollment_id: row.about for row in rows}
    told = "enrollment.approved: 3 listeners"
    return Preflight(DecisionKind.APPROVED, tuple(row.item for row in rows), named=named, rows=rows, foretold=told)


def _foreseen(
    one: Enrollment,
    seats: tuple[int, int] | None,
    outcome: DecisionOutcome,
    message: str,
    remarks: tuple[str, ...],
) -> ForeseenDecision:
    item = DecisionItem(one.id, outcome, message, listening=HEARD, course_id=one.course_id)
    about = NAMES.of(one.student_id, one.course_id)
    return ForeseenDecision(
        DecisionKind.APPROVED, item, one.student_id, one.course_id, about, seats, one.age_s(NOW), remarks
    )


def decided() -> Decided:
    """What became of that."""
    items = (
        DecisionItem("enr-0314", DecisionOutcome.APPROVED, "approved; 3 services heard it", EVENT_ID, 3),
        DecisionItem(
            "enr-0313",
            DecisionOutcome.APPROVED,
            "approved; 2 services heard it; schedule was not there",
            EVENT_ID.replace("0314", "0313"),
            2,
            listening=Listeners(2, declared=("course", "schedule", "user"), missing=("schedule",)),
        ),
        DecisionItem(
            "enr-0312",
            DecisionOutcome.COURSE_FULL,
            "course crs-03 is full (12 of 12); nothing was done",
            course_id="crs-03",
        ),
    )
    named = {one.id: NAMES.of(one.student_id, one.course_id) for one in WAITING}
    return Decided(DecisionKind.APPROVED, items, named=named)
