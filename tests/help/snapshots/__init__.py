"""Every `--help` at 80 columns. `python -m tests.help.snapshots` writes them again."""

from __future__ import annotations

import os
from pathlib import Path

from shema_cli.app import tree
from shema_cli.cli.tree import Node

FOLDER = Path(__file__).parent
SUFFIX = ".txt"


def name_of(node: Node) -> str:
    return "-".join(["shema", *node.path.split()]) + SUFFIX


def all_helps() -> dict[str, str]:
    """File name → text, whatever the terminal is."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        return {name_of(node): node.help_text() + "\n" for node in tree().walk()}
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
