"""`shema enrollments list` and `show`, through the edge, on real parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.enrollments.school import School, World, enrollment, open_world
from tests.support.cli import Run, shema
from tests.support.valkey import Valkey


@pytest.fixture
def world(valkey: Valkey, tmp_path: Path) -> Iterator[World]:
    school = School(page=2, courses={"c1": (1, 2), "c2": (0, 5)})
    school.add(*(enrollment(n, "c1" if n % 2 else "c2") for n in range(1, 6)), enrollment(9, status="approved"))
    with open_world(valkey, tmp_path, school) as opened:
        yield opened


def run(world: World, *argv: str) -> Run:
    return shema("enrollments", *argv, "-o", "json", env=world.env)


def ids(done: Run) -> list[str]:
    return [one["id"] for one in done.json["enrollments"]]


def test_every_page_is_fetched(world: World) -> None:
    done = run(world, "list")
    assert done.code == 0, done.err
    assert ids(done) == ["e1", "e2", "e3", "e4", "e5", "e9"]
    assert done.json["next_cursor"] is None
    assert len(world.school.seen("/api/enrollments")) == 3


def test_a_limit_ends_on_a_page_and_hands_the_cursor_on(world: World) -> None:
    done = run(world, "list", "--limit", "3")
    assert ids(done) == ["e1", "e2", "e3"]
    assert done.json["next_cursor"] == "e3"
    assert [request.query["limit"] for request in world.school.seen("/api/enrollments")] == ["3", "1"]


def test_filters(world: World) -> None:
    assert ids(run(world, "list", "--status", "approved")) == ["e9"]
    assert ids(run(world, "list", "--course", "c2", "--status", "pending")) == ["e2", "e4"]
    assert run(world, "list", "--status", "perhaps").code == 2
    assert run(world, "list", "--limit", "0").code == 2


def test_unknown_fields_are_kept_and_decisions_shown(world: World) -> None:
    world.school.enrollments["e1"]["note"] = {"deep": [1, 2**60, "é"]}
    shema("enrollments", "approve", "e1", "--yes", "--allow-unheard", "--reason", "early bird", env=world.env)
    listed = run(world, "list", "--limit", "1").json["enrollments"][0]
    shown = run(world, "show", "e1").json
    assert listed == shown
    decision = shown.pop("decision")
    course = {"id": "c1", "title": "Course c1", "level": None}
    assert shown == world.school.enrollments["e1"] | {"student": None, "course": course}
    assert set(decision) == {"decision", "eventId", "actor", "actorEmail", "at", "reason"}
    assert (decision["decision"], decision["actorEmail"]) == ("approved", "admin@shema.test")
    assert decision["reason"] == "early bird"
    assert "decision" not in run(world, "show", "e2").json


def test_a_decision_without_effect_is_told(world: World) -> None:
    shema("enrollments", "approve", "e1", "--yes", "--allow-unheard", env=world.env)
    assert "--republish" in shema("enrollments", "show", "e1", env=world.env).err
    assert "--republish" in shema("enrollments", "list", env=world.env).err
    world.school.enrollments["e1"]["status"] = "approved"
    assert "--republish" not in shema("enrollments", "show", "e1", env=world.env).err


def test_nobody(world: World) -> None:
    done = run(world, "show", "nobody")
    assert (done.code, done.json["error"]["code"]) == (1, "not_found")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", ""])
def test_reading_goes_on_without_redis(world: World, url: str) -> None:
    env = world.env | {"REDIS_URL": url}
    done = shema("enrollments", "list", "--json", env=env)
    assert (done.code, len(done.json["enrollments"])) == (0, 6)
    assert "decisions are not shown" in done.err
    assert done.err.count("127.0.0.1:9 was refused") == (url != "")
    assert shema("enrollments", "show", "e1", "--json", env=env).code == 0


def test_seats_that_hang_hold_up_no_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shema_cli.enrollments.show.SEATS_S", 0.5)
    world.school.hanging = ("/api/courses/c1/", "/api/courses/c2/")
    drawn = shema("enrollments", "list", env=world.env, terminal=True)
    asked = list(world.school.seen("/capacity"))
    assert (drawn.code, len(asked)) == (0, len({request.path for request in asked})), "no second attempt"
    assert "the course service did not tell all seats within 0.5 s" in drawn.err


def test_a_course_service_that_is_away_costs_only_titles_and_seats(world: World) -> None:
    world.school.down |= {"c1", "c2"}
    drawn = shema("enrollments", "list", "--limit", "2", env=world.env, terminal=True)
    assert drawn.code == 0
    assert "e1" in drawn.out
    assert "not known" in drawn.err
    env = {name: value for name, value in world.env.items() if name != "COURSE_SERVICE_URL"}
    env["SHEMA_STATE_DIR"] += "-2"  # both services are one server here, whose circuit the course has opened
    assert shema("enrollments", "list", "--limit", "2", env=env, terminal=True).code == 0


def test_a_service_out_of_reach_is_exit_3(world: World) -> None:
    env = world.env | {"ENROLLMENT_SERVICE_URL": "http://127.0.0.1:9"}
    assert shema("enrollments", "list", "--json", env=env).code == 3
    assert shema("enrollments", "show", "e1", "--json", env=env).code == 3
