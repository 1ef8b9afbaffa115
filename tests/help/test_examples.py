"""Every example of the help runs as it is written, in the sandbox."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from shema_cli.app import TREE
from shema_cli.help.pages import Example, page_of
from shema_cli.help.tree import tree
from tests.completion.shells import program
from tests.support.cli import shema
from tests.support.sandbox import sandbox, sandbox_system

__all__ = ["sandbox", "sandbox_system"]

NOT_TRIED = {"terminal", "firebase", "sandbox"}
FOR_THE_SHELL = re.compile(r"[|&$<>]")
EXAMPLES = [
    pytest.param(example, id=example.line)
    for node in tree().walk()
    for example in page_of(node.path).examples
    if example.needs not in NOT_TRIED and not example.line.startswith("shema sandbox")
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(
    example: Example, sandbox: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if example.needs not in ("", "endless", "home") and shutil.which(example.needs) is None:
        pytest.skip(f"{example.needs} is not installed")
    env = {**sandbox, "HOME": str(tmp_path), "SHELL": "/bin/bash"}
    line = example.line
    if example.needs == "endless":
        line = _ending(line)
    if FOR_THE_SHELL.search(re.sub(r"'[^']*'", "", line)):
        code, said = _in_bash(line, env, tmp_path)
    else:
        run = shema(*shlex.split(line)[1:], env=env)
        code, said = run.code, run.err
    assert code == 0, said


def _ending(line: str) -> str:
    """The same with an end, where it can be given one; the options alone are tried where it cannot."""
    if line.split()[2:3] == ["tail"]:
        return re.sub(r" --for \S+", "", line) + " --for 0.2"
    return re.sub(r" --watch \S+| --follow", "", line) + " --help"


def _in_bash(line: str, env: dict[str, str], tmp_path: Path) -> tuple[int, str]:
    path = f"{program(tmp_path / 'bin')}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        env={**env, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_every_command_has_examples_and_every_reference_leads_somewhere() -> None:
    nodes = {node.path: node for node in tree().walk()}
    for path, node in nodes.items():
        page = page_of(path)
        if not node.children:
            assert page.examples, path
        for other in page.see_also:
            assert other in nodes or other.removeprefix("help ") in _topics(), (path, other)


def _topics() -> set[str]:
    from shema_cli.help.topics import TOPICS

    return set(TOPICS)


def test_every_page_belongs_to_a_command() -> None:
    from importlib import import_module

    paths = {node.path for node in tree().walk()}
    for name in ["root", *TREE]:
        pages = import_module(f"shema_cli.help.content.{name}").PAGES
        assert set(pages) <= paths, name
