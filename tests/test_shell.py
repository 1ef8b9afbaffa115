"""Commands that are told to be copied: what stands in them from outside is one word to a shell."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shema_cli.output.sanitize import safe_lines
from shema_cli.shell import quoted, to_type
from tests.support.texts import ANY_TEXT

SOURCES = Path(__file__).parents[1] / "shema_cli"


def words_of(line: str) -> list[bytes]:
    """What bash makes of a line, as it stands on the screen."""
    shown = safe_lines(line)
    assert shown == line
    done = subprocess.run(
        ["bash", "--norc", "-c", f"printf '%s\\0' {shown}"], env={"LC_ALL": "C.UTF-8"}, capture_output=True, check=True
    )
    assert done.stderr == b""
    return done.stdout.split(b"\0")[:-1]


@given(st.lists(ANY_TEXT.filter(lambda text: "\0" not in text), min_size=1, max_size=5))
@example(["$(touch x)", "`x`", "a b", "it's", "a;b", "~", "*", "", "a\nb", "\x1b[2J", "\udcff", "'\n'", "\\\n"])
def test_bash_reads_back_every_word(words: list[str]) -> None:
    assert words_of(" ".join(map(quoted, words))) == [b"".join(map(as_bytes, word)) for word in words]


def as_bytes(char: str) -> bytes:
    """Bytes that were no UTF-8 reached us as lone surrogates; any other lone surrogate has bytes of its own."""
    return char.encode("utf-8", "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass")


def test_what_needs_no_quotes_has_none() -> None:
    assert to_type("shema trace", "enr-0291") == "shema trace enr-0291"
    assert to_type("shema trace", "a b") == "shema trace 'a b'"
    assert to_type("shema services deregister", "x", "--yes") == "shema services deregister -- x --yes"


# -- no caller can forget: the sources are read -----------------------------------------------------------------------

IN_A_COMMAND = re.compile(r"(?:\bshema [a-z]+|\bchmod|\bkill|\bmv|\brm) [^`;,]*$")
OUR_OWN = {"verb"}
"""Names of values that are words of ours; so are constants."""
NOT_TOLD = ("help", "sandbox", "completion", "cli")
"""Rooms whose texts hold nothing from outside."""


def told_commands(tree: ast.AST) -> Iterator[ast.expr]:
    """Each value that an f-string puts into a command."""
    for text in (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)):
        before = ""
        for part in text.values:
            if isinstance(part, ast.Constant):
                before += str(part.value)
            elif isinstance(part, ast.FormattedValue):
                if IN_A_COMMAND.search(before):
                    yield part.value
                before += "{}"


def is_quoted(value: ast.expr) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in ("quoted", "to_type")
    return isinstance(value, ast.Name) and (value.id in OUR_OWN or value.id.isupper())


def test_a_command_quotes_what_is_put_into_it() -> None:
    seen = 0
    for path in sorted(SOURCES.rglob("*.py")):
        if path.relative_to(SOURCES).parts[0] in NOT_TOLD:
            continue
        for value in told_commands(ast.parse(path.read_text(encoding="utf-8"))):
            seen += 1
            assert is_quoted(value), f"{path.name}:{value.lineno}: put it in by shell.to_type or shell.quoted"
    assert seen


@pytest.mark.parametrize("source", ['f"shema trace {id}"', 'f"run: chmod 600 {path}"', 'f"`shema api {name} PATH`"'])
def test_the_reading_finds_what_is_not_quoted(source: str) -> None:
    (value,) = told_commands(ast.parse(source))
    assert not is_quoted(value)
