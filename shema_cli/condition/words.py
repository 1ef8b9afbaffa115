"""How problems are worded: names, foreign text and durations, short enough for a line."""

from __future__ import annotations

from collections.abc import Sequence

MOST_NAMED = 3
MOST_SHOWN = 160


def named(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b, c and 4 more`."""
    different = list(dict.fromkeys(names))
    if len(different) > MOST_NAMED + 1:
        return f"{', '.join(different[:MOST_NAMED])} and {len(different) - MOST_NAMED:,} more"
    return " and ".join(part for part in (", ".join(different[:-1]), different[-1] if different else "") if part)


def short(text: str, most: int = MOST_SHOWN) -> str:
    """On one line, and not longer than a reader reads."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def how_long(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
