"""Text from outside, made safe in the one place through which it is printed (contract 2.2).

Control and escape sequences (7-bit and C1), bidirectional overrides, invisible tag characters and lone surrogates
are shown as escapes instead of being obeyed by the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

_UNSAFE = (
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, embeddings, overrides, isolates
    "\u2028\u2029\ufeff"  # line separators, byte order mark
    "\ud800-\udfff"  # bytes that were not UTF-8
    "\U000e0000-\U000e007f"  # tags
)
_ANYWHERE = f"[{_UNSAFE}]"
_IN_BLOCK = f"(?![\n\t])[{_UNSAFE}]"
_FORMULA = ("=", "+", "-", "@")
Lines = str | Sequence[str]
"""What is said on one line or, as a sequence, on several: what a text holds makes no second line of it."""

MOST_CHARACTERS = 2000
"""How much of one text is drawn on a line or in a cell; JSON, CSV and piped rows have the whole of it."""

_compiled = cache(re.compile)
"""By the first text: a command that prints nothing of the kind does not wait for the patterns."""
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    point = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if 0xDC80 <= point <= 0xDCFF:  # os.fsdecode / surrogateescape: the byte as it came
        return f"\\x{point - 0xDC00:02x}"
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def safe_line(text: str) -> str:
    """`text` on one line, with everything that a terminal would obey shown as an escape."""
    return _compiled(_ANYWHERE).sub(_escape, text)


def safe_lines(said: Lines) -> str:
    """Each text on a line of its own, at most `MOST_CHARACTERS` of it, and nothing in it that looks like a secret."""
    from shema_cli.masking import masked  # not for `--help`

    return "\n".join(safe_line(bounded(masked(text))) for text in ([said] if isinstance(said, str) else said))


def bounded(text: str, most: int = MOST_CHARACTERS) -> str:
    """`text`, or its beginning and how long it is."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def safe_block(text: str) -> str:
    """As `safe_line`, but line breaks and tabs stay."""
    return _compiled(_IN_BLOCK).sub(_escape, text)


def safe_csv(value: object) -> object:
    """A CSV cell that no spreadsheet will run: text that begins like a formula gets a leading apostrophe."""
    if not isinstance(value, str):
        return value
    text = safe_line(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _json_escape(match: re.Match[str]) -> str:
    point = ord(match[0])
    if 0xD800 <= point <= 0xDFFF:
        return "\\" + _escape(match)
    if point <= 0xFFFF:
        return f"\\u{point:04x}"
    point -= 0x10000
    return f"\\u{0xD800 + (point >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}"


_IN_JSON = "[\x7f-\x9f" + _UNSAFE.split("\x9f", 1)[1] + "]"
_SURROGATE = r"\\u[dD][89a-fA-F]"
_ESCAPE = r"(?s:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u([dD][89a-fA-F][0-9a-fA-F]{2})|\\.)"


def _lone(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    return "\\" + safe_line(chr(int(match[1], 16)))


def safe_json(document: object, *, indent: int | None = None) -> str:
    """`document` as JSON text by RFC 8259: readable non-ASCII stays, what a terminal would obey is written as escapes.

    A lone surrogate, which no reader must accept, becomes the text that `safe_line` shows for it.
    """
    from shema_cli.json_text import dumps, set_out  # not for `--help`, which prints none

    text = safe_json_text(dumps(document, to_be_read=True))
    return set_out(text) if indent else text


def safe_json_text(text: str) -> str:
    """Valid JSON text that means the same, with what a terminal would obey written as JSON's own escapes and lone
    surrogates as `safe_line` shows them."""
    safe = _compiled(_IN_JSON).sub(_json_escape, text)
    return _compiled(_ESCAPE).sub(_lone, safe) if _compiled(_SURROGATE).search(safe) else safe
