"""JSON that keeps its own spelling (contract 2.2).

`loads` and `dumps` keep every number as it was written and every member of an object, also one whose name stands
twice; `set_out` and `compact` work on the text alone and change nothing but the white space between its pieces. What is
read here can always be written again, and what is written is JSON by RFC 8259.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NoReturn

INDENT = "  "
_HALF_A_LETTER = re.compile(r"[\ud800-\udfff]")
DEEPEST = 500
"""How deep JSON may be nested and still be read: what most readers take."""
_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])')
_LONGEST_INT = 4000  # digits; Python converts little more


class Number:
    """A number that Python would spell otherwise: `1.10`, `1e5`, `-0`, `1e999`, a thousand digits."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Number({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


class Members(dict[str, object]):
    """An object in which a name stands more than once: looked up it gives the last, `items()` gives all of them."""

    def __init__(self, pairs: Sequence[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self._pairs = tuple(pairs)

    def items(self) -> tuple[tuple[str, object], ...]:  # type: ignore[override]  # a view cannot hold a name twice
        return self._pairs


def loads(text: str | bytes) -> object:
    """The decoded JSON: a number that would lose its spelling is a `Number`, an object with equal names `Members`.

    Raises ValueError for anything that is not JSON by RFC 8259 in UTF-8, and for nesting deeper than `DEEPEST`.
    """
    decoded = text.decode() if isinstance(text, bytes) else text
    try:
        document: object = json.loads(
            decoded, parse_int=_integer, parse_float=_decimal, parse_constant=no_constant, object_pairs_hook=_object
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if too_deep(decoded):
        raise ValueError("nested too deeply")
    return document


def dumps(document: object, *, spaced: bool = False, to_be_read: bool = False) -> str:
    """JSON text; what `loads` gave comes out as it went in, `spaced` with a blank after each comma and colon.

    `to_be_read` is for readers of whom nothing is known: a number that no double and no reader of integers holds
    (`1e999`, 5,000 digits) is text, a float that JSON has no word for (NaN, infinity) null. Else such a float raises
    ValueError. Lone surrogates stay: whoever sends or prints the text says what becomes of them.
    """
    separators = (", ", ": ") if spaced else (",", ":")
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=separators, default=_with_care)
    except (_NeedsCare, ValueError, RecursionError):
        return _written(document, *separators, _told if to_be_read else _exactly)


def plain(document: object) -> object:
    """The same in Python's own numbers, for whoever reckons or checks types."""
    return json.loads(dumps(document), parse_int=lambda digits: int(digits) if _short(digits) else float(digits))


def merged(first: Mapping[str, object], then: Mapping[str, object]) -> dict[str, object]:
    """The members of `first` whose names `then` does not have, and those of `then`."""
    return _object([*(pair for pair in first.items() if pair[0] not in then), *then.items()])


def _integer(digits: str) -> int | Number:
    return int(digits) if _short(digits) and digits != "-0" else Number(digits)


def _decimal(digits: str) -> float | Number:
    value = float(digits)
    return value if repr(value) == digits else Number(digits)


def _short(digits: str) -> bool:
    return len(digits) < _LONGEST_INT


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else Members(pairs)


def too_deep(text: str) -> bool:
    """Whether valid JSON is nested deeper than `DEEPEST`."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    depth = 0
    for piece in _BRACKETS.finditer(text):
        depth += 1 if piece[1] else -1 if piece[2] else 0
        if depth > DEEPEST:
            return True
    return False


class _NeedsCare(Exception):
    pass


def _with_care(_value: object) -> NoReturn:
    raise _NeedsCare


class _Piece(str):
    __slots__ = ()


def _written(document: object, comma: str, colon: str, scalar: Callable[[object], str]) -> str:
    """As `json.dumps`, with what it has no words for; without recursion, so that no depth is too deep."""
    parts: list[str] = []
    todo: list[object] = [document]
    while todo:
        value = todo.pop()
        if isinstance(value, _Piece):
            parts.append(value)
        elif isinstance(value, dict):
            named = ((_Piece(json.dumps(str(name), ensure_ascii=False) + colon), one) for name, one in value.items())
            todo += reversed([*_between("{", named, comma, "}")])
        elif isinstance(value, (list, tuple)):
            todo += reversed([*_between("[", ((one,) for one in value), comma, "]")])
        else:
            parts.append(scalar(value))
    return "".join(parts)


def _exactly(value: object) -> str:
    return value.text if isinstance(value, Number) else json.dumps(value, ensure_ascii=False, allow_nan=False)


def _told(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    if isinstance(value, Number) and not (_short(value.text) and math.isfinite(float(value.text))):
        return f'"{value.text}"'
    return _exactly(value)


def _between(opening: str, groups: Iterator[tuple[object, ...]], comma: str, closing: str) -> Iterator[object]:
    yield _Piece(opening)
    for number, group in enumerate(groups):
        if number:
            yield _Piece(comma)
        yield from group
    yield _Piece(closing)


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


def not_utf8(text: str) -> bool:
    """Whether `text` has half a letter, as the system makes of bytes that are not UTF-8: it cannot be sent."""
    return _HALF_A_LETTER.search(text) is not None
