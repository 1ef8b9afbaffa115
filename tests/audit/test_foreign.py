"""Whatever others write into the stream stops nobody: it is one problem of `audit verify` (contract 1.5)."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from shema_cli.store import keys
from tests.dlq.support import Service
from tests.support.cli import shema
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey

FOREIGN: list[dict[bytes, bytes]] = [
    {b"hash": b"\xff"},
    {b"actor": b"somebody"},
    {b"hash": b"", b"prev": b""},
    {b"hash": b"A" * 64, b"prev": b"0" * 64},
    {b"details": b"[" * 100_000},
    {b"details": b'{"a":' * 50_000},
    {b"details": b'"\\ud800"', b"reason": b"\xed\xa0\x80", b"at": b"x"},
    {b"details": b"1e999", b"action": b"dlq.replay"},
    {b"details": b'{"run":{"a":[]},"events":[[1]],"replayed":1e999}', b"action": b"dlq.replay"},
    {b"details": b"x" * 1_000_000, b"target": b"\x1b[31m" * 200_000},
    {b"\xff\xfe": b"\xff", b"action": b"approve"},
    {
        b"receivers": b"9" * 5000,
        b"missing": b'[1e999, null, {"a":[]}]',
        b"action": b"publish",
        b"target": b"pay http://pay:1",
    },
    {b"details": b'{"missing":["' + b"\xff" * 9 + b'"]}', b"action": b"dlq.replay", b"target": b"pay http://pay:1"},
    {b"at": b"9" * 5000, b"keyId": b"\xff", b"mac": b"\xff"},
]


@pytest.fixture
def env(base_env: dict[str, str], server: HttpServer, valkey: Valkey) -> dict[str, str]:
    serve_identity(server)
    return {**base_env, **signed_in(server.url.removeprefix("http://")), "REDIS_URL": valkey.url}


@pytest.mark.parametrize("fields", FOREIGN, ids=lambda fields: repr(fields)[:30])
def test_it_is_one_problem_and_stops_nobody(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, fields: dict[bytes, bytes]
) -> None:
    publish = ["events", "publish", "user.updated", "--data", '{"userId":"u","changes":{}}', "--yes", "--json"]
    with Service(valkey.port, channels=("user.updated",)):
        assert shema(*publish, env=env).code == 0
        foreign: Any = fields
        id = redis_client.xadd(keys.AUDIT, foreign)
        assert isinstance(id, bytes)
        assert shema(*publish, env=env).code == 0
    assert shema("services", "register", "pay", "http://pay:1", "--yes", env=env).code == 0
    verified = shema("audit", "verify", "--json", env=env)
    assert verified.code == 1
    assert {problem["entry"] for problem in verified.json["problems"]} == {id.decode()}
    listed = shema("audit", "list", "--json", env=env)
    assert (listed.code, listed.json["total"]) == (0, 4)
    for argv in (["list"], ["list", "-o", "csv"]):
        run = shema("audit", *argv, env=env, terminal="csv" not in argv)
        assert (run.code, "fault" in run.err) == (0, False)
    traced = shema("trace", "pay http://pay:1", "--json", env=env)
    assert traced.code == 0
    for argv in (["trace", "nobody"], ["trace", "nobody", "--json"]):
        assert shema(*argv, env=env).code == 1
