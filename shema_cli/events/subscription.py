"""One subscriber connection: made, announced as a tail, and handed over as a bare socket.

The socket is read without redis-py, which would reconnect silently and lose what was published meanwhile.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import hiredis
import redis
from redis.connection import Connection, SSLConnection
from redis.exceptions import ClusterDownError, RedisError, ResponseError

from shema_cli.store import keys
from shema_cli.store.address import Address, Topology
from shema_cli.store.connection import connection_options, sentinel

CHUNK_BYTES = 1 << 18
TLS_RECORD_BYTES = 1 << 14
Reply = list[Any]
Place = tuple[str, int]


@dataclass
class Subscription:
    """A connection that is subscribed: `early` are messages that came right behind the confirmation."""

    connection: Connection
    place: Place
    parser: hiredis.Reader
    early: list[Reply] = field(default_factory=list)

    @property
    def socket(self) -> socket.socket:
        return cast("socket.socket", self.connection._sock)

    @property
    def full_read(self) -> int:
        """So many bytes in one read mean that more are waiting."""
        return TLS_RECORD_BYTES if isinstance(self.connection, SSLConnection) else CHUNK_BYTES

    def close(self) -> None:
        self.connection.disconnect()


class Subscriber:
    """Opens subscriptions to the same patterns, again and again, wherever the data is to be heard now."""

    def __init__(self, address: Address, patterns: Sequence[bytes]) -> None:
        self._address = address
        self._patterns = tuple(dict.fromkeys(patterns))
        self._known_nodes: list[Place] = list(address.hosts)

    def open(self) -> Subscription:
        """Connect and subscribe. Raises what redis-py raises when no place takes the subscription."""
        failure: Exception = redis.ConnectionError("there is no node to connect to")
        for place in self._places():
            try:
                return self._open(place)
            except (RedisError, OSError) as error:
                failure = error
        raise failure

    @property
    def may_be_misplaced(self) -> bool:
        return self._address.topology is not Topology.SINGLE

    def misplaced(self, place: Place) -> str | None:
        """Why a connection to `place` that still lives hears nothing any more; None when all is well or not known.

        A primary that the sentinels have replaced behind our back, or a node that has lost its cluster.
        """
        try:
            if self._address.topology is Topology.SENTINEL:
                master = self._master()
                return None if master == place else f"the primary is now at {master[0]}:{master[1]}"
            connection = _connection(self._address, place)
            try:
                connection.connect()
                info = _ask(connection, "CLUSTER", "INFO")
            finally:
                connection.disconnect()
            return None if b"cluster_state:ok" in info else "the node has lost its cluster"
        except (RedisError, OSError):
            return None

    def _places(self) -> list[Place]:
        if self._address.topology is Topology.SENTINEL:
            return [self._master()]
        return list(self._known_nodes)

    def _master(self) -> Place:
        """The master as the sentinels tell it now; they are asked anew at each connection."""
        manager = sentinel(self._address)
        try:
            host, port = manager.discover_master(self._address.service)
        finally:
            manager.close()
        return host, int(port)

    def _open(self, place: Place) -> Subscription:
        connection = _connection(self._address, place)
        connection.connect()
        try:
            if self._address.topology is Topology.CLUSTER:
                self._join_cluster(connection, place)
            return self._subscribe(connection, place)
        except BaseException:
            connection.disconnect()
            raise

    def _join_cluster(self, connection: Connection, place: Place) -> None:
        """Pass by a node that has lost its cluster, and learn of the others; the next loss begins with them."""
        if b"cluster_state:ok" not in _ask(connection, "CLUSTER", "INFO"):
            raise ClusterDownError("the node says that the cluster is down")
        slots: list[Any] = _ask(connection, "CLUSTER", "SLOTS")
        nodes = [((node[0] or b"").decode() or place[0], int(node[1])) for part in slots for node in part[2:]]
        others = [node for node in dict.fromkeys([*nodes, *self._address.hosts]) if node != place]
        self._known_nodes = [*others, place]

    def _subscribe(self, connection: Connection, place: Place) -> Subscription:
        """Presence and patterns in one transaction: no publisher ever sees the one without the other."""
        presence = [keys.PRESENCE_PREFIX.encode() + pattern for pattern in self._patterns]
        commands: list[tuple[Any, ...]] = [
            ("MULTI",),
            ("SUBSCRIBE", *presence),
            ("PSUBSCRIBE", *self._patterns),
            ("EXEC",),
        ]
        subscription = Subscription(connection, place, hiredis.Reader())
        subscription.socket.sendall(b"".join(hiredis.pack_command(command) for command in commands))
        missing = 2 * len(self._patterns)
        while missing > 0:
            for reply in _flat(_receive(subscription)):
                if isinstance(reply, hiredis.HiredisError):
                    raise ResponseError(str(reply))
                if isinstance(reply, list) and reply[0] in (b"subscribe", b"psubscribe"):
                    missing -= 1
                elif isinstance(reply, list) and reply[0] == b"pmessage":
                    subscription.early.append(reply)
        return subscription


def _connection(address: Address, place: Place) -> Connection:
    options = connection_options(address, keys.TAIL_NAME)
    tls = options.pop("ssl", False)
    return (SSLConnection if tls else Connection)(host=place[0], port=place[1], **options)


def _ask(connection: Connection, *command: str) -> Any:
    connection.send_command(*command)
    return connection.read_response()


def _receive(subscription: Subscription) -> list[Any]:
    chunk = subscription.socket.recv(CHUNK_BYTES)
    if not chunk:
        raise redis.ConnectionError("Redis closed the connection")
    return parse(subscription.parser, chunk)


def parse(parser: hiredis.Reader, chunk: bytes) -> list[Any]:
    """The replies that `chunk` completes."""
    parser.feed(chunk)
    gets = parser.gets
    replies = []
    while (reply := gets()) is not False:
        replies.append(reply)
    return replies


def _flat(replies: list[Any]) -> Iterator[Any]:
    """EXEC answers with the first confirmations as its elements; the others follow by themselves."""
    for reply in replies:
        if isinstance(reply, list) and reply and isinstance(reply[0], list):
            yield from reply
        else:
            yield reply
