"""What was found of a text, best first, and which sources told (contract 3.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum

from shema_cli.enrollments.results import Enrollment
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.json_text import merged
from shema_cli.people.results import Named
from shema_cli.people.search import MatchedPerson
from shema_cli.results import Result, Sources, Table, counted, sources_document
from shema_cli.shell import to_type

COLUMNS = ("found", "id", "what", "at")


class Section(StrEnum):
    """The three lists."""

    PEOPLE = "people"
    ENROLLMENTS = "enrollments"
    OTHERS = "others"


@dataclass(frozen=True)
class FoundEnrollment:
    """An enrollment with its student and course, where they are known. `exact`: the text is its id or its number."""

    enrollment: Enrollment
    exact: bool
    about: Named = field(default_factory=Named)

    @property
    def registration(self) -> str | None:
        number = self.enrollment.document.get("registration_number")
        return number if isinstance(number, str) and number else None

    @property
    def created_at(self) -> str | None:
        """As the service tells it."""
        at = self.enrollment.document.get("created_at")
        return at if isinstance(at, str) and at else None

    def document(self) -> dict[str, object]:
        return merged(self.enrollment.document, self.about.document())

    @property
    def student(self) -> str:
        """The student's name, or else the id."""
        return self.about.student_name or self.enrollment.student_id

    @property
    def course(self) -> str:
        """The course's title, or else the id."""
        return self.about.course_title or self.enrollment.course_id

    def summary(self) -> str:
        number = f", {self.registration}" if self.registration else ""
        return f"{self.enrollment.status}: {self.student} in {self.course}{number}"


@dataclass(frozen=True)
class FoundOther:
    """A chat session, a published event, a decision, an audit entry or a dead letter.

    `at` is ISO-8601; None: nobody wrote it down.
    """

    kind: str
    id: str
    at: str | None
    summary: str
    event_id: str | None = None

    def document(self) -> dict[str, str | None]:
        """`{"kind", "id", "at", "summary", "event_id"}`."""
        return {
            "kind": self.kind,
            "id": self.id,
            "at": self.at,
            "summary": self.summary,
            "event_id": self.event_id,
        }


@dataclass(frozen=True)
class Findings(Result):
    """All that was found of `text`. `more` are the sections of which a limit left something out."""

    is_list = True

    text: str
    people: tuple[MatchedPerson, ...]
    enrollments: tuple[FoundEnrollment, ...]
    others: tuple[FoundOther, ...]
    sources: Sources
    more: frozenset[Section] = frozenset()

    @property
    def found(self) -> int:
        return len(self.people) + len(self.enrollments) + len(self.others)

    @property
    def silent(self) -> list[str]:
        """The sources that should have told, and did not."""
        return [name for name, source in self.sources.items() if source.silent]

    @property
    def exit_code(self) -> ExitCode:
        if self.found:
            return ExitCode.FAILED if self.silent else ExitCode.DONE
        return ExitCode.UNREACHABLE if self.silent else ExitCode.FAILED

    def document(self) -> dict[str, object]:
        return {
            "people": [person_document(one) for one in self.people],
            "enrollments": [one.document() for one in self.enrollments],
            "others": [one.document() for one in self.others],
            "more": [section.value for section in Section if section in self.more],
            "sources": sources_document(self.sources),
        }

    def table(self) -> Table:
        people = [("person", one.person.id, person_summary(one), None) for one in self.people]
        enrollments = [("enrollment", e.enrollment.id, e.summary(), e.created_at) for e in self.enrollments]
        return Table(COLUMNS, [*people, *enrollments, *((o.kind, o.id, o.summary, o.at) for o in self.others)])

    def notes(self) -> Iterable[str]:
        if not self.found:
            asked = f" in what answered; {', '.join(self.silent)} did not" if self.silent else ""
            yield f"nothing is known of {self.text}{asked}"
            return
        if self.more:
            which = " and ".join(section.value for section in Section if section in self.more)
            yield f"there may be more {which}; a longer TEXT or a larger --limit shows others"
        if self.enrollments:
            yield f"what happened to one: {to_type('shema trace', self.enrollments[0].enrollment.id)}"


def person_document(found: MatchedPerson) -> dict[str, str | None]:
    """`{"id", "name", "email", "phone", "match"}`."""
    return {**found.person.document(), "phone": found.phone, "match": found.match.value}


def person_summary(found: MatchedPerson) -> str:
    return ", ".join(part for part in (found.person.name, found.person.email, found.phone) if part)


def counts(found: Findings) -> str:
    """`2 people, 1 enrollment`."""
    people = counted(len(found.people), "person", "people")
    return f"{people}, {counted(len(found.enrollments), 'enrollment')}, {counted(len(found.others), 'other')}"
