"""`shema services …` as it is typed: documents, tables, exit codes, audit trail, terminals of three widths."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest
import redis

from tests.support.cli import Run, shema
from tests.support.http import Answer, HttpServer
from tests.support.registry import put
from tests.support.signed_in import serve_identity, signed_in
from tests.support.trail import audited
from tests.support.valkey import Valkey, free_port

CORE = ["auth", "user", "course", "booking", "chat", "recommendation", "enrollment", "schedule"]


@pytest.fixture
def firebase() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield serve_identity(server)


@pytest.fixture
def env(base_env: dict[str, str], firebase: HttpServer) -> dict[str, str]:
    return {**base_env, **signed_in(f"127.0.0.1:{firebase.port}"), "SERVICE_JWT_SECRET": "s" * 32}


def services(*argv: str, env: dict[str, str], **variables: str) -> Run:
    return shema("services", *argv, env={**env, **variables})


def test_list_names_the_core_services_and_every_other(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    put(redis_client, "http://pay:1", ttl=60, registeredAt="2020-01-01T00:00:00Z")
    put(redis_client, "http://user:9", service="user")
    variables = {"USER_SERVICE_URL": "http://user:1,http://user:2/", "BIG_BAND_SERVICE_URL": "http://b:1"}
    run = services("list", "--json", env=env, REDIS_URL=valkey.url, **variables)
    found = run.json["services"]
    assert run.code == 0
    assert [service["name"] for service in found] == [*CORE, "big-band", "pay"]
    by_name = {service["name"]: service for service in found}
    assert by_name["auth"] == {
        "name": "auth",
        "configured": False,
        "variable": "AUTH_SERVICE_URL",
        "instances": [],
    }
    assert by_name["user"]["configured"] is True
    assert by_name["user"]["instances"] == [
        {"url": "http://user:1", "source": "config", "expires_in_s": None},
        {"url": "http://user:2", "source": "config", "expires_in_s": None},
        {"url": "http://user:9", "source": "registry", "expires_in_s": None},
    ]
    assert by_name["big-band"]["variable"] == "BIG_BAND_SERVICE_URL"
    assert by_name["pay"]["instances"][0]["expires_in_s"] < 0


def test_list_without_the_registry_is_an_error_that_still_lists(env: dict[str, str]) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    run = services("list", "--json", env=env, REDIS_URL=nowhere, USER_SERVICE_URL="http://u:1")
    assert run.code == 3
    assert run.json["services"][1]["configured"] is True
    run = services("list", "--json", env=env, REDIS_URL=nowhere)
    assert run.code == 3
    assert run.json["error"]["code"] == "redis_unreachable"


def test_health_as_rows(env: dict[str, str], server: HttpServer) -> None:
    server.on("GET", "/health", Answer(200))
    run = services("health", env=env, USER_SERVICE_URL=server.url)
    assert run.code == 0
    assert re.fullmatch(rf"user\thealthy\t{server.url}\thealthy\t200\t\d+\tclosed\tconfig\t\n", run.out)
    run = services("health", "-o", "csv", env=env, USER_SERVICE_URL=server.url)
    assert run.out.splitlines()[0] == "name,service,url,state,status,latency_ms,circuit,source,error"


@pytest.mark.parametrize("before", [True, False])
def test_every_check_is_a_log_line(env: dict[str, str], server: HttpServer, before: bool) -> None:
    server.on("GET", "/health", Answer(200))
    options, words = ["--log-format", "json"], ["services", "health"]
    run = shema(*(options + words if before else words + options), env={**env, "USER_SERVICE_URL": server.url})
    (line,) = [json.loads(line) for line in run.err.splitlines() if line.startswith("{")]
    assert list(line) == [
        *("type", "service", "endpoint", "duration_ms", "status", "timestamp"),
        *("request_id", "attempt", "instance"),
    ]
    assert (line["service"], line["endpoint"], line["status"], line["instance"]) == ("user", "/health", 200, server.url)
    run = shema(*words, "-v", env={**env, "USER_SERVICE_URL": server.url})
    assert "user /health 200" in run.err


def test_health_exits_1_when_something_is_down(env: dict[str, str], server: HttpServer) -> None:
    server.on("GET", "/health", Answer(500))
    assert services("health", env=env, USER_SERVICE_URL=server.url).code == 1


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("health", "usr"), 2),
        (("health", "--wait", "soon"), 2),
        (("health", "--wait", "1", "--watch"), 2),
        (("health", "a b"), 2),
        (("resolve", "usr"), 2),
        (("resolve",), 2),
    ],
)
def test_usage(env: dict[str, str], argv: tuple[str, ...], code: int) -> None:
    assert services(*argv, env=env, USER_SERVICE_URL="http://u:1").code == code


def test_resolve_takes_turns(env: dict[str, str]) -> None:
    found = [
        services("resolve", "User", "--json", env=env, USER_SERVICE_URL="http://a:1,http://b:1").json for _ in "12"
    ]
    assert found == [
        {"name": "user", "url": "http://a:1", "source": "config"},
        {"name": "user", "url": "http://b:1", "source": "config"},
    ]
    assert services("resolve", "user", env=env, USER_SERVICE_URL="http://a:1").out == "user\thttp://a:1\tconfig\n"


@pytest.mark.parametrize(
    "argv", [("list",), ("health",), ("resolve", "user"), ("register", "user", "http://u:1", "--yes")]
)
def test_nobody_signed_in(base_env: dict[str, str], server: HttpServer, argv: tuple[str, ...]) -> None:
    run = services(*argv, "--json", env=base_env, USER_SERVICE_URL=server.url, FIREBASE_PROJECT_ID="demo-shema")
    assert run.code == 4
    assert server.requests == []


# -- the registry by hand ----------------------------------------------------------------------------------------


def test_register_renew_deregister(env: dict[str, str], valkey: Valkey, redis_client: redis.Redis) -> None:
    change = ("pay", "http://pay:1/")
    argv = ("register", *change, "--health", "/up", "--ttl", "90s", "--yes", "--json")
    first = services(*argv, env=env, REDIS_URL=valkey.url)
    assert (first.code, first.json["outcome"]) == (0, "registered")
    assert services(*argv, env=env, REDIS_URL=valkey.url).json == {
        "name": "pay",
        "url": "http://pay:1",
        "outcome": "renewed",
        "healthCheck": "/up",
        "ttl": 90.0,
    }
    stored = json.loads(redis_client.hget("{shema}:registry:pay", "http://pay:1") or b"")
    assert {**stored, "registeredAt": ""} == {"healthCheck": "/up", "registeredAt": "", "lastCheck": None, "ttl": 90}
    removed = services("deregister", *change, "--yes", "--json", env=env, REDIS_URL=valkey.url)
    assert (removed.code, removed.json["outcome"]) == (0, "deregistered")
    assert services("deregister", *change, "--yes", env=env, REDIS_URL=valkey.url).code == 1
    trail = audited(redis_client)
    assert [entry["action"] for entry in trail] == ["services.register"] * 2 + ["services.deregister"]
    assert trail[0]["target"] == "pay http://pay:1"
    assert trail[0]["actorEmail"] == "admin@shema.test"


def test_a_dry_run_changes_nothing(env: dict[str, str], valkey: Valkey, redis_client: redis.Redis) -> None:
    run = services("register", "pay", "http://pay:1", "--dry-run", "--json", env=env, REDIS_URL=valkey.url)
    assert (run.code, run.json["outcome"]) == (0, "planned")
    assert redis_client.keys() == []
    put(redis_client, "http://pay:1")
    assert services("deregister", "pay", "http://pay:1", "--dry-run", env=env, REDIS_URL=valkey.url).code == 0
    assert redis_client.hexists("{shema}:registry:pay", "http://pay:1")


def test_without_a_terminal_the_flag_is_named(env: dict[str, str], valkey: Valkey, redis_client: redis.Redis) -> None:
    run = services("register", "pay", "http://pay:1", env=env, REDIS_URL=valkey.url)
    assert run.code == 2
    assert "--yes" in run.err
    assert redis_client.keys() == []


def test_what_a_service_says_it_listens_to_outlives_a_renewal_by_hand(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    put(redis_client, "http://pay:1", listens=["booking.created"], region="west")
    renew = ("register", "pay", "http://pay:1", "--yes", "--json")

    kept = services(*renew, env=env, REDIS_URL=valkey.url)
    assert (kept.code, kept.json["outcome"], kept.json["listens"]) == (0, "renewed", ["booking.created"])
    named = services(*renew, "--listens", "user.updated", "--listens", "chat:*", env=env, REDIS_URL=valkey.url)
    assert named.json["listens"] == ["user.updated", "chat:*"]
    stored = json.loads(redis_client.hget("{shema}:registry:pay", "http://pay:1") or b"")
    assert (stored["listens"], stored["region"]) == (["user.updated", "chat:*"], "west")


def test_garbage_can_be_deregistered(env: dict[str, str], valkey: Valkey, redis_client: redis.Redis) -> None:
    redis_client.hset("{shema}:registry:pay", "not a url", "not json")
    assert services("deregister", "pay", "not a url", "--yes", env=env, REDIS_URL=valkey.url).code == 0
    assert not redis_client.exists("{shema}:registry:pay")


@pytest.mark.parametrize(
    "argv",
    [
        ("pay", "pay:1"),
        ("pay", "http://u:p@pay:1"),
        ("p a y", "http://pay:1"),
        ("pay", "http://pay:1", "--health", "//evil.example"),
        ("pay", "http://pay:1", "--ttl", "0"),
        ("pay", "http://pay:1", "--ttl", "-5"),
    ],
)
def test_what_cannot_be_registered(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, argv: tuple[str, ...]
) -> None:
    assert services("register", *argv, "--yes", env=env, REDIS_URL=valkey.url).code == 2
    assert redis_client.keys() == []


def test_the_registry_needs_redis(env: dict[str, str]) -> None:
    assert services("register", "pay", "http://pay:1", "--yes", env=env).code == 2
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    assert services("register", "pay", "http://pay:1", "--yes", env=env, REDIS_URL=nowhere).code == 3


# -- on a terminal -----------------------------------------------------------------------------------------------


def screen_of(env: dict[str, str], width: int, *argv: str, until: str = "", rows: int = 60) -> list[str]:
    """What stands on a real terminal of that width when the command has ended, or when `until` has come."""
    child = pexpect.spawn(
        "shema",
        ["services", *argv],
        env={**env, "TERM": "xterm-256color", "PATH": _path()},
        dimensions=(rows, width),
        timeout=60,
    )
    screen = pyte.Screen(width, rows)
    stream = pyte.ByteStream(screen)
    child.expect(until or pexpect.EOF)
    stream.feed(child.before + (child.after if until else b""))
    if until:
        child.kill(signal.SIGINT)
        child.expect(pexpect.EOF)
        stream.feed(child.before)
    child.close()
    return [line.rstrip() for line in screen.display]


def _path() -> str:
    return f"{Path(sys.executable).parent}:{os.environ['PATH']}"


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_it_fits_the_terminal(env: dict[str, str], server: HttpServer, width: int) -> None:
    server.on("GET", "/health", Answer(200))
    nowhere = f"http://127.0.0.1:{free_port()}"
    variables = {"USER_SERVICE_URL": f"{server.url},{nowhere}", "COURSE_SERVICE_URL": server.url}
    shown = screen_of({**env, **variables}, width, "health")
    text = "\n".join(shown)
    assert "2 services: 1 healthy, 1 degraded" in text
    for whole in (server.url, nowhere, "user", "course"):
        assert any(whole in line for line in shown), f"{whole} is broken over lines at {width}"
    listed = screen_of({**env, **variables}, width, "list")
    assert any("SCHEDULE_SERVICE_URL" in line for line in listed)


@pytest.mark.parametrize(("answer", "code", "kept"), [("n", 5, 0), ("y", 0, 1)])
def test_a_change_is_asked_for(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, answer: str, code: int, kept: int
) -> None:
    variables = {**env, "REDIS_URL": valkey.url, "TERM": "xterm-256color", "PATH": _path()}
    child = pexpect.spawn("shema", ["services", "register", "pay", "http://pay:1"], env=variables, timeout=60)
    child.expect("Register 1 instance of pay: http://pay:1.*Target: .*default.*y/N")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert redis_client.hlen("{shema}:registry:pay") == kept


def test_watch_draws_in_place_and_leaves_the_terminal_as_it_was(env: dict[str, str], server: HttpServer) -> None:
    server.on("GET", "/health", Answer(200), Answer(503))
    shown = screen_of(
        {**env, "USER_SERVICE_URL": server.url}, 80, "health", "--watch", until="1 unhealthy.*answered 503"
    )
    text = "\n".join(shown)
    assert text.count("1 service:") == 1
    assert "interrupted" in text


def test_a_watch_that_is_killed_leaves_the_cursor(env: dict[str, str], server: HttpServer) -> None:
    server.on("GET", "/health", Answer(503))
    variables = {**env, "USER_SERVICE_URL": server.url, "TERM": "xterm-256color", "PATH": _path()}
    child = pexpect.spawn("shema", ["services", "health", "--watch"], env=variables, timeout=60)
    child.expect("answered 503")
    written = child.before
    child.kill(signal.SIGTERM)
    child.expect(pexpect.EOF)
    written += child.before
    child.close()
    assert written.rfind(b"\x1b[?25h") >= written.rfind(b"\x1b[?25l")


def test_watch_into_a_pipe_is_a_line_a_look(env: dict[str, str], server: HttpServer) -> None:
    server.on("GET", "/health", Answer(200), Answer(503))
    watch = ["shema", "services", "health", "--watch", "--json"]
    variables = {**env, "USER_SERVICE_URL": server.url, "PATH": _path()}
    with subprocess.Popen(watch, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        looks: list[Any] = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert [look["healthy"] for look in looks] == [True, False]


def test_a_password_in_a_url_is_refused_without_repeating_it(env: dict[str, str], valkey: Valkey) -> None:
    secret = "http://u:hunter2@h:1"
    put(redis.Redis.from_url(valkey.url), secret, "chat")
    for words, code in (
        (("health", "user"), 2),
        (("health", "chat"), 2),
        (("register", "foo", secret, "--dry-run"), 2),
        (("deregister", "foo", secret, "--dry-run"), 1),
        (("list",), 2),
    ):
        run = shema("services", *words, env={**env, "REDIS_URL": valkey.url, "USER_SERVICE_URL": secret})
        assert run.code == code, words
        assert "********@h:1" in run.err, words
        assert "hunter2" not in run.err + run.out


@pytest.mark.parametrize("words", [["--watch", "0.1"], ["--watch=0.1"], ["user", "--watch", "0.1s"]])
def test_how_often_a_watch_looks_can_be_said(env: dict[str, str], server: HttpServer, words: list[str]) -> None:
    server.on("GET", "/health", Answer(200))
    variables = {**env, "USER_SERVICE_URL": server.url, "PATH": _path()}
    command = ["shema", "services", "health", *words, "--json"]
    with subprocess.Popen(command, env=variables, text=True, stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert all(json.loads(child.stdout.readline()) for _ in range(5))
        child.terminate()


def test_a_name_after_a_bare_watch_is_a_name(env: dict[str, str]) -> None:
    run = services("health", "--watch", "usr", env=env, USER_SERVICE_URL="http://u:1")
    assert (run.code, "usr" in run.err) == (2, True)
    for argv in (("health", "--watch", "0.01"), ("health", "--watch=soon")):
        assert "--watch" in services(*argv, env=env, USER_SERVICE_URL="http://u:1").err


def test_an_open_circuit_says_how_long_still_and_can_be_closed(base_env: dict[str, str], server: HttpServer) -> None:
    server.on("GET", "/x", Answer(500), Answer(500), Answer(500), Answer(500), Answer(500), Answer(json={}))
    env = {**base_env, **signed_in(), "USER_SERVICE_URL": server.url, "SERVICE_JWT_SECRET": "s" * 32}
    assert shema("api", "user", "/x", env=env).code == 1
    assert re.search(r"its circuit is open now for (60|59|58) s more", shema("api", "user", "/x", env=env).err)
    refused = shema("api", "user", "/x", env=env)
    assert re.search(r"the circuit of \S+ is open for \d\d s more after too many failures", refused.err)
    assert "shema services reset user" in refused.err
    closed = shema("services", "reset", "user", "--json", env=env)
    assert closed.json == {"name": "user", "instances": [{"url": server.url, "was": "open"}]}
    assert shema("api", "user", "/x", env=env).code == 0
    assert shema("services", "reset", "nobody", env=env).code == 2
