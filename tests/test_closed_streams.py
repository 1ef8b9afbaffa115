"""stdout that is full, closed, or whose reader went away: one line on stderr, an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TABLE = ["config", "path"]
JSON = ["events", "schema", "user.updated", "--json"]
VERSION = ["--version"]
HELP = ["dlq", "--help"]
FULL = Path("/dev/full")


def shell(line: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`line` in sh, with `shema` as a function of it and stdout as the line leaves it."""
    whole = f'shema() {{ "{sys.executable}" -m shema_cli "$@"; }}; {line}'
    environ = {**env, "PATH": os.defpath, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(["sh", "-c", whole], env=environ, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [TABLE, JSON, VERSION, HELP])
def test_a_full_disk_is_one_error(base_env: dict[str, str], words: list[str]) -> None:
    run = shell(f"shema {' '.join(words)} > /dev/full", base_env)
    assert run.returncode == 1
    assert "No space left on device" in run.stderr
    assert run.stderr.startswith("error: ")
    assert len(run.stderr.splitlines()) <= 2


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
def test_an_error_that_cannot_be_written_as_json_is_told_on_stderr(base_env: dict[str, str]) -> None:
    run = shell("shema config use nobody --json > /dev/full", base_env)
    assert run.returncode == 1
    assert run.stderr.startswith("error: ")
    assert "nobody" in run.stderr.splitlines()[0]


@pytest.mark.parametrize("words", [TABLE, JSON, VERSION])
@pytest.mark.parametrize("how", [">&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_fault(base_env: dict[str, str], words: list[str], how: str) -> None:
    run = shell(f"shema {' '.join(words)} {how}", base_env)
    assert (run.returncode, run.stderr) == (0, "")


def test_an_error_is_told_although_stdout_is_closed(base_env: dict[str, str]) -> None:
    run = shell("shema config use nobody >&-", base_env)
    assert run.returncode == 1
    assert run.stderr.startswith("error: ")


@pytest.mark.parametrize("words", [TABLE, JSON, VERSION, HELP])
def test_a_reader_that_went_away_is_success(base_env: dict[str, str], words: list[str]) -> None:
    code = (
        "import os, signal, subprocess, sys; read, write = os.pipe(); os.close(read); "
        "sys.exit(subprocess.call([sys.executable, '-m', 'shema_cli', *sys.argv[1:]], stdout=write))"
    )
    environ = {**base_env, "PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.run([sys.executable, "-c", code, *words], env=environ, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def test_ctrl_c_among_the_imports_is_quiet(base_env: dict[str, str]) -> None:
    code = """
import sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == "shema_cli.cli.declare":
            sys.meta_path.remove(self)
            raise KeyboardInterrupt

from shema_cli.main import main
sys.meta_path.insert(0, Interrupting())
sys.exit(main(["config", "path", "--json"]))
"""
    environ = {**base_env, "PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (130, "")
    assert json.loads(run.stdout)["error"]["code"] == "interrupted"


HALF_MADE = """
import logging
from shema_cli import main

class Half:
    def __del__(self):
        raise OSError("cannot be put away")

def fails(argv, invocation):
    Half()
    raise OSError("too many open files")

main._dispatch = fails
main.sys.argv = ["shema", "doctor"]
try:
    main.run()
finally:
    logging.getLogger("asyncio").error("never retrieved")
"""


@pytest.mark.parametrize(("debug", "told"), [("", False), ("1", True)])
def test_what_is_put_away_half_made_is_left_out_unless_debugging(
    base_env: dict[str, str], debug: str, *, told: bool
) -> None:
    env = {**base_env, "SHEMA_DEBUG": debug, "PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.run([sys.executable, "-c", HALF_MADE], env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "error: too many open files" in run.stderr
    assert [words in run.stderr for words in ("put away", "never retrieved", "Traceback")] == [told] * 3
