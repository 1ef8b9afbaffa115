"""`shema courses`: the list of the service or else of the enrollments, and figures that are known or are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.enrollments.school import School, World, enrollment, open_world
from tests.support.cli import Run, shema
from tests.support.http import Answer
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey

NOBODY = "http://127.0.0.1:9"
LISTED = {
    "courses": [
        {"id": "c2", "title": "Gamelan", "level": "beginner"},
        {"id": "c1", "name": "Piano", "room": 7},
        {"id": "c1", "title": "Not Piano"},
        {"id": "c9", "title": "\x1b[31m山田\u202e"},
    ]
}


@pytest.fixture
def world(valkey: Valkey, tmp_path: Path) -> Iterator[World]:
    school = School(page=2, courses={"c1": (1, 2), "c2": (5, 5), "c9": (0, 3)})
    school.add(*(enrollment(n, "c1" if n % 2 else "c2") for n in range(1, 8)), enrollment(9, status="approved"))
    school.strange["/api/courses"] = LISTED
    with open_world(valkey, tmp_path, school) as opened:
        yield opened


def listed(world: World, code: int = 0, **env: str) -> tuple[dict[str, Any], Run]:
    done = shema("courses", "list", "--json", env=world.env | env)
    assert done.code == code, done.err
    return {course["id"]: course for course in done.json["courses"]}, done


def figures(course: dict[str, Any]) -> tuple[Any, ...]:
    seats = course["capacity"] or {}
    return course["title"], course["level"], seats.get("current_students"), seats.get("max_students"), course["pending"]


def test_courses_have_level_seats_and_who_waits(world: World) -> None:
    found, done = listed(world)
    assert list(found) == ["c2", "c1", "c9"]
    assert figures(found["c2"]) == ("Gamelan", "beginner", 5, 5, 3)
    assert figures(found["c1"]) == ("Piano", None, 1, 2, 4)
    assert figures(found["c9"])[2:] == (0, 3, 0)
    assert found["c2"]["capacity"]["has_capacity"] is False
    assert done.json["sources"] == {"course": "answered", "enrollment": "answered"}
    rows = shema("courses", "list", env=world.env)
    assert rows.out.splitlines()[:2] == ["c2\tGamelan\tbeginner\t5\t5\t3", "c1\tPiano\t\t1\t2\t4"]
    assert rows.err.splitlines()[-1] == "3 courses"
    assert "\x1b" not in rows.out


def test_a_list_that_leads_in_circles_is_none(world: World) -> None:
    world.school.strange["/api/courses"] = Answer(json={"courses": [{"id": "c1"}], "next_cursor": "a"})
    found, done = listed(world, code=1)
    assert set(found) == {"c1", "c2"}  # those that enrollments name
    assert "leads back" in done.err


@pytest.mark.parametrize("status", [404, 405, 501])
def test_without_a_list_the_enrollments_name_them(world: World, status: int) -> None:
    world.school.strange["/api/courses"] = Answer(status)
    found, done = listed(world)
    assert list(found) == ["c1", "c2"]
    assert figures(found["c1"]) == ("Course c1", None, 1, 2, 4)
    assert done.json["sources"] == {"course": "answered", "enrollment": "answered"}
    assert done.json["named_by"] == "enrollment"
    assert f"(it answered {status}); these are the courses that enrollments name" in done.err
    assert len(world.school.seen("/api/courses")) == 1 + 2 * 2


def test_a_course_service_that_is_away_leaves_its_figures_unknown(world: World) -> None:
    found, done = listed(world, code=1, COURSE_SERVICE_URL=NOBODY)
    assert list(found) == ["c1", "c2"]
    assert figures(found["c1"]) == (None, None, None, None, 4)
    assert done.json["sources"] == {"course": "unavailable", "enrollment": "answered"}
    assert len([line for line in done.err.splitlines() if "warning: course (unavailable): " in line]) == 1


def test_one_course_whose_seats_nobody_tells_is_told_once(world: World) -> None:
    world.school.strange["/api/courses/c2/capacity"] = {"has_capacity": True, "current_students": -1}
    found, done = listed(world, code=1)
    assert found["c2"]["capacity"] is None
    assert figures(found["c2"])[4] == 3
    assert figures(found["c1"])[2] == 1
    assert done.json["sources"]["course"] == "unavailable"
    assert done.err.count("are not counts") == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shema_cli.courses.read.ANSWER_S", 0.5)


@pytest.mark.usefixtures("impatient")
def test_a_course_service_that_hangs_is_waited_for_once(world: World) -> None:
    world.school.hanging = ("/api/courses",)
    found, done = listed(world, 1)
    assert {id: figures(one) for id, one in found.items()} == {
        "c1": (None, None, None, None, 4),
        "c2": (None, None, None, None, 3),
    }
    assert len(world.school.seen("/api/courses")) == 1
    assert "the course service did not answer within 0.5 s" in done.err


@pytest.mark.usefixtures("impatient")
def test_seats_or_waiting_lists_that_hang_are_not_known(world: World) -> None:
    world.school.hanging = ("/api/courses/c", "/api/enrollments")
    found, done = listed(world, 1)
    assert [figures(one)[0] for one in found.values()][:2] == ["Gamelan", "Piano"]
    assert {figures(one)[2:] for one in found.values()} == {(None, None, None)}
    assert len(world.school.seen("/api/courses/c")) == len(world.school.seen("/api/enrollments")) == 3
    assert done.json["sources"] == {"course": "unavailable", "enrollment": "unavailable"}


@pytest.mark.usefixtures("impatient")
def test_one_question_that_hangs_among_others_that_are_answered_costs_itself_alone(world: World) -> None:
    world.school.hanging = ("/api/courses/c2",)
    found, done = listed(world, 1)
    assert [figures(found[id])[2] for id in ("c1", "c2", "c9")] == [1, None, 0]
    assert done.json["sources"]["course"] == "unavailable"


@pytest.mark.usefixtures("impatient")
def test_where_both_hang_nothing_is_reached(world: World) -> None:
    world.school.hanging = ("/api/",)
    done = shema("courses", "list", "--json", env=world.env)
    assert (done.code, done.json["error"]["code"]) == (3, "service_slow")
    assert "course service" in done.json["error"]["message"]


def test_who_waits_is_not_known_without_enrollments(world: World) -> None:
    for address in ("", NOBODY):
        found, done = listed(world, code=1, ENROLLMENT_SERVICE_URL=address)
        assert figures(found["c2"]) == ("Gamelan", "beginner", 5, 5, None)
        assert done.json["sources"]["enrollment"] == ("unavailable" if address else "not_configured")


def test_an_enrollment_that_cannot_be_read_makes_no_wrong_number(world: World) -> None:
    world.school.enrollments["e1"]["student_id"] = 7
    found, _ = listed(world, code=1)
    assert [found[id]["pending"] for id in ("c1", "c2")] == [None, 3]


def test_neither_service_is_an_error_of_the_first(world: World) -> None:
    away = {"COURSE_SERVICE_URL": NOBODY, "ENROLLMENT_SERVICE_URL": NOBODY}
    done = shema("courses", "list", "--json", env=world.env | away)
    assert (done.code, "course" in done.json["error"]["message"]) == (3, True)
    missing = shema("courses", "list", "--json", env=world.env | {"COURSE_SERVICE_URL": ""})
    assert (missing.code, "COURSE_SERVICE_URL" in missing.json["error"]["message"]) == (2, True)


def test_no_courses_at_all(world: World) -> None:
    world.school.strange["/api/courses"] = {"courses": []}
    done = shema("courses", "list", env=world.env)
    assert (done.code, done.out) == (0, "")
    assert "no courses" in done.err


@pytest.mark.parametrize("answer", [{"courses": {}}, [], {"courses": [{"id": 7}, None]}, Answer(body=b"<html>")])
def test_a_list_that_is_none_is_told(world: World, answer: Any) -> None:
    world.school.strange["/api/courses"] = answer
    found, done = listed(world, code=1)
    assert figures(found["c1"]) == (None, None, None, None, 4)
    assert done.json["sources"]["course"] == "unavailable"


def test_one_course_as_its_service_tells_it(world: World) -> None:
    world.school.strange["/api/courses/c1"] = {"id": "c1", "title": "Piano", "price": 1.10, "pending": "?"}
    shown = shema("courses", "show", "c1", "--json", env=world.env).json
    assert (shown["title"], shown["price"], shown["pending"]) == ("Piano", 1.1, 4)
    assert shown["capacity"] == {"has_capacity": True, "current_students": 1, "max_students": 2}
    rows = shema("courses", "show", "c1", env=world.env).out.splitlines()
    assert {"title\tPiano", "seats.current_students\t1", "seats.pending\t4"} <= set(rows)


def test_who_teaches_a_course_is_shown_by_name(world: World) -> None:
    world.school.strange["/api/courses/c1"] = {"id": "c1", "title": "Piano", "instructor_id": "i1", "teacher_id": [7]}
    world.school.users["i1"] = "Ibu Sri"
    for env, said in ({}, "Ibu Sri i1"), ({"USER_SERVICE_URL": NOBODY}, "i1"):
        with Terminal("courses", "show", "c1", env=world.env | env) as screen:
            assert screen.end() == 0
            assert f"instructor id  {said}\n" in screen.text
    assert "instructor_id\ti1" in shema("courses", "show", "c1", env=world.env).out


def test_a_course_that_is_not_there_or_is_another(world: World) -> None:
    none = shema("courses", "show", "nothing", "--json", env=world.env)
    assert (none.code, none.json["error"]["code"]) == (1, "not_found")
    world.school.strange["/api/courses/c1"] = {"id": "c2", "title": "Piano"}
    other = shema("courses", "show", "c1", "--json", env=world.env)
    assert (other.code, other.json["error"]["code"]) == (1, "bad_answer")
    away = shema("courses", "show", "c1", "--json", env=world.env | {"COURSE_SERVICE_URL": NOBODY})
    assert away.code == 3


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_on_a_terminal_of_any_width(world: World, columns: int) -> None:
    world.school.strange["/api/courses/c9/capacity"] = Answer(500)
    with Terminal("courses", "list", env=world.env, columns=columns, lines=60) as screen:
        assert screen.end() == 1
        shown = " ".join(screen.text.split())
    for part in ("Gamelan", "full 5/5", "1/2", "?"):
        assert part in shown
