"""A person types in bash and presses TAB: what ends up on the line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from shema_cli.completion.scripts import FILES
from tests.completion.shells import SCRIPTS, environment, need


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """A `shema` that knows two sessions whose ids have colons in them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "shema").write_text("#!/bin/sh\nprintf 's:alpha\\topen now\\ns:beta\\topen now\\n' | grep \"^$3\"\n")
    (folder / "shema").chmod(0o755)
    return folder


@pytest.fixture
def typed(answers: Path, tmp_path: Path) -> Iterator[pexpect.spawn]:
    (tmp_path / "inputrc").write_text("set enable-bracketed-paste off\nset bell-style none\n")
    env = environment(answers, {"INPUTRC": str(tmp_path / "inputrc")})
    child = pexpect.spawn(need("bash"), ["--norc", "-i"], env=env, encoding="utf-8", dimensions=(24, 120), timeout=10)
    child.sendline(f"PS1=; source {SCRIPTS / FILES['bash']}; echo READY")
    child.expect(r"\nREADY\r\n")
    yield child
    child.close(force=True)


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("shema dl\trep\t--no-such\t", "shema dlq replay --no-such"),
        ("shema dlq rep\t--allow-\t", "shema dlq replay --allow-unheard "),
        ("shema -o j\tdl\tli\t", "shema -o json dlq list "),
        ("shema --output=j\tconfig pa\t", "shema --output=json config path "),
        ("shema chat tail s:a\t", "shema chat tail s:alpha "),
        ("shema events tail --session s:b\t", "shema events tail --session s:beta "),
    ],
)
def test_what_a_tab_puts_on_the_line(typed: pexpect.spawn, keys: str, line: str) -> None:
    typed.send(keys)
    typed.send("\x01echo '<\x05>'\r")  # Home, quote what stands there, End: the shell says what it has
    typed.expect(r"\n<(.*)>\r\n")
    assert typed.match.group(1) == line


def test_when_several_fit_they_are_listed_with_what_they_are(typed: pexpect.spawn) -> None:
    typed.send("shema chat tail \t")  # what they have in common
    typed.expect("s:")
    typed.send("\t\t")
    typed.expect(r"alpha  \(open now\)\s+beta  \(open now\)")
