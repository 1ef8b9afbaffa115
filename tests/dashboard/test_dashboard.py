"""`shema dashboard` from outside: shapes, states and exit codes (contract 2.3)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.holding import assert_document
from tests.dashboard.school import STATS, School, good
from tests.support.cli import Run, shema
from tests.support.http import Answer, Request
from tests.support.valkey import free_port


def dashboard(school: School, *argv: str, **changes: str) -> Run:
    run = shema("dashboard", "-o", "json", *argv, env={**school.env, **changes})
    assert_document(run.json, "dashboard")
    for stat, name in zip(run.json["stats"].values(), run.json["sources"], strict=True):
        assert (stat is None) == (run.json["sources"][name]["state"] == "unavailable")
    return run


def states(run: Run) -> dict[str, str]:
    return {name: source["state"] for name, source in run.json["sources"].items()}


def test_all_live(school: School) -> None:
    run = dashboard(school)
    assert run.code == 0
    assert run.json["stats"] == STATS
    assert set(states(run).values()) == {"live"}
    for name, source in run.json["sources"].items():
        sent = school.servers[name].requests[0].headers
        assert source["request_id"] == sent["x-request-id"]
        assert sent["authorization"].startswith("Bearer ")


def test_the_five_are_asked_at_the_same_time(school: School) -> None:
    together = threading.Barrier(5)

    def wait_for_the_others(name: str) -> Callable[[Request], Answer]:
        def answer(_: Request) -> Answer:
            together.wait(timeout=4)
            return good(name)

        return answer

    for name in school.servers:
        school.servers[name].on("GET", _path(name), wait_for_the_others(name))
    assert dashboard(school).code == 0


def test_a_failing_service_shows_its_last_number_and_its_age(school: School) -> None:
    before = dashboard(school).json["sources"]["chat"]["as_of"]
    school.fails("chat")
    run = dashboard(school)
    assert run.code == 1
    assert run.json["stats"] == STATS
    chat = run.json["sources"]["chat"]
    assert chat["state"] == "stale"
    assert chat["as_of"] == before
    assert chat["age_s"] > 0
    assert chat["error"]["code"] == "service_rejected"
    assert chat["request_id"] == school.servers["chat"].requests[-1].headers["x-request-id"]


def test_without_a_last_number_it_is_unavailable(school: School) -> None:
    school.fails("course", "user")
    run = dashboard(school)
    assert run.code == 1
    assert run.json["stats"] == {**STATS, "total_courses": None, "total_students": None}
    assert states(run)["course"] == "unavailable"


def test_none_live_is_out_of_reach_with_the_same_shape(school: School) -> None:
    dashboard(school)
    school.fails()
    run = dashboard(school)
    assert run.code == 3
    assert run.json["stats"] == STATS
    assert set(states(run).values()) == {"stale"}


def test_max_stale(school: School) -> None:
    dashboard(school)
    school.fails("user")
    assert states(dashboard(school, "--max-stale", "1h"))["user"] == "stale"
    assert states(dashboard(school, "--max-stale", "0"))["user"] == "unavailable"


@pytest.mark.parametrize("given", ["soon", "-1", ""])
def test_max_stale_must_be_a_duration(school: School, given: str) -> None:
    assert shema("dashboard", f"--max-stale={given}", env=school.env).code == 2


def test_a_number_of_another_url_is_never_shown(school: School) -> None:
    dashboard(school)
    elsewhere = f"http://127.0.0.1:{free_port()}"
    assert states(dashboard(school, USER_SERVICE_URL=elsewhere))["user"] == "unavailable"
    school.fails("user")
    both = f"{elsewhere},{school.servers['user'].url}/"
    assert states(dashboard(school, USER_SERVICE_URL=both))["user"] == "stale"


def test_a_number_of_another_profile_is_never_shown(school: School) -> None:
    folder = Path(school.env["SHEMA_CONFIG_DIR"])
    folder.mkdir()
    (folder / "config.toml").write_text("[profiles.one]\n[profiles.two]\n")
    dashboard(school, "--profile", "one")
    school.fails("user")
    assert states(dashboard(school, "--profile", "one"))["user"] == "stale"
    assert states(dashboard(school, "--profile", "two"))["user"] == "unavailable"


def test_a_service_that_is_not_configured_is_named(school: School) -> None:
    run = dashboard(school, CHAT_SERVICE_URL="")
    chat = run.json["sources"]["chat"]
    assert run.code == 1
    assert chat["state"] == "unavailable"
    assert chat["error"]["code"] == "not_configured"
    assert "CHAT_SERVICE_URL" in chat["error"]["message"]
    assert chat["request_id"] is None


def test_without_the_secret_nothing_is_asked(school: School) -> None:
    run = shema("dashboard", "-o", "json", env={**school.env, "SERVICE_JWT_SECRET": ""})
    assert run.code == 2
    assert run.json["error"]["code"] == "not_configured"
    assert not any(server.requests for server in school.servers.values())


@pytest.mark.parametrize("value", [True, "12", 1.0, -1, [], {}, 1e3], ids=repr)
def test_a_count_that_is_none_is_that_service_s_error(school: School, value: object) -> None:
    school.answers("enrollment", good("enrollment", value))
    run = dashboard(school)
    assert run.code == 1
    assert run.json["sources"]["enrollment"]["error"]["code"] == "bad_answer"
    assert run.json["stats"] == {**STATS, "pending_enrollments": None}


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"null", b"[]", b'{"pending_count":null}', b'{"pending_count":NaN}', b"\xff\xfe", b"[" * 9999],
)
def test_a_mad_answer_breaks_no_other(school: School, body: bytes) -> None:
    school.answers("enrollment", Answer(body=body))
    run = dashboard(school)
    assert run.code == 1
    assert {name for name, state in states(run).items() if state == "live"} == {"user", "chat", "course", "schedule"}


def test_zero_and_numbers_beyond_64_bits_are_counts(school: School) -> None:
    school.answers("chat", good("chat", 0))
    school.answers("course", good("course", 10**30))
    run = dashboard(school)
    assert run.code == 0
    assert (run.json["stats"]["active_chats"], run.json["stats"]["total_courses"]) == (0, 10**30)
    school.fails("chat", "course")
    run = dashboard(school)
    assert (run.json["stats"]["active_chats"], run.json["stats"]["total_courses"]) == (0, 10**30)


@pytest.mark.parametrize("name", ["dashboard.db", "dashboard.db-wal"])
def test_a_broken_database_costs_only_the_old_numbers(school: School, name: str) -> None:
    state = Path(school.env["SHEMA_STATE_DIR"])
    state.mkdir(mode=0o700)
    (state / name).write_bytes(b"this is no database" * 500)
    assert dashboard(school).code == 0
    school.fails("user")
    assert states(dashboard(school))["user"] == "stale"


def test_a_database_that_cannot_be_opened_is_told(school: School) -> None:
    state = Path(school.env["SHEMA_STATE_DIR"])
    state.mkdir(mode=0o700)
    (state / "dashboard.db").mkdir()
    run = dashboard(school)
    assert run.code == 0
    assert "last good numbers" in run.err


def test_piped_rows_are_whole(school: School) -> None:
    school.fails("chat")
    run = shema("dashboard", env=school.env)
    rows = [line.split("\t") for line in run.out.splitlines()]
    assert [row[:3] for row in rows[:3]] == [
        ["total_students", "1284", "live"],
        ["pending_enrollments", "7", "live"],
        ["active_chats", "", "unavailable"],
    ]
    assert len(rows) == 5
    assert {len(row) for row in rows} == {10}
    assert "service_rejected: chat answered 403" in rows[2][-1]
    assert "\x1b" not in run.out


def test_csv(school: School) -> None:
    run = shema("dashboard", "-o", "csv", env=school.env)
    assert run.out.splitlines()[0].startswith("stat,value,state,as_of,age_s,")
    assert run.out.splitlines()[1].startswith("total_students,1284,live,")


def test_it_needs_an_admin(school: School) -> None:
    run = shema("dashboard", "-o", "json", env={**school.env, "SHEMA_ID_TOKEN": ""})
    assert run.code == 4
    assert not any(server.requests for server in school.servers.values())


def _path(name: str) -> str:
    from tests.dashboard.school import source

    return source(name).path
