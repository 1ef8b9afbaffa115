"""Numbers as pictures: large digits and sparklines, as plain text."""

from __future__ import annotations

from collections.abc import Sequence

HEIGHT = 3  # lines of a large number
# Five rows of pixels, two to a line; the comma hangs below.
_PIXELS = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": ("## ", " # ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", " ##", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    ",": (" ", " ", " ", " ", "#", "#"),
    "-": ("   ", "   ", "###", "   ", "   "),
}
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_BARS = "▁▂▃▄▅▆▇█"
_ASCII_BARS = "_.-=+*%#"


def large(text: str) -> tuple[str, ...]:
    """`text` (digits, commas, a dash) in `HEIGHT` lines of equal width."""
    glyphs = [_glyph(character) for character in text]
    return tuple(" ".join(glyph[line] for glyph in glyphs) for line in range(HEIGHT))


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


def _glyph(character: str) -> list[str]:
    rows = [*_PIXELS[character], " " * len(_PIXELS[character][0])][: HEIGHT * 2]
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(_HALVES[top == "#", bottom == "#"] for top, bottom in zip(*pair, strict=True)) for pair in pairs]
