from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.json_text import Number
from shema_cli.output.sanitize import safe_block, safe_csv, safe_json, safe_json_text, safe_line
from tests.support.texts import ANY_TEXT

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
    assert json.loads(text) == json.loads(json.dumps(_told(document)))
    assert not any(obeyed_by_a_terminal(char) for char in text)


def _told(document: object) -> object:
    """The document with lone surrogates as a line tells them: JSON has no word for them that all readers take."""
    if isinstance(document, str):
        return re.sub("[\ud800-\udfff]", lambda found: safe_line(found[0]), document)
    if isinstance(document, dict):
        return {_told(name): _told(value) for name, value in document.items()}
    return [_told(value) for value in document] if isinstance(document, list) else document


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r'"\ud800"', r'"\\ud800"'),
        (r'"\uDFFFx"', r'"\\udfffx"'),
        (r'"\udcff"', r'"\\xff"'),
        (r'"\ud83c\udfb5"', r'"\ud83c\udfb5"'),
        (r'"\ud83c\ud83c\udfb5"', r'"\\ud83c\ud83c\udfb5"'),
        (r'"\\ud800"', r'"\\ud800"'),
        (r'"\\\ud800"', r'"\\\\ud800"'),
    ],
)
def test_a_lone_surrogate_that_came_as_an_escape_is_told_too(written: str, shown: str) -> None:
    assert safe_json_text(written) == shown
    json.loads(shown).encode()


@given(ANY_TEXT, st.booleans())
def test_whatever_came_in_what_goes_out_can_be_read_by_anybody(text: str, escaped: bool) -> None:
    json.loads(safe_json_text(json.dumps([text], ensure_ascii=escaped)))[0].encode()


def test_json_has_neither_nan_nor_infinity() -> None:
    assert safe_json([float("nan"), float("inf"), Number("1e999")]) == '[null,null,"1e999"]'


@given(ANY_TEXT)
def test_what_was_made_safe_once_stays_as_it_is(text: str) -> None:
    for safe in (safe_line, safe_block, safe_json_text):
        assert safe(safe(text)) == safe(text)


@given(ANY_TEXT)
def test_a_line_is_one_line_for_whatever_splits_lines(text: str) -> None:
    assert len(safe_line(text).splitlines()) <= 1


@given(st.lists(ANY_TEXT, max_size=4))
def test_a_block_has_the_lines_that_it_was_given(lines: list[str]) -> None:
    assert safe_block("\n".join(lines)) == "\n".join(map(safe_block, lines))


@given(ANY_TEXT)
def test_whatever_is_safe_can_be_written(text: str) -> None:
    safe_line(text).encode()
    safe_block(text).encode()
    str(safe_csv(text)).encode()


@given(ANY_TEXT)
def test_json_text_made_safe_means_the_same(text: str) -> None:
    written = json.dumps([text], ensure_ascii=False)
    assert json.loads(safe_json_text(written)) == json.loads(json.dumps(_told([text])))


@given(ANY_TEXT, st.sampled_from(["", " ", "  "]), st.sampled_from("=+-@"))
def test_no_cell_begins_like_a_formula_whatever_stands_before_it(text: str, space: str, sign: str) -> None:
    for value in (text, f"{space}{sign}{text}"):
        assert not str(safe_csv(value)).lstrip().startswith(("=", "+", "-", "@"))


@given(ANY_TEXT.filter(lambda text: text.lstrip()[:1] not in tuple("=+-@")))
def test_a_cell_that_is_no_formula_is_only_made_safe(text: str) -> None:
    assert safe_csv(text) == safe_line(text)


@given(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False))
def test_what_is_no_text_is_left_to_the_csv_writer(value: object) -> None:
    assert safe_csv(value) is value
