"""Real shells, asked what they would offer for a line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pexpect
import pytest

from shema_cli.completion.scripts import FILES

SCRIPTS = Path(__file__).parents[2] / "completions"
_BASH = """
source {script}
COMP_LINE=$1 COMP_POINT=${{#1}} COMP_TYPE=${{2:-9}}
_shema shema
((${{#COMPREPLY[@]}})) && printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def need(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        reason = f"{shell} is not installed, so its completion is not tried"
        pytest.skip(reason)
    return found


def program(folder: Path) -> Path:
    """A folder with a `shema` on it that runs this source with this interpreter."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shema").write_text(f'#!/bin/sh\nexec {sys.executable} -m shema_cli "$@"\n')
    (folder / "shema").chmod(0o755)
    return folder


def forbidden(folder: Path) -> Path:
    """A folder with a `shema` that leaves a trace when it is started: no fixed word may start it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shema").write_text(f"#!/bin/sh\ntouch {folder}/started\n")
    (folder / "shema").chmod(0o755)
    return folder


def environment(path: Path, extra: Mapping[str, str] = {}) -> dict[str, str]:
    home = path.parent / "home"
    home.mkdir(exist_ok=True)
    found = {"HOME": str(home), "PATH": f"{path}:{os.environ['PATH']}", "TERM": "vt100", "LC_ALL": "C.UTF-8"}
    return {**found, **extra}


def offered(shell: str, line: str, env: Mapping[str, str]) -> list[str]:
    """The candidates for `line`, without their helps."""
    return {"bash": bash, "fish": fish, "zsh": zsh}[shell](line, env)


def bash(line: str, env: Mapping[str, str], *, menu: bool = False, script: Path = SCRIPTS / FILES["bash"]) -> list[str]:
    return [re.sub(r"  \(.*\)$", "", found) for found in bash_raw(line, env, menu=menu, script=script)]


def bash_raw(
    line: str, env: Mapping[str, str], *, menu: bool = False, script: Path = SCRIPTS / FILES["bash"]
) -> list[str]:
    code = _BASH.format(script=script)
    done = subprocess.run(
        [need("bash"), "--norc", "-c", code, "bash", line, "37" if menu else "9"],
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def fish(line: str, env: Mapping[str, str]) -> list[str]:
    code = f"source {SCRIPTS / FILES['fish']}; complete -C $argv[1]"
    done = subprocess.run(
        [need("fish"), "--no-config", "-c", code, line], env=dict(env), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return [found.partition("\t")[0] for found in done.stdout.splitlines()]


def zsh(line: str, env: Mapping[str, str]) -> list[str]:
    """What the `complete-word` list shows: every candidate is caught where zsh adds it."""
    child = pexpect.spawn(need("zsh"), ["-f", "-i"], env=dict(env), encoding="utf-8", dimensions=(50, 200), timeout=10)
    try:
        for code in (
            "PS1= PS2= RPS1=; unsetopt zle_bracketed_paste prompt_cr prompt_sp; stty -echo",
            "autoload -Uz compinit; compinit -u -D",
            f"source {SCRIPTS / FILES['zsh']}",
            # Keep what would be offered in a variable, and print it on a key.
            'compadd() { builtin compadd -A caught "$@"; all+=($caught); builtin compadd "$@" }',
            "list() { all=(); zle complete-word; zle -I; print -rl -- BEGIN $all END; BUFFER= }",
            "zle -N list; bindkey '^X' list; typeset -ga all caught; print READY",
        ):
            child.sendline(code)
        child.expect("\nREADY")
        child.send(line + "\x18")
        child.expect(r"BEGIN\r\n(.*?)END\r\n")
        return [word for word in child.match.group(1).split("\r\n") if word]
    finally:
        child.close(force=True)
