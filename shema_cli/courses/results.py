"""What `shema courses` answers (contract 3.4). A figure that nobody told is not known, and never 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from shema_cli.enrollments.results import Capacity
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.json_text import merged
from shema_cli.people.results import COURSE, Course, Names
from shema_cli.results import Result, Sources, Table, counted, sources_document

TEACHERS = ("instructor_id", "teacher_id")
"""Under which a course has the id of who teaches it."""
COLUMNS = ("id", "title", "level", "current_students", "max_students", "pending")


@dataclass(frozen=True)
class CourseFigures:
    """A course with its seats and how many wait for one; None: not known."""

    course: Course
    capacity: Capacity | None
    pending: int | None

    def seats(self) -> dict[str, int | bool] | None:
        """As its service tells them (contract 1.2)."""
        told = self.capacity
        if told is None:
            return None
        return {"has_capacity": told.has_capacity, "current_students": told.current, "max_students": told.maximum}

    def document(self) -> dict[str, object]:
        return {**self.course.document(), "capacity": self.seats(), "pending": self.pending}

    def row(self) -> tuple[object, ...]:
        current, maximum = (self.capacity.current, self.capacity.maximum) if self.capacity else (None, None)
        return self.course.id, self.course.title, self.course.level, current, maximum, self.pending


@dataclass(frozen=True)
class CourseList(Result):
    """All courses, or `named_by` the enrollment service only those that it has enrollments in."""

    is_list = True

    courses: tuple[CourseFigures, ...]
    sources: Sources
    named_by: str = COURSE

    @property
    def exit_code(self) -> ExitCode:
        return _exit_code(self.sources)

    def document(self) -> dict[str, object]:
        return {
            "courses": [one.document() for one in self.courses],
            "named_by": self.named_by,
            "sources": sources_document(self.sources),
        }

    def table(self) -> Table:
        return Table(COLUMNS, [one.row() for one in self.courses])

    def notes(self) -> Iterable[str]:
        which = "" if self.named_by == COURSE else " that enrollments name"
        yield counted(len(self.courses), "course") + which if self.courses else f"no courses{which}"


@dataclass(frozen=True)
class CourseDetails(Result):
    """One course as its service gave it, with its seats and how many wait; `names`: of who teaches it."""

    figures: CourseFigures
    sources: Sources
    names: Names = field(default_factory=Names)

    @property
    def exit_code(self) -> ExitCode:
        return _exit_code(self.sources)

    def document(self) -> dict[str, object]:
        more = {"capacity": self.figures.seats(), "pending": self.figures.pending}
        return merged(self.figures.course.told, {**more, "sources": sources_document(self.sources)})

    def table(self) -> Table:
        hidden = ("capacity", "pending", "sources")
        told = [(name, value) for name, value in self.figures.course.told.items() if name not in hidden]
        figures = zip(COLUMNS[3:], self.figures.row()[3:], strict=True)
        return Table(("field", "value"), [*told, *((f"seats.{name}", value) for name, value in figures)])


def teachers_of(course: Course) -> list[str]:
    """Who teaches a course, by id, as its service tells it."""
    return [id for name in TEACHERS if isinstance(id := course.told.get(name), str)]


def _exit_code(sources: Sources) -> ExitCode:
    return ExitCode.FAILED if any(source.why for source in sources.values()) else ExitCode.DONE
