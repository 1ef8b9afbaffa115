"""Every command of the tree, with the shortest line that it can be called with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shema_cli.app import tree
from shema_cli.cli.declare import Access
from shema_cli.cli.tree import Node, Parameter

# Lines for what the shortest one does not reach: another access rule, or a way of its own to read the line.
OTHER_LINES = {
    "api": [["-X", "POST", "user", "/x"], ["-X", "DELETE", "--yes", "user", "/x"]],
    "dlq replay": [["--all", "--yes"], ["--all", "--dry-run"]],
    "dlq discard": [["--all", "--yes"], ["--all", "--dry-run"]],
    "dlq ack": [["1", "--yes"], ["1", "--dry-run"]],
    "dlq unack": [["1", "--dry-run"]],
    "dlq runs stop": [["0123", "--yes"], ["0123", "--dry-run"]],
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


def commands() -> Iterator[Node]:
    """Every command of the tree."""
    return (node for node in tree().walk() if not node.children)


def lines() -> Iterator[Line]:
    """Every command, at least once."""
    for node in commands():
        shortest = [_word(argument) for argument in node.arguments if argument.required]
        for words in [shortest, *OTHER_LINES.get(node.path, [])]:
            access = _access(node, words)
            yield Line(
                (*node.path.split(), *words),
                Access.READ if "--dry-run" in words and access is Access.CHANGE else access,
            )


def _access(node: Node, words: list[str]) -> Access:
    if node.access == "varies":
        return Access.CHANGE if "-X" in words else Access.READ
    return Access(node.access)


def _word(argument: Parameter) -> str:
    if argument.names == ("path",):
        return "/x"
    return argument.choices[0] if argument.choices else "1"
