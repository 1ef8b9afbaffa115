"""Students and courses under their names, wherever enrollments are shown (contract 3.4)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shema_cli.people import names
from tests.enrollments.school import School, World, enrollment, open_world
from tests.support.cli import shema
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

BUDI = {"id": "s1", "name": "Budi Santoso", "email": "s1@shema.test"}
COURSE = {"id": "c1", "title": "Course c1", "level": "advanced"}
ODD = {
    "s1": "\x1b[2Jevil\u202e[red]",
    "s2": "\u0645\u062d\u0645\u062f \u0627\u0644\u062d\u0628\u0634\u064a",
    "s3": "Zoe\u0308 Nguye\u0302\u0303n",
    "s4": "\u5c71\u7530 \u82b1\u5b50" * 12,
    "s5": "x" * 900,
    "s6": "=cmd()",
}


@pytest.fixture
def world(valkey: Valkey, tmp_path: Path) -> Iterator[World]:
    school = School(users={"s1": "Budi Santoso"}, levels={"c1": "advanced"})
    school.add(*(enrollment(n) for n in range(1, 7)))
    with open_world(valkey, tmp_path, school) as opened:
        yield opened


@pytest.fixture
def service(valkey: Valkey) -> Iterator[Listener]:
    with Listener(valkey.port, patterns=("enrollment.*",)) as listening:
        yield listening


def test_documents_have_whom_they_are_about(world: World, service: Listener) -> None:
    one, other, *_ = shema("enrollments", "list", "--json", env=world.env).json["enrollments"]
    assert (one["student"], one["course"]) == (BUDI, COURSE)
    assert other["student"] is None
    for verb in (
        ("approve", "e1", "--dry-run"),
        ("approve", "e1", "--yes"),
        ("reject", "e2", "--reason", "x", "--yes"),
    ):
        (result,) = shema("enrollments", *verb, "--json", env=world.env).json["results"]
        assert result["student"] == (BUDI if "e1" in verb else None)
        assert result["course"] == COURSE
    unseen = shema("enrollments", "reject", "e3", "--student-id", "s1", "--reason=x", "--yes", "--json", env=world.env)
    assert (unseen.json["results"][0]["student"], unseen.json["results"][0]["course"]) == (BUDI, None)
    refused = shema("enrollments", "reject", "e1", "nobody", "--reason", "x", "--yes", "--json", env=world.env)
    assert [one["student"] for one in refused.json["results"]] == [BUDI, None]


def test_rows_have_names_at_their_end(world: World, service: Listener) -> None:
    first, *_ = csv.DictReader(shema("enrollments", "list", "-o", "csv", env=world.env).out.splitlines())
    assert list(first)[-2:] == ["student_name", "course_title"]
    assert list(first.values())[-2:] == ["Budi Santoso", "Course c1"]
    assert shema("enrollments", "list", env=world.env).out.split("\n")[1].endswith("\t\tCourse c1")
    assert shema("enrollments", "approve", "e1", "--yes", env=world.env).out.endswith("\tBudi Santoso\tCourse c1\n")


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_names_stand_beside_whole_ids_and_fit(
    world: World, service: Listener, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    world.school.users |= ODD | {"s1": "Budi Santoso"}
    uid = "kJ3bWqPz0XhT9vRmN5sLcY7dAe12"
    world.school.users[uid] = "Budi Santoso"
    world.school.add(enrollment(9, student_id=uid))
    for argv in (("list",), ("approve", "e1", "e2", "e9", "--dry-run"), ("approve", *(f"e{n}" for n in range(1, 7)))):
        yes = () if "--dry-run" in argv or argv == ("list",) else ("--yes",)
        drawn = shema("enrollments", *argv, *yes, env=world.env | {"NO_COLOR": "1"}, terminal=True)
        lines = drawn.out.splitlines()
        assert max(map(columns_of, lines)) <= columns
        assert "Budi" in drawn.out
        assert uid in drawn.out or argv != ("list",)
        assert not {"\x1b", "\u202e"} & set(drawn.out + drawn.err)


def columns_of(line: str) -> int:
    from rich.cells import cell_len

    return cell_len(line.rstrip())


def test_nobody_is_shown_for_whom_the_service_does_not_know(world: World) -> None:
    world.school.strange["/api/users"] = {"users": [{"id": "s9", "name": "Somebody else"}]}
    world.school.strange["/api/users/s2"] = {"id": "s1", "name": "Somebody else"}
    drawn = shema("enrollments", "list", env=world.env, terminal=True)
    assert "Somebody else" not in drawn.out
    assert drawn.err.count("some names or seats are not known") == 1
    assert "s2" in drawn.out


def test_a_service_that_hangs_costs_the_names_alone(
    world: World, service: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is decided does not wait for it: the events are out while it still hangs."""
    monkeypatch.setattr(names, "LIMIT_S", 0.6)
    world.school.hanging = ("/api/users",)
    for argv in (("list",), ("approve", "e1", "--yes")):
        piped = shema("enrollments", *argv, "--json", env=world.env)
        assert (piped.code, "names" in piped.err) == (0, False)
    assert len(service.events()) == 1
    drawn = shema("enrollments", "list", env=world.env, terminal=True)
    assert drawn.code == 0
    assert drawn.err.count("did not answer in time") == 1
    foreseen = shema("enrollments", "approve", "e2", "--dry-run", env=world.env, terminal=True)
    assert foreseen.code == 0
    assert foreseen.err.count("some names are missing: the user service did not answer in time") == 1
    assert "names" not in shema("enrollments", "approve", "e2", "--dry-run", "--json", env=world.env).err
    assert "Course c1" in drawn.out


@pytest.mark.parametrize("verb", [("list",), ("approve", "--all-pending", "--dry-run")])
def test_names_of_a_long_list_are_asked_for_while_it_is_read(
    world: World, service: Listener, verb: tuple[str, ...]
) -> None:
    """Else they would come after all its pages, and those of many too late."""
    world.school.page = 2
    world.school.users = {f"s{n}": f"Student {n}" for n in range(1, 7)}
    world.school.hanging = ("/api/enrollments?cursor",)

    def let_go_on() -> None:
        eventually(lambda: world.school.seen("/api/users"), what="names being asked for")
        world.school.held.set()

    with ThreadPoolExecutor(1) as beside:
        watching = beside.submit(let_go_on)
        told = shema("enrollments", *verb, "--json", env=world.env)
        watching.result()
    assert told.code == 0
    assert all(f"Student {n}" in told.out for n in range(1, 7))
