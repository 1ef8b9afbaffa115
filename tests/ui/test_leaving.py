"""However the console ends, the terminal is as it was, also while Redis hangs."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from shema_cli.sandbox.system.assembly import System
from tests.support.terminal import Terminal
from tests.support.waiting import eventually

INTO, OUT_OF = "\x1b[?1049h", "\x1b[?1049l"
WAYS: dict[str, tuple[Callable[[Terminal], object], int]] = {
    "q": (lambda terminal: terminal.keys("q"), 0),
    "Ctrl-C": (lambda terminal: terminal.keys("\x03"), 0),
    "SIGTERM": (lambda terminal: os.kill(terminal.child.pid, signal.SIGTERM), -signal.SIGTERM),
    "SIGHUP": (lambda terminal: os.kill(terminal.child.pid, signal.SIGHUP), -signal.SIGHUP),
}


def state_of(pid: int) -> str:
    """As /proc has it: T is stopped; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


@pytest.fixture
def console(sandbox: Mapping[str, str]) -> Iterator[Terminal]:
    with Terminal("ui", env=sandbox) as terminal:
        yield terminal.wait("What is wrong", "Dead letters", "320", timeout=30)


@pytest.mark.parametrize("way", WAYS)
def test_the_terminal_is_given_back_whichever_way_it_ends(console: Terminal, sandbox_system: System, way: str) -> None:
    sandbox_system.call(sandbox_system.set_fault("redis", {"hang": True}), 10)
    console.keys(":services\r")
    console.wait("home › services")  # keys work on
    end, code = WAYS[way]
    end(console)
    assert console.end() == code
    assert console.settings == console.settings_before
    assert console.raw.count(INTO) == console.raw.count(OUT_OF) == 1


def test_it_is_stopped_with_the_terminal_given_back_and_goes_on_where_it_was(console: Terminal) -> None:
    os.kill(console.child.pid, signal.SIGTSTP)
    console.wait(until=lambda: state_of(console.child.pid) == "T")
    assert console.settings == console.settings_before
    os.kill(console.child.pid, signal.SIGCONT)
    console.wait("What is wrong", until=lambda: console.settings != console.settings_before)
    console.keys(":audit\r")
    console.wait("home › audit", "ACTION")


def test_a_window_too_small_for_anything_is_survived(console: Terminal) -> None:
    console.resize(20, 5)
    console.wait("home")
    console.resize(80, 24)
    console.wait("What is wrong", "Dead letters", "Events")


def test_a_window_that_is_closed_ends_it(console: Terminal) -> None:
    pid = console.child.pid
    console.child.ptyproc.fileobj.close()
    eventually(lambda: state_of(pid) in ("", "Z"), what="its end", within_s=15)
