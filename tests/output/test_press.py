"""One key at a terminal: what was pressed before it was asked does not count, and the terminal is given back."""

from __future__ import annotations

import os
import pty
import termios
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from shema_cli.output.keys import END_OF_INPUT
from shema_cli.output.person import Prompts
from shema_cli.output.streams import Streams
from tests.support.waiting import eventually

QUESTION = "which one"


@dataclass
class Side:
    """A pseudo-terminal: what a person types at it and sees on it, and the prompts at its other end."""

    master: int
    prompts: Prompts
    terminal: int
    shown: str = ""

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def sees(self, text: str, times: int = 1) -> None:
        def has_come() -> bool:
            self.shown += os.read(self.master, 1024).decode()
            return self.shown.count(text) >= times

        eventually(has_come, within_s=10, what=lambda: f"{text!r} in {self.shown!r}")

    def press(self) -> tuple[threading.Thread, list[str]]:
        pressed: list[str] = []
        thread = threading.Thread(target=lambda: pressed.append(self.prompts.press(QUESTION, ("\n", "s", "b"))))
        thread.start()
        return thread, pressed


@pytest.fixture
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    env = getattr(request, "param", {"TERM": "xterm"})
    master, slave = pty.openpty()
    with os.fdopen(slave, "r") as stdin, os.fdopen(os.dup(slave), "w") as stderr:
        yield Side(master, Prompts(Streams(stdin, stderr, stderr, env)), slave)
    os.close(master)


def test_what_was_pressed_before_is_dropped_and_what_is_no_answer_passed_over(side: Side) -> None:
    side.type("s\rs")
    side.sees("s", times=2)  # its echo: by then it has arrived
    before = termios.tcgetattr(side.terminal)
    thread, pressed = side.press()
    side.sees(QUESTION)
    side.type("x\x1b[A")
    side.type("B")
    thread.join(10)
    assert pressed == ["b"]
    assert termios.tcgetattr(side.terminal) == before


@pytest.mark.parametrize(("typed", "key"), [("\r", "\n"), ("S", "s"), ("\x04", END_OF_INPUT)])
def test_enter_a_capital_and_the_end(side: Side, typed: str, key: str) -> None:
    thread, pressed = side.press()
    side.sees(QUESTION)
    side.type(typed)
    thread.join(10)
    assert pressed == [key]


@pytest.mark.parametrize("side", [{"TERM": "dumb"}], indirect=True)
@pytest.mark.parametrize(("typed", "key"), [("\r", "\n"), ("skip\r", "s"), ("x\rb\r", "b"), ("\x04", END_OF_INPUT)])
def test_where_nothing_may_move_a_line_is_typed(side: Side, typed: str, key: str) -> None:
    thread, pressed = side.press()
    side.sees(QUESTION)
    side.type(typed)
    thread.join(10)
    assert pressed == [key]
