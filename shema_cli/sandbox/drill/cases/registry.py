"""A registration that nobody renews any more."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

from shema_cli.clock import iso
from shema_cli.condition.facts import RegistryFacts
from shema_cli.sandbox.drill.drill import Drill, Facts, Remaining
from shema_cli.sandbox.drill.scene import Scene
from shema_cli.shell import to_type
from shema_cli.store import keys

SERVICE = "course"
TTL_S = 60


class RegistrationStale(Drill):
    """The old instance of a service that has moved."""

    name = "registration-stale"
    minutes = 2
    sees = "It is Tuesday, and the course service was moved to another machine on Sunday. Nobody misses anything."
    asked = "The old machine will never come back; whoever looks at the system should not stumble over it any more."

    def stage(self, scene: Scene) -> Facts:
        since = scene.clock.now() - timedelta(days=2)
        told = {"healthCheck": "/health", "registeredAt": iso(since), "lastCheck": None, "ttl": TTL_S}
        url = "http://127.0.0.1:9"
        with scene.store.errors():
            scene.store.client.hset(f"{keys.REGISTRY_PREFIX}{SERVICE}", url, json.dumps(told))
        return {"registration": [url]}

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        (url,) = facts["registration"]
        condition = scene.look("services")
        expired = condition.registry.expired if isinstance(condition.registry, RegistryFacts) else ()
        if (SERVICE, url) in expired:
            what = f"the registration of {SERVICE} at {url} still stands, and has expired"
            yield Remaining(what, to_type("shema services deregister", SERVICE, url))
        services = condition.services if isinstance(condition.services, Sequence) else ()
        if not any(one.name == SERVICE and not one.down for one in services):
            yield Remaining(f"{SERVICE} does not answer any more", "shema services list")
