"""What is drawn for people is in the machine's time zone, what programs read in UTC (contract 3.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from shema_cli.clock import TO_THE_MINUTE, TO_THE_SECOND, local_time, parse_iso
from shema_cli.store import keys
from tests.support.cli import shema
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.trail import audited
from tests.support.valkey import Valkey
from tests.support.zone import in_zone

FAILED_AT = "2026-07-31T08:00:00.000Z"
ZONES = {"Asia/Jakarta": "2026-07-31 15:00:00 +07:00", "America/St_Johns": "2026-07-31 05:30:00 -02:30"}
UTC_DRAWN = re.compile(r"\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z")


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    with in_zone(request.param):
        yield request.param


@pytest.fixture
def env(
    base_env: dict[str, str], valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    monkeypatch.chdir(tmp_path)
    with HttpServer() as firebase:
        serve_identity(firebase)
        emulator = signed_in(f"127.0.0.1:{firebase.port}")
        yield {**base_env, **emulator, "REDIS_URL": valkey.url, "NO_COLOR": "1", "SHEMA_PAGER": "cat"}


@pytest.fixture
def letters(redis_client: redis.Redis) -> None:
    for number, failed_at in enumerate((FAILED_AT, "2026-07-31T09:00:00.000Z")):
        event = {"eventType": "USER_UPDATED", "eventId": f"evt_{number}", "data": {}}
        redis_client.lpush(keys.DEAD_LETTERS, json.dumps({"event": event, "error": "x", "failedAt": failed_at}))


@pytest.mark.parametrize("command", [("dlq", "show", "evt_0"), ("dlq", "stats")], ids=" ".join)
@pytest.mark.parametrize("variables", [{}, {"SHEMA_PLAIN": "1"}], ids=["drawn", "plain"])
def test_a_dead_letter_failed_at_local_time(
    env: dict[str, str], zone: str, letters: None, command: tuple[str, ...], variables: dict[str, str]
) -> None:
    drawn = shema(*command, env={**env, **variables}, terminal=True)
    told_as_an_age = "stats" in command and not variables
    assert ("oldest" if told_as_an_age else ZONES[zone]) in drawn.out
    assert not UTC_DRAWN.search(drawn.out.partition("{")[0]), "but for the entry itself, as it came"
    piped = shema(*command, env=env)
    assert FAILED_AT in piped.out
    assert FAILED_AT in shema(*command, "--json", env=env).out


def test_a_trace_has_a_day_and_an_offset(env: dict[str, str], zone: str, letters: None) -> None:
    _, time, offset = ZONES[zone].split()
    drawn = shema("trace", "evt_0", env=env, terminal=True)
    assert f"Friday 31 July 2026 {offset}" in drawn.out
    assert time in drawn.out
    plain = shema("trace", "evt_0", env={**env, "SHEMA_PLAIN": "1"}, terminal=True)
    assert ZONES[zone] in plain.out
    assert not UTC_DRAWN.search(drawn.out + plain.out)
    assert FAILED_AT in shema("trace", "evt_0", env=env).out
    assert FAILED_AT in shema("trace", "evt_0", "--json", env=env).out


def test_the_trail_is_drawn_and_asked_for_in_local_time(
    env: dict[str, str], zone: str, redis_client: redis.Redis, letters: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shema("dlq", "discard", "evt_0", "--yes", env=env).code == 0
    entry = audited(redis_client)[-1]
    at = parse_iso(entry["at"])
    assert at
    for columns, form in (("80", TO_THE_SECOND), ("100", TO_THE_MINUTE)):  # one below the other, and as a table
        monkeypatch.setenv("COLUMNS", columns)
        drawn = shema("audit", "list", env=env, terminal=True).out
        assert local_time(at, form) in drawn
    assert entry["at"] in shema("audit", "list", env=env).out
    assert entry["at"] in shema("audit", "list", "-o", "csv", env=env).out
    wall = "%Y-%m-%dT%H:%M:%S"
    before, after = (local_time(at + timedelta(minutes=n), wall).partition(" ")[0] for n in (-1, 1))
    assert entry["at"] in shema("audit", "list", "--since", before, "--until", after, env=env).out
    assert entry["at"] not in shema("audit", "list", "--since", after, env=env).out


def test_a_session_ends_at_local_time(env: dict[str, str], zone: str) -> None:
    expires_at = shema("auth", "status", "--json", env=env).json["expires_at"]
    moment = parse_iso(expires_at)
    assert moment
    assert local_time(moment) in shema("auth", "status", env=env, terminal=True).out
    assert expires_at in shema("auth", "status", env=env).out
