"""`shema doctor`: every line says how it is and what to do; nothing is changed; nothing takes another one down."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.clock import SystemClock
from shema_cli.doctor import diagnose
from shema_cli.doctor.bench import Bench, Say, Skip
from shema_cli.doctor.results import Finding
from shema_cli.errors import ExitCode
from shema_cli.output.streams import Streams
from shema_cli.settings.sources import load_settings
from shema_cli.store.rights import acl_line
from tests.support.cli import CapturedStream, shema
from tests.support.topologies import cluster
from tests.support.valkey import Valkey


def checks(env: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in shema("doctor", "--json", env=env).json["checks"]:
        found.setdefault(f"{finding['area']}: {finding['check']}", []).append(finding)
    return found


def states(env: dict[str, str], check: str) -> list[str]:
    return [finding["state"] for finding in checks(env).get(check, [])]


def test_what_failed_is_told_first(env: dict[str, str]) -> None:
    run = shema("doctor", "--json", env={**env, "REDIS_URL": "redis://127.0.0.1:9"})
    states = [check["state"] for check in run.json["checks"]]
    assert states == sorted(states, key=["fail", "warn", "ok"].index)
    assert set(states) == {"fail", "warn", "ok"}


def test_a_failed_check_is_exit_1_and_says_what_to_do(env: dict[str, str]) -> None:
    done = shema("doctor", "--json", env=env)
    assert done.code == ExitCode.FAILED
    assert done.json["ok"] is False
    assert done.json["summary"]["fail"] == sum(c["state"] == "fail" for c in done.json["checks"])
    for finding in done.json["checks"]:
        assert set(finding) == {"area", "check", "state", "message", "advice"}
        assert (finding["advice"] is None) == (finding["state"] == "ok"), finding


@pytest.mark.parametrize("width", [40, 80, 120])
def test_it_fits_the_terminal(env: dict[str, str], width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    out = shema("doctor", env={**env, "NO_COLOR": "1"}, terminal=True).out
    assert "sign-in: session" in out
    assert all(len(line) <= width for line in out.splitlines())


@pytest.mark.everywhere
def test_nothing_is_changed(env: dict[str, str], redis_client: redis.Redis, tmp_path: Path) -> None:
    redis_client.lpush("events:dead_letter", json.dumps({"event": {"eventType": "USER_UPDATED"}, "failedAt": "x"}))
    before = (sorted(tmp_path.rglob("*")), _content(redis_client))
    shema("doctor", env=env)
    assert (sorted(tmp_path.rglob("*")), _content(redis_client)) == before


def _content(client: redis.Redis) -> dict[bytes, Any]:
    names: Any = client.keys("*")
    return {name: client.dump(name) for name in sorted(names)}


def test_redis_out_of_reach_is_told_once(env: dict[str, str]) -> None:
    found = checks({**env, "REDIS_URL": "redis://127.0.0.1:1/0"})
    assert [f["state"] for f in found["redis: server"]] == ["fail"]
    assert not any(name.startswith(("redis: ", "messages")) for name in found if name != "redis: server")
    assert "shema doctor" not in found["redis: server"][0]["advice"]


def test_a_project_that_is_missing_is_told_once(base_env: dict[str, str]) -> None:
    found = checks(base_env)
    assert "FIREBASE_PROJECT_ID" in found["sign-in: firebase"][0]["message"]
    assert "sign-in: session" not in found


def test_a_server_that_never_answers_takes_nothing_from_the_other_checks(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnose.diagnose, "__defaults__", (0.5,))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = checks({**env, "REDIS_URL": f"redis://127.0.0.1:{silent.getsockname()[1]}/0"})
    assert "no answer" in found["redis: server"][0]["message"]
    assert found["settings: profile"][0]["state"] == "ok"
    assert found["terminal: abilities"][0]["state"] == "ok"


def test_a_check_that_breaks_is_a_finding(env: dict[str, str]) -> None:
    def broken(_: Bench, say: Say) -> Iterator[Finding]:
        yield say.ok("first")
        raise RuntimeError("boom")

    def skipped(_: Bench, say: Say) -> Iterator[Finding]:
        raise Skip
        yield say.ok("never")

    def fine(_: Bench, say: Say) -> Iterator[Finding]:
        yield say.ok("fine")

    bench = _bench(env)
    found = diagnose.diagnose(bench, [("a", "1", broken), ("a", "2", skipped), ("a", "3", fine)]).findings
    assert [(f.check, f.state) for f in found] == [("1", "fail"), ("1", "ok"), ("3", "ok")]
    assert "boom" in found[0].message


def _bench(env: dict[str, str]) -> Bench:
    streams = Streams(CapturedStream(), CapturedStream(), CapturedStream(), env)
    return Bench(load_settings(environ=env), streams, SystemClock())


def test_rights_that_are_missing_are_named(env: dict[str, str], valkey: Valkey, redis_client: redis.Redis) -> None:
    assert states(env, "redis: rights") == ["ok"]
    redis_client.acl_setuser(
        "reader", enabled=True, passwords=["+pw"], commands=["+@all", "-publish"], keys=["*"], channels=["*"]
    )
    try:
        limited = {**env, "REDIS_URL": valkey.url.replace("//", "//reader:pw@")}
        rights = checks(limited)["redis: rights"]
        assert rights[0]["state"] == "fail"
        assert "PUBLISH" in rights[0]["message"]
        redis_client.acl_setuser("reader", enabled=True, commands=["-acl"])
        assert states(limited, "redis: rights") == ["fail"]
    finally:
        redis_client.acl_deluser("reader")


def test_what_the_server_would_lose_is_told(env: dict[str, str], redis_client: redis.Redis) -> None:
    assert states(env, "redis: persistence") == ["warn"]
    assert states(env, "redis: memory") == ["ok"]
    assert states(env, "redis: subscribers") == ["ok"]
    redis_client.config_set("maxmemory", "1gb")
    redis_client.config_set("maxmemory-policy", "allkeys-lru")
    redis_client.config_set("client-output-buffer-limit", "pubsub 1mb 1mb 10")
    try:
        found = checks(env)
        assert found["redis: memory"][0]["state"] == "warn"
        assert found["redis: subscribers"][0]["state"] == "warn"
    finally:
        redis_client.config_set("maxmemory", "0")
        redis_client.config_set("maxmemory-policy", "noeviction")
        redis_client.config_set("client-output-buffer-limit", "pubsub 32mb 8mb 60")


def test_dead_letters_and_listeners_are_told(env: dict[str, str], redis_client: redis.Redis) -> None:
    assert states(env, "messages: dead letters") == ["ok"]
    assert states(env, "messages: listeners") == ["warn"]
    redis_client.lpush("events:dead_letter", "anything")
    with redis_client.pubsub() as service:
        service.subscribe("enrollment.approved")
        assert service.get_message(timeout=2)
        found = checks(env)
    assert found["messages: dead letters"][0]["state"] == "warn"
    assert found["messages: listeners"][0]["state"] == "ok"


def test_registrations_that_expired_or_make_no_sense_are_told(env: dict[str, str], redis_client: redis.Redis) -> None:
    old = {"healthCheck": "/health", "registeredAt": "2020-01-01T00:00:00.000Z", "lastCheck": None, "ttl": 5}
    redis_client.hset("{shema}:registry:chat", "http://127.0.0.1:1", json.dumps(old))
    redis_client.hset("{shema}:registry:chat", "nonsense", "{")
    assert states(env, "services: registry") == ["warn", "warn", "ok"]


def test_files_that_others_may_read_are_told(env: dict[str, str]) -> None:
    state = Path(env["SHEMA_STATE_DIR"])
    state.mkdir(mode=0o755)
    (state / "session-x.json").write_text("{}")
    found = checks(env)["files: state"]
    assert [f["state"] for f in found] == ["fail", "warn"]
    (state / "session-x.json").chmod(0o600)
    state.chmod(0o700)
    assert states(env, "files: state") == ["ok"]


def test_a_profile_that_does_not_exist_is_told_and_the_rest_still_looked_at(env: dict[str, str]) -> None:
    found = checks({**env, "SHEMA_PROFILE": "nowhere"})
    assert found["settings: profile"][0]["state"] == "fail"
    assert found["redis: server"][0]["state"] == "ok"


def test_completion_is_found_once_it_is_installed(env: dict[str, str]) -> None:
    mine = {**env, "SHELL": "/bin/bash"}
    assert states(mine, "terminal: completion") == ["warn"]
    shema("completions", "install", env=mine)
    assert states(mine, "terminal: completion") == ["ok"]


def test_a_cluster_is_looked_at_as_well(env: dict[str, str]) -> None:
    with cluster() as nodes:
        found = checks({**env, "REDIS_URL": nodes.url})
    for name in ("server", "clock", "memory", "subscribers", "rights"):
        assert [f["state"] for f in found[f"redis: {name}"]] == ["ok"], found[f"redis: {name}"]
    assert "cluster" in found["redis: server"][0]["message"]
    assert "maxmemory" in found["redis: memory"][0]["message"]


def test_a_node_of_a_cluster_is_told_once_with_the_address_to_write(env: dict[str, str]) -> None:
    with cluster(1) as nodes:
        run = shema("doctor", "-o", "json", env={**env, "REDIS_URL": nodes.nodes[0].url})
    told = [check for check in run.json["checks"] if check["area"] in ("redis", "messages")]
    assert [(check["check"], check["state"]) for check in told] == [("server", "fail")]
    assert "is a node of a cluster" in told[0]["message"]
    assert "redis+cluster://" in told[0]["advice"]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_line_for_a_user_with_few_rights_is_whole_and_stands_below_the_rest(
    env: dict[str, str], valkey: Valkey, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    run = shema("doctor", env={**env, "NO_COLOR": "1", "REDIS_URL": valkey.url}, terminal=True)
    assert "ACL SETUSER" not in run.out
    assert all(len(line) <= width for line in run.out.splitlines())
    assert run.err.splitlines()[-2] == acl_line()
