"""The committed scripts are what the command tree says."""

from __future__ import annotations

from pathlib import Path

import pytest

from shema_cli.completion.live import source_of
from shema_cli.completion.scripts import FILES, places, script
from shema_cli.errors import ExitCode
from tests.completion.shells import SCRIPTS
from tests.support.cli import shema


@pytest.mark.parametrize("shell", FILES)
def test_the_committed_script_is_up_to_date(shell: str) -> None:
    committed = (SCRIPTS / FILES[shell]).read_text(encoding="utf-8")
    assert committed == script(shell), "run `make completions` and commit what it changed"


def test_every_value_that_lives_has_a_source() -> None:
    ways = {way for place in places() for way in (*place.arguments, *(flag.way for flag in place.flags))}
    living = {word for way in ways for word in way.removesuffix("...").removeprefix("=").split() if word[:1] == "@"}
    assert living
    for kind in living:
        assert callable(source_of(kind.removeprefix("@")))


def test_one_option_completes_alike_in_every_command() -> None:
    ways: dict[str, set[str]] = {}
    for place in places():
        for flag in place.flags:
            for name in flag.names:
                ways.setdefault(name, set()).add(flag.way)
    assert {name for name, found in ways.items() if len(found) > 1} == set()


@pytest.mark.parametrize("shell", FILES)
def test_install_writes_the_script_where_the_shell_looks(shell: str, base_env: dict[str, str], tmp_path: Path) -> None:
    env = {**base_env, "HOME": str(tmp_path), "SHELL": f"/bin/{shell}"}
    planned = shema("completions", "install", "--dry-run", "--json", env=env).json
    assert planned["written"] is False
    assert not Path(planned["path"]).exists()
    done = shema("completions", "install", "--json", env=env).json
    assert done["written"] is True
    assert Path(done["path"]).read_text() == shema("completions", "show", shell, env=env).out
    assert shema("completions", "install", shell, "--json", env=env).json["written"] is False


def test_a_shell_that_cannot_be_told_is_asked_for(base_env: dict[str, str]) -> None:
    run = shema("completions", "install", env={**base_env, "SHELL": "/bin/tcsh"})
    assert run.code == ExitCode.USAGE
    assert "tcsh" in run.err
