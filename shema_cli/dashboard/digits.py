"""Numbers as pictures: large digits, as plain text."""

from __future__ import annotations

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


def large(text: str) -> tuple[str, ...]:
    """`text` (digits, commas, a dash) in `HEIGHT` lines of equal width."""
    glyphs = [_glyph(character) for character in text]
    return tuple(" ".join(glyph[line] for glyph in glyphs) for line in range(HEIGHT))


def _glyph(character: str) -> list[str]:
    rows = [*_PIXELS[character], " " * len(_PIXELS[character][0])][: HEIGHT * 2]
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(_HALVES[top == "#", bottom == "#"] for top, bottom in zip(*pair, strict=True)) for pair in pairs]
