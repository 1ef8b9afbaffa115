"""What several drills are judged by: who was told of an approval, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shema_cli.results import are, counted
from shema_cli.sandbox.drill.drill import ENROLLMENTS, EVENTS, Facts, Remaining
from shema_cli.sandbox.drill.scene import Scene
from shema_cli.sandbox.school.data import EnrollmentRow
from shema_cli.shell import to_type


def approvals(enrollments: Sequence[EnrollmentRow], events: Sequence[str]) -> Facts:
    """What `handled_once` goes by."""
    return {ENROLLMENTS: [one["id"] for one in enrollments], EVENTS: list(events)}


def handled_once(scene: Scene, service: str, facts: Facts, hint: str) -> Iterator[Remaining]:
    """Whether the service has handled the approval of each enrollment exactly once, by whichever event it was told.

    `hint` is for what has not arrived at all.
    """
    published = scene.publications(facts[ENROLLMENTS])
    for id, event in zip(facts[ENROLLMENTS], facts[EVENTS], strict=True):
        published[id].add(event)
    told = scene.handled([event for events in published.values() for event in events])
    times = [sum(told.get(event, {}).get(service, 0) for event in events) for events in published.values()]
    if never := times.count(0):
        yield Remaining(f"{service} does not know of {counted(never, 'approval')} yet", hint)
    if often := sum(number > 1 for number in times):
        what = f"{service} was told of {counted(often, 'approval')} more than once, which nobody can take back"
        yield Remaining(what, "stage it once more: shema sandbox drill --stop")


def abandoned(scene: Scene) -> Iterator[Remaining]:
    """Dead letters that a run held when it died."""
    if left := scene.runs().abandoned:
        what = f"{counted(left, 'dead letter')} {are(left)} in flight, and whoever held them is dead"
        yield Remaining(what, "shema dlq recover")


def decided(scene: Scene, facts: Facts, services: Sequence[str]) -> Iterator[Remaining]:
    """Whether the one enrollment is approved, and each of these services was told, once."""
    (student,) = facts[ENROLLMENTS]
    event = scene.approved(student)
    if event is None:
        yield Remaining(f"{student} is not approved yet", to_type("shema enrollments approve", student))
        return
    for service in services:
        hint = to_type("shema events resend --missed-by", service)
        yield from handled_once(scene, service, {ENROLLMENTS: [student], EVENTS: [event]}, hint)
