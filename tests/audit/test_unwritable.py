"""A trail that cannot be written refuses the change: nothing is done, and the error names the key (contract 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from shema_cli.store import keys
from tests.dlq.support import Service, letter, push, stored
from tests.support.cli import Run, shema
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.trail import audited, ended
from tests.support.valkey import Valkey

LAST = f"{2**64 - 1}-{2**64 - 1}"


def wrong_type(client: redis.Redis) -> None:
    client.set(keys.AUDIT, "x")


def exhausted(client: redis.Redis) -> None:
    client.xadd(keys.AUDIT, {"a": "b"}, id=LAST)


def denied(client: redis.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "default", "-xadd")


BREAKAGES = [wrong_type, exhausted, denied]
Break = Callable[[redis.Redis], None]


@pytest.fixture
def env(base_env: dict[str, str], server: HttpServer, valkey: Valkey) -> dict[str, str]:
    serve_identity(server)
    return {**base_env, **signed_in(server.url.removeprefix("http://")), "REDIS_URL": valkey.url}


@pytest.fixture
def client(valkey: Valkey) -> Iterator[redis.Redis]:
    with valkey.client() as opened:
        yield opened
        opened.execute_command("ACL", "SETUSER", "default", "+@all")


def refused(run: Run) -> None:
    assert run.code == 1, run.err
    error = run.json["error"]
    assert (error["code"], keys.AUDIT in error["message"]) == ("audit_unwritable", True), error
    assert "nothing was changed" in error["message"]
    assert error["hint"]


@pytest.mark.parametrize("broken", BREAKAGES)
def test_register_and_deregister(env: dict[str, str], client: redis.Redis, broken: Break) -> None:
    client.hset(f"{keys.REGISTRY_PREFIX}pay", "http://pay:1/", "{}")
    broken(client)
    before = client.hgetall(f"{keys.REGISTRY_PREFIX}pay")
    for argv in (
        ("register", "pay", "http://pay:2"),
        ("register", "pay", "http://pay:1"),
        ("deregister", "pay", "http://pay:1"),
    ):
        refused(shema("services", *argv, "--yes", "--json", env=env))
        assert client.hgetall(f"{keys.REGISTRY_PREFIX}pay") == before


@pytest.fixture
def letters(client: redis.Redis) -> list[bytes]:
    raws = [letter(n) for n in range(3)]
    push(client, raws)
    return raws


@pytest.mark.parametrize("broken", BREAKAGES)
@pytest.mark.parametrize("words", [("replay", "--all"), ("discard", "--all")], ids=str)
def test_dead_letters_are_neither_replayed_nor_discarded(
    env: dict[str, str],
    client: redis.Redis,
    valkey: Valkey,
    letters: list[bytes],
    broken: Break,
    words: tuple[str, ...],
    tmp_path: Path,
) -> None:
    broken(client)
    export = ["--export", str(tmp_path / "gone.jsonl")] if words[0] == "discard" else []
    with Service(valkey.port) as service:
        refused(shema("dlq", *words, *export, "--yes", "--json", env=env))
        assert not service.heard
    assert stored(client) == letters
    assert list(tmp_path.glob("gone*")) == [], "no file says that they were discarded"


@pytest.mark.parametrize("broken", BREAKAGES)
def test_nothing_is_imported(
    env: dict[str, str], client: redis.Redis, letters: list[bytes], broken: Break, tmp_path: Path
) -> None:
    file = str(tmp_path / "kept.jsonl")
    assert shema("dlq", "export", file, env=env).code == 0
    client.delete(keys.DEAD_LETTERS)
    broken(client)
    refused(shema("dlq", "import", file, "--yes", "--json", env=env))
    assert stored(client) == []


def test_a_user_without_a_right_to_the_trail_replays_nothing(
    env: dict[str, str], client: redis.Redis, valkey: Valkey, letters: list[bytes]
) -> None:
    user = ["narrow", "on", ">pw", "+@all", "&*", "resetkeys", "~events:dead_letter", "~{events:*", "~{shema}:tails"]
    client.execute_command("ACL", "SETUSER", *user)
    narrow = valkey.url.replace("redis://", "redis://narrow:pw@")
    with Service(valkey.port) as service:
        run = shema("dlq", "replay", "--all", "--yes", "--json", env=env | {"REDIS_URL": narrow})
        assert (run.code, "{shema}:" in run.json["error"]["message"]) == (1, True), run.out
        assert not service.heard
    assert shema("dlq", "recover", "--yes", "--json", env=env).json == {"recovered": 0}
    assert stored(client) == letters
    assert audited(client) == []


def test_a_full_redis_lets_go_of_what_fills_it_and_writes_that_down(
    env: dict[str, str], client: redis.Redis, letters: list[bytes], tmp_path: Path
) -> None:
    try:
        client.config_set("maxmemory", "1mb")
        for number in range(3):
            file = str(tmp_path / f"gone-{number}.jsonl")
            run = shema("dlq", "discard", "--all", "--limit", "1", "--export", file, "--yes", "--json", env=env)
            assert (run.code, run.json["discarded"]) == (0, 1), run.err
        assert shema("dlq", "recover", "--yes", env=env).code == 0
    finally:
        client.config_set("maxmemory", "0")
    assert [entry["action"] for entry in ended(client)] == ["dlq.discard"] * 3
    assert stored(client) == []
