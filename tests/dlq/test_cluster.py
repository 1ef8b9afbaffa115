from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dlq.letters import FLIGHT, Service, Shema, letter, numbers, push, stored
from tests.support.valkey import Valkey


@pytest.fixture
def cluster() -> Iterator[Valkey]:
    """A cluster of one node, which refuses what a script may not do across slots like any other."""
    server = Valkey(options=("--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1")).start()
    with server.client() as client:
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        while b"cluster_state:ok" not in client.execute_command("CLUSTER", "INFO"):
            pass
    yield server
    server.stop()


def test_everything_works_on_a_cluster(dlq_env: dict[str, str], cluster: Valkey) -> None:
    dlq = Shema({**dlq_env, "REDIS_URL": f"redis+cluster://127.0.0.1:{cluster.port}"})
    with cluster.client() as client, Service(cluster.port) as service:
        raws = [letter(n, "ENROLLMENT_APPROVED" if n % 3 else "BOOKING_CREATED") for n in range(300)]
        push(client, raws)
        assert dlq.json("list")["total"] == 300
        assert dlq.json("replay", "--all", "--yes", code=1)["replayed"] == 200
        assert numbers(service.payloads(200)) == [n for n in range(300) if n % 3]
        assert stored(client) == raws[::3]
        assert not client.exists(FLIGHT)
        assert dlq.json("recover")["recovered"] == 0
