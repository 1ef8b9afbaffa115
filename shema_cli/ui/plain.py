"""What is drawn, without drawing characters: for screen readers (SHEMA_PLAIN=1) and for terminals without UTF-8."""

from __future__ import annotations

import re

_WORDS = {
    "✓": "ok",
    "✔": "ok",
    "✗": "failed",
    "✘": "failed",
    "▲": "up",
    "▼": "down",
    "●": "*",
    "◆": "*",
    "◐": "~",
    "○": "o",
    "…": "...",
    "–": "-",
    "—": "-",
    "·": "-",
    "→": "->",
    "←": "<-",
    "─": "-",
    "━": "-",
}
_TRANSLATE = str.maketrans(_WORDS)
_DRAWING = re.compile("[\u2500-\u25ff\u2800-\u28ff]")
_NOTHING_ELSE = re.compile("[\\s\u2500-\u259f]*[\u2500-\u259f][\\s\u2500-\u259f]*")
_COLOURED = re.compile("\x1b\\[[0-9;]*m")


def plain(text: str) -> str:
    """`text` with symbols as ASCII, without lines, bars and boxes; a line that held nothing else is left out."""
    kept = (line for line in text.split("\n") if not _NOTHING_ELSE.fullmatch(_COLOURED.sub("", line)))
    return "\n".join(_DRAWING.sub(" ", line.translate(_TRANSLATE)).rstrip() for line in kept)
