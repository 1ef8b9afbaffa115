"""Every command of the tree, with the shortest line that it can be called with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shema_cli.app import TREE, load
from shema_cli.cli.declare import Access

# Lines for what the shortest one does not reach: another access rule, or a way of its own to read the line.
OTHER_LINES = {
    "api": [["-X", "POST", "user", "/x"], ["-X", "DELETE", "--yes", "user", "/x"]],
    "dlq replay": [["--all", "--yes"], ["--all", "--dry-run"]],
    "dlq discard": [["--all", "--yes"], ["--all", "--dry-run"]],
    "enrollments approve": [["e1", "--yes"], ["--all-pending", "--dry-run"]],
    "enrollments reject": [["e1", "--yes", "--reason", "r"]],
    "events publish": [["x.y", "--data", "{}", "--yes"], ["x.y", "--data", "{}", "--dry-run"]],
    "services health": [["--wait", "1"], ["user"]],
    "dashboard": [["--max-stale", "1h"]],
    "admins grant": [["a@shema.test", "--yes"], ["a@shema.test", "--dry-run"]],
    "admins revoke": [["a@shema.test", "--yes", "--force"]],
}


@dataclass(frozen=True)
class Line:
    """One line of words, and the access that its command declares."""

    words: tuple[str, ...]
    access: Access

    def __str__(self) -> str:
        return " ".join(self.words)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its path; a group whose module is missing is passed over."""
    for name in TREE:
        try:
            command = load(name)
        except ModuleNotFoundError:
            continue
        yield from ((" ".join(path), leaf) for path, leaf in _leaves((name,), command))


def lines() -> Iterator[Line]:
    """Every command, at least once."""
    for path, leaf in commands():
        yield from _lines_of(tuple(path.split()), leaf)


def undeclared() -> list[str]:
    """Commands that do not say whom they are for."""
    return [path for path, leaf in commands() if getattr(leaf.callback, "declaration", None) is None]


def _leaves(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, child in command.commands.items():
        yield from _leaves((*path, name), child)


def _lines_of(path: tuple[str, ...], leaf: Any) -> Iterator[Line]:
    declared = leaf.callback.declaration.access
    shortest = [_word(parameter) for parameter in leaf.params if parameter.required]
    for words in [shortest, *OTHER_LINES.get(" ".join(path), [])]:
        access = declared if isinstance(declared, Access) else Access.CHANGE if "-X" in words else Access.READ
        yield Line((*path, *words), Access.READ if "--dry-run" in words and access is Access.CHANGE else access)


def _word(parameter: Any) -> str:
    choices = getattr(parameter.type, "choices", None)
    if parameter.name == "path":
        return "/x"
    return str(next(iter(choices))) if choices else "1"
