"""TLS as it goes wrong with real servers, client certificates, sockets, and addresses that others tell: all named."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shema_cli.errors import NotConfigured, ShemaError, Unreachable
from shema_cli.settings.address import parse_address
from shema_cli.store.errors import translate
from tests.support.canned import CannedRedis, bulk
from tests.support.servers import EVERY_TLS_SERVER, ServerKind
from tests.support.store import store_at
from tests.support.subscriber import subscriber_of
from tests.support.topologies import RealTlsServer, cluster, real_tls_server, sentinel_set
from tests.support.valkey import Valkey


@pytest.fixture(params=EVERY_TLS_SERVER)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealTlsServer]:
    with real_tls_server(request.param.program, tmp_path) as running:
        yield running


@pytest.fixture(params=EVERY_TLS_SERVER)
def mutual(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealTlsServer]:
    kind: ServerKind = request.param
    assert kind.program
    with real_tls_server(kind.program, tmp_path, mutual=True) as running:
        yield running


def works(url: str) -> bool:
    """For a command and for a tail."""
    with closing(store_at(url)) as store, store.errors():
        subscriber_of(store, b"*").open().close()
        return store.client.set("x", "1") is True


def problem(url: str) -> ShemaError:
    with closing(store_at(url)) as store, pytest.raises(ShemaError) as told, store.errors():
        store.client.set("x", "1")
    return told.value


# -- TLS -------------------------------------------------------------------------------------------------------------


def test_a_server_that_speaks_tls(server: RealTlsServer) -> None:
    assert works(server.url())


def test_a_port_of_tls_that_is_spoken_to_without_it(server: RealTlsServer) -> None:
    told = problem(f"redis://127.0.0.1:{server.tls_port}")
    assert isinstance(told, Unreachable)
    assert f"127.0.0.1:{server.tls_port}" in told.message
    assert "rediss://" in str(told.hint)


def test_a_port_without_tls_that_is_spoken_to_with_it(server: RealTlsServer) -> None:
    told = problem(server.url().replace(str(server.tls_port), str(server.plain_port)))
    assert isinstance(told, Unreachable)
    assert "does not answer in TLS" in told.message
    assert "redis://" in str(told.hint)


@pytest.mark.everywhere
def test_an_authority_that_nobody_named(server: RealTlsServer) -> None:
    told = problem(f"rediss://127.0.0.1:{server.tls_port}")
    assert "from an authority that this machine does not know" in told.message
    assert "SHEMA_CA_FILE" in str(told.hint)


@pytest.mark.everywhere
def test_a_client_certificate(mutual: RealTlsServer) -> None:
    assert works(mutual.url(mutual.certificate))


def test_a_client_certificate_that_is_wanted(mutual: RealTlsServer) -> None:
    told = problem(
        mutual.url()
    )  # where its refusal is overtaken by the end of the connection, the hint says that it may
    assert re.search("wants? a client certificate", f"{told.message} {told.hint}")
    assert "ssl_certfile" in str(told.hint)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ssl_ca_certs=/nowhere/ca.pem", "ssl_ca_certs in REDIS_URL: /nowhere/ca.pem: No such file or directory"),
        ("ssl_certfile=/nowhere/me.pem", "ssl_certfile in REDIS_URL: /nowhere/me.pem: No such file or directory"),
        ("ssl_keyfile=/nowhere/me.key", "ssl_keyfile in REDIS_URL: /nowhere/me.key: No such file or directory"),
        ("ssl_ca_certs=/etc/hostname", "it holds no certificate (PEM)"),
        ("ssl_certfile=/etc/hostname", "cannot be read as PEM"),
    ],
)
@pytest.mark.parametrize("scheme", ["rediss", "rediss+cluster"])
def test_a_file_that_cannot_be_used_is_named(scheme: str, query: str, said: str) -> None:
    url = f"{scheme}://127.0.0.1:1?{query}"
    told = problem(url)
    assert isinstance(told, NotConfigured)
    assert said in told.message
    with pytest.raises(NotConfigured):
        subscriber_of(store_at(url), b"*").open()


# -- sockets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["unix", "redis+unix"])
def test_a_unix_socket(tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "redis.sock"
    server = Valkey(("--unixsocket", str(path)))
    try:
        server.start()
        assert works(f"{scheme}://{path}?db=3")
        with server.client() as client:
            client.select(3)
            assert client.exists("x")
    finally:
        server.stop()
    told = problem(f"{scheme}://{path}")
    assert isinstance(told, Unreachable)
    assert str(path) in told.message


# -- what others tell ------------------------------------------------------------------------------------------------

SLOTS = b"*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n" + bulk("127.0.0.1") + b":1\r\n" + bulk("0" * 40)
CLUSTER = b"*4\r\n" + bulk("version") + bulk("7.2.0") + bulk("mode") + bulk("cluster")


def test_an_address_that_a_cluster_tells_and_that_cannot_be_reached_is_named() -> None:
    answers = {"HELLO": CLUSTER, "CLUSTER": SLOTS, "COMMAND": b"*0\r\n"}
    with CannedRedis(answers) as node:
        told = problem(node.url.replace("redis:", "redis+cluster:"))
    assert isinstance(told, Unreachable)
    assert "127.0.0.1:1 was refused" in told.message
    assert "the address that the cluster announces" in str(told.hint)


def test_a_node_that_does_not_answer_is_named() -> None:
    with cluster() as nodes:
        with closing(store_at(nodes.url)) as store, store.errors():
            store.client.set("x", "1")
        node = nodes.node_of("x")
        assert node.process
        os.kill(node.process.pid, 19)
        with closing(store_at(nodes.url)) as store, pytest.raises(Unreachable) as told, store.errors():
            store.client.set("x", "1")
    assert f"127.0.0.1:{node.port} did not answer in time" in told.value.message


def test_an_address_that_the_sentinels_tell_and_that_cannot_be_reached_is_named() -> None:
    with sentinel_set(1) as watched:
        watched.primary.kill()
        told = problem(watched.url)
    assert f"127.0.0.1:{watched.primary.port} was refused" in told.message
    assert "the address that the sentinels tell" in str(told.hint)


def test_what_no_network_says_is_told_as_it_came() -> None:
    found = translate(ConnectionError("gone"), parse_address("redis://h:7"))
    assert found.message == "Redis at h:7 cannot be used now: gone"
