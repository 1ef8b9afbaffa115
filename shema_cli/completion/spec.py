"""The command tree as a completion script needs it."""

from __future__ import annotations

from dataclasses import dataclass

from shema_cli.completion.kinds import way_of_option, ways_of_arguments
from shema_cli.help.tree import Node, tree


@dataclass(frozen=True)
class Flag:
    """An option: its names, a short help, and the way its value completes (`kinds.py`)."""

    names: tuple[str, ...]
    help: str
    way: str


@dataclass(frozen=True)
class Place:
    """What may follow once the words of `path` were typed."""

    path: str
    children: tuple[tuple[str, str], ...]
    flags: tuple[Flag, ...]
    arguments: tuple[str, ...]


def places() -> tuple[Place, ...]:
    return tuple(_place(node) for node in tree().walk())


def _place(node: Node) -> Place:
    return Place(
        path=node.path,
        children=tuple((child.name, short(child.help)) for child in node.children),
        flags=tuple(Flag(o.names, short(o.help), way_of_option(node, o)) for o in node.options),
        arguments=ways_of_arguments(node),
    )


def short(text: str) -> str:
    """A help as it fits beside a candidate: its first sentence, no line breaks, at most 70 characters."""
    line = " ".join(text.split()).partition(". ")[0].rstrip(".")
    return line if len(line) <= 70 else line[:67].rstrip() + "..."
