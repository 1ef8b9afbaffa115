"""`shema users show`: cache-aside, shared with the services (contract 1.5, 2.3)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import redis

from tests.support.cli import Run, shema
from tests.support.http import Answer, HttpServer
from tests.support.signed_in import signed_in
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey, free_port

EMAIL = "ani+music@shema.test"
KEY = f"user:email:{EMAIL}"
USER = {"id": "u1", "email": EMAIL, "name": "Añi", "big": 2**60, "roles": []}
BODY = b'{ "id":"u1", "email":"ani+music@shema.test",\n "name":"A\xc3\xb1i","big":1152921504606846976,"roles":[] }'
PATH = "/api/users/by-email"


@pytest.fixture
def service() -> Iterator[HttpServer]:
    with HttpServer() as server:
        server.on("GET", PATH, Answer(body=BODY, headers={"content-type": "application/json"}))
        yield server


@pytest.fixture
def env(base_env: dict[str, str], service: HttpServer, valkey: Valkey) -> dict[str, str]:
    own = {"SERVICE_JWT_SECRET": "s" * 40, "USER_SERVICE_URL": service.url, "REDIS_URL": valkey.url}
    return {**base_env, **signed_in(), **own}


def show(env: dict[str, str], *argv: str, email: str = EMAIL) -> Run:
    return shema("users", "show", email, "-o", "json", *argv, env=env)


def test_a_miss_asks_the_service_and_keeps_its_answer_as_it_came(
    env: dict[str, str], service: HttpServer, redis_client: redis.Redis
) -> None:
    run = show(env)
    assert run.code == 0
    assert run.json == {**USER, "_cache": {"hit": False, "expires_in_s": 300}}
    assert service.requests[0].query == {"email": EMAIL}
    assert redis_client.get(KEY) == BODY
    assert 298 <= redis_client.ttl(KEY) <= 300


def test_a_hit_asks_nobody(env: dict[str, str], service: HttpServer, redis_client: redis.Redis) -> None:
    redis_client.set(KEY, json.dumps({**USER, "name": "kept"}), ex=100)
    run = show(env)
    assert run.json["name"] == "kept"
    assert run.json["_cache"] == {"hit": True, "expires_in_s": 100}
    assert service.requests == []


def test_an_entry_that_never_expires(env: dict[str, str], redis_client: redis.Redis) -> None:
    redis_client.set(KEY, json.dumps(USER))
    assert show(env).json["_cache"] == {"hit": True, "expires_in_s": None}


def test_fresh_asks_and_renews(env: dict[str, str], redis_client: redis.Redis) -> None:
    redis_client.set(KEY, json.dumps({**USER, "name": "kept"}), ex=100)
    assert show(env, "--fresh").json["name"] == "Añi"
    assert redis_client.get(KEY) == BODY


@pytest.mark.parametrize("stored", [b"", b"rubbish", b"null", b"[]", b"5", b'"x"', b"{}", b"\xff", b"[" * 9999])
def test_what_is_no_user_in_the_cache_is_told_and_replaced(
    env: dict[str, str], redis_client: redis.Redis, stored: bytes
) -> None:
    redis_client.set(KEY, stored)
    run = show(env)
    assert run.json == {**USER, "_cache": {"hit": False, "expires_in_s": 300}}
    assert "is not a user" in run.err
    assert redis_client.get(KEY) == BODY


def test_another_type_under_the_key(env: dict[str, str], redis_client: redis.Redis) -> None:
    redis_client.lpush(KEY, "x")
    run = show(env)
    assert run.json["id"] == "u1"
    assert "the cache is not used" in run.err


def test_redis_down_does_not_stop_the_look_up(env: dict[str, str]) -> None:
    run = show({**env, "REDIS_URL": f"redis://:hidden@127.0.0.1:{free_port()}"})
    assert run.code == 0
    assert run.json == {**USER, "_cache": {"hit": False, "expires_in_s": None}}
    assert run.err.count("the cache is not used") == 1
    assert "hidden" not in run.err


def test_without_redis(env: dict[str, str]) -> None:
    run = show({**env, "REDIS_URL": ""})
    assert run.code == 0
    assert run.json["_cache"] == {"hit": False, "expires_in_s": None}


def test_nobody_by_that_address(env: dict[str, str], service: HttpServer, redis_client: redis.Redis) -> None:
    service.on("GET", PATH, Answer(404, json={"error": "none"}))
    run = show(env)
    assert run.code == 1
    assert run.json["error"]["code"] == "user_not_found"
    assert run.json["error"]["hint"]
    assert redis_client.exists(KEY) == 0
    redis_client.set(KEY, json.dumps(USER), ex=100)
    assert show(env, "--fresh").code == 1
    assert redis_client.exists(KEY) == 0, "what the service no longer knows is no longer kept"


def test_whoever_types_an_id_is_told_that_an_address_is_wanted(env: dict[str, str], service: HttpServer) -> None:
    service.on("GET", PATH, Answer(404, json={"error": "none"}))
    run = shema("users", "show", "usr-0001", "--json", env=env)
    assert (run.code, run.json["error"]["hint"]) == (1, "users are looked up by email: shema users show EMAIL")


@pytest.mark.parametrize("body", [b"null", b"[]", b"", b"<html>", b'"x"'])
def test_an_answer_that_is_no_user_is_not_kept(
    env: dict[str, str], service: HttpServer, redis_client: redis.Redis, body: bytes
) -> None:
    service.on("GET", PATH, Answer(body=body))
    run = show(env)
    assert run.code == 1
    assert run.json["error"]["code"] == "bad_answer"
    assert redis_client.exists(KEY) == 0


def test_the_service_out_of_reach(env: dict[str, str]) -> None:
    assert show({**env, "USER_SERVICE_URL": f"http://127.0.0.1:{free_port()}"}).code == 3


def test_an_empty_address(env: dict[str, str]) -> None:
    assert show(env, email=" ").code == 2


def test_it_needs_an_admin(env: dict[str, str], service: HttpServer) -> None:
    assert show({**env, "SHEMA_ID_TOKEN": ""}).code == 4
    assert service.requests == []


def test_rows(env: dict[str, str]) -> None:
    run = shema("users", "show", EMAIL, env=env)
    assert run.out.splitlines()[:3] == ["id\tu1", f"email\t{EMAIL}", "name\tAñi"]


@pytest.mark.parametrize("columns", [40, 80])
def test_on_a_terminal(env: dict[str, str], columns: int) -> None:
    with Terminal("users", "show", EMAIL, env=env, columns=columns) as terminal:
        assert terminal.end() == 0
        assert EMAIL in terminal.text
        assert "from the user service, kept for 300 s" in terminal.text.replace("\n", " ")


def test_a_user_is_shown_in_his_own_digits(env: dict[str, str], redis_client: redis.Redis) -> None:
    digits = '"a":12345678901234567.89,"d":1.10,"e":1e5,"z":-0,"big":1e999,"dup":1,"dup":2'
    redis_client.set(KEY, f'{{"id":"u1",{digits},"half":"\\ud800"}}', ex=100)
    told = digits.replace("1e999", '"1e999"')
    assert show(env).out == f'{{"id":"u1",{told},"half":"\\\\ud800","_cache":{{"hit":true,"expires_in_s":100}}}}\n'
    rows = shema("users", "show", EMAIL, env=env).out.splitlines()
    assert rows[1:7] == ["a\t12345678901234567.89", "d\t1.10", "e\t1e5", "z\t-0", "big\t1e999", "dup\t1"]
