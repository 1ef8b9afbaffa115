"""The connection to Redis, whatever its topology.

Nothing is ever retried here: a retry can run a write twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import Connection, ConnectionPool
from redis.exceptions import NoScriptError, RedisClusterException, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from shema_cli.frozen import dataclass
from shema_cli.settings.address import Address, Topology, redis_address
from shema_cli.settings.values import Settings
from shema_cli.store import keys
from shema_cli.store.errors import translate
from shema_cli.store.greeting import greeting
from shema_cli.store.refusals import asked, asked_by, explain
from shema_cli.store.tls import tls_files

if TYPE_CHECKING:
    from shema_cli.store.scripts import Script

CONNECT_TIMEOUT_S = 2.0
COMMAND_TIMEOUT_S = 5.0
ASK_SENTINELS_EVERY_S = 1.0

RedisOptions = dict[str, Any]
"""Keyword arguments of redis-py."""
RedisReply = Any
"""What a script answers: bytes, numbers and lists of these, as the comment at its top says."""


class ScriptCall(NamedTuple):
    """A script with its KEYS and ARGV; `channel` is where it publishes, if it does."""

    script: Script
    names: Sequence[str | bytes]
    arguments: Sequence[str | bytes | float]
    channel: str = ""

    @property
    def words(self) -> tuple[str | bytes | float, ...]:
        """The command line for a server that has the script."""
        return ("EVALSHA", self.script.sha, len(self.names), *self.names, *self.arguments)


class PlainCall(NamedTuple):
    """A command that is no script."""

    words: tuple[str | bytes | float, ...]


def connect(settings: Settings, *, client_name: str = "shema-cli", only_here: bool = False) -> redis.Redis:
    """A client for `REDIS_URL` (bytes in, bytes out): `redis.Redis`, or `RedisCluster` for a cluster.

    `only_here`: a server on another machine is refused, also one that a sentinel or a cluster names (contract 3.1).

    One server and Sentinel connect with the first command; a cluster is asked for its nodes here. Raises NotConfigured
    when `REDIS_URL` is missing or malformed, Unreachable when no node of a cluster answers.
    """
    address = redis_address(settings)
    if address.topology is Topology.CLUSTER:
        with redis_errors(settings):
            return cast("redis.Redis", _cluster(address, client_name, only_here=only_here))
    if address.topology is Topology.SENTINEL:
        options = {**connection_options(address, client_name, only_here=only_here), **_without_retries()}
        return cast("Client", sentinel(address).master_for(address.service, redis_class=Client, **options))
    if address.socket:
        options = connection_options(address, client_name) | {"unix_socket_path": address.socket}
        return Client(**options, **_without_retries())
    host, port = address.hosts[0]
    options = {**connection_options(address, client_name, only_here=only_here), **_without_retries()}
    return Client(host=host, port=port, **options)


_EXPLAINED_BY_STORE = ("EVALSHA", "EVAL")


class _Noting:
    """Keeps with each error what was asked, so that it can be named."""

    def execute_command(self, *words: Any, **options: Any) -> Any:
        try:
            return super().execute_command(*words, **options)  # type: ignore[misc]
        except ResponseError as error:
            if words[0] not in _EXPLAINED_BY_STORE:
                explain(error, asked(words), cast("redis.Redis", self))
            raise


class Client(_Noting, redis.Redis):
    """One server, or the primary that the sentinels name."""


class ClusterClient(_Noting, RedisCluster):
    """A cluster."""


class Store:
    """Redis as one command uses it: connected when it is first used, closed with the command."""

    def __init__(self, settings: Settings, *, client_name: str = "shema-cli", only_here: bool = False) -> None:
        self._only_here = only_here
        self._settings = settings
        self._client_name = client_name
        self._client: redis.Redis | None = None
        self._connecting = threading.Lock()
        self._asked_at = time.monotonic()

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def configured(self) -> bool:
        """Whether `REDIS_URL` is set."""
        return self._settings.get("REDIS_URL") is not None

    @property
    def address(self) -> Address:
        """Raises NotConfigured when `REDIS_URL` is missing or malformed."""
        return redis_address(self._settings)

    @property
    def client(self) -> redis.Redis:
        """The connection (bytes in, bytes out). Raises what `connect` raises.

        For a cluster it is a `RedisCluster`, which has the same commands; `cluster` tells.
        """
        return self._client or self._connect()

    def _connect(self) -> redis.Redis:
        """A dashboard asks from several threads at once: a second client, thrown away, would close its connections."""
        with self._connecting:
            if self._client is None:
                self._client = connect(self._settings, client_name=self._client_name, only_here=self._only_here)
            return self._client

    def _exchange(self, calls: Sequence[ScriptCall]) -> Iterator[RedisReply | ResponseError]:
        """The answers as they come. Raises when the connection is lost."""
        pool = self.client.connection_pool
        connection, usable = pool.get_connection(), False
        try:
            connection.send_packed_command(connection.pack_commands([call.words for call in calls]))
            for _ in calls:
                try:
                    yield connection.read_response()
                except ResponseError as refused:
                    yield refused
            usable = True
        finally:
            _give_back(pool, connection, usable=usable)

    def stay_with_the_primary(self) -> None:
        """Ask the sentinels again, at most once a second, and connect anew when they name another primary.

        One that was replaced may live on for a while as if it were the primary, and what it takes is lost.
        """
        pool = self.client.connection_pool if isinstance(self.client, redis.Redis) else None
        if not isinstance(pool, SentinelConnectionPool) or time.monotonic() - self._asked_at < ASK_SENTINELS_EVERY_S:
            return
        self._asked_at = time.monotonic()
        with suppress(RedisError, OSError):  # while they do not answer, the one that does is kept
            pool.get_master_address()

    def let_go(self) -> None:
        """Connect anew for what comes: behind the same name there may be another server now."""
        client: object = self._client
        if isinstance(client, redis.Redis):
            client.connection_pool.disconnect(inuse_connections=False)

    def time_ms(self, key: str) -> float:
        """The clock of the server that has `key`. Not by a script: what holds up scripts may let this through."""
        client: object = self.client
        nodes = {"target_nodes": client.get_node_from_key(key)} if isinstance(client, RedisCluster) else {}
        seconds, microseconds = self.client.execute_command("TIME", **nodes)
        return int(seconds) * 1000 + int(microseconds) / 1000

    def knock(self) -> None:
        """One round trip. Not a PING, which a server that cannot save refuses, although it can be read."""
        self.client.exists(keys.AUDIT)

    @property
    def cluster(self) -> bool:
        """Whether keys are spread over nodes, so that PUBLISH and PUBSUB answer for one node alone."""
        client: object = self.client
        return isinstance(client, RedisCluster)

    def nodes(self) -> list[redis.Redis]:
        """A client for each node; of one server, the connection itself."""
        return [node for _, node in self.named_nodes()]

    def named_nodes(self) -> list[tuple[str, redis.Redis]]:
        """(name, client) of each node, named as `node_of` names them."""
        client: object = self.client
        if not isinstance(client, RedisCluster):
            return [("", self.client)]
        nodes = client.get_nodes()
        return [(node.name, node.redis_connection or client.get_redis_connection(node)) for node in nodes]

    def client_of(self, key: str) -> redis.Redis:
        """A client for the one server that has `key`; behind Sentinel the primary as the sentinels name it now.

        Raises what Redis raises.
        """
        self.stay_with_the_primary()
        client: object = self.client
        if not isinstance(client, RedisCluster):
            return self.client
        node = client.get_node_from_key(key)
        return node.redis_connection or client.get_redis_connection(node)

    def place_of(self, key: str) -> tuple[str, int] | None:
        """The node of a cluster that has `key`; None where there is one server. Raises what Redis raises."""
        client: object = self.client
        if not isinstance(client, RedisCluster):
            return None
        node = client.get_node_from_key(key)
        return node.host, int(node.port)

    def among_the_first(self, pattern: str, count: int) -> list[bytes]:
        """The keys of this pattern that one look at so many of each server finds: all of them on a small one.

        What a node of a cluster has that is down is not told. Raises what Redis raises.
        """
        found: list[bytes] = []
        for _, node in self.named_nodes():
            try:
                found += cast("list[bytes]", node.scan(match=pattern, count=count)[1])
            except (redis.ConnectionError, redis.TimeoutError):
                if not self.cluster:
                    raise
        return found

    def node_of(self, key: str | bytes) -> str:
        """The name of the node that has `key`, and so runs a script that has it."""
        client: object = self.client
        if not isinstance(client, RedisCluster):
            return ""
        return str(client.get_node_from_key(key).name)

    def run(
        self,
        script: Script,
        names: Sequence[str | bytes],
        arguments: Sequence[str | bytes | float],
        *,
        channel: str = "",
    ) -> RedisReply:
        """Run a script; a server gets its text only when it does not have it. Raises what Redis raises.

        `channel` is where it publishes, if it does.
        """
        self.stay_with_the_primary()
        try:
            try:
                return self.client.evalsha(script.sha, len(names), *names, *arguments)
            except NoScriptError:
                return self.client.eval(script.text, len(names), *names, *arguments)
        except ResponseError as error:
            explain(error, asked_by(script, names, channel), self.client)
            raise

    def run_batch(self, calls: Sequence[ScriptCall]) -> list[RedisReply | RedisError | OSError]:
        """Send scripts in one write; to each its answer, or the error that came instead.

        A lost connection is the error of each call whose answer is missing. What the server does not have is refused
        (NoScriptError), not sent again: others behind it may hang on it. Not for a cluster.
        """
        self.stay_with_the_primary()
        answers: list[RedisReply | RedisError | OSError] = []
        try:
            for answer in self._exchange(calls):
                answers.append(answer)  # noqa: PERF402 (those before a loss are kept)
        except (RedisError, OSError) as lost:
            answers += [lost] * (len(calls) - len(answers))
        for call, answer in zip(calls, answers, strict=True):
            if isinstance(answer, ResponseError) and not isinstance(answer, NoScriptError):
                explain(answer, asked_by(call.script, call.names, call.channel), self.client)
        return answers

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Every failure of Redis inside the block leaves it as a ShemaError that names the server, not its password.

        Unreachable for what may pass (connection, time-out, loading, read-only, cluster down), Failed for the rest.
        """
        with redis_errors(self._settings):
            yield

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


