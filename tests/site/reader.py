"""Somebody who types what stands on a page, in a sandbox that is joined by its profile."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from shema_cli.app import tree
from shema_cli.cli.tree import Node
from shema_cli.sandbox.identity.people import ADMIN
from tests.completion.shells import program
from tests.site.lines import AT_A_COMMANDS_PLACE
from tests.support.cli import shema

NODES = {node.path: node for node in tree().walk()}
FOR_THE_SHELL = re.compile(r"[|&$<>]|^[A-Z_]+=")
TO_THE_COMMAND = re.compile(r"(?:'[^']*'|\"[^\"]*\"|[^|&<>;)'\"])*")
STANDS_FOR: dict[str, dict[str, str]] = {
    "": {
        "SERVICE": "schedule",
        "URL": "http://127.0.0.1:4011",
        "FINGERPRINT": "0e62ad21f8",
        "F": "0e62ad21f8",
        "ID": "enr-0314",
        "RUN": "3f9a",
        "COURSE": "crs-08",
        "EMAIL": ADMIN,
        "FILE": "values.env",
        "PROFILE": "sandbox",
        "CHANNEL": "enrollment.approved",
        "CASE": "dead-letters",
        "COMMAND": "dashboard",
        "PATH": "/health",
        "VALUE": "never",
    },
    "users": {"EMAIL": "anggun.handayani1@shema.test"},
    "dlq": {"ID": "evt_00000000-0000-7000-8000-000000000008"},
    "courses": {"ID": "crs-08"},
    "services register": {"NAME": "practice"},
    "services reset": {"NAME": "course"},
    "config use": {"NAME": "sandbox"},
    "sandbox drill": {"NAME": "refused"},
}
"""Beginning of a command → what stands on pages for something → one of these in the sandbox; the longest counts."""

HERE = (
    (r"(--for|--verify|--until healthy --wait) \d+[sm]?\b", r"\1 0.2"),
    (r"--canary \d+(?!.*--verify)", r"\g<0> --verify 0.2"),
    (r"^curl ", 'eval "$(shema sandbox env)"; curl '),
    ("/var/lib/node_exporter/textfile/", ""),
)
"""What is done otherwise than a page says: nobody waits, each line has a shell of its own, a folder may be missing."""


def node_named(words: list[str]) -> Node:
    """The command or group that a line names."""
    words = without_options_of_every_command(words)
    return next(NODES[path] for path in (" ".join(words[:end]) for end in (3, 2, 1, 0)) if path in NODES)


def without_options_of_every_command(words: list[str]) -> list[str]:
    """What follows those that stand before a command."""
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in ("--profile", "-o") else words[1:]
    return words


def filled_in(text: str) -> str:
    """A line with something of the sandbox in place of what stands for it."""
    path = node_named(words_of(text)).path
    known = {
        k: v for start in sorted(STANDS_FOR, key=len) if path.startswith(start) for k, v in STANDS_FOR[start].items()
    }
    return re.sub(r"(?<![\w$/-])[A-Z]+(?![\w:/=-])", lambda match: known.get(match[0], match[0]), text)


def names_only(text: str) -> bool:
    """Whether a line says which command is meant, and not what to type: a group, or one without what it needs."""
    words = words_of(text)
    node = node_named(words)
    return " ".join(words) == node.path and (bool(node.children) or any(one.required for one in node.parameters))


def as_typed(text: str) -> str:
    """A line that ends by itself and asks nobody, otherwise the same."""
    node = node_named(words_of(text))
    for pattern, instead in HERE:
        text = re.sub(pattern, instead, text)
    if node.path.endswith(" tail") and "--for" not in text:
        text += " --for 0.2"
    names = {name for option in node.options for name in option.names}
    asks = "--yes" in names and not re.search(r"--yes|--dry-run|--help", text)
    return text + " --yes" if asks and not FOR_THE_SHELL.search(text) else text


def words_of(text: str) -> list[str]:
    """The words that `shema` is given; what a shell makes of the rest is no matter."""
    begins = AT_A_COMMANDS_PLACE.search(text)
    assert begins, text
    given = TO_THE_COMMAND.match(text, begins.end())
    return shlex.split(given[0]) if given else []


@dataclass(frozen=True)
class Reader:
    """`home`: where lines are typed; `env`: what leads `shema` into the sandbox; `piped_in`: what a `-` reads."""

    home: Path
    env: dict[str, str]
    piped_in: bytes

    def type(self, text: str) -> tuple[int, str]:
        """How it ends, and what it complains of."""
        if FOR_THE_SHELL.search(re.sub(r"'[^']*'", "", text)):
            path = f"{program(self.home / 'bin')}:{os.environ['PATH']}"
            done = subprocess.run(
                ["bash", "-c", f"set -o pipefail; {text}"],
                cwd=self.home,
                env={**self.env, "PATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            return done.returncode, done.stderr
        run = shema(*shlex.split(text)[1:], env=self.env, stdin=self.piped_in if text.endswith(" -") else b"")
        return run.code, run.err

    @staticmethod
    def parse(text: str) -> Any:
        """The parameters that a line gives its command. Raises where there is no such command or option."""
        node = node_named(words_of(text))
        if not node.path:  # options alone
            return {}
        rest = without_options_of_every_command(words_of(text))[len(node.path.split()) :]
        try:
            return node.command.make_context(node.path, rest, parent=node.context.parent).params
        except typer.Exit:  # of --help
            return {}
