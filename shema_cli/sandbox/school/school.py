"""The school that the sandbox's services keep, each its own tables: the same at every start."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shema_cli.clock import iso
from shema_cli.sandbox.school.names import CITIES, CONVERSATIONS, COURSES, DAYS, FAMILY, GIVEN, LEVELS, TIMES

SEED = 20260101
STUDENTS = 320
PENDING = 24
REJECTED = 11
CHAT_SESSIONS = 14
ACTIVE_CHATS = 9
SLOTS_PER_COURSE = 6
BOOKINGS = 10
UPCOMING = 42

Document = dict[str, Any]
Documents = dict[str, Document]


@dataclass
class School:
    """Each table by id, in the spelling that the services answer with (contract 1.2)."""

    users: Documents = field(default_factory=dict)
    courses: Documents = field(default_factory=dict)
    slots: Documents = field(default_factory=dict)
    enrollments: Documents = field(default_factory=dict)
    schedules: Documents = field(default_factory=dict)
    chat_sessions: Documents = field(default_factory=dict)
    bookings: Documents = field(default_factory=dict)
    attendance: Documents = field(default_factory=dict)

    def students(self) -> list[Document]:
        return [user for user in self.users.values() if user["role"] == "student"]


def number(prefix: str, documents: Documents, digits: int = 4) -> str:
    """The next id of a table: `enr-0215`."""
    return f"{prefix}-{len(documents) + 1:0{digits}d}"


def new_school(now: datetime) -> School:
    """The same people, courses and enrollments every time; their times count back and forth from `now`."""
    chance = random.Random(SEED)  # noqa: S311 - it must be the same every time
    school = School()
    _people(school, chance, now)
    _courses(school, chance, now)
    _enrolled(school, chance, now)
    _undecided(school, chance, now)
    _schedules(school, chance, now)
    _chats(school, chance, now)
    _bookings(school, chance, now)
    return school


def _people(school: School, chance: random.Random, now: datetime) -> None:
    pairs = [(given, family) for given in GIVEN for family in FAMILY]
    for index, (given, family) in enumerate(chance.sample(pairs, STUDENTS + len(COURSES)), 1):
        role = "student" if index <= STUDENTS else "instructor"
        prefix = "stu" if role == "student" else "ins"
        uid = f"{prefix}-{index if role == 'student' else index - STUDENTS:04d}"
        school.users[uid] = {
            "id": uid,
            "name": f"{given} {family}",
            "email": f"{given}.{family}{index}@shema.test".lower(),
            "role": role,
            "phone": f"+62812{chance.randrange(10**7, 10**8)}",
            "city": chance.choice(CITIES),
            "created_at": iso(now - timedelta(days=chance.randrange(20, 700))),
        }


def _courses(school: School, chance: random.Random, now: datetime) -> None:
    for index, (name, instrument, level, seats, _) in enumerate(COURSES, 1):
        course_id = f"crs-{index:02d}"
        school.courses[course_id] = {
            "id": course_id,
            "name": name,
            "instrument": instrument,
            "level": level,
            "instructor_id": f"ins-{index:04d}",
            "max_students": seats,
            "price_idr": chance.randrange(25, 90) * 10_000,
        }
        for _slot in range(SLOTS_PER_COURSE):
            slot_id = number("slot", school.slots)
            day = now + timedelta(days=chance.randrange(1, 14))
            starts = day.replace(hour=chance.randrange(1, 12), minute=0, second=0, microsecond=0)
            school.slots[slot_id] = {
                "id": slot_id,
                "course_id": course_id,
                "starts_at": iso(starts),
                "status": "available",
            }


def _enroll(
    school: School, chance: random.Random, course_id: str, student_id: str, status: str, at: datetime
) -> Document:
    enrollment_id = number("enr", school.enrollments)
    school.enrollments[enrollment_id] = {
        "id": enrollment_id,
        "student_id": student_id,
        "course_id": course_id,
        "registration_number": f"SHM-{at.year}-{len(school.enrollments) + 1:04d}",
        "experience_level": chance.choice(LEVELS),
        "preferred_days": sorted(chance.sample(DAYS, chance.randrange(1, 4)), key=DAYS.index),
        "time_preferences": [chance.choice(TIMES)],
        "status": status,
        "created_at": iso(at),
    }
    return school.enrollments[enrollment_id]


def _enrolled(school: School, chance: random.Random, now: datetime) -> None:
    students = [student["id"] for student in school.students()]
    for course_id, (*_, taken) in zip(school.courses, COURSES, strict=True):
        for student_id in chance.sample(students, taken):
            _enroll(school, chance, course_id, student_id, "approved", now - timedelta(days=chance.randrange(15, 400)))


def _undecided(school: School, chance: random.Random, now: datetime) -> None:
    """Pending ones among all courses: one that is full (crs-05) and one with fewer seats than wishes (crs-02)."""
    students = [student["id"] for student in school.students()]
    wanted = ["crs-02"] * 5 + ["crs-05"] * 2
    wanted += [chance.choice([c for c in school.courses if c not in wanted]) for _ in range(PENDING - len(wanted))]
    chance.shuffle(wanted)
    for index, course_id in enumerate(wanted):
        at = now - timedelta(hours=(PENDING - index) * 7, minutes=chance.randrange(60))
        _enroll(school, chance, course_id, chance.choice(students), "pending", at)
    for _ in range(REJECTED):
        at = now - timedelta(days=chance.randrange(10, 90))
        _enroll(school, chance, chance.choice(list(school.courses)), chance.choice(students), "rejected", at)


def _schedules(school: School, chance: random.Random, now: datetime) -> None:
    approved = [enrollment for enrollment in school.enrollments.values() if enrollment["status"] == "approved"]
    for index, enrollment in enumerate(chance.sample(approved, UPCOMING + 30)):
        ahead = index < UPCOMING
        day = now + timedelta(days=chance.randrange(1, 21) if ahead else -chance.randrange(1, 60))
        schedule_id = number("sch", school.schedules)
        school.schedules[schedule_id] = {
            "id": schedule_id,
            "enrollment_id": enrollment["id"],
            "student_id": enrollment["student_id"],
            "course_id": enrollment["course_id"],
            "starts_at": iso(day.replace(hour=chance.randrange(1, 12), minute=0, second=0, microsecond=0)),
        }


def _chats(school: School, chance: random.Random, now: datetime) -> None:
    students = school.students()
    for index in range(CHAT_SESSIONS):
        student = chance.choice(students)
        session_id = number("chat", school.chat_sessions)
        started = now - timedelta(minutes=5 + 40 * index)
        turns = CONVERSATIONS[index % len(CONVERSATIONS)]
        school.chat_sessions[session_id] = {
            "id": session_id,
            "student_id": student["id"],
            "status": "active" if index < ACTIVE_CHATS else "closed",
            "started_at": iso(started),
            "messages": [
                {
                    "type": "new_message",
                    "sessionId": session_id,
                    "senderId": student["id"] if role == "student" else "admin-1",
                    "senderRole": role,
                    "senderName": student["name"] if role == "student" else "Admin Shema",
                    "message": message,
                    "timestamp": iso(started + timedelta(seconds=40 * turn)),
                }
                for turn, (role, message) in enumerate(turns[: 1 + index % len(turns)])
            ],
        }


def _bookings(school: School, chance: random.Random, now: datetime) -> None:
    for index in range(BOOKINGS):
        course_id = chance.choice(list(school.courses))
        free = [slot for slot in school.slots.values() if slot["course_id"] == course_id]
        first, second = chance.sample([slot for slot in free if slot["status"] == "available"] or free, 2)
        status = ("pending", "confirmed", "expired")[index % 3]
        expires = now + timedelta(hours=2 + index) if status == "pending" else now - timedelta(hours=index)
        booking_id = number("bkg", school.bookings)
        school.bookings[booking_id] = {
            "id": booking_id,
            "user_id": chance.choice(school.students())["id"],
            "course_id": course_id,
            "first_choice_slot_id": first["id"],
            "second_choice_slot_id": second["id"],
            "status": status,
            "expires_at": iso(expires),
        }
        first["status"] = {"pending": "reserved", "confirmed": "booked", "expired": "available"}[status]
        second["status"] = "reserved" if status == "pending" else "available"


def created_data(enrollment: Document) -> Document:
    """The data of `enrollment.created` (contract 1.3)."""
    return {
        "enrollmentId": enrollment["id"],
        "studentId": enrollment["student_id"],
        "courseId": enrollment["course_id"],
        "registrationNumber": enrollment["registration_number"],
        "experienceLevel": enrollment["experience_level"],
        "preferredDays": enrollment["preferred_days"],
        "timePreferences": enrollment["time_preferences"],
    }
