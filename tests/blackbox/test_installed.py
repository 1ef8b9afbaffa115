from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from shema_cli import __version__
from shema_cli.app import TREE
from tests.blackbox.conftest import Shema


def test_the_wheel_carries_the_typing_marker_and_the_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "shema_cli/py.typed" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)


def test_the_manual_pages_are_installed_where_man_looks(installed: Path) -> None:
    pages = {page.name for page in (installed.parent / "share" / "man" / "man1").iterdir()}
    assert pages == {"shema.1", *(f"shema-{name}.1" for name in TREE)}


def test_it_is_the_installed_package_that_runs(installed: Path, shema: Shema) -> None:
    done = shema("--version")
    assert (done.returncode, done.stdout) == (0, f"shema {__version__}\n")
    assert next(installed.parent.glob("lib/*/site-packages/shema_cli/main.py"))


def test_every_group_answers_help(shema: Shema) -> None:
    for name in TREE:
        done = shema(name, "--help")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"Usage: shema {name}")


def test_nothing_set_up_is_one_clear_error(shema: Shema) -> None:
    for command in (["dashboard"], ["dlq", "list"], ["services", "health"], ["enrollments", "approve", "e1", "--yes"]):
        done = shema(*command, "-o", "json")
        assert done.returncode == 4, command
        assert set(json.loads(done.stdout)["error"]) == {"code", "message", "hint"}
        assert done.stderr == ""


def test_a_missing_argument_is_named(shema: Shema) -> None:
    done = shema("config", "use")
    assert done.returncode == 2
    assert "'NAME'" in done.stderr


@pytest.mark.everywhere
def test_the_sandbox_runs_the_main_job(shema: Shema) -> None:
    script = (
        "first=$(shema enrollments list --status pending --limit 1 -o json) && "
        'id=$(echo "$first" | sed \'s/{"enrollments":\\[{"id":"\\([^"]*\\)".*/\\1/\') && '
        'shema enrollments approve "$id" --yes --wait 5 -o json && shema enrollments show "$id" -o json'
    )
    done = shema("sandbox", "run", "--", "sh", "-c", script, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    decided, shown = map(json.loads, done.stdout.splitlines())
    assert decided["summary"] == {"approved": 1}
    assert shown["status"] == "approved"
    assert shown["decision"]["decision"] == "approved"
