"""What a person sees and is asked, on a real pseudo-terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shema_cli.calls.audience import Audience
from shema_cli.enrollments import approve
from shema_cli.enrollments.plan import DecisionRequest, EnrollmentSelection
from shema_cli.enrollments.results import DecisionKind
from shema_cli.enrollments.source import EnrollmentQuery
from shema_cli.store import keys
from tests.enrollments.school import School, World, enrollment, open_world
from tests.support.cli import shema
from tests.support.subscriber import Listener
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey
from tests.support.world import app_on

LONG = "penuh; coba lagi semester depan " * 4


@pytest.fixture
def world(valkey: Valkey, tmp_path: Path) -> Iterator[World]:
    school = School(courses={"c1": (28, 30)}).add(
        *(enrollment(n) for n in range(1, 5)), enrollment(9, status="approved")
    )
    with open_world(valkey, tmp_path, school) as opened:
        yield opened


@pytest.fixture
def service(valkey: Valkey) -> Iterator[Listener]:
    with Listener(valkey.port, patterns=("enrollment.*",)) as listening:
        yield listening


def terminal(world: World, *argv: str) -> Terminal:
    return Terminal("enrollments", *argv, env=world.env, lines=60)


@pytest.mark.everywhere
def test_the_question_says_what_is_going_to_happen(world: World, service: Listener) -> None:
    with terminal(world, "approve", "e1", "e2", "e3", "e9", "nobody") as screen:
        screen.wait("Go on? [y/N]")
        shown = " ".join(screen.text.split())
        for part in ("2 → 1", "1 → 0", "course_full", "already", "not_found", "s1", "c1"):
            assert part in shown
        assert "Approve 2 enrollments; the oldest is" in shown
        assert "3 left as they are" in shown
        assert "Target: default" in shown
        screen.keys("y\r")
        assert screen.end() == 1
        assert "2 approved" in screen.text
    assert len(service.events()) == 2


@pytest.mark.parametrize("answer", ["n\r", "\x04"])
def test_anything_but_yes_changes_nothing(world: World, service: Listener, answer: str) -> None:
    with terminal(world, "approve", "e1") as screen:
        screen.wait("Go on? [y/N]")
        screen.keys(answer)
        assert screen.end() == 5
    assert service.events() == []


def test_ctrl_c_at_the_question(world: World, service: Listener) -> None:
    with terminal(world, "approve", "e1") as screen:
        screen.wait("Go on? [y/N]")
        screen.keys("\x03")
        assert screen.end() == 130
        assert "Traceback" not in screen.text
    assert service.events() == []


def test_a_reason_is_asked_for(world: World, service: Listener) -> None:
    with terminal(world, "reject", "e1") as screen:
        screen.wait("Reason for the rejection:")
        screen.keys("penuh\r")
        screen.wait("Go on? [y/N]")
        screen.keys("y\r")
        assert screen.end() == 0
    assert service.events()[0]["data"]["reason"] == "penuh"


def test_nothing_to_do_asks_nothing(world: World, service: Listener) -> None:
    with terminal(world, "approve", "e9") as screen:
        assert screen.end() == 0
        assert "Go on" not in screen.text
        assert "already" in screen.text


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_nothing_is_wider_than_the_terminal(
    world: World, service: Listener, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    world.school.enrollments["e1"]["course_id"] = "a-very-long-course-identifier-0123456789"
    world.school.courses["a-very-long-course-identifier-0123456789"] = (1, 2)
    for argv in (
        ("reject", "e2", "--reason", LONG, "--yes"),
        ("list",),
        ("show", "e2"),
        ("approve", "e1", "e2", "e3", "e9", "--dry-run"),
    ):
        drawn = shema("enrollments", *argv, env=world.env | {"NO_COLOR": "1"}, terminal=True)
        assert "e2" in drawn.out
        assert max(len(line.rstrip()) for line in drawn.out.splitlines()) <= columns


def test_foreign_text_cannot_move_the_cursor(world: World, service: Listener) -> None:
    world.school.add(enrollment(1, student_id="\x1b[2Js1\u202e", extra="\x9b31m[bold]x[/bold]"))
    for argv in (("list",), ("show", "e1"), ("approve", "e1", "--dry-run")):
        drawn = shema("enrollments", *argv, env=world.env | {"NO_COLOR": "1"}, terminal=True)
        assert not {"\x1b", "\x9b", "\u202e"} & set(drawn.out + drawn.err)
        assert ("[bold]x[/bold]" in drawn.out) == (argv[0] == "show")


def test_titles_seats_and_decisions_beside_each(
    world: World, service: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    shema("enrollments", "reject", "e2", "--reason", "x", "--yes", env=world.env)
    drawn = shema("enrollments", "list", env=world.env, terminal=True)
    for part in ("Course c1", "28/30", "rejected by admin@shema.test at"):
        assert part in drawn.out
    assert "still pending at the service: e2" in drawn.err
    assert len(world.school.seen("/api/courses/c1/capacity")) == 1
    world.school.requests.clear()
    shema("enrollments", "list", "--json", env=world.env)
    assert world.school.seen("/api/courses") == []


def test_what_changed_while_the_question_stood_is_looked_up_anew(
    valkey: Valkey, world: World, service: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody who was not in the table is decided on, and nobody whose case was settled meanwhile."""
    monkeypatch.setattr(approve, "STALE_AFTER_S", -1.0)
    settings: dict[str, Any] = {name: value for name, value in world.env.items() if not name.startswith("SHEMA_")}

    def answer(question: str, *, yes: bool) -> None:
        assert "Approve 2 enrollments" in question
        world.school.enrollments["e1"]["status"] = "rejected"
        world.school.add(enrollment(30))

    with app_on(valkey, tmp_path, **settings) as app:
        monkeypatch.setattr(app.person, "confirm", answer)
        monkeypatch.setattr(type(app.output.streams), "can_prompt", True)
        audience = Audience(app.store, app.clock)
        admissions = approve.Admissions(
            app.services, app.store, app.clock, audience, app.journal, app.person, app.still_admin, app.names
        )
        pending = EnrollmentSelection(query=EnrollmentQuery("pending", "c1"))
        done = admissions.decide(DecisionRequest(DecisionKind.APPROVED, pending))
    assert {item.enrollment_id: item.outcome.value for item in done.items} == {
        "e1": "conflict",
        "e2": "approved",
        "e3": "approved",
        "e4": "course_full",
    }


def test_a_long_run_shows_how_far_it_is(world: World, service: Listener) -> None:
    world.school.courses["c1"] = (0, 1000)
    world.school.add(*(enrollment(n) for n in range(100, 140)))
    slow = (
        "import shema_cli.output.person as p; p.SHOWN_AFTER_S = 0; import sys; from shema_cli.main import main; "
        "sys.exit(main(sys.argv[1:]))"
    )
    with Terminal("enrollments", "approve", "--all-pending", "--yes", env=world.env, script=slow, lines=80) as screen:
        assert screen.end() == 0
        assert "look up" in screen.raw
        assert "/s" in screen.raw
        assert "look up" not in screen.text
    with world.valkey.client() as client:
        assert client.xlen(keys.AUDIT) == 44
