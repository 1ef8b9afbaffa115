"""`shema dlq ack` and `unack` as they are typed."""

from __future__ import annotations

import json

import pytest
import redis

from shema_cli.errors import ExitCode
from shema_cli.store import keys
from tests.dlq.families.support import OF_FULL, OF_LATE
from tests.dlq.support import Shema, letter, push
from tests.support.cli import shema
from tests.support.trail import audited
from tests.support.valkey import Valkey, free_port

HOSTILE = "\x1b[2J\x9b\u202egone\r\nsince Monday"


@pytest.fixture(autouse=True)
def _letters(redis_client: redis.Redis) -> None:
    push(redis_client, [letter(1), letter(2), letter(3, error="no seat left in the course")])


def test_without_yes_it_asks_and_a_dry_run_does_not(dlq: Shema, redis_client: redis.Redis) -> None:
    asked = dlq("ack", OF_LATE)
    assert (asked.code, "--yes" in asked.err) == (ExitCode.USAGE, True)
    tried = dlq("ack", OF_LATE, "--dry-run")
    assert tried.code == 0
    assert redis_client.exists(keys.ACKNOWLEDGED) == 0


def test_a_hostile_note_commands_nothing(dlq: Shema, redis_client: redis.Redis) -> None:
    done = dlq("ack", OF_LATE, "--note", HOSTILE, "--yes")
    assert done.code == 0
    for run in (done, dlq("ack", OF_LATE, "--yes"), dlq("unack", OF_LATE, "--dry-run"), dlq("stats", terminal=True)):
        assert not {"\x9b", "\u202e", "\r"} & set(run.out + run.err)
        assert "\x1b[2J" not in run.out + run.err
    assert dlq.json("ack", OF_LATE, "--yes")["note"] == HOSTILE
    assert audited(redis_client)[0]["reason"] == HOSTILE


def test_what_cannot_be_meant_is_refused(dlq: Shema) -> None:
    assert dlq.json("ack", OF_LATE, "--note", "x" * 10_000, "--yes", code=2)["error"]["code"] == "long_note"
    for until in ("2020-01-01", "0", "tomorrow"):
        assert dlq.json("ack", OF_LATE, "--until", until, "--yes", code=2)["error"]["code"] == "bad_time"
    unknown = dlq.json("ack", "0000", "--yes", code=1)["error"]
    assert unknown["code"] == "no_such_family"
    assert OF_LATE in unknown["message"]
    assert dlq.json("unack", OF_LATE, "--yes", code=1)["error"]["code"] == "not_acknowledged"


@pytest.mark.parametrize("command", ["ack", "unack"])
def test_a_target_that_is_only_read_is_left_as_it_is(command: str, dlq: Shema, redis_client: redis.Redis) -> None:
    assert dlq.json(command, OF_LATE, "--yes", "--read-only", code=5)["error"]["code"] == "read_only"
    assert audited(redis_client) == []


@pytest.mark.parametrize("command", ["ack", "unack"])
def test_redis_is_away(command: str, dlq_env: dict[str, str]) -> None:
    away = Shema({**dlq_env, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"})
    assert away.json(command, OF_LATE, "--yes", code=3)["error"]["code"] == "redis_unreachable"


def test_status_and_check_leave_a_known_family_out(dlq: Shema, dlq_env: dict[str, str], valkey: Valkey) -> None:
    def dlq_area() -> tuple[int, dict[str, object]]:
        run = shema("check", "dlq", "--json", env=dlq_env)
        return run.code, json.loads(run.out)["areas"][0]

    assert dlq_area()[0] == 1
    for family in (OF_LATE, OF_FULL):
        dlq.json("ack", family, "--yes")
    code, area = dlq_area()
    assert (code, area["problems"]) == (0, [])
    assert "3 acknowledged" in str(area["told"])
    with valkey.client() as client:
        client.delete(keys.ACKNOWLEDGED)
        client.set(keys.ACKNOWLEDGED, "x")
    code, area = dlq_area()
    assert code == 1
    assert "is not known" in str(area["problems"])
