from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.output.sanitize import safe_block, safe_csv, safe_json, safe_line

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # surrogates too
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def obeyed_by_a_terminal(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in BIDI


@given(ANY_TEXT)
def test_nothing_that_a_terminal_obeys_survives_on_a_line(text: str) -> None:
    assert not any(obeyed_by_a_terminal(char) for char in safe_line(text))


@given(ANY_TEXT)
def test_a_block_keeps_only_line_breaks_and_tabs(text: str) -> None:
    assert not any(obeyed_by_a_terminal(char) for char in safe_block(text).replace("\n", "").replace("\t", ""))


@given(st.text(st.characters(categories=["L", "N", "M", "Zs", "Sm"])))
def test_harmless_text_is_left_alone(text: str) -> None:
    assert safe_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("abc\u202egnp.exe", "abc\\u202egnp.exe"),
        (b"\xff".decode("utf-8", "surrogateescape"), "\\xff"),
        ("\U000e0041", "\\U000e0041"),
        ("[bold]Bu Sari[/bold] 🎵", "[bold]Bu Sari[/bold] 🎵"),
    ],
)
def test_escapes_are_shown(text: str, shown: str) -> None:
    assert safe_line(text) == shown


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-2+3", "@SUM(A1)", " =1", "\t=1"])
def test_no_csv_cell_is_a_formula(formula: str) -> None:
    assert str(safe_csv(formula)).startswith(("'", "\\t"))


def test_numbers_in_csv_stay_numbers() -> None:
    assert safe_csv(-5) == -5


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | ANY_TEXT, lambda c: st.lists(c) | st.dictionaries(ANY_TEXT, c)
    )
)
def test_json_carries_everything_and_shows_nothing_raw(document: object) -> None:
    text = safe_json(document)
    assert json.loads(text) == json.loads(json.dumps(document))
    assert not any(obeyed_by_a_terminal(char) for char in text)
