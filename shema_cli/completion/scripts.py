"""The completion scripts: a template a shell, filled with the places of the command tree.

How a word completes, its *way*, is what its option or argument declares (`cli/options.py`): empty (a flag), `?` (a
value that nobody can guess), `=a b c` (fixed words; a last one `@kind` is asked only when none of the others fits),
`@kind` (values that live; `live.py`), `file`, `dir`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pkgutil import get_data

from shema_cli.cli.options import CHANNELS, words
from shema_cli.cli.tree import Node, Parameter
from shema_cli.errors import InvalidUsage
from shema_cli.frozen import dataclass


@dataclass(frozen=True)
class Flag:
    """An option: its names, a short help, and the way its value completes."""

    names: tuple[str, ...]
    help: str
    way: str


@dataclass(frozen=True)
class Place:
    """What may follow once the words of `path` were typed. An argument's way that ends in `...` holds for the rest."""

    path: str
    children: tuple[tuple[str, str], ...]
    flags: tuple[Flag, ...]
    arguments: tuple[str, ...]


def places() -> tuple[Place, ...]:
    """The command tree as a completion script needs it."""
    from shema_cli.app import tree

    nodes = list(tree().walk())
    return tuple(_with_help([_place(node, nodes) for node in nodes]))


def _with_help(known: Sequence[Place]) -> Iterator[Place]:
    """After `help` the topics and all commands follow, after `help json` those whose JSON has a schema."""
    from shema_cli.help.topics import ALL_TOPICS, JSON

    help_place = next(place for place in known if place.path == "help")
    yield from (place for place in known if place is not help_place)
    topics = tuple((name, short(about)) for name, about in ALL_TOPICS.items())
    for group in (place for place in known if place.children):
        others = () if group.path else topics
        commands = tuple(child for child in group.children if child[0] not in dict(others))
        yield _after(help_place, "help", group, others + commands)
        if printing := _that_print(group):
            yield _after(help_place, f"help {JSON}", group, printing)


def _after(help_place: Place, words: str, group: Place, children: tuple[tuple[str, str], ...]) -> Place:
    return replace(help_place, path=f"{words} {group.path}".strip(), children=children, arguments=())


def _that_print(group: Place) -> tuple[tuple[str, str], ...]:
    """The commands of a group, or the groups of the root, with a document."""
    from shema_cli.documents.catalogue import DOCUMENTS
    from shema_cli.documents.schema import command_of

    printing = [f"{command_of(name)} " for document in DOCUMENTS for name in document.names]
    paths = {child: f"{group.path} {child[0]} ".lstrip() for child in group.children}
    return tuple(child for child, path in paths.items() if any(one.startswith(path) for one in printing))


def _place(node: Node, nodes: Iterable[Node]) -> Place:
    below = (one for one in nodes if one.path and one.path.rpartition(" ")[0] == node.path)
    return Place(
        path=node.path,
        children=tuple((one.path.rpartition(" ")[2], short(one.help)) for one in below),
        flags=tuple(Flag(option.names, short(option.help), _way(option)) for option in node.options),
        arguments=tuple(_way(argument) + ("..." if argument.many else "") for argument in node.arguments),
    )


def _way(parameter: Parameter) -> str:
    way = parameter.completes if isinstance(parameter.completes, str) else parameter.completes()
    if way != CHANNELS:
        return way
    from shema_cli.events.catalogue import CATALOGUE

    return words(*CATALOGUE, CHANNELS)  # those of the catalogue are fixed; any other is asked for


def short(text: str) -> str:
    """A help as it fits beside a candidate: its first sentence, no line breaks, at most 70 characters."""
    line = " ".join(text.split()).partition(". ")[0].rstrip(".")
    return line if len(line) <= 70 else line[:67].rstrip() + "..."


Render = Callable[[Sequence[Place]], tuple[Iterable[str], Iterable[str]]]

FILES: Mapping[str, str] = {
    "bash": "shema.bash",
    "zsh": "_shema",
    "fish": "shema.fish",
    "powershell": "shema.ps1",
}
"""The name of each shell's file, in `completions/` and among the templates."""


def script(shell: str, known: Sequence[Place] | None = None) -> str:
    """The whole completion script of `shell`. Raises InvalidUsage for a shell that has none."""
    if shell not in FILES:
        raise InvalidUsage("unknown_shell", f"there is no completion for {shell!r}", f"one of {', '.join(FILES)}")
    found = get_data("shema_cli.completion", f"templates/{FILES[shell]}")
    assert found is not None
    template = found.decode()
    place_lines, way_lines = _RENDER[shell](known or places())
    return template.replace("@@PLACES@@", "\n".join(place_lines)).replace("@@WAYS@@", "\n".join(way_lines))


