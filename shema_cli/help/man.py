"""`docs/man/`, written from the command tree: `shema(1)`, and a page a group, which `man shema-dlq` shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from shema_cli.app import tree
from shema_cli.cli.help_text import ACCESS_LINES, exit_codes
from shema_cli.cli.options import COMMON
from shema_cli.cli.tree import Node
from shema_cli.help.topics import TOPICS, topic_text

HEAD = '.\\" Written by `make docs` from the command tree; do not edit.'
_QUOTED = re.compile(r"`([^`]+)`")
_ROW = re.compile(r"  (?P<name>\S+(?: \S+)*) {2,}(?P<about>\S.*)")
IN_THE_MAIN_PAGE = ("exit-codes", "environment", "profiles")


def pages() -> dict[str, str]:
    """File name → content."""
    root = tree()
    found = {"shema.1": _text(_root_page(root))}
    for node in root.children:
        found[f"shema-{node.name}.1"] = _text(_topics_page(node) if node.name == "help" else _group_page(node))
    return found


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _root_page(root: Node) -> Iterator[str]:
    yield from head("shema", root.help)
    yield section("SYNOPSIS")
    yield f"{bold('shema')} [\\fIOPTIONS\\fR] \\fICOMMAND\\fR ..."
    yield section("COMMANDS")
    for node in root.children:
        yield from definition(bold(f"shema-{node.name}") + "(1)", node.help)
    yield section("OPTIONS OF EVERY COMMAND")
    yield from _options(root, common=True)
    yield from _examples(root)
    for topic in IN_THE_MAIN_PAGE:
        yield section(topic.replace("-", " ").upper())
        yield from blocks(topic_text(topic))
    yield section("FILES")
    yield from definition(bold("config.toml"), "The profiles. `shema config path` says where it is.")
    yield from definition(bold(".env"), "Settings of the folder in which a command is run.")
    yield from _see_also([f"shema-{node.name}" for node in root.children])


def _group_page(node: Node) -> Iterator[str]:
    yield from head(f"shema-{node.name}", node.help)
    yield section("SYNOPSIS")
    commands = node.children or (node,)
    for number, command in enumerate(commands):
        yield from ([] if number == 0 else [".br"])
        yield _usage(command)
    yield section("COMMANDS" if node.children else "DESCRIPTION")
    for command in commands:
        yield from _command(command, titled=bool(node.children))
    meant = [other for n in node.walk() for other in n.see_also]
    groups = [("shema-help" if other.startswith("help ") else f"shema-{other.split()[0]}") for other in meant]
    yield from _see_also(["shema", *sorted({*groups} - {f"shema-{node.name}"})])


def _topics_page(node: Node) -> Iterator[str]:
    yield from head("shema-help", node.help)
    yield section("SYNOPSIS")
    yield _usage(node)
    yield section("DESCRIPTION")
    yield from _command(node, titled=False)
    for topic in TOPICS:
        if topic not in IN_THE_MAIN_PAGE:
            yield section(topic.replace("-", " ").upper())
            yield from blocks(topic_text(topic))
    yield from _see_also(["shema"])


def _command(node: Node, *, titled: bool) -> Iterator[str]:
    if titled:
        yield subsection(f"shema {node.path}")
    yield from paragraph(node.help)
    for argument in node.arguments:
        yield from definition(f"\\fI{plain(argument.declaration)}\\fR", argument.about)
    yield from _options(node, common=False)
    yield from _examples(node)
    yield from paragraph(ACCESS_LINES[node.access])
    if node.exits:
        yield from paragraph("Exit codes, where they say more here than in `shema`(1):")
        told = exit_codes(node.access, node.exits)
        for number in sorted(told.keys() & node.exits.keys()):
            yield from definition(bold(str(number)), told[number])


def _usage(node: Node) -> str:
    return f"{bold(f'shema {node.path}')} {plain(node.usage)}"


def _options(node: Node, *, common: bool) -> Iterator[str]:
    for option in node.options:
        if (option.heading == COMMON) is common:
            yield from definition(bold(option.declaration), option.about)


def _examples(node: Node) -> Iterator[str]:
    if node.examples:
        yield from paragraph("Examples:" if len(node.examples) > 1 else "Example:")
        yield from code([line for e in node.examples for line in (f"# {e.about}", e.line)])


def _see_also(names: list[str]) -> Iterator[str]:
    yield section("SEE ALSO")
    yield ", ".join(f"{bold(name)}(1)" for name in names)


# -- the few words of roff, with the macros of man(7), that the pages are made of ------------------------------


def head(name: str, about: str) -> Iterator[str]:
    """The title and the NAME section, which `apropos` reads: no font and no final dot there."""
    yield HEAD
    yield f'.TH "{plain(name.upper())}" 1 "" "shema" "Shema Music"'
    yield ".nh"
    yield ".ad l"
    yield section("NAME")
    yield f"{plain(name)} \\- {plain(about.removesuffix('.').replace('`', ''))}"


def plain(text: str) -> str:
    """Text that means nothing to roff: on one line, ASCII, with real hyphens."""
    escaped = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    escaped = escaped.replace("^", "\\(ha").replace("~", "\\(ti")
    found = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in escaped)
    return f"\\&{found}" if found.startswith(".") else found


def bold(text: str) -> str:
    return f"\\fB{plain(text)}\\fR"


def prose(text: str) -> str:
    """`plain`, with what stands in backticks in bold."""
    return _QUOTED.sub(r"\\fB\1\\fR", plain(text))


def section(title: str) -> str:
    return f".SH {plain(title)}"


def subsection(title: str) -> str:
    return f".SS {plain(title)}"


def paragraph(text: str) -> Iterator[str]:
    yield ".PP"
    yield prose(text)


def definition(term: str, about: str) -> Iterator[str]:
    """`term` as roff, `about` as text."""
    yield ".TP"
    yield term
    yield prose(about) or "\\&"


def code(lines: Iterable[str]) -> Iterator[str]:
    """Lines as they stand, indented."""
    yield ".RS 4"
    yield ".nf"
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        yield f"\\&{' ' * indent}{plain(line)}"
    yield ".fi"
    yield ".RE"


def blocks(text: str) -> Iterator[str]:
    """A topic: running text, lists of names and what they mean, and what is indented as it stands."""
    for block in text.strip("\n").split("\n\n"):
        lines = block.split("\n")
        rows = [_ROW.fullmatch(line) for line in lines]
        if not lines[0].startswith(" "):
            yield from paragraph(block)
        elif all(rows):
            for row in rows:
                assert row
                yield from definition(bold(row["name"]), row["about"])
        else:
            yield ".PP"
            yield from code(line.removeprefix("  ") for line in lines)
