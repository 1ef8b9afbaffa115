"""A person types in bash and presses TAB: what ends up on the line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from shema_cli.completion.scripts import FILES
from tests.completion.shells import SCRIPTS, environment, need
from tests.support.waiting import eventually


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


@pytest.mark.everywhere
@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("shema dl\trep\t--no-such\t", "shema dlq replay --no-such"),
        ("shema dlq rep\t--allow-u\t", "shema dlq replay --allow-unheard "),
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


HOSTILE = [
    "zq$(touch started)",
    "zq`touch started`",
    "zq;touch started",
    "zq|touch started",
    "zq&touch started",
    "zq>started",
    "zq'a",
    'zq"b',
    "zq'\"$(touch started)",
    "zq*",
    "zq!!",
    "zq\\a",
    "zq two words",
    "zq#c",
    "zq{a,b}",
    "zq:$(touch started):x",
    "zq@$(touch started)",
    "zq=$(touch started)",
    "zq~é ",
]


@pytest.fixture
def echoing(tmp_path: Path) -> Path:
    """A `shema` that completes with the words in `values`, and else writes down the last word that it was given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "shema").write_text(
        f"""#!/bin/sh
if [ "$1" = _complete ]; then cat '{tmp_path}/values'; exit; fi
for last; do :; done
printf %s "$last" >'{tmp_path}/given'
"""
    )
    (folder / "shema").chmod(0o755)
    return folder


INTERACTIVE = {
    "bash": (["--norc", "-i"], "PS1=; set -H"),
    "zsh": (
        ["-f", "-i"],
        "PS1= PS2= RPS1=; unsetopt zle_bracketed_paste prompt_cr prompt_sp; autoload -Uz compinit; compinit -u -D",
    ),
}


def interactive(shell: str, echoing: Path) -> pexpect.spawn:
    folder = echoing.parent
    (folder / "inputrc").write_text("set enable-bracketed-paste off\nset bell-style none\n")
    env = environment(echoing, {"INPUTRC": str(folder / "inputrc")})
    arguments, code = INTERACTIVE[shell]
    child = pexpect.spawn(need(shell), arguments, env=env, encoding="utf-8", cwd=folder, timeout=15)
    child.sendline(f"{code}; source {SCRIPTS / FILES[shell]}; echo READY")
    child.expect(r"\nREADY\r\n")
    return child


@pytest.mark.parametrize("shell", INTERACTIVE)
def test_what_others_named_ends_up_on_the_line_as_one_word(shell: str, echoing: Path, tmp_path: Path) -> None:
    """Nothing of it is carried out, neither by TAB nor by the Enter after it."""
    child, given = interactive(shell, echoing), tmp_path / "given"
    for value in HOSTILE:
        (tmp_path / "values").write_text(f"{value}\topen now\n")
        child.send("shema chat tail zq\t\r")
        eventually(lambda: given.exists() and given.read_text() == value, what=value)  # noqa: B023
        assert not (tmp_path / "started").exists(), value
    child.close(force=True)


@pytest.mark.parametrize("shell", INTERACTIVE)
@pytest.mark.parametrize("value", HOSTILE[:2])
def test_what_several_names_have_in_common_is_not_carried_out_either(
    shell: str, value: str, echoing: Path, tmp_path: Path
) -> None:
    (tmp_path / "values").write_text("".join(f"{value} {number}\topen now\n" for number in range(3)))
    child = interactive(shell, echoing)
    child.send("shema chat tail zq\t\r")
    eventually((tmp_path / "given").exists)
    assert not (tmp_path / "started").exists()
    child.close(force=True)
