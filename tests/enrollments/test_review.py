"""`shema enrollments review` on a real pseudo-terminal."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyte
import pytest

from shema_cli.store import keys
from tests.enrollments.school import School, World, enrollment, open_world
from tests.support.cli import shema
from tests.support.drawing import RAW
from tests.support.signed_in import disable
from tests.support.subscriber import Listener
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey

NAMES = {"s1": "Budi Santoso", "s2": "Citra Suryani", "s3": "Budi Santoso", "s4": "\x1b[2J\u202eevil" + "x" * 300}


@pytest.fixture
def world(valkey: Valkey, tmp_path: Path) -> Iterator[World]:
    school = School(courses={"c1": (28, 30), "c2": (0, 5)}, users=dict(NAMES), levels={"c1": "advanced"})
    school.add(*(enrollment(n) for n in range(1, 5)), enrollment(9, "c2", "approved", student_id="s1"))
    with open_world(valkey, tmp_path, school) as opened:
        yield opened


@pytest.fixture
def service(valkey: Valkey) -> Iterator[Listener]:
    with Listener(valkey.port, patterns=("enrollment.*",)) as listening:
        yield listening


def terminal(world: World, *argv: str, columns: int = 80, lines: int = 24, **env: str) -> Terminal:
    return Terminal("enrollments", "review", *argv, env=world.env | env, columns=columns, lines=lines)


def test_from_the_first_applicant_to_the_outcomes(world: World, service: Listener) -> None:
    with terminal(world) as screen:
        screen.wait("Review 1 of 4", "Budi Santoso", "s1@shema.test", "R-0001", "28/30", "! course: advanced")
        screen.wait("monday", "Course c2", "approved", "oldest first")
        assert screen.text.count("advanced") == 1
        screen.keys("a")
        screen.wait("Review 2 of 4", "Citra Suryani", "1 given in this review", "the last seat")
        screen.keys("r")
        screen.wait("Reason")
        screen.keys("no teacher\r")
        screen.wait("Review 3 of 4")
        screen.keys("a")
        screen.wait("Review 4 of 4", "no seat is left")
        screen.keys("b")
        screen.wait("Review 3 of 4", "chosen")
        screen.keys("b")
        screen.wait("Review 2 of 4", "reject: no teacher")
        screen.keys("q")
        screen.wait("Review summary", "no teacher", "▸ approve")
        screen.keys("\x1b[B\x1b[Bx")
        screen.wait("taken out")
        assert service.events() == []
        screen.keys("\r")
        screen.wait("Approve 1, reject 1 (reason: no teacher)", "2 → 1", "Target: default", "Go on? [y/N]")
        screen.wait("Reject, reason: no teacher")
        assert service.events() == []
        screen.keys("y\r")
        assert screen.end() == 0
        assert screen.settings == screen.settings_before
    told = [
        (event["eventType"], event["data"]["enrollmentId"], event["data"].get("reason")) for event in service.events()
    ]
    assert told == [("ENROLLMENT_APPROVED", "e1", None), ("ENROLLMENT_REJECTED", "e2", "no teacher")]
    with world.valkey.client() as client:
        assert client.xlen(keys.AUDIT) == 2


def at_the_question(screen: Terminal) -> Terminal:
    screen.keys("q")
    screen.wait("Review summary")
    screen.keys("\r")
    return screen.wait("Go on? [y/N]")


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda screen: screen.keys("\x03"), 130),
        (lambda screen: screen.keys("\x04"), 5),
        (lambda screen: screen.child.kill(signal.SIGHUP), -signal.SIGHUP),
        (lambda screen: screen.child.kill(signal.SIGTERM), -signal.SIGTERM),
        (lambda screen: screen.keys("qq"), 5),
        (lambda screen: at_the_question(screen).keys("\x03"), 130),
        (lambda screen: at_the_question(screen).keys("n\r"), 5),
    ],
)
def test_whatever_ends_it_nothing_is_half_done(
    world: World, service: Listener, end: Callable[[Terminal], object], code: int
) -> None:
    with terminal(world) as screen:
        screen.wait("Review 1 of 4")
        screen.keys("aarno\r")
        screen.wait("Review 4 of 4")
        end(screen)
        assert screen.end() == code
        assert "Traceback" not in screen.text
        if code > 0:
            said = "".join(screen.text.split())  # the terminal breaks it anywhere
            assert "nothingwasdecidedorpublished" in said or "nothingwaschanged" in said
            assert "shemaenrollmentsreview" in said or "Goon?" in said
        assert screen.settings == screen.settings_before
    assert service.events() == []
    with world.valkey.client() as client:
        assert client.xlen(keys.AUDIT) == 0


def test_the_session_ends_while_the_question_stands(world: World, service: Listener) -> None:
    with terminal(world) as screen:
        screen.wait("Review 1 of 4")
        screen.keys("a")
        screen.wait("Review 2 of 4")
        at_the_question(screen)
        disable(world.identity)
        screen.keys("y\r")
        assert screen.end() == 4
        assert "nothing was changed" in screen.text
    assert service.events() == []


def test_who_breaks_it_off_is_told_how_to_begin_again(world: World, service: Listener) -> None:
    with terminal(world, "--course", "c1", "--limit", "3") as screen:
        screen.wait("Review 1 of 3")
        screen.keys("a")
        screen.wait("Review 2 of 3")
        assert "has waited for" not in screen.text
        screen.keys("\x03")
        assert screen.end() == 130
        assert "try: shema enrollments review --course c1 --limit 3" in screen.text


def test_another_admin_decides_meanwhile(world: World, service: Listener) -> None:
    with terminal(world) as screen:
        screen.wait("Review 1 of 4")
        screen.keys("aa")
        screen.wait("Review 3 of 4")
        assert shema("enrollments", "reject", "e1", "--reason", "moved", "--yes", env=world.env).code == 0
        at_the_question(screen)
        screen.wait("Approve 1 enrollment", "left as it is", "conflict")
        screen.keys("y\r")
        assert screen.end() == 1
    told = [(event["eventType"], event["data"]["enrollmentId"]) for event in service.events()]
    assert told == [("ENROLLMENT_REJECTED", "e1"), ("ENROLLMENT_APPROVED", "e2")]


def test_a_terminal_that_goes_away(world: World, service: Listener) -> None:
    with terminal(world) as screen:
        screen.wait("Review 1 of 4")
        screen.keys("a")
        screen.wait("Review 2 of 4")
        screen.child.close(force=False)
        assert not screen.child.isalive()
    assert service.events() == []


def test_redis_is_gone_when_it_comes_to_it(world: World, service: Listener) -> None:
    with terminal(world, REDIS_URL="redis://127.0.0.1:9/0") as screen:
        screen.wait("Review 1 of 4")
        screen.keys("aq")
        screen.wait("Review summary")
        screen.keys("\r")
        assert screen.end() == 3
    assert service.events() == []


def test_the_first_page_is_shown_while_the_others_are_on_their_way(world: World, service: Listener) -> None:
    world.school.page, world.school.hanging = 2, ("/api/enrollments?cursor", "/api/users", "/api/courses")
    with terminal(world) as screen:
        screen.wait("Review 1 of 2+", "s1", "seats …")
        screen.keys("sss")
        screen.wait("still being read")
        world.school.hanging = ()
        world.school.held.set()
        screen.wait("Review 3 of 4")
        screen.keys("b")
        screen.wait("Review 2 of 4")
        screen.keys("\x03")
        assert screen.end() == 130


@pytest.mark.parametrize(("columns", "lines"), [(60, 20), (80, 24), (120, 40)])
def test_hostile_names_and_small_screens(world: World, service: Listener, columns: int, lines: int) -> None:
    with terminal(world, columns=columns, lines=lines) as screen:
        screen.wait("Review 1 of 4")
        screen.keys("aaa")
        screen.wait("Review 4 of 4", "evil", "a approve")
        screen.keys("b")
        screen.wait("Review 3 of 4", "s3@shema.test")
        screen.keys("q")
        screen.wait("Review summary", "Citra")
        assert not any(RAW.search(line) for line in screen.display)
        screen.keys("q")
        assert screen.end() == 5


def test_nobody_can_push_what_should_be_noticed_off_the_page(world: World, service: Listener) -> None:
    hostile: dict[str, Any] = {
        "registration_number": "9" * 10_000,
        "preferred_days": ["x" * 10_000],
        "time_preferences": ["y\n" * 999],
        "experience_level": "w" * 10_000,
    }
    world.school.users = {"s1": "b" * 900, "s9": "B"}
    world.school.levels = {"c1": "z" * 900}
    world.school.courses["c1"] = (29, 30)
    world.school.enrollments = {}
    world.school.add(enrollment(1) | hostile, enrollment(9, status="approved", student_id="s1"))
    with terminal(world, columns=60, lines=20) as screen:
        screen.wait("Review 1 of 1", "! course:", "zzz", "the last seat", "in this course already: e9")
        screen.keys("r" + "n" * 500 + "\r")
        screen.wait("Review summary")
        screen.keys("b")
        screen.wait("reject:", "nnn", "the last seat", "in this course already")


def test_seats_go_to_those_who_came_first_however_they_are_listed(world: World, service: Listener) -> None:
    world.school.enrollments = dict(reversed(world.school.enrollments.items()))
    with terminal(world) as screen:
        screen.wait("Review 1 of 4, oldest first", "R-0001")
        screen.keys("aaaa")
        screen.wait("Review summary")
        screen.keys("\r")
        screen.wait("Approve 2 enrollments", "comes first", "2 left as they", "Course c1 is full")
        assert "course c1" not in screen.text
        screen.keys("y\r")
        assert screen.end() == 1
    assert [event["data"]["enrollmentId"] for event in service.events()] == ["e1", "e2"]


def test_keys_that_were_typed_before_anybody_was_shown_choose_nothing(world: World, service: Listener) -> None:
    world.school.hanging = ("/api/enrollments",)
    with terminal(world) as screen:
        screen.keys("aaa")
        screen.wait("Reading the list")
        screen.keys("rno\r")
        world.school.held.set()
        screen.wait("Review 1 of 4")
        screen.keys("q")
        screen.wait("Nothing was chosen")
        screen.keys("q")
        assert screen.end() == 0
    own, typed_ahead = pyte.Screen(80, 24), screen.raw.partition("\x1b[?1049h")[0]
    pyte.Stream(own).feed(typed_ahead)
    assert "aaa" in typed_ahead, "it was typed and echoed before the screen was taken over"
    assert not "".join(own.display).strip(), "and stands there no longer when the shell has its screen back"
    assert service.events() == []


def test_ctrl_c_while_all_is_looked_up_for_the_question(world: World, service: Listener) -> None:
    with terminal(world) as screen:
        screen.wait("Review 1 of 4")
        screen.keys("a")
        screen.wait("Review 2 of 4")
        world.school.hanging = ("/api/enrollments/e1",)
        screen.keys("q")
        screen.wait("Review summary")
        screen.keys("\r")
        screen.wait(until=lambda: bool(world.school.seen("/api/enrollments/e1")))
        screen.keys("\x03")
        assert screen.end() == 130
        assert "nothingwaschanged" in "".join(screen.text.split())
    assert service.events() == []


def test_an_impatient_enter_does_not_answer_a_question_that_nobody_has_seen(world: World, service: Listener) -> None:
    with terminal(world) as screen:
        screen.wait("Review 1 of 4")
        screen.keys("a")
        screen.wait("Review 2 of 4")
        world.school.hanging = ("/api/enrollments/e1",)
        screen.keys("q")
        screen.wait("Review summary")
        screen.keys("\r")
        screen.wait(until=lambda: bool(world.school.seen("/api/enrollments/e1")))
        screen.keys("\r")
        screen.keys("n\r")
        world.school.held.set()
        screen.wait("Go on? [y/N]")
        screen.keys("y\r")
        assert screen.end() == 0, screen.text
    assert [event["data"]["enrollmentId"] for event in service.events()] == ["e1"]


def test_nobody_waits(world: World) -> None:
    with terminal(world, "--course", "c2") as screen:
        assert screen.end() == 0
        assert "Nothing was selected" in screen.text


def test_a_list_that_cannot_be_had(world: World) -> None:
    with terminal(world, ENROLLMENT_SERVICE_URL="http://127.0.0.1:9") as screen:
        assert screen.end() == 3
        assert screen.settings == screen.settings_before


def test_a_dry_run_ends_in_what_would_be_done(world: World, service: Listener) -> None:
    with terminal(world, "--dry-run") as screen:
        screen.wait("Review 1 of 4")
        screen.keys("arno\rq")
        screen.wait("Review summary")
        screen.keys("\r")
        assert screen.end() == 0
        assert "2 planned" in screen.text
    assert service.events() == []


def test_off_a_terminal_another_command_is_named(world: World) -> None:
    run = shema("enrollments", "review", env=world.env)
    assert (run.code, "approve --ids-file" in run.err) == (2, True)
    run = shema("enrollments", "review", "--read-only", "--json", env=world.env)
    assert (run.code, run.json["error"]["code"]) == (5, "read_only")
