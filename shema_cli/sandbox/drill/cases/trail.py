"""The audit trail is not the one that this machine has seen."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.audit.verify import verify
from shema_cli.sandbox.drill.drill import ENROLLMENTS, Drill, Facts, Remaining
from shema_cli.sandbox.drill.scene import Scene
from shema_cli.store import keys


class TrailBroken(Drill):
    """Redis was restored from a snapshot: its newest entries are gone, and the decisions with them."""

    name = "trail-broken"
    minutes = 4
    sees = (
        "It is Thursday noon. The disk of the Redis machine was changed in the night; the people who run it write "
        "that they restored the snapshot of yesterday evening, and that nothing else was touched."
    )
    asked = "Dina approved {students} late yesterday, and every command on your machine is alarmed."

    def stage(self, scene: Scene) -> Facts:
        before, since = scene.waiting(4)[:2], scene.waiting(4)[2:]
        scene.approve(*before)
        with scene.store.errors():
            snapshot = scene.store.client.dump(keys.AUDIT)
            assert snapshot is not None
            scene.approve(*since)
            scene.trail.look(scene.store)  # as any command of this machine would have done
            scene.store.client.restore(keys.AUDIT, 0, snapshot, replace=True)
            scene.store.client.delete(*(keys.decision(one["id"]) for one in since))
        return {ENROLLMENTS: [one["id"] for one in since]}

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        if problem := scene.trail.look(scene.store, keep=False):
            yield Remaining(f"this machine still knows another trail: {problem}", "shema audit verify")
        found = verify(scene.store)
        for one in found.problems[:3]:
            yield Remaining(f"the trail does not hold: {one.problem}", "shema audit verify")
