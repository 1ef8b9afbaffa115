"""What docs/adding-a-command.md shows is run as it stands there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import shema_cli
from shema_cli import app
from tests.support.cli import shema
from tests.support.valkey import Valkey

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```python\n# (?P<path>\S+)\n(?P<code>.*?)```", re.S)
SHOWN = {match["path"]: match["code"] for match in BLOCK.finditer((ROOT / "docs/adding-a-command.md").read_text())}


@pytest.fixture
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package of the page, importable as `shema_cli.rooms`, and its line in the tree."""
    for path, code in SHOWN.items():
        if path != "shema_cli/app.py":
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(code, encoding="utf-8")
    monkeypatch.setattr(shema_cli, "__path__", [*shema_cli.__path__, str(tmp_path / "shema_cli")])
    line = ast.parse(f"{{{SHOWN['shema_cli/app.py']}}}", mode="eval")
    for name, entry in eval(compile(line, "app.py", "eval"), vars(app)).items():
        monkeypatch.setitem(app.TREE, name, entry)
    yield tmp_path
    for module in [name for name in sys.modules if name.startswith("shema_cli.rooms")]:
        del sys.modules[module]


def test_its_test_passes(rooms: Path, base_env: dict[str, str], valkey: Valkey) -> None:
    module = ModuleType("test_list")
    exec(SHOWN["tests/rooms/test_list.py"], vars(module))
    tests = [function for name, function in vars(module).items() if name.startswith("test_")]
    assert len(tests) == 1
    tests[0](base_env, valkey)


def test_its_help_says_all_that_is_declared(
    rooms: Path, base_env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shema("rooms", "list", "--help", env=base_env).code == 0
    said = capsys.readouterr().out
    for told in (
        "List the rooms and how many they seat.",
        "--seats N  Only those that seat so many.  [default: 1; x>=1]",
        "$ shema rooms list --seats 20",
        "Needs a signed-in admin.",
        "1    there is no such room",
        "See also: `shema services list`",
    ):
        assert told in said
    assert shema("--help", env=base_env).code == 0
    assert "rooms        The rooms of the school." in capsys.readouterr().out


def test_the_example_of_contributing_is_this_one() -> None:
    right = (ROOT / "CONTRIBUTING.md").read_text().partition("RIGHT")[2]
    block = re.search(r"```python\n(.*?)```", right, re.S)
    assert block
    assert block[1] in SHOWN["shema_cli/rooms/commands.py"]


def test_it_is_written_as_all_the_code_is(rooms: Path) -> None:
    settings = ("--config", str(ROOT / "pyproject.toml"))
    ours = ("--config", "lint.isort.known-first-party=['shema_cli', 'tests']")
    for words in (("check", *settings, *ours), ("format", "--check", *settings)):
        ruff = [sys.executable, "-m", "ruff", *words, str(rooms)]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        if "No module named ruff" in done.stderr:
            pytest.skip("ruff is not installed")
        assert done.returncode == 0, done.stdout + done.stderr
