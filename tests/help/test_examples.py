"""Every example of the help runs as it is written, in the sandbox."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import redis

from shema_cli.app import tree
from shema_cli.cli.declare import Example
from tests.completion.shells import program
from tests.events.history.writing import History
from tests.support.cli import shema
from tests.support.sandbox import sandbox, sandbox_system, unrecorded

EVENT = "evt_00000000-0000-7000-8000-000000000008"
__all__ = ["sandbox", "sandbox_system", "unrecorded"]

NOT_TRIED = {"terminal", "firebase", "sandbox"}
FOR_THE_SHELL = re.compile(r"[|&$<>]")
EXAMPLES = [
    pytest.param(example, id=example.line)
    for node in tree().walk()
    for example in node.examples
    if example.needs not in NOT_TRIED and not example.line.startswith("shema sandbox")
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(
    example: Example,
    sandbox: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    if example.needs == "history":
        request.getfixturevalue("unrecorded")
        with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
            _with_a_history(client)
    elif example.needs not in ("", "endless", "home") and shutil.which(example.needs) is None:
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
    assert code in example.ends, said


def _with_a_history(client: redis.Redis) -> None:
    """schedule was away when an event was published."""
    history = History(client)
    history.present("schedule-service")
    history.up(0, "schedule-service")
    history.down(10, "schedule-service")
    data = {"enrollmentId": "enr-0314", "studentId": "std-0314"}
    event = {"eventType": "ENROLLMENT_APPROVED", "eventId": EVENT, "version": "1.0", "data": data}
    history.message(20, "enrollment.approved", json.dumps(event))
    history.up(30, "schedule-service")


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