class AnswersAhead:
    """Scripts and commands that are sent ahead of their answers, so that there is work done meanwhile.

    On one connection for as long as any answer is to come, and run in the order in which they were sent, each whatever
    becomes of the others. Not for two threads, nor for a cluster.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection: Connection | None = None
        self._sent = self._read = 0
        self._came: dict[int, RedisReply | ResponseError] = {}

    def ask(self, asks: Sequence[tuple[ScriptCall | PlainCall, Callable[[], RedisReply]]]) -> list[AnswerAhead]:
        """Send them in one write.

        Where that fails, or the server does not have one of them, waiting for its answer means asking what it comes
        with again.
        """
        first, self._sent = self._sent, self._sent + len(asks)
        with suppress(RedisError, OSError):
            self._send([call.words for call, _ in asks])
        return [AnswerAhead(again, self, number) for number, (_, again) in enumerate(asks, first)]

    def _send(self, commands: Sequence[Sequence[str | bytes | float]]) -> None:
        self._store.stay_with_the_primary()
        try:
            if self._connection is None:
                self._connection = self._store.client.connection_pool.get_connection()
            self._connection.send_packed_command(self._connection.pack_commands(commands))
        except BaseException:
            self.drop()
            raise

    def take(self, number: int) -> RedisReply:
        """An answer, once. Raises what Redis raises; a lost connection is final for all that were on their way."""
        while self._read <= number:
            self._came[self._read] = self._next()
            self._read += 1
            if self._read == self._sent:
                self._let_go(usable=True)
        if number not in self._came:
            raise redis.ConnectionError("the answer was lost on its way")
        answer = self._came.pop(number)
        if isinstance(answer, ResponseError):
            raise answer
        return answer

    def _next(self) -> RedisReply | ResponseError:
        assert self._connection is not None
        try:
            return self._connection.read_response()
        except ResponseError as refused:
            return refused
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """Wait for nothing that is on its way."""
        self._read = self._sent
        self._let_go(usable=False)

    def _let_go(self, *, usable: bool) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            _give_back(self._store.client.connection_pool, connection, usable=usable)


@dataclass(frozen=True)
class AnswerAhead:
    """The answer of a call that may be on its way: called for once, or dropped when nobody wants it any more."""

    again: Callable[[], RedisReply]
    answers: AnswersAhead | None = None
    number: int = 0

    def __call__(self) -> RedisReply:
        """Wait for it. Raises what asking again raises."""
        if self.answers is not None:
            with suppress(RedisError, OSError):  # `again` knows which of them to bear with, and what others are called
                return self.answers.take(self.number)
        return self.again()

    def drop(self) -> None:
        """Wait for nothing, nor for whatever else is on its way."""
        if self.answers is not None:
            self.answers.drop()


def _give_back(pool: ConnectionPool, connection: Connection, *, usable: bool) -> None:
    if not usable:
        connection.disconnect()
    pool.release(connection)


def sentinel(address: Address) -> Sentinel:
    """A client for the sentinels themselves; they have credentials of their own."""
    own = {"username": address.sentinel_username, "password": address.sentinel_password}
    options = {**own, **_transport(address), **_without_retries()}
    return Sentinel(list(address.hosts), sentinel_kwargs=options)


def connection_options(address: Address, client_name: str, *, only_here: bool = False) -> RedisOptions:
    """Everything that a connection to a data node needs, whichever node it is."""
    return {
        "username": address.username,
        "password": address.password,
        "db": address.database,
        "redis_connect_func": greeting(address.topology, client_name, only_here=only_here),
        "driver_info": None,
        "protocol": 2,
        **_transport(address),
    }


@contextmanager
def redis_errors(settings: Settings) -> Iterator[None]:
    """Every failure of Redis inside the block leaves it as a ShemaError that names the server, never its password."""
    try:
        yield
    except (RedisError, RedisClusterException, OSError) as error:
        raise translate(error, redis_address(settings)) from error


def _cluster(address: Address, client_name: str, *, only_here: bool) -> ClusterClient:
    options = connection_options(address, client_name)
    options["redis_connect_func"] = greeting(address.topology, client_name, whole=False, only_here=only_here)
    del options["db"]
    nodes = [ClusterNode(host, port) for host, port in address.hosts]
    return ClusterClient(
        startup_nodes=nodes,
        retry=Retry(NoBackoff(), 0),
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
        **options,
    )


def _transport(address: Address) -> RedisOptions:
    options: RedisOptions = {
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "socket_timeout": COMMAND_TIMEOUT_S,
        "socket_keepalive": True,
    }
    if address.tls:
        options.update(ssl=True, ssl_cert_reqs="required", ssl_check_hostname=True)
        options.update(tls_files(address))
    return options


def _without_retries() -> RedisOptions:
    return {
        "retry": Retry(NoBackoff(), 0),
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
