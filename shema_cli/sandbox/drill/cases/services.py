"""A service that is down, and what it does not get meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.sandbox.drill.drill import Drill, Facts, Remaining
from shema_cli.sandbox.drill.judging import approvals, handled_once
from shema_cli.sandbox.drill.scene import Scene


class ServiceDown(Drill):
    """What was published while it was away is in no list of dead letters."""

    name = "service-down"
    minutes = 5
    sees = "It is ten in the morning. A parent writes that the page with the courses shows nothing but an error."
    asked = (
        "A moment ago Dina has approved {student} all the same, without looking at seats; the school wants the "
        "courses back, and nothing of that approval lost."
    )
    service = "course"

    def stage(self, scene: Scene) -> Facts:
        scene.fault(self.service, down=True)
        scene.until_away(self.service)
        student = scene.waiting(1)
        return approvals(student, scene.approve(*student))

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        seen = scene.service(self.service)
        if seen is None or seen.down:
            yield Remaining(f"{self.service} is down", "start it again: shema sandbox fault course --clear")
        elif any(one.circuit != "closed" for one in seen.instances):
            yield Remaining(
                f"{self.service} is not called from here: its circuit is open", "shema services reset course"
            )
        yield from handled_once(scene, self.service, facts, "shema events resend --missed-by course")
