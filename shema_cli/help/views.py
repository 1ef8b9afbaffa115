"""How `shema help` looks on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.help.topics import TopicText
from shema_cli.output.tables import draw_table
from shema_cli.results import Result


def topic(result: Result, width: int) -> RenderableType:
    """Running text is fitted to the width; what is indented is shown as it stands."""
    if not isinstance(result, TopicText):
        return draw_table(result.table(), width)
    blocks = result.text.rstrip("\n").split("\n\n")
    drawn: list[RenderableType] = []
    for block in blocks:
        indented = any(line.startswith(" ") for line in block.split("\n")) or block.startswith("Usage")
        drawn += [Text(block if indented else " ".join(block.split("\n"))), Text("")]
    return Group(*drawn[:-1])
