"""Dead letters: a service that cannot handle an event, and a replay that died."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

from shema_cli.dlq.families.acknowledged import Acknowledgement, read_acknowledged, stored_acknowledgement
from shema_cli.dlq.letters.selection import family_of
from shema_cli.events.envelope import event_type_of
from shema_cli.results import counted
from shema_cli.sandbox.drill.cases.listeners import CHANNEL
from shema_cli.sandbox.drill.drill import EVENTS, Drill, Facts, Remaining
from shema_cli.sandbox.drill.judging import abandoned, approvals, handled_once
from shema_cli.sandbox.drill.scene import COLLEAGUE, COLLEAGUE_UID, Scene
from shema_cli.sandbox.school.data import EnrollmentRow, new_school
from shema_cli.sandbox.school.dead_letters import dead_letters
from shema_cli.shell import to_type
from shema_cli.store import keys

SERVICE = "schedule"
EVENT_TYPE = event_type_of(CHANNEL)
NOTE = "the old version of the schedule service; they bring out a new one today"


class DeadLetters(Drill):
    """The cause is not mended yet: whoever replays first gets every entry back."""

    name = "dead-letters"
    minutes = 5
    sees = (
        "It is two in the morning, and the monitor has woken you. {students} were approved tonight, and not one of "
        "them has a first lesson."
    )
    asked = (
        "The people who keep the schedule service have just brought out a new version; each of the students is to "
        "get a lesson, and one only."
    )

    def stage(self, scene: Scene) -> Facts:
        scene.fault(SERVICE, poison=[EVENT_TYPE])
        return _buried(scene, scene.waiting(5))

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        poisoned = {part["name"] for part in scene.parts()["services"] if part["fault"].get("poison")}
        if SERVICE in poisoned:
            what = f"{SERVICE} still fails at every {EVENT_TYPE}: whatever is replayed comes back"
            yield Remaining(what, "mend it: shema sandbox fault schedule --clear")
        yield from _unheard(scene, facts)


class FamilyReturned(DeadLetters):
    """Somebody has acknowledged it as known, and it was quiet since."""

    name = "family-returned"
    sees = (
        "It is Thursday morning. On Monday Dina acknowledged the failures of the schedule service, which was mended "
        "the same day; since then it was quiet."
    )
    asked = (
        "Tonight {students} were approved, and not one of them has a first lesson. Each is to get one; and what "
        "fails from now on is to count again like anything else."
    )

    def stage(self, scene: Scene) -> Facts:
        facts = super().stage(scene)
        letter = scene.letters()[0]
        family, error = family_of(letter), letter.error
        assert family is not None
        then = scene.clock.now() - timedelta(days=3)
        known = Acknowledgement(family, then, COLLEAGUE, NOTE, count=2, newest=then, example=error)
        with scene.store.errors():
            stored = stored_acknowledgement(known, uid=COLLEAGUE_UID, email=COLLEAGUE)
            scene.store.client.hset(keys.ACKNOWLEDGED, family, stored)
        scene.journal.append(action="dlq.ack", target=family, reason=NOTE)
        return {**facts, "family": [family]}

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        yield from super().remaining(scene, facts)
        (family,) = facts["family"]
        if family in read_acknowledged(scene.store).families:
            yield Remaining(f"{family} is acknowledged still", to_type("shema dlq unack", family))


class RunAbandoned(Drill):
    """A replay was killed in the middle: what it held is in no list."""

    name = "run-abandoned"
    minutes = 4
    sees = (
        "It is half past five. Dina was replaying the approvals that had failed at night when the battery of her "
        "laptop ran out; she calls you from the train."
    )
    asked = "She does not know how far it came, and whether anything is lost or was sent twice."

    def stage(self, scene: Scene) -> Facts:
        old = [raw for raw in dead_letters(new_school(scene.clock.now()), scene.clock.now()) if b"ECONNREFUSED" in raw]
        with scene.store.errors():
            scene.store.client.lpush(keys.DEAD_LETTERS, *old)
        scene.fault(SERVICE, poison=[EVENT_TYPE])
        facts = _buried(scene, scene.waiting(5), besides=len(old))
        scene.clear(SERVICE)
        _killed_replay(scene)
        scene.until(lambda: scene.runs().abandoned, "the lease of the run that was killed ends")
        return facts

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        yield from abandoned(scene)
        yield from _unheard(scene, facts)


def _buried(scene: Scene, students: list[EnrollmentRow], besides: int = 0) -> Facts:
    """They are approved, and the service gives each event up; that takes the pauses between its attempts."""
    events = scene.approve(*students)
    scene.until(lambda: len(scene.letters()) == besides + len(events), "the service gives the events up")
    return approvals(students, events)


def _unheard(scene: Scene, facts: Facts) -> Iterator[Remaining]:
    if left := sum(letter.event_id in facts[EVENTS] for letter in scene.letters()):
        what = f"{counted(left, 'dead letter')} of these approvals {'waits' if left == 1 else 'wait'}"
        yield Remaining(what, f"shema dlq replay --type {EVENT_TYPE} --canary 1 --verify 10")
        return
    yield from handled_once(scene, SERVICE, facts, f"shema events resend --missed-by {SERVICE}, or shema dlq import")


def _killed_replay(scene: Scene) -> None:
    """A replay as a colleague runs it, killed once it has published something."""
    words = ("dlq", "replay", "--type", EVENT_TYPE, "--rate", "2", "--yes")
    replay = subprocess.Popen(
        [sys.executable, "-m", "shema_cli", *words],
        env={"PATH": os.defpath, **scene.running.environment},
        cwd=scene.running.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    before = len(scene.letters())
    try:
        scene.until(lambda: replay.poll() is not None or len(scene.letters()) < before, "the replay publishes")
    finally:
        replay.kill()
        replay.wait()
