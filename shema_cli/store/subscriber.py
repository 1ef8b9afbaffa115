"""One subscriber connection: made, announced as a tail, and handed over as a bare socket with a parser.

The socket is read without redis-py, which would reconnect silently and lose what was published meanwhile.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import cast

import hiredis
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import ClusterDownError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from shema_cli.clock import Clock
from shema_cli.settings.address import Address, Topology
from shema_cli.store import keys
from shema_cli.store.connection import connection_options, sentinel
from shema_cli.store.marks import Mark
from shema_cli.store.presence import Presence, Sign
from shema_cli.store.refusals import asked, note
from shema_cli.store.verdicts import Reply, Verdicts

CHUNK_BYTES = 1 << 18
TLS_RECORD_BYTES = 1 << 14
Place = tuple[str, int]
_NOTHING_YET = (TimeoutError, BlockingIOError, ssl.SSLWantReadError)
_PING = hiredis.pack_command(("PING",))


class Subscription:
    """A connection that is subscribed, for one thread that reads it. `early`: what came right behind the confirmation;
    `mark`: the first of it, where one was published in the step that subscribed.

    Whatever ends it is raised as an OSError that says how.
    """

    def __init__(self, connection: Connection, place: Place, sign: Sign, clock: Clock) -> None:
        self.place = place
        self.early: list[Reply] = []
        self.mark: Mark | None = None
        self._sign = sign
        self._clock = clock
        self._verdicts = Verdicts(sign)
        self._connection = connection
        self._asked: deque[datetime] = deque()
        self._answered: datetime | None = None
        self._parser = hiredis.Reader()
        self._socket = cast("socket.socket", connection._sock)  # noqa: SLF001
        self._full_read = TLS_RECORD_BYTES if isinstance(connection, SSLConnection) else CHUNK_BYTES

    def wait_at_most(self, seconds: float) -> None:
        """How long `receive` waits for something to come."""
        self._socket.settimeout(seconds)

    def receive(self) -> bytes | None:
        """Bytes as they came, up to 256 KB; None when nothing did in time."""
        try:
            chunk = self._socket.recv(CHUNK_BYTES)
        except _NOTHING_YET:
            return None
        if not chunk:
            raise ConnectionError("Redis closed the connection")
        return chunk

    def receive_now(self) -> bytes | None:
        """What is there already."""
        waits = self._socket.gettimeout()
        self._socket.settimeout(0)
        try:
            return self.receive()
        finally:
            self._socket.settimeout(waits)

    def may_have_more(self, chunk: bytes) -> bool:
        """Whether so much came in one read that more is waiting."""
        return len(chunk) >= self._full_read

    def messages(self, chunk: bytes) -> list[Reply]:
        """The messages that `chunk` completes; other replies are left out, and so is what nobody has heard."""
        replies = self._replies(chunk)
        messages = [reply for reply in replies if type(reply) is list and reply[0] == b"pmessage"]
        if len(messages) == len(replies) and not self._verdicts.pending:
            return messages
        for reply in replies:
            if type(reply) is list and reply[0] == b"pong" and self._asked:
                self._answered = self._asked.popleft()
        return self._verdicts.shown(replies, self._clock.monotonic())

    def marks(self) -> list[tuple[int, str]]:
        """Our own marks in what `messages` gave last, or in `early`: before which message each came, and its name."""
        return self._verdicts.marks()

    @property
    def keeps_back(self) -> bool:
        """Whether there are messages that wait for a verdict (`verdicts.py`)."""
        return self._verdicts.pending

    def overdue(self) -> list[Reply]:
        """What was kept back for a verdict that does not come."""
        return self._verdicts.overdue(self._clock.monotonic())

    def kept_back(self) -> list[Reply]:
        """All that is kept back, at the end of a connection that brings no more verdicts."""
        return self._verdicts.overdue(float("inf"))

    def ping(self) -> None:
        """Ask for an answer, so that a connection that lives brings something."""
        self._asked.append(self._clock.now())
        self._socket.sendall(_PING)

    def answered(self) -> datetime | None:
        """When the last PING was sent whose answer has come since this was asked before: all that was published until
        then has come too. None: no new answer, or something is kept back."""
        if self._verdicts.pending:
            return None
        answered, self._answered = self._answered, None
        return answered

    def break_off(self) -> None:
        """End it from another thread: the one that waits in `receive` is woken."""
        with contextlib.suppress(OSError):  # it may just have been closed
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._connection.disconnect()

    def subscribe(self, patterns: Sequence[bytes], mark: Mark | None = None) -> None:
        """Presence and patterns in one transaction: no publisher ever sees the one without the other.

        With a mark, it is published in the same step: all that this connection hears stands behind it. Raises
        ResponseError when Redis refuses.
        """
        channel = self._sign.channel
        marking = [(b"PUBLISH", channel, mark.payload)] if mark else []
        commands = [(b"MULTI",), (b"SUBSCRIBE", channel), (b"PSUBSCRIBE", *patterns), *marking, (b"EXEC",)]
        self.mark = mark
        answered = 0
        self._connection.send_packed_command(self._connection.pack_commands(commands))
        missing = 1 + len(patterns)
        behind: list[object] = []
        while missing > 0:
            chunk = self._socket.recv(CHUNK_BYTES)
            if not chunk:
                raise RedisConnectionError("Redis closed the connection")
            for reply in _flat(self._replies(chunk)):
                if isinstance(reply, hiredis.HiredisError):
                    raise _refused(str(reply), commands[answered])
                answered += 1
                if isinstance(reply, list) and reply[0] in (b"subscribe", b"psubscribe"):
                    missing -= 1
                else:
                    behind.append(reply)
        self.early = self._verdicts.shown(behind, self._clock.monotonic())

    def _replies(self, chunk: bytes) -> list[object]:
        self._parser.feed(chunk)
        gets = self._parser.gets
        replies: list[object] = []
        try:
            while (reply := gets()) is not False:
                replies.append(reply)
        except hiredis.HiredisError as error:
            raise ConnectionError(str(error)) from error
        return replies


class Subscriber:
    """Opens subscriptions to the same patterns, again and again, wherever the data is to be heard now."""

    def __init__(
        self,
        address: Address,
        patterns: Sequence[bytes],
        presence: Presence,
        clock: Clock,
        *,
        node: Callable[[], Place | None] = lambda: None,
        or_another: bool = False,
        mark: Callable[[Place], Mark | None] = lambda _place: None,
    ) -> None:
        """`node`: which one of a cluster is to be listened to, where that matters: all hear the same, but not in the
        same order; `or_another`, as long as that one is away. `mark`: the one to publish with a subscription there."""
        self._address = address
        self._patterns = tuple(dict.fromkeys(patterns))
        self._presence = presence
        self._clock = clock
        self._node = node
        self._or_another = or_another
        self._mark = mark
        self._known_nodes: list[Place] = list(address.hosts) or [(address.socket, 0)]

    def open(self) -> Subscription:
        """Connect and subscribe. Raises what redis-py raises when no place takes the subscription."""
        failure: Exception = RedisConnectionError("there is no node to connect to")
        for place in self._places():
            try:
                return self._open(place)
            except (RedisError, OSError) as error:
                failure = error
        raise failure

    def try_again(self) -> Subscription | None:
        """`open` after a loss: None when no place takes the subscription now."""
        try:
            return self.open()
        except (RedisError, OSError):
            return None

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
            if not self._is_whole_at(place):
                return "the node has lost its cluster"
            node = self._node()
            if node in (None, place) or (self._or_another and not self._is_whole_at(node)):
                return None
            return "what is recorded stands on another node now"
        except (RedisError, OSError):
            return None

    def _is_whole_at(self, place: Place) -> bool:
        connection = _connection(self._address, place)
        try:
            connection.connect()
            return _cluster_is_whole(connection)
        finally:
            connection.disconnect()

    def _places(self) -> list[Place]:
        if self._address.topology is Topology.SENTINEL:
            return [self._master()]
        if self._address.topology is Topology.CLUSTER and (node := self._node()):
            others = self._known_nodes if self._or_another else ()
            return [node, *(place for place in others if place != node)]
        return list(self._known_nodes)

    def _master(self) -> Place:
        """The master as the sentinels tell it now; they are asked anew at each connection."""
        manager = sentinel(self._address)
        try:
            host, port = manager.discover_master(self._address.service)
        finally:
            manager.close()
        return host, int(port)

    def _open(self, place: Place, *, marked: bool = True) -> Subscription:
        connection = _connection(self._address, place)
        connection.connect()
        try:
            if self._address.topology is Topology.CLUSTER:
                self._join_cluster(connection, place)
            sign = self._presence.announce(connection)
            mark = self._mark(place) if marked else None
            subscription = Subscription(connection, place, sign, self._clock)
            try:
                subscription.subscribe(self._patterns, mark)
            except ResponseError:
                if mark is None:
                    raise
                subscription.close()
                return self._open(place, marked=False)  # who may listen and not publish does without
        except BaseException:
            connection.disconnect()
            raise
        return subscription

    def _join_cluster(self, connection: Connection, place: Place) -> None:
        """Pass by a node that has lost its cluster, and learn of the others; the next loss begins with them."""
        if not _cluster_is_whole(connection):
            raise ClusterDownError("the node says that the cluster is down")
        slots = cast("list[list[list[bytes | None]]]", _ask(connection, "CLUSTER", "SLOTS"))
        nodes = [((node[0] or b"").decode() or place[0], int(node[1] or 0)) for part in slots for node in part[2:]]
        others = [node for node in dict.fromkeys([*nodes, *self._address.hosts]) if node != place]
        self._known_nodes = [*others, place]


def _connection(address: Address, place: Place) -> Connection:
    options = connection_options(address, keys.TAIL_NAME)
    tls = options.pop("ssl", False)
    if address.socket:
        del options["socket_keepalive"]
        return cast("Connection", UnixDomainSocketConnection(path=address.socket, **options))  # type: ignore[abstract]
    return (SSLConnection if tls else Connection)(host=place[0], port=place[1], **options)


def _cluster_is_whole(connection: Connection) -> bool:
    return b"cluster_state:ok" in cast("bytes", _ask(connection, "CLUSTER", "INFO"))


def _ask(connection: Connection, *command: str) -> object:
    connection.send_command(*command)
    return connection.read_response()


def _refused(text: str, command: Sequence[bytes]) -> ResponseError:
    error = ResponseError(text)
    note(error, asked(command))
    return error


def _flat(replies: list[object]) -> Iterator[object]:
    """EXEC answers with the first confirmations as its elements; the others follow by themselves."""
    for reply in replies:
        if isinstance(reply, list) and reply and isinstance(reply[0], list):
            yield from reply
        else:
            yield reply
