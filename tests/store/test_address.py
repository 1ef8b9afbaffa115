"""`REDIS_URL` in all its forms, and Redis' errors in the words of this program."""

from __future__ import annotations

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.errors import Failed, NotConfigured, Unreachable
from shema_cli.store.address import Topology, parse_address
from shema_cli.store.errors import translate
from tests.support.cli import shema
from tests.support.signed_in import signed_in


@pytest.mark.parametrize(
    ("url", "topology", "hosts", "tls", "service", "database"),
    [
        ("redis://h", Topology.SINGLE, (("h", 6379),), False, "", 0),
        ("redis://h:1/3", Topology.SINGLE, (("h", 1),), False, "", 3),
        ("redis://h?db=4", Topology.SINGLE, (("h", 6379),), False, "", 4),
        ("rediss://[::1]:7", Topology.SINGLE, (("::1", 7),), True, "", 0),
        ("redis+sentinel://a,b:2/main", Topology.SENTINEL, (("a", 26379), ("b", 2)), False, "main", 0),
        ("rediss+sentinel://a:1/main/5", Topology.SENTINEL, (("a", 1),), True, "main", 5),
        ("redis+cluster://a:1,b:2/", Topology.CLUSTER, (("a", 1), ("b", 2)), False, "", 0),
    ],
)
def test_each_form_is_read(url: str, topology: Topology, hosts: object, tls: bool, service: str, database: int) -> None:
    found = parse_address(url)
    assert (found.topology, found.hosts, found.tls) == (topology, hosts, tls)
    assert (found.service, found.database) == (service, database)


def test_credentials_are_decoded_and_never_shown() -> None:
    found = parse_address("redis+sentinel://ann:p%40ss%2Fword@h:1/main?sentinel_password=other")
    assert (found.username, found.password, found.sentinel_password) == ("ann", "p@ss/word", "other")
    assert "p@ss" not in repr(found) + found.label
    assert "other" not in repr(found)
    assert found.label == "h:1 (service main)"


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://h",
        "redis+sentinel://h:1",
        "redis+cluster://h/2",
        "redis://a,b",
        "redis://h:port",
        "redis://h:99999",
        "redis://h/x",
        "redis+else://h",
    ],
)
def test_a_malformed_url_is_an_error_of_the_settings(url: str) -> None:
    with pytest.raises(NotConfigured):
        parse_address(url)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_without_being_repeated(text: str) -> None:
    said = ""
    try:
        parse_address(f"redis://user:sesame-{text}@h")
    except NotConfigured as error:
        said = f"{error.message} {error.hint}"
    assert "sesame" not in said


def test_without_a_url_the_command_says_so(base_env: dict[str, str]) -> None:
    run = shema("events", "tail", "--json", env={**base_env, **signed_in()})
    assert (run.code, run.json["error"]["code"]) == (2, "not_configured")
    assert "REDIS_URL" in run.json["error"]["message"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (redis.ConnectionError("refused"), Unreachable),
        (redis.TimeoutError("timed out"), Unreachable),
        (redis.ReadOnlyError("READONLY …"), Unreachable),
        (redis.exceptions.ClusterDownError("CLUSTERDOWN"), Unreachable),
        (redis.exceptions.RedisClusterException("no nodes"), Unreachable),
        (redis.ResponseError("LOADING Redis is loading"), Unreachable),
        (OSError("no route"), Unreachable),
        (redis.AuthenticationError("WRONGPASS"), Failed),
        (redis.exceptions.NoPermissionError("NOPERM"), Failed),
        (redis.ResponseError("WRONGTYPE"), Failed),
    ],
)
def test_errors_are_translated(error: Exception, kind: type[Exception]) -> None:
    found = translate(error, "h:1")
    assert type(found) is kind
    assert "h:1" in found.message


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Error 111 connecting to h:1. Connection refused.", "Connection refused"),
        ("No master found for 'm' : <redis.client.Redis(<…>)> - x", "No master found for 'm'"),
        ("", "ConnectionError"),
    ],
)
def test_what_redis_py_says_to_its_developers_is_left_out(text: str, shown: str) -> None:
    assert translate(redis.ConnectionError(text), "h:1").message == f"Redis at h:1 cannot be used now: {shown}"
