"""JSON set out and compacted as text: nothing in it changes but the white space between its pieces."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.json_text import DEEPEST, Number, compact, dumps, loads, merged, no_constant, plain, set_out

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


DIGITS = '{"a":12345678901234567.89,"d":1.10,"e":1e5,"z":-0,"E":1E400,"dup":1,"dup":2,"in":[{"x":0.0,"x":-0.0}]}'


@given(
    st.recursive(
        st.sampled_from(
            ["1.10", "-0", "1e5", "1E+5", "0.10e-3", "1e999", "9" * 5000, "12345678901234567.89", "7", "0.5"]
        )
        | TEXT.map(lambda text: json.dumps(text, ensure_ascii=False))
        | st.sampled_from(["null", "true", "false"]),
        lambda inner: (
            st.lists(inner, max_size=4).map(lambda items: f"[{','.join(items)}]")
            | st.lists(st.tuples(st.sampled_from(['"a"', '"b"', '"a b"']), inner), max_size=4).map(
                lambda pairs: "{" + ",".join(f"{name}:{value}" for name, value in pairs) + "}"
            )
        ),
        max_leaves=12,
    )
)
def test_what_was_read_is_written_as_it_came(text: str) -> None:
    assert dumps(loads(text)) == compact(text)
    assert dumps(loads(text), spaced=True) == compact(text) or any(char in text for char in ",:")
    assert dumps(loads(dumps(loads(text), spaced=True))) == compact(text)


def test_digits_and_equal_names_survive() -> None:
    assert dumps(loads(DIGITS)) == DIGITS
    assert dumps({"ours": loads(DIGITS.encode())}) == f'{{"ours":{DIGITS}}}'


@given(DOCUMENTS)
def test_what_python_itself_would_write_alike_needs_no_type_of_its_own(document: object) -> None:
    text = json.dumps(document, ensure_ascii=False)
    assert loads(text) == json.loads(text)
    assert dumps(document, spaced=True) == text
    assert plain(document) == json.loads(text)


def test_numbers_to_reckon_with() -> None:
    document = plain(loads(DIGITS))
    assert isinstance(document, dict)
    assert (document["d"], document["e"], document["z"], document["dup"]) == (1.1, 100000.0, 0, 2)
    assert plain(loads("9" * 5000)) == float("inf")


def test_members_of_two_objects() -> None:
    first = loads('{"a":1,"a":2,"b":1.10}')
    assert isinstance(first, dict)
    assert dumps(merged(first, {"c": 1})) == '{"a":1,"a":2,"b":1.10,"c":1}'
    assert dumps(merged(first, {"a": 3})) == '{"b":1.10,"a":3}'
    assert first["a"] == 2


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "[-Infinity]", "{", "", "[1,]", b"\xff", "\ufeff1"])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        loads(text)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_depth_is_bounded_and_whatever_is_read_can_be_written(opening: str) -> None:
    def nested(depth: int) -> str:
        return opening * depth + "1.10" + ("]" if opening == "[" else "}") * depth

    assert dumps(loads(nested(DEEPEST))) == nested(DEEPEST)
    for depth in (DEEPEST + 1, 100_000):
        with pytest.raises(ValueError, match="nested too deeply"):
            loads(nested(depth))
    assert loads('"' + "[" * 2000 + '"') == "[" * 2000


def test_what_many_a_reader_would_refuse_is_told_in_another_way() -> None:
    document = {"a": [float("nan"), Number("1.10"), -float("inf"), Number("-1e999"), Number("9" * 5000)]}
    assert dumps(document, to_be_read=True) == f'{{"a":[null,1.10,null,"-1e999","{"9" * 5000}"]}}'
    with pytest.raises(ValueError):
        dumps(document)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_pythons_own_constants_are_no_json(constant: str) -> None:
    with pytest.raises(ValueError, match=f"{constant} is not JSON"):
        json.loads(f"[{constant}]", parse_constant=no_constant)
