"""Numbers as a line of bars, as plain text."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*%#"


def sparkline(values: Sequence[int | None], width: int, *, ascii: bool = False) -> str:
    """The last `width` values as bars between their lowest and highest; a gap where there was none."""
    shown = values[-width:] if width > 0 else ()
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    low, span = min(known), max(known) - min(known)
    bars = _ASCII_BARS if ascii else _BARS
    return "".join(" " if value is None else _bar(value - low, span, bars) for value in shown)


def _bar(above: int, span: int, bars: str) -> str:
    return bars[above * (len(bars) - 1) // span] if span else bars[3]


def sparkline_of_counts(values: Sequence[int]) -> str:
    """Counts as bars from 0 up: none is a dot, the fewest is seen."""
    most = max(values, default=0)
    return "".join(_BARS[max(1, value * (len(_BARS) - 1) // most)] if value else "·" for value in values)
