"""Services that answer, and hear nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shema_cli.condition.facts import ChannelFacts
from shema_cli.sandbox.drill.drill import ENROLLMENTS, Drill, Facts, Remaining
from shema_cli.sandbox.drill.judging import approvals, decided, handled_once
from shema_cli.sandbox.drill.scene import Scene

CHANNEL = "enrollment.approved"


class Missed(Drill):
    """One of several: the others heard it, and nobody noticed."""

    name = "missed"
    minutes = 5
    sees = (
        "It is four in the afternoon. The parents of {students} who were approved this morning ({student} is one) "
        "ask when the first lesson is: the calendar has none."
    )
    asked = "There is no dead letter, and every service says that it is healthy."
    service = "schedule"

    def stage(self, scene: Scene) -> Facts:
        scene.fault(self.service, deaf=True)
        scene.until_away(self.service)
        students = scene.waiting(3)
        return approvals(students, scene.approve(*students))

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        if self.service in _absent(scene):
            yield _deaf(self.service)
        yield from handled_once(scene, self.service, facts, "shema events resend --missed-by schedule")


class NobodyHears(Drill):
    """All of them at once: a decision is refused, and nothing of it is done."""

    name = "nobody-hears"
    minutes = 4
    sees = (
        "It is eight in the morning, after a night in which the services were moved. Dina cannot approve "
        "{student}: exit code 5, again and again."
    )
    asked = "The student is to be approved today, and each service is to hear of it, once."
    services = ("course", "enrollment", "recommendation", "schedule")

    def stage(self, scene: Scene) -> Facts:
        for service in self.services:
            scene.fault(service, deaf=True)
        return {ENROLLMENTS: [scene.waiting(1)[0]["id"]]}

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        absent = _absent(scene)
        for service in self.services:
            if service in absent:
                yield _deaf(service)
        yield from decided(scene, facts, self.services)


def _deaf(service: str) -> Remaining:
    return Remaining(f"{service} hears nothing of {CHANNEL}", f"restart it: shema sandbox fault {service} --clear")


def _absent(scene: Scene) -> set[str]:
    """Who has declared the channel and is not subscribed to it."""
    channels = scene.look("listeners").channels
    seen = channels if isinstance(channels, Sequence) else ()
    return {service for one in seen if _is_the_channel(one) for service in one.missing or ()}


def _is_the_channel(seen: ChannelFacts) -> bool:
    return seen.channel in (CHANNEL, "enrollment.*")
