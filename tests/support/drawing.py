"""What a view looks like on a terminal of a given width."""

from __future__ import annotations

import re

from rich.cells import cell_len
from rich.console import Console, RenderableType

RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal would obey, or be confused by, instead of showing it."""


def drawn(renderable: RenderableType, width: int) -> list[str]:
    """The lines of a view; fails when one is wider than the terminal, or carries what a terminal would obey."""
    console = Console(width=width, markup=False, highlight=False, emoji=False, no_color=True)
    with console.capture() as capture:
        console.print(renderable)
    shown = capture.get()
    assert not RAW.search(shown), repr(shown)
    lines = [line.rstrip() for line in shown.split("\n")]
    assert max(map(cell_len, lines)) <= width, lines
    return lines


def flat(renderable: RenderableType, width: int) -> str:
    """All of it without blanks: what was folded at `width` reads on."""
    return re.sub(r"\s+", "", "".join(drawn(renderable, width)))
