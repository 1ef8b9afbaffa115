"""Redis is away."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.condition.facts import RedisFacts
from shema_cli.sandbox.drill.drill import ENROLLMENTS, Drill, Facts, Remaining
from shema_cli.sandbox.drill.judging import decided
from shema_cli.sandbox.drill.scene import Scene


class RedisAway(Drill):
    """Nothing can be decided; what is known of services goes on."""

    name = "redis-away"
    minutes = 4
    sees = (
        "It is noon. Dina was about to approve {student} when every command began to end with exit code 3; some "
        "numbers on the dashboard still come."
    )
    asked = "She does not dare to try again, and the student is to be approved today, once."

    def stage(self, scene: Scene) -> Facts:
        student = scene.waiting(1)[0]["id"]
        scene.fault("redis", down=True)
        return {ENROLLMENTS: [student]}

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        seen = scene.look("redis").redis
        if not isinstance(seen, RedisFacts) or seen.problem is not None:
            yield Remaining("Redis does not answer", "have it started: shema sandbox fault redis --clear")
            return
        yield from decided(scene, facts, ("enrollment", "course", "schedule"))
