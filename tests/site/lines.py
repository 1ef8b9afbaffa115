"""The command lines that stand on the pages: in blocks, and between backticks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from tests.site.build import ROOT

TYPED_IN = {"", "sh", "bash", "console", "text"}
"""The languages of blocks in which something is typed."""

AT_A_COMMANDS_PLACE = re.compile(r"(?:^|[|;&(] *|[A-Z_]+=\S+ +)shema ")
BETWEEN_BACKTICKS = re.compile(r"`([^`]*)`")


@dataclass(frozen=True)
class Line:
    """`text` begins with `shema`, but where a shell is to make something of it; `written` is how it stands there."""

    text: str
    written: str


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def lines_of(page: Path) -> list[Line]:
    """Every command line of a page, in the order in which it is read; one that stands there twice, once."""
    found: list[Line] = []
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block") and token.info in TYPED_IN:
            found += _in_block(token.content)
        for child in token.children or ():
            if child.type == "code_inline":
                found += _variants(child.content)
    return list(dict.fromkeys(found))


def _in_block(content: str) -> Iterator[Line]:
    for written in content.replace("\\\n", " ").splitlines():
        line = re.sub(r"\s+#\s.*$|\s*&$", "", written.strip().removeprefix("$ "))
        if "`" not in line and AT_A_COMMANDS_PLACE.search(line):
            yield Line(line, line)
    for said in BETWEEN_BACKTICKS.findall(" ".join(content.split())):  # a text, with commands in it
        yield from _variants(said)


def _variants(said: str) -> Iterator[Line]:
    """What stands for several lines (`dlq ack|unack`, `dashboard [--watch]`), line by line."""
    if not AT_A_COMMANDS_PLACE.match(said):
        return
    texts = [re.sub(r" *\[[^]]*\]", "", said), re.sub(r"[][]", "", said)] if "[" in said else [said]
    for text in texts:
        choice = re.search(r"\S+(?:\|\S+)+", text)
        for one in choice[0].split("|") if choice else ("",):
            yield Line(text.replace(choice[0], one) if choice else text, said)
