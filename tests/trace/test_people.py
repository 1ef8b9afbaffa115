"""`shema trace` by whatever one has of a person, over real services and a real Redis; and who did not answer."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.calls import discovery
from shema_cli.store import keys
from shema_cli.trace import look
from tests.enrollments.school import enrollment
from tests.people.registry import user
from tests.support.cli import Run, shema
from tests.support.drawing import RAW
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey, free_port
from tests.support.waiting import eventually
from tests.trace.town import Town

SOURCES = {"user", "enrollment", "course", "decisions", "audit", "dead_letters", "history"}
SILENT = "http://127.0.0.1:{}"


@pytest.fixture
def town() -> Iterator[Town]:
    with Town() as town:
        yield town
        town.end()


@pytest.fixture
def env(base_env: dict[str, str], server: HttpServer, valkey: Valkey, town: Town) -> dict[str, str]:
    serve_identity(server)
    identity = signed_in(server.url.removeprefix("http://"))
    return {**base_env, **identity, **town.variables, "REDIS_URL": valkey.url, "NO_COLOR": "1", "SHEMA_PAGER": "cat"}


def trace(id: str, env: dict[str, str], code: int = 0) -> dict[str, Any]:
    run = shema("trace", id, "--json", env=env)
    assert run.code == code, (run.out, run.err)
    found: dict[str, Any] = run.json
    return found


def of(found: dict[str, Any], source: str) -> list[dict[str, Any]]:
    return [event for event in found["events"] if event["source"] == source]


def letter(client: redis.Redis, number: int, **data: Any) -> None:
    event = {"eventType": "ENROLLMENT_CREATED", "eventId": f"evt_{number}", "data": data}
    client.lpush(
        keys.DEAD_LETTERS, json.dumps({"event": event, "error": "down", "failedAt": "2026-02-01T00:00:00.000Z"})
    )


def test_a_pending_enrollment_that_nobody_has_touched_is_known(env: dict[str, str]) -> None:
    found = trace("e1", env)
    assert set(found) == {"subject", "events", "sources"}
    assert found["subject"] == "e1"
    assert found["sources"] == dict.fromkeys(SOURCES, "answered") | {"history": "not_recorded"}
    applied, person, course = found["events"]
    assert list(applied) == ["at", "source", "kind", "summary", "actor", "event_id", "id"]
    assert (applied["at"], applied["source"], applied["id"]) == ("2026-01-02T08:00:00.000Z", "enrollment", "e1")
    assert applied["summary"].endswith(": pending")
    assert (person["source"], person["summary"]) == ("user", "Budi Santoso, s1@shema.test")
    assert (course["source"], course["summary"]) == ("course", "Piano Dasar, beginner")


@pytest.mark.parametrize("text", ["s1", "s1@shema.test", "+62 812-3456-789", "Siti Budiarti", "siti", "SITI BUDIARTI"])
def test_a_person_by_id_email_phone_or_name(env: dict[str, str], redis_client: redis.Redis, text: str) -> None:
    letter(redis_client, 1, studentId="s1")
    letter(redis_client, 3, studentId="s3")
    who, enrollments = ("s3", ["e3"]) if "siti" in text.casefold() else ("s1", ["e1", "e14"])
    found = trace(text, env)
    assert found["subject"] == who
    assert sorted(event["id"] for event in of(found, "enrollment")) == enrollments
    assert [event["event_id"] for event in of(found, "dead_letters")] == [f"evt_{who[1]}"]


def test_a_name_of_several_is_answered_with_who_they_are(env: dict[str, str]) -> None:
    found = trace("Budi Santoso", env, code=1)
    assert found["error"]["code"] == "ambiguous"
    assert [one["id"] for one in found["candidates"]] == ["s1", "s2"]
    drawn = shema("trace", "budi santoso", env=env, terminal=True)
    assert drawn.code == 1
    assert "s1@shema.test" in drawn.out
    assert "shema trace s1" in drawn.err
    assert shema("trace", "budi santoso", env=env).out.splitlines()[0].split("\t")[0] == "s1"


def test_what_is_known_by_id_is_no_part_of_a_name(env: dict[str, str], town: Town, redis_client: redis.Redis) -> None:
    """The user service finds `b1` in two emails; a booking of that id is meant."""
    town.people.add(user("x1", "A", "b1@a.test"), user("x2", "B", "b1@b.test"))
    letter(redis_client, 7, bookingId="b1")
    assert [event["source"] for event in trace("b1", env)["events"]] == ["dead_letters"]
    redis_client.delete(keys.DEAD_LETTERS)
    assert len(trace("b1", env, code=1)["candidates"]) == 2


def test_whoever_offers_no_lists_has_told_all_the_same(env: dict[str, str], town: Town) -> None:
    town.people.lists = town.lacks = 404
    assert trace("e1", env)["sources"]["user"] == "answered"
    assert trace("nobody", env, code=1)["error"]["code"] == "nothing_known"
    unlisted = shema("trace", "nobody", env=env).err
    assert "people are found by id and email alone" in unlisted


# -- who does not answer ---------------------------------------------------------------------------------------------


def test_nothing_is_only_what_everybody_says(env: dict[str, str], redis_client: redis.Redis) -> None:
    assert trace("e99", env, code=1)["error"]["code"] == "nothing_known"
    down = env | {"ENROLLMENT_SERVICE_URL": SILENT.format(free_port())}
    missing = trace("e99", down, code=3)["error"]
    assert "enrollment" in missing["message"]
    letter(redis_client, 99, enrollmentId="e99")
    found = trace("e99", down, code=1)
    assert [event["source"] for event in found["events"]] == ["dead_letters"]
    assert found["sources"]["enrollment"] == "unavailable"


def test_without_redis_the_services_tell(env: dict[str, str]) -> None:
    gone = env | {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    found = trace("e1", gone, code=1)
    assert {event["source"] for event in found["events"]} == {"user", "enrollment", "course"}
    unavailable = {name for name, state in found["sources"].items() if state == "unavailable"}
    assert unavailable == {"decisions", "audit", "dead_letters", "history"}
    drawn = shema("trace", "e1", env=gone, terminal=True)
    assert "decisions, audit, dead letters, history (unavailable)" in " ".join(drawn.out.split())
    assert trace("e99", gone, code=3)["error"]["code"] == "nothing_known"


def test_a_service_that_hangs_costs_its_part_alone(
    env: dict[str, str], town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "ANSWER_S", 2.0)
    town.people.hangs = True
    run = shema("trace", "e1", "--json", env=env)
    assert run.code == 1
    assert [event["id"] for event in of(run.json, "enrollment")] == ["e1"]
    assert (run.json["sources"]["user"], run.json["sources"]["enrollment"]) == ("unavailable", "answered")
    assert "user, course (unavailable): no answer within 2 s" in run.err


def test_a_redis_that_hangs_is_not_waited_for(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch, listening_in_silence: int
) -> None:
    monkeypatch.setattr(discovery, "PATIENCE_S", 0.1)
    monkeypatch.setattr(look, "ANSWER_S", 2.0)
    monkeypatch.setattr(look, "LIMIT_S", 6.0)
    found = trace("e1", env | {"REDIS_URL": f"redis://127.0.0.1:{listening_in_silence}/0"}, code=1)
    assert [event["id"] for event in of(found, "enrollment")] == ["e1"]
    assert found["sources"]["audit"] == "unavailable"


@pytest.fixture
def listening_in_silence() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        port: int = silent.getsockname()[1]
        yield port


def test_garbage_in_the_trail_and_among_the_decisions(env: dict[str, str], redis_client: redis.Redis) -> None:
    redis_client.xadd(keys.AUDIT, {b"\xff": b"e1", b"details": b"[" * 100_000})
    redis_client.xadd(keys.AUDIT, {"target": "e1", "action": "\x1b[2J", "at": "never", "details": "{"})
    redis_client.set(keys.decision("e1"), "no hash")
    found = trace("e1", env)
    assert [event["at"] for event in of(found, "audit")] == ["never"]
    drawn = shema("trace", "e1", env=env, terminal=True)
    assert drawn.code == 0
    assert not RAW.search(drawn.out)


def test_an_id_that_stands_everywhere_is_cut_and_that_is_told(
    env: dict[str, str], redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "MOST_EVENTS", 20)
    for second in range(50):
        redis_client.xadd(keys.AUDIT, {"target": "e1", "action": "look", "at": f"2026-01-01T00:00:{second:02d}.000Z"})
    found = trace("e1", env)
    kept = of(found, "audit")
    assert (len(kept), kept[0]["at"]) == (20, "2026-01-01T00:00:30.000Z")
    assert found["total"] == len(found["events"]) + 30
    assert "audit: the newest 20 of 50" in shema("trace", "e1", env=env).err


def test_a_walk_that_has_no_more_time_says_how_far_it_came(
    env: dict[str, str], redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "LIMIT_S", look.SETTLING_S + 0.001)
    for _ in range(3000):
        letter(redis_client, 1, studentId="s9")
    run = shema("trace", "e1", "--json", env=env)
    assert "unavailable" in run.json.get("sources", {}).values() or run.code == 3


def test_ctrl_c_while_a_service_hangs(env: dict[str, str], town: Town, tmp_path: Path) -> None:
    town.people.hangs = True
    words = [sys.executable, "-m", "shema_cli", "trace", "e1", "--json"]
    process = subprocess.Popen(words, env=os.environ | env, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    eventually(lambda: town.people.requests)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate()
    assert (process.returncode, json.loads(out)["error"]["code"]) == (130, "interrupted")


# -- looks -----------------------------------------------------------------------------------------------------------


def drawn(id: str, env: dict[str, str]) -> Run:
    run = shema("trace", id, env=env, terminal=True)
    assert run.code == 0, run.err
    assert not RAW.search(run.out)
    return run


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_names_and_several_enrollments_fit(
    env: dict[str, str], town: Town, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    town.people.add(user("s1", "\x1b[2J\u202e[red]" + "山" * 200))
    shown = drawn("s1", env)
    assert all(len(line) <= columns for line in shown.out.splitlines())
    assert "Piano Dasar" in shown.out
    assert "e14" in shown.out


def test_rows_are_flat_and_in_utc(env: dict[str, str], town: Town) -> None:
    town.school.add(enrollment(3, course="c9"))
    first, *_ = shema("trace", "e3", env=env).out.splitlines()
    cells = first.split("\t")
    assert cells[:3] == ["2026-01-04T08:00:00.000Z", "enrollment", "enrollment"]
    assert cells[-2:] == ["Siti Budiarti", ""]
