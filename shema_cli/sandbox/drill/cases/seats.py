"""A course with fewer seats than wishes."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.results import counted
from shema_cli.sandbox.drill.drill import ENROLLMENTS, Drill, Facts, Remaining
from shema_cli.sandbox.drill.scene import Scene
from shema_cli.sandbox.school.data import CROWDED, new_school
from shema_cli.shell import to_type

COURSE = CROWDED[0]


class SeatsFull(Drill):
    """As many as there are seats, and no more."""

    name = "seats-full"
    minutes = 3
    sees = (
        "It is the last day of the enrollments. {students} wait for the course " + COURSE + ", and Dina could not "
        "approve them in one go."
    )
    asked = "Nobody is to be given a seat that there is not, and no seat is to stay empty."

    def stage(self, scene: Scene) -> Facts:
        school = new_school(scene.clock.now())
        of_course = [one for one in school.enrollments.values() if one["course_id"] == COURSE]
        taken = sum(one["status"] == "approved" for one in of_course)
        seats = school.courses[COURSE]["max_students"] - taken
        return {
            ENROLLMENTS: [one["id"] for one in of_course if one["status"] == "pending"],
            "seats": [str(seats)],
        }

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        seats = int(facts["seats"][0])
        given = sum(scene.approved(id) is not None for id in facts[ENROLLMENTS])
        if given < seats:
            yield Remaining(
                f"{counted(seats - given, 'seat')} of {COURSE} {'is' if seats - given == 1 else 'are'} empty still",
                to_type("shema enrollments approve --all-pending --course", COURSE),
            )
        if given > seats:
            what = f"{counted(given - seats, 'student')} more than there are seats, which nobody can take back"
            yield Remaining(what, "stage it once more: shema sandbox drill --stop")
