"""From a fresh shell of 80 × 24 to the cause of dead letters that pile up, and the right ones replayed."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.dlq.support import Service, numbers
from tests.support.registry import put
from tests.support.terminal import Terminal
from tests.triage.place import NO_COLUMN, Place, failed, family, listed

AT_MOST = 3
PROMPT = "ready>"
FRESH_SHELL = "import os; os.execvp('bash', ['bash', '--noprofile', '--norc', '-i'])"
SCHEDULE_WAS_AWAY = "connect ECONNREFUSED: schedule-service does not answer"


class Shell(Terminal):
    """A fresh shell, in which `shema` is a command. `typed`: the command lines, which are counted."""

    def __init__(self, place: Place, folder: Path) -> None:
        program = folder / "bin" / "shema"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m shema_cli "$@"\n')
        program.chmod(0o755)
        env = {**place.env, "PS1": PROMPT, "PATH": f"{program.parent}:/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())}
        super().__init__(env=env, columns=80, lines=24, script=FRESH_SHELL)
        self.typed: list[str] = []

    def types(self, line: str) -> None:
        self.wait(until=lambda: self.text.rstrip().endswith(PROMPT))
        self.typed.append(line)
        self.keys(f"clear; {line}\r")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_why_they_pile_up_and_the_right_ones_replayed(
    place: Place, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    shell_of = Shell(place, tmp_path)
    with place.valkey.client() as client:
        put(client, place.server.url, "schedule", listens=["enrollment.approved"])
    place.push(*(failed(n, NO_COLUMN, ago_h=40) for n in range(1, 8)))
    place.push(*(failed(n, SCHEDULE_WAS_AWAY, ago_h=0.4) for n in range(11, 16)))
    with Service(place.valkey.port, name="schedule-service") as schedule, shell_of as shell:
        shell.types("shema status")
        shell.wait("12 dead letters", "shema dlq", timeout=30)
        shell.types("shema dlq triage --verify 1")
        shell.wait("Triage 1 of 2", "schedule-service does not answer", "rising +5/h", timeout=30)
        shell.wait("schedule (named in the error): listens; healthy", "5 entries, 5 events", "Budi Santoso")
        shell.keys("R")
        shell.wait("Replay 5 dead letters", "Go on? [y/N]")
        shell.keys("y\r")
        shell.wait("5 replayed, none came back", timeout=30)
        shell.keys("q\r")
        shell.wait("Triage summary", "nothing left", "7 entries left")
        shell.keys("q")
        shell.wait(f"--fingerprint {family(SCHEDULE_WAS_AWAY)} --canary 5", PROMPT)
        assert len(shell.typed) <= AT_MOST
        assert numbers(schedule.payloads(5)) == list(range(11, 16))
    with place.valkey.client() as client:
        assert len(list(listed(client))) == 7
