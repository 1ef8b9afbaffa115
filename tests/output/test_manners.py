"""How output behaves on a terminal: plain text, the pager, colour of the profile, other encodings."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pexpect
import pytest

from shema_cli.output.pager import pager_command
from shema_cli.output.person import Prompts, Protection
from shema_cli.output.plain import plain, plain_table
from shema_cli.output.sink import Output
from shema_cli.output.streams import Streams
from shema_cli.results import Fields, Table
from tests.support.cli import CapturedStream
from tests.support.http import Answer, HttpServer
from tests.support.signed_in import signed_in
from tests.support.terminal import Terminal

KNOWN = {"TERM": "xterm"}


def _view(_: object, __: int) -> str:
    return "drawn alone"


def _drawn(environ: dict[str, str], encoding: str = "utf-8", *, viewed: bool = False) -> str:
    out = CapturedStream(terminal=True)
    if encoding != "utf-8":
        out = type("Other", (CapturedStream,), {"encoding": encoding})(terminal=True)
    values = Fields({"▲ one": "●", "two…": "─┼─"})
    Output(Streams(CapturedStream(), out, CapturedStream(), environ)).result(values, _view if viewed else None)
    return out.bytes.decode(encoding)


def test_plain_output_draws_nothing() -> None:
    assert "drawn alone" in _drawn({}, viewed=True)
    assert "─" in _drawn({})
    for viewed in (True, False):  # a view may draw what it means, so the table speaks
        assert _drawn({"SHEMA_PLAIN": "1"}, viewed=viewed) == "▲ one: ●\ntwo…: ─┼─\n"


def test_plain_rows_are_paragraphs() -> None:
    table = Table(("id", "age_s", "error"), [("a", 1, "x\x1b[2J"), ("b", None, "long " * 50)])
    assert plain_table(table) == f"id: a\nage s: 1\nerror: x\\x1b[2J\n\nid: b\nerror: {'long ' * 50}\n"
    assert plain_table(Table(("text",), [("one",), ("",), ("two",)])) == "one\n\ntwo\n"


def test_a_terminal_without_utf_8_gets_no_escapes_for_what_we_draw() -> None:
    text = _drawn({"NO_COLOR": "1"}, "latin-1", viewed=True)
    assert text.isascii()
    assert "up one" in text
    assert "two..." in text
    assert "\\u" not in text


def test_plain_keeps_what_is_said() -> None:
    assert plain("Zoë 李 ok\n│ a │ b │\n") == "Zoë 李 ok\n  a   b\n"


def test_nothing_moves_in_plain_output() -> None:
    terminal = CapturedStream(terminal=True)
    assert Streams(terminal, terminal, terminal, KNOWN).animates(terminal)
    assert not Streams(terminal, terminal, terminal, {**KNOWN, "SHEMA_PLAIN": "1"}).animates(terminal)


def test_nothing_moves_on_a_terminal_that_does_not_say_what_it_is() -> None:
    terminal = CapturedStream(terminal=True)
    assert not Streams(terminal, terminal, terminal, {}).animates(terminal)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ["less"]),
        ({"PAGER": "less -S"}, ["less", "-S"]),
        ({"PAGER": "less", "SHEMA_PAGER": ""}, []),
        ({"PAGER": "less", "SHEMA_PAGER": "cat"}, []),
        ({"PAGER": ""}, []),
        ({"PAGER": "no-such-pager"}, []),
        ({"PAGER": "'unclosed"}, []),
    ],
)
def test_which_pager(environ: dict[str, str], words: list[str], tmp_path: Path) -> None:
    (tmp_path / "less").write_text("#!/bin/sh\n")
    (tmp_path / "less").chmod(0o755)
    assert pager_command({"PATH": str(tmp_path), **environ}) == words


def _pager(tmp_path: Path) -> str:
    """A pager that says that it was there."""
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\necho PAGED\ncat\necho LESS=$LESS\n")
    script.chmod(0o755)
    return str(script)


def test_long_output_on_a_terminal_goes_through_the_pager(base_env: dict[str, str], tmp_path: Path) -> None:
    env = {**base_env, "SHEMA_PAGER": _pager(tmp_path), "PYTHONPATH": str(Path.cwd())}
    with Terminal("help", "environment", env=env, lines=20) as terminal:
        assert terminal.end() == 0
    assert "PAGED" in terminal.raw
    assert "LESS=-FRX" in terminal.raw
    assert "SHEMA_PLAIN" in terminal.raw


@pytest.mark.parametrize("words", [("dashboard",), ("doctor",), ("auth", "status"), ("--help",)])
def test_what_is_no_list_never_goes_there(base_env: dict[str, str], tmp_path: Path, words: tuple[str, ...]) -> None:
    env = {**base_env, **signed_in(), "SHEMA_PAGER": _pager(tmp_path), "SERVICE_JWT_SECRET": "s" * 40}
    with Terminal(*words, env=env, lines=5) as terminal:
        terminal.end()
    assert len(terminal.raw.splitlines()) > 5
    assert "PAGED" not in terminal.raw


def test_options_of_ones_own_are_added_to_those_that_end_a_short_list(base_env: dict[str, str], tmp_path: Path) -> None:
    env = {**base_env, "SHEMA_PAGER": _pager(tmp_path), "LESS": "-M"}
    with Terminal("events", "types", env=env, lines=5) as terminal:
        assert terminal.end() == 0
    assert "LESS=-FRX -M" in terminal.raw


def test_on_a_dumb_terminal_numbers_are_digits(base_env: dict[str, str]) -> None:
    with HttpServer() as server:
        server.on("GET", "/api/courses/stats", Answer(json={"count": 1234}))
        env = {
            **base_env,
            **signed_in(),
            "SERVICE_JWT_SECRET": "s" * 40,
            "COURSE_SERVICE_URL": server.url,
            "TERM": "dumb",
        }
        with Terminal("dashboard", env=env, lines=60) as terminal:
            terminal.end()
    assert re.search(r"\b1,?234\b", terminal.raw)
    assert not re.search("[\u2500-\u259f]", terminal.raw)


@pytest.mark.parametrize("lines", [200])
def test_short_output_does_not(base_env: dict[str, str], tmp_path: Path, lines: int) -> None:
    env = {**base_env, "SHEMA_PAGER": _pager(tmp_path), "PYTHONPATH": str(Path.cwd())}
    with Terminal("help", "environment", env=env, lines=lines) as terminal:
        assert terminal.end() == 0
    assert "PAGED" not in terminal.raw


@pytest.mark.parametrize("line", ["{} help environment | tail -1", "echo | {} help environment"])
def test_a_pipe_never_gets_a_pager(line: str, base_env: dict[str, str], tmp_path: Path) -> None:
    env = {**base_env, "SHEMA_PAGER": _pager(tmp_path), "TERM": "xterm", "PATH": os.environ["PATH"]}
    command = line.format(f"{sys.executable} -m shema_cli")
    child = pexpect.spawn("sh", ["-c", command], env=env, dimensions=(10, 80))
    child.expect(pexpect.EOF)
    assert b"PAGED" not in child.before
    child.close()


def _asked(environ: dict[str, str], profile: str, colour: str | None) -> str:
    stdin = CapturedStream(b"y\n", terminal=True)
    stderr = CapturedStream(terminal=True)
    Prompts(Streams(stdin, CapturedStream(), stderr, environ)).confirm(
        "Sure?", Protection((profile, "redis h:1/0"), colour=colour)
    )
    return stderr.bytes.decode()


def test_the_profile_is_named_in_its_colour() -> None:
    assert "Target: \x1b[1;31mproduction\x1b[0m · redis h:1/0\n" in _asked(KNOWN, "production", "red")
    assert "Target: production · redis h:1/0\n" in _asked({**KNOWN, "NO_COLOR": "1"}, "production", "red")
    assert "Target: production · redis h:1/0\n" in _asked({}, "production", "red")
    assert "Target: \x1b[1mstaging\x1b[0m · redis h:1/0\n" in _asked(KNOWN, "staging", "\x1b[2J")
    assert "\x1b[2J" not in _asked(KNOWN, "bad\x1b[2J", None)
