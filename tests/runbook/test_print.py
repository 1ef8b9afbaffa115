"""`shema runbook` where nobody presses a key: it looks, prints what fits, and runs nothing."""

from __future__ import annotations

import socket

import pytest

from shema_cli.cases.book import ANSWERED_BY, CASES, NAMED
from shema_cli.errors import AccessDenied, ExitCode, NotConfigured, ShemaError, Unreachable
from shema_cli.runbook.guide import not_let_in
from tests.contract.holding import assert_document
from tests.dashboard.school import School
from tests.dlq.support import entry_id, letter, push
from tests.runbook.conftest import goes_down
from tests.support.cli import shema
from tests.support.valkey import Valkey, free_port


def test_the_cases_that_fit_come_first_and_all_are_there(school: School) -> None:
    goes_down(school, "course")
    run = shema("runbook", "--json", env=school.env)
    assert run.code == 0
    assert_document(run.json, "runbook")
    found = run.json["cases"]
    assert [one["name"] for one in found if one["fits"]] == ["service-down", "nobody-hears"]
    assert found[0]["name"] == "service-down"
    assert found[0]["fits"] == ["course is down"]
    assert {one["name"] for one in found} == set(NAMED)
    rows = [line.split("\t") for line in shema("runbook", env=school.env).out.splitlines()]
    assert [row[0] for row in rows] == [one["name"] for one in found]
    assert rows[0][2] == "course is down"


def test_a_case_has_its_commands_filled_in_with_what_was_seen(school: School) -> None:
    goes_down(school, "chat")
    run = shema("runbook", "service-down", "--json", env=school.env)
    assert run.code == 0
    assert_document(run.json, "runbook CASE")
    lines = [step["command"] for step in run.json["steps"]]
    assert lines[0] == "shema services health chat"
    assert None in lines
    assert not any(step["missing"] for step in run.json["steps"])
    piped = shema("runbook", "service-down", env=school.env).out
    assert piped.splitlines()[0].split("\t")[1] == "shema services health chat"


def test_the_family_of_most_and_its_newest_entry_are_filled_in(school: School, valkey: Valkey) -> None:
    with valkey.client() as client:
        push(client, [letter(number) for number in (1, 2, 3)])
    (stats,) = shema("dlq", "stats", "--json", env=school.env).json["by_error"]
    document = shema("runbook", "dead-letters", "--json", env=school.env).json
    lines = [step["command"] for step in document["steps"]]
    assert f"shema dlq list --fingerprint {stats['fingerprint']} --limit 5" in lines
    assert f"shema dlq show {entry_id(letter(3))}" in lines
    assert not any(step["missing"] for step in document["steps"])


def test_what_is_not_seen_stands_in_capitals_and_is_told(school: School) -> None:
    document = shema("runbook", "dead-letters", "--json", env=school.env).json
    missing = {word for step in document["steps"] for word in step["missing"]}
    assert missing == {"FINGERPRINT", "ID"}
    assert "shema dlq show ID" in [step["command"] for step in document["steps"]]


def test_the_options_before_it_stand_in_its_commands(school: School) -> None:
    run = shema("--read-only", "runbook", "run-abandoned", env=school.env)
    assert "shema --read-only dlq recover --dry-run" in run.out


@pytest.mark.parametrize(("typed", "meant"), [("dead-leters", "dead-letters"), ("Missed", "missed")])
def test_an_unknown_case_is_told_with_what_was_meant(typed: str, meant: str, school: School) -> None:
    run = shema("runbook", typed, env=school.env)
    assert run.code == ExitCode.USAGE
    assert f"Did you mean {meant!r}?" in run.err
    for server in school.servers.values():
        assert not server.requests


def test_a_step_that_there_is_not(school: School) -> None:
    run = shema("runbook", "missed", "--step", "99", env=school.env)
    assert run.code == ExitCode.USAGE
    assert "missed has 7 steps" in run.err
    run = shema("runbook", "--step", "2", env=school.env)
    assert run.code == ExitCode.USAGE
    assert "of which case?" in run.err


@pytest.fixture
def nobody(base_env: dict[str, str]) -> tuple[socket.socket, dict[str, str]]:
    """Somebody who is not signed in, and a system of which a connection would be noticed."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.2)
    place = f"127.0.0.1:{listening.getsockname()[1]}"
    urls = {f"{name}_SERVICE_URL": f"http://{place}" for name in ("USER", "COURSE")}
    return listening, {**base_env, "REDIS_URL": f"redis://{place}", "FIREBASE_PROJECT_ID": "demo-x", **urls}


def test_whoever_is_not_signed_in_is_told_so_and_sees_nothing(nobody: tuple[socket.socket, dict[str, str]]) -> None:
    listening, env = nobody
    run = shema("runbook", "--json", env=env)
    assert run.code == 0
    assert [one["name"] for one in run.json["cases"] if one["fits"]] == ["session-lost"]
    assert run.json["cases"][0]["name"] == "session-lost"
    with listening, pytest.raises(TimeoutError):
        listening.accept()


def test_where_nothing_is_set_the_case_of_that_comes_first(base_env: dict[str, str]) -> None:
    run = shema("runbook", "--json", env=base_env)
    assert run.code == 0
    assert run.json["cases"][0]["name"] == "not-set-up"


@pytest.mark.parametrize(
    ("error", "project_is_set", "case"),
    [
        (AccessDenied("ended", "the session has ended"), True, "session-lost"),
        (AccessDenied("not_signed_in", "nobody is signed in"), False, "not-set-up"),
        (NotConfigured("bad", "it cannot be read"), True, "not-set-up"),
        (Unreachable("firebase", "Firebase did not answer"), True, "cut-off"),
    ],
)
def test_what_keeps_it_from_looking_has_a_case(error: ShemaError, project_is_set: bool, case: str) -> None:
    problem = not_let_in(error, project_is_set=project_is_set)
    assert ANSWERED_BY[problem.kind].name == case
    assert problem.cause == error.message


def test_where_everything_is_away_the_list_still_comes(school: School) -> None:
    away = {name: f"http://127.0.0.1:{free_port()}" for name in school.env if name.endswith("_SERVICE_URL")}
    env = {**school.env, **away, "REDIS_URL": f"redis://127.0.0.1:{free_port()}"}
    assert shema("status", env=env).code == ExitCode.UNREACHABLE
    run = shema("runbook", "--json", env=env)
    assert run.code == 0
    assert run.json["cases"][0]["name"] == "cut-off"
    assert len(run.json["cases"]) == len(CASES)


def test_on_a_terminal_it_prints_all_of_a_case_when_told_to(school: School) -> None:
    goes_down(school, "course")
    run = shema("runbook", "service-down", "--print", env={**school.env, "NO_COLOR": "1"}, terminal=True)
    assert run.code == 0
    flat = " ".join(run.out.split())
    for part in ("course is down", "Meanwhile", "1/8", "8/8", "$ shema services health course", "Look for", "Practise"):
        assert part in flat
