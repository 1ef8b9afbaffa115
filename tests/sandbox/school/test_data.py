"""The school of a sandbox: the same at every start, whole, and with the numbers that its tour and its docs speak of."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from shema_cli.calls.tokens import LIFETIME_S
from shema_cli.clock import parse_iso
from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.events.messages import MessageKind, read_message
from shema_cli.sandbox.school import data
from shema_cli.sandbox.school.data import School, created_data, new_school, number
from shema_cli.sandbox.school.dead_letters import dead_letters
from shema_cli.sandbox.school.traffic import MIX, Traffic, TrafficTally
from shema_cli.sandbox.services.part import Part
from shema_cli.sandbox.services.web import InsideAnswer
from tests.sandbox.services.town import SECRET, Town
from tests.support.world import StillClock

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
SCHOOL = new_school(NOW)


def table(name: str) -> dict[str, dict[str, Any]]:
    return cast(dict[str, dict[str, Any]], getattr(SCHOOL, name))


def test_it_is_the_same_at_every_start_and_only_its_times_move() -> None:
    assert new_school(NOW) == SCHOOL
    later = new_school(NOW + timedelta(days=30))
    assert later != SCHOOL
    assert {id: row["email"] for id, row in later.users.items()} == {id: u["email"] for id, u in SCHOOL.users.items()}
    assert [e["status"] for e in later.enrollments.values()] == [e["status"] for e in SCHOOL.enrollments.values()]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("users", 320 + 14),
        ("courses", 14),
        ("slots", 14 * 6),
        ("chat_sessions", 14),
        ("bookings", 10),
        ("schedules", 72),
    ],
)
def test_there_are_so_many(name: str, count: int) -> None:
    assert len(table(name)) == count
    assert all(row["id"] == id for id, row in table(name).items())


@pytest.mark.parametrize(
    ("name", "field", "points_to"),
    [
        ("courses", "instructor_id", "users"),
        ("slots", "course_id", "courses"),
        ("enrollments", "student_id", "users"),
        ("enrollments", "course_id", "courses"),
        ("schedules", "enrollment_id", "enrollments"),
        ("schedules", "student_id", "users"),
        ("chat_sessions", "student_id", "users"),
        ("bookings", "user_id", "users"),
        ("bookings", "course_id", "courses"),
        ("bookings", "first_choice_slot_id", "slots"),
        ("bookings", "second_choice_slot_id", "slots"),
    ],
)
def test_every_id_leads_somewhere(name: str, field: str, points_to: str) -> None:
    assert {row[field] for row in table(name).values()} <= table(points_to).keys()


def test_what_the_dashboard_shows_of_it() -> None:
    statuses = Counter(row["status"] for row in table("enrollments").values())
    assert (statuses["pending"], statuses["rejected"]) == (24, 11)
    assert sum(session["status"] == "active" for session in SCHOOL.chat_sessions.values()) == 9
    assert sum(parse_iso(one["starts_at"]) > NOW for one in table("schedules").values()) == 42  # type: ignore[operator]
    assert len(SCHOOL.students()) == 320


def test_one_course_is_full_and_one_has_fewer_seats_than_wishes() -> None:
    def of(course: str, status: str) -> int:
        return sum((r["course_id"], r["status"]) == (course, status) for r in table("enrollments").values())

    def free(course: str) -> int:
        return SCHOOL.courses[course]["max_students"] - of(course, "approved")

    assert (free("crs-05"), of("crs-05", "pending")) == (0, 2)
    assert 0 < free("crs-02") < of("crs-02", "pending") == 5
    assert all(free(course) >= 0 for course in SCHOOL.courses)


def test_emails_and_registrations_are_nobody_else_s() -> None:
    emails = [user["email"] for user in SCHOOL.users.values()]
    registered = [row["registration_number"] for row in SCHOOL.enrollments.values()]
    assert (len(set(emails)), len(set(registered))) == (len(emails), len(registered))
    assert all(email == email.lower() and email.endswith("@shema.test") for email in emails)


def test_slots_stand_as_their_bookings_have_left_them() -> None:
    held = {b["first_choice_slot_id"] for b in SCHOOL.bookings.values() if b["status"] == "confirmed"}
    booked = {slot["id"] for slot in SCHOOL.slots.values() if slot["status"] == "booked"}
    assert booked <= held
    assert {booking["status"] for booking in SCHOOL.bookings.values()} == {"pending", "confirmed", "expired"}
    for booking in SCHOOL.bookings.values():
        expires = parse_iso(booking["expires_at"])
        assert expires is not None
        assert (expires > NOW) is (booking["status"] == "pending")


def test_an_id_is_the_next_of_its_table() -> None:
    assert (number("enr", {}), number("enr", {"a": 1, "b": 2}), number("x", {"a": 1}, 2)) == (
        "enr-0001",
        "enr-0003",
        "x-02",
    )


# -- its dead letters ------------------------------------------------------------------------------------------------


def test_its_dead_letters_are_a_dozen_of_several_kinds_and_two_of_them_invalid() -> None:
    raws = dead_letters(SCHOOL, NOW)
    assert raws == dead_letters(new_school(NOW), NOW)
    entries = [parse_entry(raw) for raw in raws]
    assert (len(entries), len(set(raws))) == (12, 12)
    assert [entry.reason for entry in entries if not entry.valid] == ["not JSON", "not UTF-8"]
    failed = [entry.failed_at for entry in entries if entry.failed_at]
    assert failed == sorted(failed)
    families = Counter(fingerprint(entry.error) for entry in entries if entry.valid)
    assert families[fingerprint("Timeout after 1ms")] == 4
    assert families[fingerprint("connect ECONNREFUSED 10.0.0.1:80")] == 2


def test_they_are_as_their_services_would_have_written_them() -> None:
    kinds = Counter[MessageKind]()
    for entry in filter(lambda entry: entry.valid, map(parse_entry, dead_letters(SCHOOL, NOW))):
        told = read_message(str(entry.channel).encode(), b"*", entry.event, NOW)
        kinds[told.kind] += 1
        assert told.supported
        if entry.event_type == "BOOKING_EXPIRED":
            assert told.field("version") is None
        if entry.event_type == "ENROLLMENT_CREATED":
            made = told.field("data")
            assert isinstance(made, dict)
            assert made == created_data(SCHOOL.enrollments[made["enrollmentId"]])
    assert kinds == {MessageKind.EVENT: 9, MessageKind.CHAT: 1}


def test_one_of_them_shows_what_a_careless_copy_would_change() -> None:
    (profile,) = (raw for raw in dead_letters(SCHOOL, NOW) if b"USER_UPDATED" in raw and b"duplicate key" in raw)
    assert b'"points":9007199254740993,"rating":4.0,"tags":[],"settings":{}' in profile
    assert float(json.loads(profile)["event"]["data"]["changes"]["points"]) != 9007199254740993


# -- its traffic -----------------------------------------------------------------------------------------------------


class _Part:
    def __init__(self, town: Town, name: str) -> None:
        self.app = town.app(name)
        self.is_up = name not in town.away


def traffic_in(town: Town, seed: int = 1) -> Traffic:
    parts = {name: cast(Part, _Part(town, name)) for name in town.services}
    return Traffic(town.school, parts, SECRET, town.clock, seed)


async def lived(town: Town, wishes: int, seed: int = 1) -> TrafficTally:
    """So many wishes, one after the other."""
    life, tally = traffic_in(town, seed), TrafficTally()
    for _ in range(wishes):
        wish = life.wish()
        tally.count(wish.kind, await wish.asking)
    return tally


async def test_life_is_of_every_kind_and_nothing_of_it_fails() -> None:
    town = Town()
    tally = await lived(town, 300)
    assert tally.done.keys() == MIX.keys()
    assert tally.failed == 0
    assert sum(tally.done.values()) + tally.refused == 300
    assert list(town.logbook.problems) == []
    assert town.logbook.channels["chat:session:*"] == tally.done["chat"] - _opened_and_closed(town)


def _opened_and_closed(town: Town) -> int:
    return len(town.data_on("chat.session.closed"))


async def test_the_same_seed_is_the_same_life() -> None:
    async def channels(seed: int) -> list[str]:
        town = Town()
        await lived(town, 60, seed)
        return [channel for channel, _ in town.published]

    assert await channels(7) == await channels(7)
    assert await channels(7) != await channels(8)


async def test_a_service_that_is_down_makes_wishes_fail() -> None:
    tally = await lived(Town(away={"chat"}), 50)
    assert tally.failed > 0
    assert tally.done["chat"] == 0


async def test_a_token_is_renewed_before_it_ends() -> None:
    clock = StillClock(NOW)
    life = Traffic(School(), {}, SECRET, clock, 1)
    first = life._service_token()
    clock.advance(LIFETIME_S / 2 - 1)
    assert life._service_token() == first
    clock.advance(2)
    assert life._service_token() != first


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        (InsideAnswer(200, {}), (1, 0, 0)),
        (InsideAnswer(201, []), (1, 0, 0)),
        (InsideAnswer(200, None), (0, 0, 1)),
        (InsideAnswer(404, {"error": "x"}), (0, 1, 0)),
        (InsideAnswer(409, None), (0, 1, 0)),
        (InsideAnswer(503, {"error": "x"}), (0, 0, 1)),
    ],
)
def test_a_wish_is_granted_refused_or_failed(answer: InsideAnswer, counts: tuple[int, int, int]) -> None:
    tally = TrafficTally()
    tally.count("chat", answer)
    assert (tally.done["chat"], tally.refused, tally.failed) == counts


def test_a_second_is_what_came_since_the_last() -> None:
    tally = TrafficTally(Counter(chat=2), 1, 0, 1.0)
    before = tally.copy()
    tally.count("chat", InsideAnswer(200, {}))
    tally.count("booking", InsideAnswer(500, None))
    tally.seconds = 2.04
    assert tally.since(before).document("second") == {
        "kind": "second",
        "seconds": 1.0,
        "events": 1,
        "refused": 0,
        "failed": 1,
        "by_kind": {"chat": 1},
    }
    assert before.done == {"chat": 2}


def test_the_mix_is_a_hundred_parts() -> None:
    assert sum(MIX.values()) == 100
    assert data.SEED == 20260101
