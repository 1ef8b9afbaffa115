"""Seats of a run's courses: asked once each, and counted down as the run gives them away (contract 2.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from shema_cli.enrollments.models import Capacity
from shema_cli.errors import ShemaError

Seats = Mapping[str, Capacity | ShemaError]
"""What each course's service told, or the error that the question ended in."""


class Ledger:
    """Gives seats away until there are none. A course that is not in it is not counted."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self._given: Counter[str] = Counter()

    def refusal(self, course_id: str) -> str | None:
        """Why nobody can be given a seat in this course now; None when there is one."""
        capacity = self._seats.get(course_id)
        if not isinstance(capacity, Capacity) or self._given[course_id] < capacity.left:
            return None
        given = self._given[course_id]
        here = f", {given} more given in this run" if given else ""
        return f"course {course_id} is full: {capacity.current} of {capacity.maximum} seats are taken{here}"

    def give(self, course_id: str) -> None:
        self._given[course_id] += 1

    def left(self, course_id: str) -> int | None:
        """Seats that are left; None when nobody counts them."""
        capacity = self._seats.get(course_id)
        return capacity.left - self._given[course_id] if isinstance(capacity, Capacity) else None
