"""What a new connection says and asks: too old, a cluster's node or a sentinel is told before anything is done, and
whoever may not be asked is used all the same."""

from __future__ import annotations

from contextlib import closing

import pytest
import redis

from shema_cli.errors import ExitCode, Unreachable
from shema_cli.store.connection import Store
from shema_cli.store.errors import translate
from tests.support.canned import CannedRedis, bulk
from tests.support.servers import EVERY_SERVER, ServerKind
from tests.support.store import store_at
from tests.support.subscriber import subscriber_of
from tests.support.topologies import cluster, sentinel_set
from tests.support.valkey import Valkey


def refusal(store: Store) -> Unreachable:
    """Why nothing can be done with it; nothing but the greeting was sent."""
    with closing(store), pytest.raises(Unreachable) as told, store.errors():
        store.client.set("written", "1")
    assert told.value.exit_code is ExitCode.UNREACHABLE
    return told.value


def ping(store: Store) -> bool:
    with closing(store), store.errors():
        return bool(store.client.ping())


# -- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EVERY_SERVER)
def test_a_node_of_a_cluster_is_not_taken_for_one_server(kind: ServerKind) -> None:
    with cluster(1, program=kind.program) as nodes:
        (node,) = nodes.nodes
        told = refusal(store_at(node.url))
        with pytest.raises(redis.RedisError) as heard:
            subscriber_of(store_at(node.url), b"*").open()
        with node.client() as client:
            assert not client.exists("written")
    assert told.code == translate(heard.value).code == "redis_cluster_node"
    assert f"127.0.0.1:{node.port} is a node of a cluster" in told.message
    assert "redis+cluster://" in str(told.hint)


def test_a_redirection_tells_it_where_the_server_does_not() -> None:
    """A proxy may answer HELLO and INFO with anything."""
    with CannedRedis({"SET": b"-MOVED 14921 127.0.0.1:47219\r\n"}) as server:
        told = refusal(store_at(server.url))
    assert told.code == "redis_cluster_node"
    assert "14921" not in told.message


def test_one_server_is_not_taken_for_a_cluster(valkey: Valkey) -> None:
    told = refusal(store_at(valkey.url.replace("redis:", "redis+cluster:").removesuffix("/0")))
    assert told.code == "redis_no_cluster"
    assert f"127.0.0.1:{valkey.port} is not a node of a cluster" in told.message
    assert "redis://" in str(told.hint)


def test_a_sentinel_is_not_taken_for_the_server_that_it_watches() -> None:
    with sentinel_set(1) as watched:
        told = refusal(store_at(f"redis://127.0.0.1:{watched.sentinels[0].port}"))
    assert told.code == "redis_sentinel"
    assert "redis+sentinel://" in str(told.hint)


OLD_INFO = bulk("# Server\r\nredis_version:6.0.16\r\nredis_mode:standalone\r\n")
WRONG_ARITY = b"-ERR wrong number of arguments for 'hello' command\r\n"


@pytest.mark.parametrize("hello", [WRONG_ARITY, b"-ERR unknown command `HELLO`\r\n"])
def test_a_version_below_the_oldest_is_named_with_the_one_that_is_needed(hello: bytes) -> None:
    with CannedRedis({"HELLO": hello, "INFO": OLD_INFO, "CLIENT": b"+OK\r\n", "SET": b"+OK\r\n"}) as server:
        told = refusal(store_at(server.url))
        assert "SET" not in server.asked
    assert told.code == "redis_too_old"
    assert "is version 6.0.16" in told.message
    assert "6.2" in told.message


@pytest.mark.parametrize("version", ["6.2.0", "7.4.1", "10.0", "255.255.255", "a fork", ""])
def test_any_other_version_is_used(version: str) -> None:
    hello = b"*4\r\n" + bulk("version") + bulk(version) + bulk("mode") + bulk("standalone")
    with CannedRedis({"HELLO": hello, "PING": b"+PONG\r\n"}) as server:
        assert ping(store_at(server.url))


# -- what nothing depends on -------------------------------------------------------------------------------------


def test_from_a_server_that_tells_nothing_nothing_is_concluded() -> None:
    refused = b"-NOPERM this user has no permissions to run the 'info' command\r\n"
    with CannedRedis({"INFO": refused, "PING": b"+PONG\r\n"}) as server:
        assert ping(store_at(server.url))
        assert server.asked == ["CLIENT", "HELLO", "INFO", "PING"]


@pytest.mark.parametrize("kind", EVERY_SERVER)
def test_where_the_client_may_not_be_named_it_is_used_without_a_name(kind: ServerKind) -> None:
    with kind.started("--rename-command", "CLIENT", "") as server:
        assert ping(store_at(server.url))
    with kind.started() as server, server.client() as client:
        client.execute_command("ACL", "SETUSER", "low", "on", ">pw", "~*", "&*", "-@all", "+ping")
        assert ping(store_at(f"redis://low:pw@127.0.0.1:{server.port}"))


def test_a_client_is_known_by_its_name(any_server: Valkey) -> None:
    store = Store(store_at(any_server.url)._settings, client_name="shema-cli:test")
    with closing(store), any_server.client() as client:
        store.client.ping()
        assert "shema-cli:test" in {one["name"] for one in client.client_list()}
