"""Rows as text for a pipe, a spreadsheet, a terminal and to be read aloud: whole, safe, and in pieces."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.json_text import Number, loads
from shema_cli.output.pager import page, pager_command
from shema_cli.output.plain import plain, plain_table
from shema_cli.output.rows import WRITTEN_AT_ONCE, cell, comma_separated, tab_separated
from shema_cli.output.sanitize import safe_csv, safe_line
from shema_cli.output.sink import Format, Output, PipeClosed
from shema_cli.output.streams import NARROWEST, Streams
from shema_cli.output.tables import when
from shema_cli.results import Fields, Table
from tests.support.cli import CapturedStream
from tests.support.texts import ANY_TEXT

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | ANY_TEXT
    | st.lists(st.integers() | ANY_TEXT, max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=6)
COLUMNS = ("id", "age_s", "error")


@given(ROWS)
def test_a_line_a_row_and_a_tab_between_two_cells_whatever_is_in_them(rows: list[tuple[object, ...]]) -> None:
    text = "".join(tab_separated(Table(COLUMNS, rows)))
    lines = text.split("\n")
    assert lines.pop() == ""
    assert [line.split("\t") for line in lines] == [[safe_line(cell(value)) for value in row] for row in rows]


@given(ROWS)
def test_a_csv_file_is_read_back_cell_by_cell(rows: list[tuple[object, ...]]) -> None:
    text = "".join(comma_separated(Table(COLUMNS, rows), header=True))
    head, *found = list(csv.reader(io.StringIO(text, newline="")))
    assert tuple(head) == COLUMNS

    def written(value: object) -> str:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return str(safe_csv(value if number else cell(value)))

    assert found == [[written(value) for value in row] for row in rows]


def test_without_a_header_there_are_only_the_rows() -> None:
    assert "".join(comma_separated(Table(COLUMNS, [("a", 1, None)]), header=False)) == "a,1,\n"


@pytest.mark.parametrize("count", [0, 1, WRITTEN_AT_ONCE, WRITTEN_AT_ONCE + 1, 3 * WRITTEN_AT_ONCE])
def test_many_rows_are_written_in_few_pieces_and_none_is_lost(count: int) -> None:
    for pieces in (
        list(tab_separated(Table(("n",), ((n,) for n in range(count))))),
        list(comma_separated(Table(("n",), ((n,) for n in range(count))), header=False)),
    ):
        assert len(pieces) == -(-count // WRITTEN_AT_ONCE)
        assert "".join(pieces).splitlines() == [str(n) for n in range(count)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (1.5, "1.5"),
        ("", ""),
        (["a", None, True], "a, , yes"),
        (("a", ["b", "c"]), "a, b, c"),
        ({"a": [1]}, '{"a":[1]}'),
        ([], ""),
    ],
)
def test_a_value_in_a_cell(value: object, text: str) -> None:
    assert cell(value) == text


# -- on a terminal -----------------------------------------------------------------------------------------------


def drawn(table: Table, monkeypatch: pytest.MonkeyPatch, columns: int, **environ: str) -> str:
    class Shown(Fields):
        def table(self) -> Table:
            return table

    monkeypatch.setenv("COLUMNS", str(columns))
    out = CapturedStream(terminal=True)
    Output(Streams(CapturedStream(), out, CapturedStream(), {"NO_COLOR": "1"} | environ)).result(Shown({}))
    return out.bytes.decode()


TABLE = Table(COLUMNS, [("evt_1", 3, "timed out\x1b[2J"), ("evt_2", None, "")])


def test_a_wide_terminal_gets_headed_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    head, _, first, second = drawn(TABLE, monkeypatch, 80).splitlines()
    assert head.split() == ["id", "age", "s", "error"]
    assert first.split() == ["evt_1", "3", "timed", "out\\x1b[2J"]
    assert second.split() == ["evt_2", "-", "-"], "what is missing is a dash"


def test_a_narrow_one_gets_a_field_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line.split() for line in drawn(TABLE, monkeypatch, 40).splitlines()]
    assert lines[:3] == [["id", "evt_1"], ["age", "s", "3"], ["error", "timed", "out\\x1b[2J"]]
    assert ["id", "evt_2"] in lines


@pytest.mark.parametrize("columns", [1, 20, 38, 59, 60, 200])
def test_no_line_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    table = Table(COLUMNS, [("e" * 70, 3, "李" * 50), ("x", "[b]not markup[/b]", ":smile:")])
    text = drawn(table, monkeypatch, columns)
    assert max(map(len, text.splitlines())) <= max(columns, NARROWEST)
    assert text.count("e") >= 70, "it is folded, never cut"


def test_markup_and_emoji_codes_are_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(Table(("a", "b"), [("[red]x[/red]", ":smile:")]), monkeypatch, 80)
    assert "[red]x[/red]" in text
    assert ":smile:" in text


def test_a_stored_moment_is_told_to_the_second() -> None:
    assert when("2026-03-01T08:00:00.123Z").plain == "2026-03-01 08:00:00 +00:00"
    assert when("2026-03-01T08:00:00").plain == "2026-03-01 08:00:00 +00:00"
    assert when("2026-03-01T08:\x1b").plain == "2026-03-01T08:\\x1b"


@given(ANY_TEXT)
def test_what_is_read_aloud_has_no_drawing_characters(text: str) -> None:
    assert not [char for char in plain(text) if 0x2500 <= ord(char) <= 0x25FF or 0x2800 <= ord(char) <= 0x28FF]
    assert plain(plain(text)) == plain(text)


@given(ROWS)
def test_a_table_read_aloud_is_one_line_for_each_cell_that_has_something(rows: list[tuple[object, ...]]) -> None:
    lines = plain_table(Table(COLUMNS, rows)).rstrip("\n").split("\n")
    said = [line for line in lines if line]
    assert len(said) == sum(1 for row in rows for value in row if cell(value))


# -- the sink's corners ------------------------------------------------------------------------------------------


def test_the_header_of_a_csv_stream_is_written_once() -> None:
    out = CapturedStream()
    output = Output(Streams(CapturedStream(), out, CapturedStream(), {}), Format.CSV)
    for number in range(3):
        output.record(Row(number))
    assert out.bytes == b"field,value\nn,0\nn,1\nn,2\n"


class Row(Fields):
    """A record that has columns too."""

    def __init__(self, number: int) -> None:
        super().__init__({"n": number})

    def line(self) -> str:
        return "never asked for"


def test_json_for_a_person_is_set_out_and_for_a_program_one_line() -> None:
    for terminal, lines in ((True, 3), (False, 1)):
        out = CapturedStream(terminal=terminal)
        Output(Streams(CapturedStream(), out, CapturedStream(), {}), Format.JSON).json({"a": 1})
        assert len(out.bytes.splitlines()) == lines
        assert json.loads(out.bytes) == {"a": 1}


class Broken(CapturedStream):
    """A stdout that cannot be written to."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def flush(self) -> None:
        if hasattr(self, "error"):
            raise self.error


