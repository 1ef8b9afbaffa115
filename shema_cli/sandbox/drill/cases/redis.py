"""Redis is away, or everything is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shema_cli.condition.facts import RedisFacts
from shema_cli.results import counted
from shema_cli.sandbox.drill.drill import ENROLLMENTS, Drill, Facts, Remaining
from shema_cli.sandbox.drill.judging import decided
from shema_cli.sandbox.drill.scene import Scene

EVERYTHING_AGAIN = "have all of it started again: shema sandbox fault all --clear"


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


class CutOff(Drill):
    """Not one part after the other: all of them, and so something that they have in common."""

    name = "cut-off"
    minutes = 3
    sees = "It is Monday, a quarter to eight. On Sunday the power of the whole street was out; whatever you type fails."
    asked = (
        "Before anybody runs through the house: what is it that does not answer, and whose is it? The keepers of the "
        "machine room wait for your call; at eight everything is to answer."
    )

    def stage(self, scene: Scene) -> Facts:
        scene.fault("all", down=True)
        return {}

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        seen = scene.look("redis", "services")
        if not isinstance(seen.redis, RedisFacts) or seen.redis.problem is not None:
            yield Remaining("Redis does not answer", EVERYTHING_AGAIN)
        services = seen.services if isinstance(seen.services, Sequence) else ()
        if silent := [one.name for one in services if one.down]:
            yield Remaining(f"{counted(len(silent), 'service')} of {len(services)} do not answer", EVERYTHING_AGAIN)
        if scene.parts()["firebase"]["up"] is False:
            yield Remaining("nobody can sign in: Firebase does not answer", EVERYTHING_AGAIN)
