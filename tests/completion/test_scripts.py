"""The committed scripts are what the command tree says."""

from __future__ import annotations

from pathlib import Path

import pytest

from shema_cli.completion.kinds import ARGUMENTS, COMMAND_OPTIONS
from shema_cli.completion.scripts import FILES, script
from shema_cli.completion.spec import places
from shema_cli.exit_codes import ExitCode
from tests.completion.shells import SCRIPTS
from tests.support.cli import shema


@pytest.mark.parametrize("shell", FILES)
def test_the_committed_script_is_up_to_date(shell: str) -> None:
    committed = (SCRIPTS / FILES[shell]).read_text(encoding="utf-8")
    assert committed == script(shell), "run `make completions` and commit what it changed"


def test_what_is_said_of_commands_is_said_of_commands_that_exist() -> None:
    known = {place.path: place for place in places()}
    assert set(ARGUMENTS) <= set(known)
    for pair in COMMAND_OPTIONS:
        path, _, option = pair.rpartition(" ")
        assert option in {name for flag in known[path].flags for name in flag.names}, pair


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
