"""JSON as text, of which nothing but the white space between its pieces is changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

INDENT = "  "
_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def _as_it_is(piece: str, _after: str) -> str:
    return piece


def set_out(text: str, paint: Callable[[str, str], str] = _as_it_is) -> str:
    """Valid JSON, indented, nothing in it changed. `paint` gets each piece and the one after it."""
    parts: list[str] = []
    depth = 0
    pieces: list[str] = _PIECES.findall(text)
    for piece, after in zip(pieces, [*pieces[1:], ""], strict=True):
        closes = after in ("}", "]")
        if piece in "{[":
            depth += not closes
            parts.append(piece if closes else f"{piece}\n{INDENT * depth}")
        elif piece == ",":
            parts.append(f",\n{INDENT * depth}")
        else:
            parts.append(": " if piece == ":" else paint(piece, after))
        if closes and piece not in ("{", "["):
            depth -= 1
            parts.append(f"\n{INDENT * depth}")
    return "".join(parts)


def compact(text: str) -> str:
    """JSON without white space between its pieces."""
    return "".join(_PIECES.findall(text))


def no_constant(name: str) -> NoReturn:
    """For `json.loads(parse_constant=…)`: NaN and Infinity are Python's, not JSON's."""
    raise ValueError(f"{name} is not JSON")
