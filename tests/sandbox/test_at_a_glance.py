"""How many commands and screens of 80 × 24 the daily work takes, from a fresh shell in a system that lives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.support.traces import Traces

TEN = 10
NAMED = re.compile(r"^student +(?P<name>\S.*?)  \S+@shema\.test", re.MULTILINE)
PAGE = re.compile(r"Review (?P<number>\d+) of (?P<of>\d+), oldest first")
ONE_SCREEN = 24


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traces]:
    traces = Traces(Path(tmp_path_factory.mktemp("glance")))
    traces.shema("sandbox", "start")
    yield traces
    traces.shema("sandbox", "stop", check=False)
    traces.clean_up()


def typed(sandbox: Traces, *argv: str) -> Terminal:
    env = {"SHEMA_PAGER": ""} | sandbox.environ
    return Terminal("--profile", "sandbox", *argv, env=env, columns=80, lines=ONE_SCREEN)


def is_one_screen(screen: Terminal) -> bool:
    """Whether nothing has scrolled away."""
    return len(screen.raw.splitlines()) < ONE_SCREEN


def test_what_is_wrong_now_is_one_command_and_one_screen(sandbox: Traces) -> None:
    sandbox.shema("sandbox", "fault", "course", "--down")
    with typed(sandbox, "status") as screen:
        assert screen.end() == 1
        first = screen.display[0]
    sandbox.shema("sandbox", "fault", "course", "--clear")
    assert is_one_screen(screen), screen.text
    assert "course" in first
    assert "dead letters" in screen.text


def test_the_enrollment_of_somebody_whose_name_is_known_is_one_command_and_one_screen(sandbox: Traces) -> None:
    with typed(sandbox, "find", "budi", "santoso") as screen:
        assert screen.end() == 0
    assert is_one_screen(screen), screen.text
    assert re.search(r"enr-\d+ +pending +Budi Santoso", screen.text), screen.text


def test_ten_people_are_approved_with_one_command_that_says_who_they_are(sandbox: Traces) -> None:
    names: list[str] = []
    with typed(sandbox, "enrollments", "review") as screen:
        number = 1
        while len(names) < TEN:
            screen.wait(f"Review {number} of", until=lambda: bool(NAMED.search(screen.text) and "…" not in screen.text))
            found, page = NAMED.search(screen.text), PAGE.search(screen.text)
            assert found, screen.text
            assert page, screen.text
            full = "no seat is left" in screen.text
            names += [] if full else [found["name"]]
            screen.keys("s" if full else "a")
            number += 1
        screen.wait(f"Review {number} of")
        screen.keys("q")
        screen.wait("Review summary", f"{TEN} approve", *names)
        screen.keys("\r")
        screen.wait("Go on? [y/N]", f"Approve {TEN} enrollments")
        screen.keys("y\r")
        assert screen.end() == 0, screen.text
    assert f"{TEN} approved" in screen.text