def test_a_reader_that_went_away_is_no_failure_of_ours() -> None:
    stdout = Broken(BrokenPipeError())
    output = Output(Streams(CapturedStream(), stdout, CapturedStream(), {}))
    with pytest.raises(PipeClosed):
        output.write("x")
    del stdout.error  # or it fails once more when it is thrown away


def test_a_full_disk_is_told_on_stderr_also_where_json_was_asked_for() -> None:
    err = CapturedStream()
    stdout = Broken(OSError(28, "No space left on device"))
    output = Output(Streams(CapturedStream(), stdout, err, {}), Format.JSON)
    with pytest.raises(Exception, match="No space left on device") as told:
        output.write("x")
    output.error(told.value)  # type: ignore[arg-type]
    del stdout.error
    assert "error: the output could not be written: No space left on device" in err.bytes.decode()


def test_a_stderr_that_nobody_reads_does_not_stop_the_work() -> None:
    err = CapturedStream()
    err.close()
    Output(Streams(CapturedStream(), CapturedStream(), err, {})).note("x")


def test_while_a_screen_has_the_terminal_what_is_said_goes_to_it() -> None:
    for terminal, told in ((True, ["warning: x"]), (False, [])):
        said: list[str] = []
        err = CapturedStream(terminal=terminal)
        output = Output(Streams(CapturedStream(), CapturedStream(), err, {"NO_COLOR": "1"}))
        with output.diverted(said.append):
            output.warn("x")
        output.note("after")
        assert said == told
        assert err.bytes.decode().endswith("after\n")


# -- the pager ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("environ", [{}, {"TERM": "dumb"}])
def test_what_is_on_no_terminal_of_the_process_is_not_paged(environ: dict[str, str]) -> None:
    """A captured stream that says that it is a terminal has no file behind it."""
    stream = CapturedStream(terminal=True)
    assert not page("line\n" * 500, Streams(stream, stream, stream, environ))


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_names_a_pager_or_none(text: str) -> None:
    words = pager_command({"PAGER": text, "PATH": "/nowhere"})
    assert words == [] or "/" in words[0]


def test_lists_within_lists_are_json_however_deep() -> None:
    assert cell(["a", 1, None]) == "a, 1, "
    assert cell([["a"], {"b": Number("1.10")}]) == 'a, {"b":1.10}'
    assert cell(loads("[" * 500 + "]" * 500)) == "[" * 497 + "]" * 497


def test_a_number_in_its_own_digits_is_a_number_to_a_spreadsheet_too() -> None:
    rows = [[Number("-1.10"), "-1.10", Number("1e999")]]
    assert "".join(comma_separated(Table(("a", "b", "c"), rows), header=False)) == "-1.10,'-1.10,1e999\n"


def test_a_line_of_any_length_is_drawing_or_not_at_once() -> None:
    """With a pattern that can share out the drawing in many ways, minutes."""
    assert plain("\u2500" * 300_000 + "x\n \u2500\u2502 \n").endswith("x\n")
