"""The few words of roff, with the macros of man(7), that the manual pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

HEAD = '.\\" Written by `make docs` from the command tree; do not edit.'
_QUOTED = re.compile(r"`([^`]+)`")
_ROW = re.compile(r"  (?P<name>\S+(?: \S+)*) {2,}(?P<about>\S.*)")


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
