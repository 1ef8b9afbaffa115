"""Students and courses under their names (contract 3.4).

What a service tells is checked here: an id is text that was told as such, and a name is text in which there is
something to see. Anything else is no name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import field

from shema_cli.frozen import dataclass
from shema_cli.json_text import not_utf8

USER, COURSE = "user", "course"
"""The services that know them."""
LONGEST_ID = 200
LONGEST_NAME = 1000
"""Characters; what is longer is no name."""


@dataclass(frozen=True)
class Person:
    """A student, or whoever else the user service knows. `told` is all that it told, where it was asked just now."""

    id: str
    name: str | None
    email: str | None
    told: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def parse(cls, document: object) -> Person:
        """Raises ValueError, saying what is wrong, for anything that is no user."""
        told = _with_id(document, "user")
        return cls(str(told["id"]), as_name(told.get("name")), as_name(told.get("email")), told)

    @property
    def shown(self) -> str:
        """What they are called: the name, else the email, else the id."""
        return self.called or self.id

    @property
    def called(self) -> str | None:
        """What may stand beside the id: the name, else the email."""
        return self.name or self.email

    def document(self) -> dict[str, str | None]:
        """`{"id", "name", "email"}`."""
        return {"id": self.id, "name": self.name, "email": self.email}


@dataclass(frozen=True)
class Course:
    """A course. `told` is all that its service told, where it was asked just now."""

    id: str
    title: str | None
    level: str | None
    told: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def parse(cls, document: object) -> Course:
        """Raises ValueError, saying what is wrong, for anything that is no course. Some services say `name`."""
        told = _with_id(document, "course")
        title = as_name(told.get("title")) or as_name(told.get("name"))
        return cls(str(told["id"]), title, as_name(told.get("level")), told)

    @property
    def shown(self) -> str:
        """What it is called: the title, else the id."""
        return self.title or self.id

    def document(self) -> dict[str, str | None]:
        """`{"id", "title", "level"}`."""
        return {"id": self.id, "title": self.title, "level": self.level}


NAME_COLUMNS = ("student_name", "course_title")
"""What rows have at their end of those whom they are about."""


@dataclass(frozen=True)
class Named:
    """The student and the course that something is about; None: nobody told of them."""

    student: Person | None = None
    course: Course | None = None

    @property
    def student_name(self) -> str | None:
        return self.student.called if self.student else None

    @property
    def course_title(self) -> str | None:
        return self.course.title if self.course else None

    def document(self) -> dict[str, dict[str, str | None] | None]:
        """`{"student": {"id", "name", "email"}|null, "course": {"id", "title", "level"}|null}`."""
        return {
            "student": self.student.document() if self.student else None,
            "course": self.course.document() if self.course else None,
        }

    def cells(self) -> tuple[str | None, str | None]:
        """What stands under `NAME_COLUMNS`."""
        return self.student_name, self.course_title


@dataclass(frozen=True)
class Names:
    """What is known of the students and courses that were asked for.

    An id that is missing has no name: because there is none, or because its service is in `silent` (service → why it
    told nothing, or not all) or in `not_configured`.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    not_configured: frozenset[str] = frozenset()

    def person(self, id: str | None) -> Person | None:
        return self.people.get(id) if id is not None else None

    def course(self, id: str | None) -> Course | None:
        return self.courses.get(id) if id is not None else None

    def of(self, student_id: str | None, course_id: str | None = None) -> Named:
        return Named(self.person(student_id), self.course(course_id))

    @property
    def problem(self) -> str | None:
        """One line on what is missing because a service did not answer; None when nothing is."""
        if not self.silent:
            return None
        return f"some names are missing: {'; '.join(self.silent.values())}"


def as_name(value: object) -> str | None:
    """Text that can stand for somebody; None for what is no text, too long, or shows nothing."""
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        return None
    return value.strip() if any(unicodedata.category(one)[0] not in "ZC" for one in value) else None


def can_be_asked(id: str) -> bool:
    """Whether a service can be asked for this id at all."""
    return 0 < len(id) <= LONGEST_ID and id not in (".", "..") and not not_utf8(id)


def _with_id(document: object, what: str) -> Mapping[str, object]:
    if not isinstance(document, dict):
        raise ValueError(f"a {what} is not an object")
    if not isinstance(document.get("id"), str) or not document["id"]:
        raise ValueError(f"a {what} has no id")
    return document
