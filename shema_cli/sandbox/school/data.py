"""The school that the sandbox's services keep, each its own tables: the same at every start.

First the tables, then what fills them, last the words that people and conversations are made of.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict

from shema_cli.clock import iso
from shema_cli.frozen import dataclass

SEED = 20260101
STUDENTS = 320
PENDING = 24
REJECTED = 11
CHAT_SESSIONS = 14
ACTIVE_CHATS = 9
SLOTS_PER_COURSE = 6
BOOKINGS = 10
UPCOMING = 42
CROWDED = ("crs-02", "crs-05")
"""Courses that more wish for than there are seats: the second has none left."""


class UserRow(TypedDict):
    id: str
    name: str
    email: str
    role: str  # student, instructor
    phone: NotRequired[str]
    city: NotRequired[str]
    created_at: NotRequired[str]
    lessons_attended: NotRequired[int]
    last_chat_at: NotRequired[str]


class CourseRow(TypedDict):
    id: str
    title: str
    instrument: str
    level: str
    instructor_id: str
    max_students: int
    price_idr: int


class SlotRow(TypedDict):
    id: str
    course_id: str
    starts_at: str
    status: str  # available, reserved, booked


class EnrollmentRow(TypedDict):
    id: str
    student_id: str
    course_id: str
    registration_number: str
    experience_level: object
    preferred_days: object
    time_preferences: object
    status: str  # pending, approved, rejected
    created_at: str
    approved_by: NotRequired[object]
    reason: NotRequired[object]


class LessonRow(TypedDict):
    id: str
    enrollment_id: str
    student_id: str
    course_id: str
    starts_at: str


class ChatSessionRow(TypedDict):
    """Its messages as they came over the channel, oldest first."""

    id: str
    student_id: str
    status: str  # active, closed
    started_at: str
    messages: list[Mapping[str, object]]


class BookingRow(TypedDict):
    id: str
    user_id: str
    course_id: str
    first_choice_slot_id: str
    second_choice_slot_id: str
    status: str  # pending, confirmed, expired
    expires_at: str


class AttendanceRow(TypedDict):
    attendanceId: str
    studentId: str
    scheduleId: str
    status: str  # present, absent, excused


@dataclass
class School:
    """Each table by id, in the spelling that the services answer with (contract 1.2)."""

    users: dict[str, UserRow] = field(default_factory=dict)
    courses: dict[str, CourseRow] = field(default_factory=dict)
    slots: dict[str, SlotRow] = field(default_factory=dict)
    enrollments: dict[str, EnrollmentRow] = field(default_factory=dict)
    schedules: dict[str, LessonRow] = field(default_factory=dict)
    chat_sessions: dict[str, ChatSessionRow] = field(default_factory=dict)
    bookings: dict[str, BookingRow] = field(default_factory=dict)
    attendance: dict[str, AttendanceRow] = field(default_factory=dict)

    def students(self) -> list[UserRow]:
        return [user for user in self.users.values() if user["role"] == "student"]

    def waiting(self) -> list[EnrollmentRow]:
        """The pending enrollments into courses that have a seat for all who wish for one."""
        pending = [one for one in self.enrollments.values() if one["status"] == "pending"]
        return [one for one in pending if one["course_id"] not in CROWDED]


def number(prefix: str, documents: Mapping[str, object], digits: int = 4) -> str:
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
    for uid, (name, mailbox) in UNUSUAL.items():
        school.users[uid]["name"], school.users[uid]["email"] = name, f"{mailbox}@shema.test"


def _courses(school: School, chance: random.Random, now: datetime) -> None:
    for index, (title, instrument, level, seats, _) in enumerate(COURSES, 1):
        course_id = f"crs-{index:02d}"
        school.courses[course_id] = {
            "id": course_id,
            "title": title,
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
) -> EnrollmentRow:
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


def created_data(enrollment: EnrollmentRow) -> dict[str, object]:
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


# -- words ---------------------------------------------------------------------------------------------------------

GIVEN = (
    "Adinda", "Agus", "Aisyah", "Andi", "Anggun", "Ayu", "Bagas", "Bambang", "Bayu", "Bima", "Budi", "Cahya",
    "Citra", "Dewi", "Dian", "Dimas", "Dwi", "Eka", "Endah", "Fajar", "Farah", "Fitri", "Galih", "Gita", "Hadi",
    "Hana", "Hendra", "Indah", "Intan", "Irfan", "Jaka", "Joko", "Kartika", "Kirana", "Laras", "Lestari", "Made",
    "Maya", "Melati", "Nadia", "Nanda", "Nur", "Nyoman", "Oka", "Putri", "Rahmat", "Ratna", "Rian", "Rizky", "Sari",
    "Satria", "Sekar", "Siti", "Surya", "Tari", "Teguh", "Tirta", "Udin", "Utami", "Vina", "Wahyu", "Wayan",
    "Wulan", "Yanti", "Yoga", "Yusuf", "Zahra",
)  # fmt: skip
FAMILY = (
    "Anggraini", "Aritonang", "Cahyono", "Darmawan", "Fauzi", "Gunawan", "Halim", "Handayani", "Harahap", "Hartono",
    "Hidayat", "Iskandar", "Kurniawan", "Kusuma", "Lubis", "Mahendra", "Maharani", "Nasution", "Nugroho",
    "Oktaviani", "Pangestu", "Permata", "Pradana", "Pratama", "Prasetyo", "Purnama", "Puspita", "Rahayu",
    "Ramadhan", "Saputra", "Santoso", "Setiawan", "Siregar", "Situmorang", "Subroto", "Suharto", "Sutanto",
    "Suryani", "Utomo", "Wibowo", "Widodo", "Wijaya", "Wulandari", "Yulianto",
)  # fmt: skip
UNUSUAL = {
    # two of one name; one name alone; an apostrophe; right to left; combining marks; double width; very long
    "stu-0090": ("Budi Santoso", "budi.santoso90"),
    "stu-0212": ("Budi Santoso", "budi.santoso212"),
    "stu-0234": ("Sukarno", "sukarno234"),
    "stu-0083": ("Nur'aini D'Souza", "nuraini.dsouza83"),
    "stu-0263": ("\u0645\u062d\u0645\u062f \u0627\u0644\u062d\u0628\u0634\u064a", "muhammad.alhabsyi263"),
    "stu-0102": ("\u05d9\u05e2\u05dc \u05db\u05d4\u05df", "yael.cohen102"),
    "stu-0217": ("Zoe\u0308 Nguye\u0302\u0303n", "zoe.nguyen217"),
    "stu-0236": ("\u5c71\u7530 \u82b1\u5b50", "hanako.yamada236"),
    "stu-0194": (
        "Raden Ajeng Siti Kusumawardhani Prabaningrum Wijayakusuma Hadiningrat Suryakencana Sastrowardoyo",
        "siti.kusumawardhani194",
    ),
}
"""Students whose names are not as most are, by id: the name, and the mailbox."""
CITIES = ("Jakarta", "Bandung", "Surabaya", "Yogyakarta", "Semarang", "Malang", "Denpasar", "Medan", "Makassar", "Solo")
COURSES = (
    # title, instrument, level, seats, students already there
    ("Piano Dasar", "piano", "beginner", 40, 31),
    ("Piano Lanjutan", "piano", "advanced", 12, 10),
    ("Gitar Akustik", "guitar", "beginner", 45, 38),
    ("Gitar Elektrik", "guitar", "intermediate", 24, 17),
    ("Biola Dasar", "violin", "beginner", 20, 20),
    ("Biola Lanjutan", "violin", "advanced", 10, 6),
    ("Drum", "drums", "beginner", 18, 12),
    ("Vokal", "voice", "beginner", 36, 29),
    ("Paduan Suara", "voice", "intermediate", 60, 44),
    ("Bass", "bass", "beginner", 16, 9),
    ("Saksofon", "saxophone", "intermediate", 10, 7),
    ("Angklung", "angklung", "beginner", 30, 22),
    ("Gamelan Jawa", "gamelan", "beginner", 25, 18),
    ("Teori Musik", "theory", "beginner", 50, 27),
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
TIMES = ("morning", "afternoon", "evening")
LEVELS = ("beginner", "intermediate", "advanced")
CONVERSATIONS = (
    # (role, text), in turns
    (
        ("student", "Selamat pagi, apakah kelas piano hari Sabtu masih ada tempat?"),
        ("admin", "Selamat pagi! Masih ada dua kursi untuk jam 10.00."),
        ("student", "Baik, saya daftar yang jam 10.00 ya."),
        ("admin", "Siap, pendaftarannya sudah kami terima. Terima kasih 🙏"),
    ),
    (
        ("student", "Hi, can I move my guitar lesson from Tuesday to Thursday?"),
        ("admin", "Of course. Thursday 16:00 or 18:00?"),
        ("student", "18:00 please, after work."),
        ("admin", "Done, see you on Thursday at 18:00."),
    ),
    (
        ("student", "Kak, biolanya perlu bawa sendiri atau disediakan?"),
        ("admin", "Untuk kelas dasar kami sediakan, tidak perlu bawa."),
        ("student", "Wah, terima kasih banyak! 🎻"),
    ),
    (
        ("student", "Is there a trial class for drums?"),
        ("admin", "Yes, every first Saturday of the month, free of charge."),
        ("student", "Great, I'll book one for my son."),
    ),
    (
        ("student", "Maaf, hari ini saya sakit dan tidak bisa ikut latihan paduan suara."),
        ("admin", "Semoga lekas sembuh! Kami catat izinnya."),
    ),
    (
        ("student", "Bagaimana cara membayar biaya kursus bulan depan?"),
        ("admin", "Bisa transfer atau QRIS; tagihannya kami kirim lewat WhatsApp."),
        ("student", "Oke, saya tunggu."),
    ),
)