def write_all(folder: str) -> list[str]:
    """Write every script into `folder`; the paths written."""
    from pathlib import Path

    known = places()
    written = []
    for shell, name in FILES.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script(shell, known), encoding="utf-8")
        written.append(str(path))
    return written


def _valued(known: Sequence[Place]) -> dict[str, list[str]]:
    """Way → the `command option` pairs that complete in this way, where the option takes a value."""
    found: dict[str, list[str]] = {}
    for place in known:
        for flag in place.flags:
            for name in flag.names if flag.way else ():
                found.setdefault(flag.way, []).append(f"{place.path} {name}")
    return found


def _common_first(pairs: Iterable[str], quote: Callable[[str], str], any_path: str) -> list[str]:
    """Options that complete alike in every command become one pattern."""
    by_name: dict[str, list[str]] = {}
    for pair in pairs:
        by_name.setdefault(pair.rpartition(" ")[2], []).append(pair)
    patterns = []
    for name, same in by_name.items():
        patterns += [any_path.format(name)] if len(same) > COMMON_FROM else [quote(pair) for pair in same]
    return patterns


COMMON_FROM = 20
"""An option that this many commands have, with one way, is one of the common ones."""


def _sh(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _names(flags: Iterable[Flag]) -> list[str]:
    return [name for flag in flags for name in flag.names]


def _bash(known: Sequence[Place]) -> tuple[Iterable[str], Iterable[str]]:
    lines = []
    for place in known:
        sub, flags = " ".join(name for name, _ in place.children), " ".join(_names(place.flags))
        arguments = "|".join(place.arguments)
        lines.append(f"    {_sh(place.path)}) sub={_sh(sub)} flags={_sh(flags)} arguments={_sh(arguments)} ;;")
    return lines, _sh_ways(known)


def _sh_ways(known: Sequence[Place]) -> list[str]:
    lines = []
    for way, pairs in _valued(known).items():
        patterns = _common_first(pairs, _sh, "*' {}'")
        lines.append(f"    {' | '.join(patterns)}) way={_sh(way)} ;;")
    return lines


def _zsh(known: Sequence[Place]) -> tuple[Iterable[str], Iterable[str]]:
    lines = []
    for place in known:
        sub = " ".join(_sh(f"{name}:{help}") for name, help in place.children)
        flags = " ".join(_sh(f"{name}:{flag.help}") for flag in place.flags for name in flag.names)
        arguments = " ".join(map(_sh, place.arguments))
        lines.append(f"    {_sh(place.path)}) sub=({sub}) flags=({flags}) arguments=({arguments}) ;;")
    return lines, _sh_ways(known)


def _fish(known: Sequence[Place]) -> tuple[Iterable[str], Iterable[str]]:
    lines = []
    for place in known:
        lines.append(f"        case {_fish_quote(place.path)}")
        for variable, values in (
            ("sub", [f"{name}\t{help}" for name, help in place.children]),
            ("flags", [f"{name}\t{flag.help}" for flag in place.flags for name in flag.names]),
            ("arguments", list(place.arguments)),
        ):
            if values:
                lines.append(f"            set {variable} {' '.join(map(_fish_quote, values))}")
    ways = []
    for way, pairs in _valued(known).items():
        patterns = _common_first(pairs, _fish_quote, "'* {}'")
        ways += [f"        case {' '.join(patterns)}", f"            set way {_fish_quote(way)}"]
    return lines, ways


def _fish_quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\t", "'\\t'") + "'"


def _powershell(known: Sequence[Place]) -> tuple[Iterable[str], Iterable[str]]:
    def pairs(values: Iterable[tuple[str, str]]) -> str:
        return ", ".join(_ps(f"{name}\t{help}") for name, help in values)

    lines = []
    for place in known:
        flags = pairs((name, flag.help) for flag in place.flags for name in flag.names)
        arguments = ", ".join(map(_ps, place.arguments))
        sub = pairs(place.children)
        lines.append(f"    {_ps(place.path)} = @{{ Sub = @({sub}); Flags = @({flags}); Arguments = @({arguments}) }}")
    ways = [f"    {_ps(pair)} = {_ps(way)}" for way, all_pairs in _valued(known).items() for pair in all_pairs]
    return lines, ways


def _ps(text: str) -> str:
    """Within double quotes only where a tab, which no eye sees, must be spelled out."""
    if "\t" not in text:
        return "'" + text.replace("'", "''") + "'"
    return '"' + re.sub(r'[`"$]', r"`\g<0>", text).replace("\t", "`t") + '"'


_RENDER: Mapping[str, Render] = {"bash": _bash, "zsh": _zsh, "fish": _fish, "powershell": _powershell}
