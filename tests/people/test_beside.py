"""Names beside the ids of dead letters and of the trail, through the edge (contract 3.4)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from shema_cli.people import names
from shema_cli.store import keys
from tests.people.registry import People, serving, user, variables
from tests.support.calls import SECRET
from tests.support.cli import Run, shema
from tests.support.drawing import RAW
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey
from tests.support.world import app_on

HOSTILE = "\x1b[2J\u202e[red]" + "\u5c71" * 200


def letter(number: int, **data: Any) -> bytes:
    event = {
        "eventType": "ENROLLMENT_APPROVED",
        "eventId": f"evt_{number}",
        "timestamp": "2026-01-01T08:00:00.000Z",
        "version": "1.0",
        "data": {"enrollmentId": f"e{number}", "studentId": f"s{number}", **data},
    }
    return json.dumps({"event": event, "error": "no room", "failedAt": "2026-01-01T08:00:00.000Z"}).encode()


@pytest.fixture
def people() -> Iterator[People]:
    with serving(People()) as served:
        served.add(user("s1", "Budi Santoso"), user("s2", HOSTILE))
        served.courses = {"c1": {"id": "c1", "title": "Piano", "level": "beginner"}}
        yield served


@pytest.fixture
def env(valkey: Valkey, people: People, tmp_path: Path) -> dict[str, str]:
    with valkey.client() as client:
        client.lpush(keys.DEAD_LETTERS, letter(1, courseId="c1"), letter(2), letter(3), b"junk", b'{"event": [1]}')
    with app_on(valkey, tmp_path / "trail") as app:
        for number, more in ((1, {"courseId": "c1"}), (2, {}), (3, {})):
            app.journal.append(action="approve", target=f"e{number}", details={"studentId": f"s{number}", **more})
        app.journal.append(action="register", target="user", details={"studentId": ["no", "text"]})
    folder = str(tmp_path / "state")
    return {
        "REDIS_URL": valkey.url,
        "SHEMA_CONFIG_DIR": folder,
        "SHEMA_STATE_DIR": folder,
        "SERVICE_JWT_SECRET": SECRET,
        **variables(people),
        **signed_in(),
    }


LISTS = [("dlq", "list"), ("audit", "list")]


@pytest.mark.parametrize("command", LISTS)
def test_rows_end_in_names(env: dict[str, str], command: tuple[str, ...]) -> None:
    rows = list(csv.DictReader(shema(*command, "-o", "csv", env=env).out.splitlines()))
    assert list(rows[0])[-2:] == ["student_name", "course_title"]
    assert [row["course_title"] for row in rows if row["student_name"] == "Budi Santoso"] == ["Piano"]
    assert [line for line in shema(*command, env=env).out.splitlines() if line.endswith("\tBudi Santoso\tPiano")]


@pytest.mark.parametrize("command", LISTS)
def test_documents_are_as_they_were_and_ask_nobody(
    env: dict[str, str], people: People, command: tuple[str, ...]
) -> None:
    assert "student" not in shema(*command, "--json", env=env).json["entries"][0]
    assert people.requests == []


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 160])
@pytest.mark.parametrize("command", LISTS)
def test_names_are_drawn_and_fit(
    env: dict[str, str], command: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    drawn = shema(*command, env=env | {"NO_COLOR": "1"}, terminal=True)
    assert "Budi" in drawn.out
    assert not RAW.search(drawn.out)
    assert max(cell_len(line.rstrip()) for line in drawn.out.splitlines()) <= columns


def drawn_without_names(env: dict[str, str], *command: str) -> Run:
    drawn = shema(*command, env=env, terminal=True)
    assert drawn.code == 0
    assert drawn.err.count("some names are missing") == 1
    assert "Traceback" not in drawn.err
    return drawn


@pytest.mark.parametrize("command", LISTS)
def test_a_service_that_hangs_costs_the_names_alone(
    env: dict[str, str], people: People, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "LIMIT_S", 0.6)
    people.hangs = True
    assert "Budi" not in drawn_without_names(env, *command).out


def test_one_dead_letter(env: dict[str, str]) -> None:
    drawn = shema("dlq", "show", "evt_1", env=env | {"NO_COLOR": "1"}, terminal=True)
    assert "Budi Santoso s1" in drawn.out
    assert "Piano c1" in drawn.out
    assert shema("dlq", "show", "evt_1", env=env).out.endswith("student_name\tBudi Santoso\ncourse_title\tPiano\n")
    assert "student" not in shema("dlq", "show", "evt_1", "--json", env=env).json


def test_a_trace(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in (40, 60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        drawn = shema("trace", "e1", env=env | {"NO_COLOR": "1"}, terminal=True)
        assert "Budi Santoso s1" in drawn.out
        assert "Piano c1" in drawn.out
        assert max(cell_len(line.rstrip()) for line in drawn.out.splitlines()) <= columns
    rows = list(csv.DictReader(shema("trace", "e1", "-o", "csv", env=env).out.splitlines()))
    told = {row["source"]: (row["student_name"], row["course_title"]) for row in rows}
    assert told["audit"] == told["dead_letters"] == ("Budi Santoso", "Piano")
    assert "names" not in shema("trace", "e1", "--json", env=env).json


def test_a_trace_of_nobody_in_particular(env: dict[str, str]) -> None:
    drawn = shema("trace", "user", env=env, terminal=True)
    assert (drawn.code, "Budi" in drawn.out) == (0, False)
