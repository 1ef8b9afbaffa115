"""JSON set out and compacted as text: nothing in it changes but the white space between its pieces."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.json_text import compact, no_constant, set_out

TEXT = st.text(max_size=12) | st.text(alphabet='"\\{}[],: \n\t/u', max_size=12)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)
SPACED = st.sampled_from([None, 0, 1, 4, "\t", " \r\n"])


@given(DOCUMENTS, st.booleans())
def test_set_out_is_what_json_itself_writes_with_an_indent(document: object, ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, separators=(",", ":"))
    assert set_out(text) == json.dumps(document, ensure_ascii=ascii_only, indent=2)


@given(DOCUMENTS, SPACED)
def test_compact_undoes_any_white_space_between_pieces(document: object, indent: int | str | None) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    assert compact(text) == json.dumps(document, ensure_ascii=False, separators=(",", ":"))


@given(DOCUMENTS, SPACED)
def test_set_out_and_compacted_again_it_is_the_same(document: object, indent: int | str | None) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    assert compact(set_out(text)) == compact(text)
    assert set_out(set_out(text)) == set_out(text)


@pytest.mark.parametrize(
    "number", ["1E400", "-0", "1.0", "1.000000000000000000000000001", "123456789012345678901234567890", "1e-7"]
)
def test_a_number_keeps_its_spelling(number: str) -> None:
    """Read and written again by a library, each of these would be another text."""
    assert compact(set_out(f'{{"n":{number}}}')) == f'{{"n":{number}}}'


def test_a_key_that_occurs_twice_is_kept_twice() -> None:
    assert compact(set_out('{"a":1,"a":2}')) == '{"a":1,"a":2}'


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{}", ["{}"]),
        ("[]", ["[]"]),
        ('{"a":[]}', ["{", '  "a": []', "}"]),
        ('{"a":{"b":[1,{}]}}', ["{", '  "a": {', '    "b": [', "      1,", "      {}", "    ]", "  }", "}"]),
        ('"a: [b, c]"', ['"a: [b, c]"']),
    ],
)
def test_how_it_looks(text: str, lines: list[str]) -> None:
    assert set_out(text).split("\n") == lines


def test_each_piece_is_painted_with_what_follows_it_known() -> None:
    """So a name, which a colon follows, can be told from a value."""
    seen: list[tuple[str, str]] = []

    def paint(piece: str, after: str) -> str:
        seen.append((piece, after))
        return f"<{piece}>" if after == ":" else piece

    assert set_out('{"a":"b","c":[true]}', paint) == '{\n  <"a">: "b",\n  <"c">: [\n    true\n  ]\n}'
    assert ('"a"', ":") in seen
    assert ('"b"', ",") in seen
    assert ("true", "]") in seen


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_pythons_own_constants_are_no_json(constant: str) -> None:
    with pytest.raises(ValueError, match=f"{constant} is not JSON"):
        json.loads(f"[{constant}]", parse_constant=no_constant)
