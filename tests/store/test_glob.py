"""Redis' glob in Python, held without a server; `test_listeners.py` holds it against the real one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.store.glob import matches

TEXT = st.binary(min_size=1, max_size=8) | st.text("ab*?[]\\^-", min_size=1, max_size=8).map(str.encode)


def escaped(text: bytes) -> bytes:
    return b"".join(b"\\" + bytes([byte]) for byte in text)


@given(TEXT, TEXT)
def test_what_is_escaped_matches_itself_and_nothing_else(text: bytes, other: bytes) -> None:
    assert matches(escaped(text), text)
    assert matches(escaped(text), other) is (text == other)


@given(TEXT)
def test_a_star_matches_everything_and_question_marks_its_length(text: bytes) -> None:
    assert matches(b"*", text)
    assert matches(b"?" * len(text), text)
    assert not matches(b"?" * (len(text) + 1), text)
    assert not matches(b"?" * (len(text) - 1), text)


@given(TEXT, TEXT, TEXT)
def test_a_star_stands_for_whatever_is_between(before: bytes, between: bytes, after: bytes) -> None:
    pattern = escaped(before) + b"*" + escaped(after)
    assert matches(pattern, before + between + after)
    assert matches(pattern, before + after)
    assert matches(pattern, between) is (
        between.startswith(before) and between.endswith(after) and len(between) >= len(before) + len(after)
    )


@given(st.text("ab*?", min_size=1, max_size=8), st.text("ab", min_size=1, max_size=8))
def test_stars_and_question_marks_are_those_of_a_regular_expression(pattern: str, text: str) -> None:
    expression = pattern.replace("*", ".*").replace("?", ".")
    assert matches(pattern.encode(), text.encode()) is (re.fullmatch(expression, text) is not None)


@given(TEXT, TEXT, st.integers(1, 4))
def test_several_stars_are_one(part: bytes, text: bytes, count: int) -> None:
    for once in (b"%b*", b"*%b", b"*%b*"):
        often = once.replace(b"*", b"*" * count)
        assert matches(often % escaped(part), text) is matches(once % escaped(part), text)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_a_range_is_taken_in_either_order_over_signed_bytes(low: int, high: int, byte: int) -> None:
    signed = [number - 256 if number > 127 else number for number in (low, high, byte)]
    if {low, high} & set(b"]\\^-"):
        return
    inside = min(signed[:2]) <= signed[2] <= max(signed[:2])
    text = bytes([byte])
    assert matches(bytes([*b"[", low, *b"-", high, *b"]"]), text) is inside
    assert matches(bytes([*b"[^", low, *b"-", high, *b"]"]), text) is not inside


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (b"", b"", True),
        (b"", b"a", False),
        (b"a", b"", False),
        (b"*", b"", False),  # as the server has it: there is no channel without a name
        (b"a*", b"a", True),
        (b"a**", b"a", True),
        (b"[ab]c", b"bc", True),
        (b"[^ab]c", b"bc", False),
        (b"[^ab]c", b"cc", True),
        (b"[a\\]]", b"]", True),
        (b"[a\\-z]", b"-", True),
        (b"[a\\-z]", b"m", False),
        (b"[abc", b"b", True),  # a class without its end ends with the pattern
        (b"[abc", b"bx", False),
        (b"[", b"[", False),
        (b"[]a", b"a", False),
        (b"a\\", b"a\\", True),  # an escape with nothing behind it is itself
        (b"\\*", b"a", False),
        (b"*a*b*c*", b"xxaxxbxxcxx", True),
        (b"*a*b*c*", b"xxaxxcxxbxx", False),
    ],
)
def test_the_corners(pattern: bytes, text: bytes, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_a_pattern_made_to_take_for_ever_does_not() -> None:
    """Longer matches of an earlier star are not tried when those of a later one have failed."""
    assert not matches(b"a*" * 60 + b"b", b"a" * 200)


def test_a_pattern_deeper_than_the_server_follows_matches_nothing() -> None:
    assert matches(b"*a" * 1000, b"a" * 1000)
    assert not matches(b"*a" * 1001, b"a" * 1001)
    assert matches(b"*a" * 1000 + b"*", b"a" * 1000)
