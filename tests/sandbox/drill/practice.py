"""Somebody who practises: commands typed in a folder, with the profile of a sandbox."""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shema_cli.sandbox.identity.people import ADMIN, ADMIN_PASSWORD
from shema_cli.sandbox.system.assembly import System
from tests.contract.holding import assert_document
from tests.support.cli import Run, shema


@dataclass
class Practice:
    """`folder`: where commands are typed, which a drill may change."""

    system: System
    home: Path
    env: dict[str, str] = field(init=False)
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.home
        self.env = {
            "HOME": str(self.home),
            "SHEMA_CONFIG_DIR": str(self.home / "config"),
            "SHEMA_STATE_DIR": str(self.home / "state"),
            "SHEMA_PROFILE": "sandbox",
        }

    def type(self, line: str, *, stdin: bytes = b"", terminal: bool = False) -> Run:
        """`shema …`, as it stands on a page."""
        words = shlex.split(line)
        assert words[0] == "shema", line
        with contextlib.chdir(self.folder):
            return shema(*words[1:], env=self.env, stdin=stdin, terminal=terminal)

    def stage(self, name: str, *more: str) -> Any:
        """The document of a drill that was staged."""
        run = self.type(shlex.join(["shema", "sandbox", "drill", name, *more, "--json"]))
        assert run.code == 0, run.out + run.err
        assert_document(run.json, "sandbox drill NAME")
        if folder := run.json["folder"]:
            self.folder = Path(folder)
        return run.json

    def check(self) -> Any:
        """The document of `--check`; its exit code says the same."""
        run = self.type("shema sandbox drill --check --json")
        assert run.code == (0 if run.json["solved"] else 1)
        assert_document(run.json, "sandbox drill --check")
        return run.json

    def act(self, line: str) -> None:
        """What a person does: a command, or `rm .env`. However a command ends, it can be carried out as it is typed."""
        if line == "rm .env":
            Path(self.folder, ".env").unlink()
        elif line.startswith("shema auth login"):
            self.sign_in()
        else:
            run = self.type(line)
            assert run.code != 2, f"{line}: {run.err}"
            assert "Traceback" not in run.err

    def sign_in(self) -> None:
        line = f"shema auth login --email {ADMIN} --password-stdin"
        run = self.type(line, stdin=f"{ADMIN_PASSWORD}\n".encode())
        assert run.code == 0, run.err
