from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from shema_cli.errors import ExitCode, Failed, Interrupted
from shema_cli.output.sink import Format, Output
from shema_cli.output.streams import Streams
from shema_cli.results import Result, Table
from tests.support.cli import CapturedStream


@dataclass(frozen=True)
class Letters(Result):
    rows: tuple[tuple[Any, ...], ...]

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.FAILED if not self.rows else ExitCode.DONE

    def document(self) -> Any:
        return {"rows": [list(row) for row in self.rows]}

    def table(self) -> Table:
        return Table(("name", "value"), self.rows)

    def notes(self) -> tuple[str, ...]:
        return (f"{len(self.rows)} rows",)


class Beat:
    def document(self) -> Any:
        return {"kind": "beat"}

    def line(self) -> str:
        return "beat"


HOSTILE = Letters((("a\x1b[2J", "tab\there"), ("[red]b[/red]", None), ("=cmd()", -3)))


def show(
    result: Result, format: Format, *, terminal: bool = False, environ: dict[str, str] | None = None
) -> tuple[str, str]:
    out, err = CapturedStream(terminal=terminal), CapturedStream(terminal=terminal)
    output = Output(Streams(CapturedStream(), out, err, environ or {}), format)
    output.result(result)
    return out.bytes.decode(), err.bytes.decode()


def test_piped_rows_are_tab_separated_whole_and_safe() -> None:
    out, _ = show(HOSTILE, Format.TABLE)
    assert out == "a\\x1b[2J\ttab\\there\n[red]b[/red]\t\n=cmd()\t-3\n"


def test_a_terminal_gets_a_headed_table_without_raw_escapes() -> None:
    out, err = show(HOSTILE, Format.TABLE, terminal=True, environ={"NO_COLOR": "1"})
    assert "name" in out
    assert "\\x1b[2J" in out
    assert "[red]b[/red]" in out
    assert "\x1b[2J" not in out
    assert err == "3 rows\n"


def test_json_is_exactly_one_document_and_nothing_on_stderr() -> None:
    out, err = show(HOSTILE, Format.JSON)
    assert out == '{"rows":[["a\\u001b[2J","tab\\there"],["[red]b[/red]",null],["=cmd()",-3]]}\n'
    assert err == ""


def test_csv_has_a_header_and_no_formulas() -> None:
    out, _ = show(HOSTILE, Format.CSV)
    assert out.splitlines() == ["name,value", "a\\x1b[2J,tab\\there", "[red]b[/red],", "'=cmd(),-3"]


def test_the_exit_code_comes_from_the_result() -> None:
    output = Output(Streams(CapturedStream(), CapturedStream(), CapturedStream(), {}), Format.JSON)
    assert output.result(Letters(())) is ExitCode.FAILED


def test_an_error_is_a_document_under_json_and_two_lines_otherwise() -> None:
    for format, expected_out, expected_err in (
        (Format.JSON, '{"error":{"code":"c","message":"m\\u001b","hint":"h"}}\n', ""),
        (Format.TABLE, "", "error: m\\x1b\n  try: h\n"),
    ):
        out, err = CapturedStream(), CapturedStream()
        Output(Streams(CapturedStream(), out, err, {}), format).error(Failed("c", "m\x1b", "h"))
        assert (out.bytes.decode(), err.bytes.decode()) == (expected_out, expected_err)


def test_of_two_warnings_one_cause_is_told_once() -> None:
    err = CapturedStream()
    output = Output(Streams(CapturedStream(), CapturedStream(), err, {}))
    for text in ("a: Redis: gone", "b: Redis: gone", "c: Redis: full", "d", "e", "f: Redis: full"):
        output.warn(text)
    assert err.bytes.decode().replace("warning: ", "").splitlines() == [
        "a: Redis: gone",
        "b, for the same reason",
        "c: Redis: full",
        "d",
        "e",
        "f: Redis: full",
    ]


@pytest.mark.parametrize(
    ("environ", "terminal", "expected"),
    [
        ({"TERM": "xterm"}, True, True),
        ({}, True, False),
        ({"TERM": ""}, True, False),
        ({"TERM": "unknown"}, True, False),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, True, False),
    ],
)
def test_colour_follows_the_conventions(environ: dict[str, str], terminal: bool, expected: bool) -> None:
    stream = CapturedStream(terminal=terminal)
    assert Streams(stream, stream, stream, environ).colour(stream) is expected


def test_ctrl_c_is_no_item_of_a_stream() -> None:
    out = CapturedStream()
    output = Output(Streams(CapturedStream(), out, CapturedStream(), {}), Format.JSON)
    output.record(Beat())
    output.error(Interrupted("interrupted", "interrupted"))
    assert out.bytes == b'{"kind":"beat"}\n'
    output.error(Failed("lost", "lost"))
    assert json.loads(out.bytes.splitlines()[1])["error"]["code"] == "lost"


def test_a_reader_that_goes_away_is_success() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "shema_cli", "config", "path"], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_without_unicode_gets_escapes_and_no_crash() -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "SHEMA_CONFIG_DIR": "/tmp/Ünïcode-é"}
    done = subprocess.run(
        [sys.executable, "-m", "shema_cli", "config", "path"], env=environ, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"\\xdc" in done.stdout


def test_what_goes_to_a_live_screen_is_not_painted() -> None:
    """It is made safe once more where it is shown, and colours would be spelled out there."""
    stderr = CapturedStream(terminal=True)
    output = Output(Streams(CapturedStream(), CapturedStream(), stderr, {"CLICOLOR_FORCE": "1"}))
    told: list[str] = []
    with output.diverted(told.append):
        output.warn("away")
    output.warn("back")
    assert told == ["warning: away"]
    assert stderr.bytes == b"\x1b[33mwarning: \x1b[0mback\n"
