"""The servers that the tests of versions run on are what their names say."""

from __future__ import annotations

from tests.support.servers import SERVERS
from tests.support.valkey import Valkey


def test_each_server_is_of_the_version_that_it_is_named_after(any_server: Valkey) -> None:
    kind = next(kind for kind in SERVERS if kind.program == any_server.program)
    with any_server.client() as client:
        info = client.info("server")
    version = info.get("valkey_version") or info["redis_version"]
    name = "valkey" if "valkey_version" in info else "redis"
    assert f"{name}-{version}".startswith(f"{kind.name}.")
