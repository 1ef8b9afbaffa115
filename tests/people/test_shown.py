"""Names beside what names students and courses, also in a stream that waits for nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from shema_cli.people.results import Course, Names, Person
from shema_cli.people.shown import ASKED_AGAIN_AFTER_S, ASKED_AT_ONCE, NamesAside, Subject, subject_of
from tests.support.world import StillClock


@pytest.mark.parametrize(
    ("data", "subject"),
    [
        ({"studentId": "s1", "courseId": "c1"}, Subject("s1", "c1")),
        ({"userId": "u1", "bookingId": "b1"}, Subject("u1", None)),
        ({"senderId": "u1"}, Subject("u1", None)),
        ({"studentId": 7, "userId": "u1", "courseId": ["c1"]}, Subject("u1", None)),
        ({"studentId": "", "courseId": "x" * 100_000}, Subject()),
        ({}, Subject()),
        ("s1", Subject()),
        (None, Subject()),
    ],
)
def test_whom_something_is_about(data: object, subject: Subject) -> None:
    assert subject_of(data) == subject


@dataclass
class Looks:
    """A look-up that is over when it is said to be."""

    over: bool = False


@dataclass
class Book:
    """Knows whom `told` names, from the moment a look-up began, or they are recalled."""

    told: Callable[[str], Person | None] = lambda id: Person(id, f"Name of {id}", None)
    asked: list[list[str]] = field(default_factory=list)
    looks: list[Looks] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    recalled: set[str | None] = field(default_factory=set)

    def known(self, students: list[str | None], courses: list[str | None]) -> Names:
        seen = {id for batch in self.asked for id in batch} | self.recalled
        people = {id: self.told(id) for id in students if id in seen and id is not None}
        return Names({id: one for id, one in people.items() if one}, {"c1": Course("c1", "Piano", None)})

    def recall(self, students: list[str | None], courses: list[str | None]) -> Names:
        self.recalled |= {id for id in students if id in self.kept}
        return self.known(students, courses)

    def start(self, students: list[str | None], courses: list[str | None]) -> Looks:
        self.asked.append([id for id in students if id])
        self.looks.append(Looks())
        return self.looks[-1]


def test_one_look_up_at_a_time_and_none_for_what_is_known() -> None:
    book = Book(kept={"s0"})
    names = NamesAside(book, StillClock())  # type: ignore[arg-type]
    assert names.of(Subject()).student is None
    assert names.of(Subject("s0", "c1")).cells() == ("Name of s0", "Piano")
    names.ask()
    assert book.asked == []
    assert names.of(Subject("s1", "c1")).cells() == (None, "Piano")
    names.ask()
    assert names.of(Subject("s1")).student_name == "Name of s1"
    assert [names.of(Subject(id)).student_name for id in ("s2", "s3", "s2")] == [None, None, None]
    names.ask()
    assert book.asked == [["s1"]]
    book.looks[0].over = True
    names.ask()
    assert book.asked == [["s1"], ["s2", "s3"]]


def test_an_id_that_nobody_knows_is_left_alone_for_a_while() -> None:
    book, clock = Book(told=lambda _: None), StillClock()
    names = NamesAside(book, clock)  # type: ignore[arg-type]
    for _ in range(3):
        assert names.of(Subject("s1")).student_name is None
        names.ask()
        book.looks[-1].over = True
    assert book.asked == [["s1"]]
    clock.advance(ASKED_AGAIN_AFTER_S)
    names.of(Subject("s1"))
    names.ask()
    assert book.asked == [["s1"], ["s1"]]


def test_a_flood_is_shown_without_names() -> None:
    book = Book()
    names = NamesAside(book, StillClock())  # type: ignore[arg-type]
    for number in range(5 * ASKED_AT_ONCE):
        names.of(Subject(f"s{number}"))
    names.ask()
    assert [len(batch) for batch in book.asked] == [ASKED_AT_ONCE]
