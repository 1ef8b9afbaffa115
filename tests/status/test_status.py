"""`shema status` through the edge: whatever is away, slow or lying, one pass says so in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from shema_cli.clock import iso
from shema_cli.condition.facts import RedisFacts, Unseen
from shema_cli.errors import ExitCode
from shema_cli.status.commands import _sight
from shema_cli.status.look import look
from shema_cli.status.results import Status
from shema_cli.store import keys
from tests.dashboard.school import School
from tests.dlq.support import event
from tests.support.cli import shema
from tests.support.http import Answer
from tests.support.proxy import Fault, FaultProxy
from tests.support.registry import value
from tests.support.signed_in import signed_in
from tests.support.subscriber import Listener
from tests.support.topologies import cluster
from tests.support.valkey import Valkey, free_port
from tests.support.world import StillClock, app_of


@pytest.fixture
def heard(valkey: Valkey) -> Iterator[None]:
    """Somebody hears approvals."""
    with Listener(valkey.port, "enrollment.approved"):
        yield


def problems(school: School, **env: str) -> list[str]:
    run = shema("status", "--json", env={**school.env, **env})
    assert run.code in (ExitCode.DONE, ExitCode.FAILED, ExitCode.UNREACHABLE), run.err
    return [f"{one['severity']} {one['what']}" for one in run.json["problems"]]


@pytest.mark.usefixtures("heard")
def test_where_all_is_well(school: School) -> None:
    run = shema("status", "--json", env=school.env)
    assert (run.code, run.json["problems"], run.json["unknown"]) == (0, [], []), run.json
    assert run.json["ok"] is True
    looked = {one["area"]: one["told"] for one in run.json["looked_at"]}
    assert looked["services"].startswith("5 of 5 services answer")
    assert looked["circuits"] == "all closed"
    drawn = shema("status", env={**school.env, "NO_COLOR": "1"}, terminal=True)
    assert drawn.out.startswith("✓ Nothing is wrong.\n")
    assert shema("status", env=school.env).out == ""


@pytest.mark.usefixtures("heard")
def test_the_first_line_is_the_headline_of_the_dashboard(school: School, valkey: Valkey) -> None:
    with valkey.client() as client:
        for minutes in (90, 4, 3):
            at = iso(datetime.now(UTC) - timedelta(minutes=minutes))
            client.lpush(keys.DEAD_LETTERS, json.dumps({"event": event(1), "error": "boom", "failedAt": at}))
    env = {**school.env, "COLUMNS": "120", "NO_COLOR": "1"}
    first = shema("status", env=env, terminal=True).out.splitlines()[0]
    assert "rising: 2 in the last hour, 1 in the one before" in first
    assert first in shema("dashboard", env=env, terminal=True).out


@pytest.mark.usefixtures("heard")
def test_a_terminal_that_can_draw_nothing_is_told_all_of_it(school: School, valkey: Valkey) -> None:
    with valkey.client() as client:
        client.lpush(keys.DEAD_LETTERS, json.dumps({"event": event(1), "error": "COURSE_SERVICE_UNAVAILABLE"}))
    dumb = shema("status", env={**school.env, "TERM": "dumb", "COLUMNS": "60"}, terminal=True)
    assert dumb.code == ExitCode.FAILED
    assert dumb.out.isascii()
    assert dumb.out.startswith("! 1 dead letter waits.\n")
    assert "COURSE_SERVICE_UNAVAILABLE" in dumb.out
    assert "\nservices: 5 of 5 services answer" in dumb.out
    assert "\n  -> shema dlq" in dumb.out
    aloud = shema("status", env={**school.env, "SHEMA_PLAIN": "1"}, terminal=True).out
    assert "severity: warn\narea: dlq\n" in aloud
    assert "severity: looked at\narea: services\nwhat: 5 of 5 services answer" in aloud
    assert "looked at" not in shema("status", env=school.env).out


@pytest.mark.usefixtures("heard")
def test_it_asks_nothing_twice_and_writes_nothing(school: School, valkey: Valkey) -> None:
    with valkey.client() as client:
        client.hset(f"{keys.REGISTRY_PREFIX}user", school.env["USER_SERVICE_URL"], value())
        before = client.hgetall(f"{keys.REGISTRY_PREFIX}user")
        assert problems(school) == []
        assert client.hgetall(f"{keys.REGISTRY_PREFIX}user") == before
    for server in school.servers.values():
        assert "/health" in [request.path for request in server.requests]
        assert len(server.requests) == 2


@pytest.mark.usefixtures("heard")
def test_a_failing_service_fails_no_circuit_by_being_looked_at(school: School) -> None:
    school.answers("chat", Answer(500))
    for _ in range(6):
        assert problems(school) == ["fail chat answers wrongly"]


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (Answer(200, body=b"<html>hello"), "fail chat answers wrongly"),
        (Answer(json={"active_count": "many"}), "fail chat answers wrongly"),
        (Answer(json=[]), "fail chat answers wrongly"),
        (Answer(401, json={"error": "Invalid service token"}), "fail chat refuses our service token"),
        (Answer(302, headers={"Location": "http://elsewhere.test/"}), "fail chat answers wrongly"),
    ],
)
def test_a_healthy_service_that_answers_wrongly(school: School, answer: Answer, line: str) -> None:
    school.answers("chat", answer)
    assert problems(school) == [line]


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("fault", [Fault.BLACK_HOLE, Fault.GARBAGE, Fault.RESET, Fault.DRIP, Fault.REFUSE])
async def test_a_service_that_hangs_drips_or_lies_is_down_when_the_time_is_over(school: School, fault: Fault) -> None:
    with FaultProxy(school.servers["chat"].port) as proxy:
        proxy.fault, proxy.drip_pause = fault, 0.5
        app = app_of({**school.env, "CHAT_SERVICE_URL": proxy.url})
        status = Status(await look(_sight(app), limit_s=2.0))
        app.close()
    assert [one.what for one in status.problems if one.area == "services"] == ["chat is down"]


@pytest.mark.parametrize("fault", [Fault.BLACK_HOLE, Fault.GARBAGE, Fault.RESET, Fault.DRIP, Fault.REFUSE])
async def test_redis_that_hangs_drips_or_lies_is_one_line(school: School, fault: Fault, valkey: Valkey) -> None:
    with FaultProxy(valkey.port) as proxy:
        proxy.fault, proxy.drip_pause = fault, 0.5
        app = app_of({**school.env, "REDIS_URL": proxy_url(proxy)})
        status = Status(await look(_sight(app), limit_s=2.0))
        app.close()
    assert [one.area for one in status.problems] == ["redis"]
    assert isinstance(status.seen.redis, RedisFacts)
    assert isinstance(status.seen.letters, Unseen)
    assert status.exit_code == ExitCode.FAILED


def proxy_url(proxy: FaultProxy) -> str:
    return f"redis://127.0.0.1:{proxy.port}/0"


async def test_redis_that_goes_away_after_the_first_answer_leaves_the_rest_unknown(
    school: School, valkey: Valkey
) -> None:
    with FaultProxy(valkey.port) as proxy:
        app = app_of({**school.env, "REDIS_URL": proxy_url(proxy)})
        app.store.knock()
        proxy.kill()
        proxy.fault = Fault.BLACK_HOLE
        status = Status(await look(_sight(app), limit_s=2.0))
        app.close()
    assert isinstance(status.seen.letters, Unseen)
    assert status.exit_code == ExitCode.FAILED


def test_everything_away(base_env: dict[str, str]) -> None:
    gone = f"127.0.0.1:{free_port()}"
    names = ("USER", "COURSE", "CHAT")
    env = {**base_env, **signed_in(), "REDIS_URL": f"redis://{gone}/0", "SERVICE_JWT_SECRET": "s" * 32}
    env |= {f"{name}_SERVICE_URL": f"http://{gone}" for name in names}
    run = shema("status", "--json", env=env)
    assert run.code == ExitCode.UNREACHABLE
    assert [one["what"] for one in run.json["problems"]] == ["neither Redis nor any of 3 services answers"]
    assert {one["area"] for one in run.json["unknown"]} == {"registry", "listeners", "dlq", "history", "audit"}


def test_nothing_set_at_all(base_env: dict[str, str]) -> None:
    run = shema("status", "--json", env={**base_env, **signed_in()})
    assert run.code == ExitCode.UNREACHABLE
    assert {one["what"] for one in run.json["problems"]} >= {"no service is known", "no service can be called"}


def test_nobody_signed_in(base_env: dict[str, str]) -> None:
    env = {name: value for name, value in signed_in().items() if name != "SHEMA_ID_TOKEN"}
    assert shema("status", env={**base_env, **env}).code == ExitCode.DENIED


async def test_a_clock_that_is_an_hour_off_is_told_once(school: School, clock: StillClock) -> None:
    clock.at -= timedelta(hours=1)
    date = {"Date": format_datetime(clock.now() + timedelta(hours=1), usegmt=True)}
    for name in school.servers:
        school.servers[name].on("GET", "/health", Answer(json={}, headers=date))
    app = app_of(school.env, clock=clock)
    status = Status(await look(_sight(app)))
    app.close()
    assert [one.what for one in status.problems if one.area == "clock"] == ["this machine's clock is 1h behind"]


@pytest.mark.usefixtures("heard")
def test_hostile_text_reaches_no_terminal_and_stays_on_its_line(school: School, valkey: Valkey) -> None:
    hostile = "\x1b]0;owned\x07\u202e[red]a|b\nnew line\x9b31m"
    entry = json.dumps({"event": {"eventType": "A_B", "eventId": "e"}, "error": hostile, "failedAt": "x"})
    with valkey.client() as client:
        client.lpush(keys.DEAD_LETTERS, entry)
        client.hset(f"{keys.REGISTRY_PREFIX}{'x' * 40}", hostile, "{}")
    drawn = shema("status", env=school.env, terminal=True)
    piped = shema("status", env=school.env)
    for text in (drawn.out, piped.out):
        assert "owned" in text
        assert not any(sign in text for sign in ("\x1b]", "\x07", "\u202e", "\x9b"))
    assert len(piped.out.splitlines()) == 2


@pytest.mark.usefixtures("heard")
def test_a_mixed_target_is_told(school: School, tmp_path: Path) -> None:
    folder = Path(school.env["SHEMA_CONFIG_DIR"])
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[profiles.production]\nREDIS_URL = "redis://cache.school.test:6379/0"\n')
    assert problems(school, SHEMA_PROFILE="production") == ["warn the target is mixed: nothing may be changed"]


def test_the_json_says_what_is_not_known(school: School) -> None:
    run: Any = shema("status", "--json", env={**school.env, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"})
    assert run.code == ExitCode.FAILED
    assert {one["area"] for one in run.json["unknown"]} == {"registry", "listeners", "dlq", "history", "audit"}
    assert [one["area"] for one in run.json["problems"]] == ["redis"]


@pytest.mark.usefixtures("heard")
def test_a_key_that_somebody_else_has_used_is_told_and_takes_nothing_else_away(school: School, valkey: Valkey) -> None:
    with valkey.client() as client:
        client.set(keys.DEAD_LETTERS, "no list")
    run = shema("status", "--json", env=school.env)
    assert [one["what"] for one in run.json["problems"]] == ["the dead letters could not be looked at"]
    assert [one["area"] for one in run.json["unknown"]] == ["dlq"]
    assert run.code == ExitCode.FAILED


def test_on_a_cluster(school: School) -> None:
    with cluster() as nodes:
        env = {**school.env, "REDIS_URL": nodes.url}
        registered = f"{keys.REGISTRY_PREFIX}user"
        with nodes.node_of(keys.DEAD_LETTERS).client() as letters, nodes.node_of(registered).client() as registry:
            letters.lpush(keys.DEAD_LETTERS, b"x")
            registry.hset(registered, school.env["USER_SERVICE_URL"], value(listens=["user.updated"]))
        run = shema("status", "--json", env=env)
        checked = shema("check", "--json", env=env)
    assert run.json["unknown"] == []
    assert {one["area"] for one in run.json["problems"]} == {"dlq", "listeners"}
    assert checked.json["status"] == "warning"
