"""The seats of courses: what their services tell, less what was given away and does not show yet (contract 2.4).

What is given away is counted in Redis (`lua/seats.lua`), in the step of the decision; here is what is foretold of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from shema_cli.enrollments.results import Capacity
from shema_cli.enrollments.source import EnrollmentSource, each
from shema_cli.errors import Failed, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.scripts import script

Seats = Mapping[str, Capacity | ShemaError]
"""What each course's service told, or the error that the question ended in."""


@dataclass(frozen=True)
class Seat:
    """A seat of a course, of those that there are going by `capacity`; None: however many are taken."""

    course_id: str
    capacity: Capacity | None = None

    def packed(self) -> str:
        """As `lua/decide.lua` takes it."""
        told = self.capacity
        return f"{told.maximum} {told.current} {told.asked_ms} {told.told_ms}" if told else "any"


class SeatLedger:
    """Gives seats away until there are none. A course that is not in it is not counted."""

    def __init__(self, seats: Seats) -> None:
        self._seats = {course: told for course, told in seats.items() if isinstance(told, Capacity)}
        self._given: Counter[str] = Counter()

    def refusal(self, course_id: str) -> str | None:
        """Why nobody can be given a seat in this course now; None when there is one."""
        left = self.left(course_id)
        if left is None or left > 0:
            return None
        capacity, given = self._seats[course_id], self._given[course_id]
        here = f", {given} more given in this run" if given else ""
        others = f", {capacity.promised} more given a moment ago" if capacity.promised else ""
        return f"course {course_id} is full: {capacity.current} of {capacity.maximum} seats are taken{here}{others}"

    def give(self, course_id: str) -> None:
        self._given[course_id] += 1

    def learn(self, course_id: str, taken: int) -> None:
        """So many are taken in all, whoever gave them: the course is full."""
        capacity = self._seats[course_id]
        promised = max(0, taken - capacity.current - self._given[course_id])
        self._seats[course_id] = replace(capacity, promised=promised)

    def left(self, course_id: str) -> int | None:
        """Seats that are left; None when nobody counts them."""
        capacity = self._seats.get(course_id)
        return None if capacity is None else max(0, capacity.left - self._given[course_id])

    def seat(self, course_id: str) -> Seat:
        """What an approval that is counted asks for."""
        return Seat(course_id, self._seats.get(course_id))


async def seats_of(courses: Sequence[str], source: EnrollmentSource, store: Store) -> Seats:
    """What there is in each course: what its service tells, less what was given away and is not in its number yet."""
    if not courses:
        return {}
    asked_ms = clock_of(store)
    answers = await each(courses, source.capacity)
    told = {course: answer for course, answer in answers.items() if isinstance(answer, Capacity)}
    return {**answers, **_promised(store, told, asked_ms)}


def _promised(store: Store, told: Mapping[str, Capacity], asked_ms: int) -> Seats:
    """`with_promised`, in which a course whose record in Redis cannot be read fails alone."""
    try:
        return with_promised(store, told, asked_ms)
    except Failed as error:
        if len(told) == 1:
            return dict.fromkeys(told, error)
    one_by_one = (_promised(store, {course: capacity}, asked_ms) for course, capacity in told.items())
    return {course: seats for one in one_by_one for course, seats in one.items()}


def clock_of(store: Store) -> int:
    """The time of the server that decides (ms). Raises Unreachable and NotConfigured."""
    with store.errors():
        return int(store.time_ms(keys.SEATS_PREFIX))


def with_promised(store: Store, told: Mapping[str, Capacity], asked_ms: int) -> dict[str, Capacity]:
    """What the courses' services told since `asked_ms`, with the seats that were given away and are not in it yet.

    Raises Unreachable, NotConfigured, Failed.
    """
    if not told:
        return {}
    currents = [capacity.current for capacity in told.values()]
    with store.errors():
        now, *taken = store.run(script("seats_look"), [*map(keys.seats, told)], [asked_ms, *currents])
    return {
        course: replace(one, promised=max(0, int(count) - one.current), asked_ms=asked_ms, told_ms=int(now))
        for (course, one), count in zip(told.items(), taken, strict=True)
    }
