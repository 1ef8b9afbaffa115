"""What a connection says and asks when it is made: who we are, and what we have reached (contract 3.7).

Both are asked where they are allowed, and nothing depends on them: a server that answers neither is used as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from redis.exceptions import RedisError, ResponseError

from shema_cli.frozen import dataclass
from shema_cli.settings.address import Topology
from shema_cli.settings.loopback import is_loopback_host
from shema_cli.settings.target import elsewhere

if TYPE_CHECKING:
    from redis.connection import Connection

OLDEST = (6, 2)
_VERSION = re.compile(r"(\d+)\.(\d+)")
Greeting = Callable[["Connection"], None]


class UnfitServer(RedisError):
    """What answers cannot be used, and will not come to be by waiting: `code`, `message` and `hint` say why.

    `message` goes on from the server's name.
    """

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class ServerFacts:
    """What a server tells of itself; an empty text is what it does not tell.

    `kind` and `version` as it says them (`redis` or `valkey`), `mode` is `standalone`, `sentinel` or `cluster`, `role`
    is `master` or `replica`.
    """

    kind: str = ""
    version: str = ""
    mode: str = ""
    role: str = ""

    @property
    def too_old(self) -> bool:
        found = _VERSION.match(self.version)
        return found is not None and (int(found[1]), int(found[2])) < OLDEST


class ElsewhereServer(UnfitServer):
    """A server on another machine, named by a sentinel or a cluster, where only this one may be changed."""

    def __init__(self, host: str) -> None:
        told = elsewhere([host])
        super().__init__(told.code, told.message, told.hint or "")


def greeting(topology: Topology, client_name: str, *, whole: bool = True, only_here: bool = False) -> Greeting:
    """What is to be done with each new connection.

    `whole`: sign in too (a cluster's client has done that already); `only_here`: refuse another machine, wherever its
    address came from (contract 3.1).
    """

    def greet(connection: Connection) -> None:
        if only_here and not is_loopback_host(connection.host):
            raise ElsewhereServer(connection.host)
        if whole:
            connection.on_connect()
        _check(_introduced(connection, client_name), topology)

    return greet


def _introduced(connection: Connection, client_name: str) -> ServerFacts:
    """Say our name and ask for the server's, in one round trip.

    Every user may send HELLO; a server that does not know it without arguments is older than 6.2, or a proxy.
    """
    connection.send_packed_command(connection.pack_commands([("CLIENT", "SETNAME", client_name), ("HELLO",)]))
    _answer(connection)
    told = _answer(connection)
    return read_facts(told) if isinstance(told, list) else _from_info(connection)


def read_facts(hello: object) -> ServerFacts:
    """What an answer to HELLO tells."""
    words = hello if isinstance(hello, list) else []
    told = {name: value for name, value in zip(words[::2], words[1::2], strict=False) if isinstance(value, bytes)}
    return _facts(*(told.get(name) for name in (b"server", b"version", b"mode", b"role")))


def _from_info(connection: Connection) -> ServerFacts:
    connection.send_command("INFO", "server")
    told = _answer(connection)
    if not isinstance(told, bytes):
        return ServerFacts()
    info = dict(line.partition(b":")[::2] for line in told.splitlines())
    return _facts(b"redis", info.get(b"redis_version"), info.get(b"redis_mode"))


def _answer(connection: Connection) -> object:
    """None for what this server refuses or does not know."""
    try:
        return cast("object", connection.read_response())
    except ResponseError:
        return None


def _facts(*words: bytes | None) -> ServerFacts:
    return ServerFacts(*((word or b"").decode("utf-8", "replace") for word in words))


def _check(facts: ServerFacts, topology: Topology) -> None:
    """Raises UnfitServer."""
    if facts.too_old:
        message = f"is version {facts.version}, and 6.2 is the oldest that can be used"
        raise UnfitServer("redis_too_old", message, "use Redis 6.2 or later, or Valkey")
    match topology, facts.mode:
        case (Topology.SINGLE | Topology.SENTINEL, "cluster"):
            raise cluster_node()
        case (Topology.SINGLE, "sentinel"):
            message = "is a Sentinel, which keeps no data but knows who does"
            raise UnfitServer("redis_sentinel", message, "write REDIS_URL as redis+sentinel://host:port/SERVICE")
        case (Topology.CLUSTER, "standalone"):
            raise UnfitServer("redis_no_cluster", "is not a node of a cluster", "write REDIS_URL as redis://host:port")


def cluster_node() -> UnfitServer:
    message = "is a node of a cluster, which knows only a part of the keys and of the listeners"
    return UnfitServer("redis_cluster_node", message, "write REDIS_URL as redis+cluster://host:port")
