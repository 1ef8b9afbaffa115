"""JSON set out on lines and in colours, for a person: names blue, texts green, `true`, `false` and `null` yellow."""

from __future__ import annotations

from rich.text import Text

from shema_cli.json_text import set_out
from shema_cli.output.sanitize import safe_block


def set_out_painted(safe: str) -> str:
    """Valid JSON in which nothing is left that a terminal would obey, indented, with colours that it obeys."""
    return set_out(safe, _painted)


def json_block(text: str) -> Text:
    """Valid JSON as rich text, safe."""
    return Text.from_ansi(set_out_painted(safe_block(text)))


def _painted(piece: str, after: str) -> str:
    """Numbers and brackets are as they are."""
    code = "34;1" if after == ":" else "32" if piece.startswith('"') else "33" if piece[0] in "tfn" else None
    return f"\x1b[{code}m{piece}\x1b[0m" if code else piece
