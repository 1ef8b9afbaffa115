"""What is said to the person at the terminal, and asked: only where somebody is there (contract 2.2, 2.3)."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.errors import ExitCode, Failed, Interrupted, InvalidUsage, Refused
from shema_cli.output.person import REDRAWN_EVERY_S, SHOWN_AFTER_S, Person, Progress, Prompts, Protection
from shema_cli.output.sink import Format, Output
from shema_cli.output.streams import Streams
from shema_cli.results import Fields
from tests.support.cli import CapturedStream
from tests.support.texts import ANY_TEXT
from tests.support.world import StillClock

PLAIN = {"TERM": "xterm", "NO_COLOR": "1"}
PROTECTED = Protection(("production", "redis h:1/0"), type_name=True)


class Terminal:
    """Three streams, each a terminal or not, and what was written to stderr."""

    def __init__(self, typed: bytes = b"", *, stdin: bool = True, stderr: bool = True, **environ: str) -> None:
        self.out, self.err = CapturedStream(terminal=True), CapturedStream(terminal=stderr)
        self.streams = Streams(CapturedStream(typed, terminal=stdin), self.out, self.err, PLAIN | environ)

    @property
    def said(self) -> str:
        return self.err.bytes.decode()

    def person(self, protection: Protection | None = None, clock: StillClock | None = None) -> Person:
        return Person(Output(self.streams), clock or StillClock(), protection)


# -- confirming --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [b"y\n", b"Y\n", b"yes\n", b" YES \n", b"y"])
def test_a_yes_goes_on(typed: bytes) -> None:
    terminal = Terminal(typed)
    terminal.person().confirm("Approve 2 enrollments?", yes=False)
    assert terminal.said == "Approve 2 enrollments?\nTarget: default\nGo on? [y/N] "
    assert terminal.out.bytes == b"", "a question is no data"


@pytest.mark.parametrize("typed", [b"", b"\n", b"n\n", b"no\n", b"yeah\n", b"\xef\xbb\xbfy\n"])
def test_anything_else_refuses_and_says_that_nothing_was_changed(typed: bytes) -> None:
    with pytest.raises(Refused, match="nothing was changed") as told:
        Terminal(typed).person().confirm("Sure?", yes=False)
    assert (told.value.code, told.value.exit_code) == ("not_confirmed", ExitCode.REFUSED)


@pytest.mark.parametrize("protection", [None, PROTECTED])
def test_ctrl_c_at_the_question_ends_its_line_and_says_that_nothing_was_changed(protection: Protection | None) -> None:
    terminal = Terminal()

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    terminal.streams.stdin.readline = interrupted  # type: ignore[method-assign]
    with pytest.raises(Interrupted, match="nothing was changed") as told:
        terminal.person(protection).confirm("Sure?", yes=False)
    assert (told.value.code, told.value.exit_code) == ("interrupted", ExitCode.INTERRUPTED)
    assert terminal.said.endswith(" \n"), "the error stands on a line of its own"


@pytest.mark.parametrize(
    ("typed", "agreed"), [(b"production\n", True), (b"y\n", False), (b"Production\n", False), (b"\n", False)]
)
def test_a_protected_profile_wants_its_name_letter_by_letter(typed: bytes, agreed: bool) -> None:
    terminal = Terminal(typed)
    person = terminal.person(PROTECTED)
    if agreed:
        person.confirm("Sure?", yes=False)
    else:
        with pytest.raises(Refused):
            person.confirm("Sure?", yes=False)
    assert "type production to go on: " in terminal.said


@pytest.mark.parametrize(("stdin", "stderr"), [(False, True), (True, False), (False, False)])
def test_where_nobody_can_answer_the_flag_that_answers_is_named(stdin: bool, stderr: bool) -> None:
    terminal = Terminal(b"y\n", stdin=stdin, stderr=stderr)
    person = terminal.person()
    assert not person.can_be_asked
    with pytest.raises(InvalidUsage) as told:
        person.confirm("Sure?", yes=False)
    assert (told.value.code, told.value.hint) == ("no_terminal", "pass --yes")
    with pytest.raises(InvalidUsage) as told:
        person.ask("Email", flag="--email")
    assert told.value.hint == "pass --email"
    with pytest.raises(InvalidUsage) as told:
        person.ask_secret("Password", flag="--password-stdin")
    assert told.value.hint == "pass --password-stdin"
    assert terminal.said == ""


def test_where_nobody_can_type_the_name_of_a_protected_profile_the_flag_is_named_quoted() -> None:
    terminal = Terminal(stdin=False)
    with pytest.raises(InvalidUsage) as told:
        terminal.person(Protection(("live; rm", "redis h:1/0"), type_name=True)).confirm("Sure?", yes=False)
    assert told.value.hint == "pass --confirm 'live; rm'"


def test_what_was_answered_before_is_not_asked_again() -> None:
    terminal = Terminal(stdin=False)
    terminal.person(PROTECTED).confirm("Sure?", yes=True)
    assert terminal.said == ""


@given(ANY_TEXT, ANY_TEXT)
def test_nothing_in_a_question_or_a_profile_is_obeyed_by_the_terminal(question: str, profile: str) -> None:
    terminal = Terminal(b"y\n")
    terminal.person(Protection((profile, question))).confirm(question, yes=False)
    assert not [char for char in terminal.said if ord(char) < 32 and char not in "\n\t"]


# -- asking ------------------------------------------------------------------------------------------------------


def test_a_line_is_asked_for_on_stderr() -> None:
    terminal = Terminal(b"  ana@shema.test \nnext\n")
    assert terminal.person().ask("Email", flag="--email") == "ana@shema.test"
    assert terminal.said == "Email: "


def test_a_secret_is_read_without_an_echo_and_asked_for_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    asked: list[object] = []

    def read(prompt: str, stream: object) -> str:
        asked.extend([prompt, stream])
        return " sesame "

    monkeypatch.setattr(getpass, "getpass", read)
    assert terminal.person().ask_secret("Password", flag="--password-stdin") == " sesame "
    assert asked == ["Password: ", terminal.err]


def test_an_input_that_ends_before_the_secret_names_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    def ends(*_: object, **__: object) -> str:
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", ends)
    with pytest.raises(InvalidUsage, match="the input ended") as told:
        Prompts(Terminal().streams).secret("Password", flag="--password-stdin")
    assert told.value.hint == "pass --password-stdin"


# -- telling -----------------------------------------------------------------------------------------------------


def test_notes_and_warnings_go_to_stderr_and_are_safe() -> None:
    terminal = Terminal()
    terminal.person().note(("a\x1b[2J", "b"))
    terminal.person().warn("c\x07")
    assert terminal.said == "a\\x1b[2J\nb\nwarning: c\\x07\n"


@pytest.mark.parametrize("stderr", [True, False])
def test_a_table_beside_the_data_is_for_whoever_looks(stderr: bool) -> None:
    terminal = Terminal(stderr=stderr)
    terminal.person().aside(Fields({"e1": "gone\x1b[2J"}))
    assert ("e1" in terminal.said) is stderr
    assert "\x1b[2J" not in terminal.said
    assert terminal.out.bytes == b""


@pytest.mark.parametrize(("format", "looks"), [(Format.TABLE, True), (Format.JSON, False), (Format.CSV, False)])
def test_who_looks_at_tables(format: Format, looks: bool) -> None:
    assert Person(Output(Terminal().streams, format), StillClock()).looks_at_tables is looks


# -- progress ----------------------------------------------------------------------------------------------------


def run(terminal: Terminal, steps: int, each_s: float, total: int | None = None) -> str:
    clock = StillClock()
    with terminal.person(clock=clock).progress("approve", total) as progress:
        for _ in range(steps):
            clock.advance(each_s)
            progress.step()
    return terminal.said


def test_a_short_run_shows_nothing() -> None:
    assert run(Terminal(), 9, SHOWN_AFTER_S / 10) == ""


def test_a_long_run_is_drawn_over_itself_and_wiped_at_its_end() -> None:
    said = run(Terminal(), 4, 1.0, total=4)
    lines = said.split("\r\x1b[K")
    assert lines == [
        "",
        "approve 1/4  1/s  3 s left",
        "approve 2/4  1/s  2 s left",
        "approve 3/4  1/s  1 s left",
        "approve 4/4  1/s  0 s left",
        "",
    ]


def test_it_is_drawn_ten_times_a_second_however_fast_the_steps_are() -> None:
    said = run(Terminal(), 1000, 0.01)
    assert said.count("approve ") <= 9 / REDRAWN_EVERY_S + 1
    assert said.count("approve ") > 50


@pytest.mark.parametrize("terminal", [Terminal(stderr=False), Terminal(TERM="dumb"), Terminal(SHEMA_PLAIN="1")])
def test_nothing_moves_where_nothing_may(terminal: Terminal) -> None:
    assert run(terminal, 10, 1.0) == ""


def test_a_line_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    lines = run(Terminal(), 3, 1.0, total=1_000_000).split("\r\x1b[K")
    assert max(map(len, lines)) == 23


@given(done=st.integers(0, 10**6), total=st.none() | st.integers(0, 10**6), after=st.floats(0, 1e6))
def test_how_far_it_is_can_always_be_told(done: int, total: int | None, after: float) -> None:
    clock = StillClock()
    progress = Progress(Output(Terminal().streams), clock, "x", total)
    progress.done = done
    line = progress.line(clock.monotonic() + after)
    assert line.startswith(f"x {done}/{total}  " if total else f"x {done}  ")
    assert "nan" not in line
    assert "inf" not in line


def test_a_terminal_that_went_away_does_not_stop_the_work() -> None:
    clock, terminal = StillClock(), Terminal()
    with Progress(Output(terminal.streams), clock, "x") as progress:
        clock.advance(2)
        terminal.err.close()
        progress.step()
        clock.advance(2)
        progress.step()
    assert progress.done == 2


def test_what_is_said_under_way_stands_on_a_line_of_its_own() -> None:
    clock, terminal = StillClock(), Terminal()
    output = Output(terminal.streams)
    with Progress(output, clock, "x", 3) as progress:
        clock.advance(2)
        progress.step()
        output.passing("waiting for course")
        output.warn("y")
        clock.advance(2)
        progress.step()
    lines = ["", "x 1/3  0/s  4 s left", "waiting for course", "warning: y\n", "x 2/3  0/s  2 s left", ""]
    assert terminal.said.split("\r\x1b[K") == lines


def test_what_is_waited_for_is_counted_down_where_a_line_can_move_and_else_said_once() -> None:
    terminal, pipe = Terminal(), Terminal(stderr=False)
    for one in (terminal, pipe):
        with one.person().waiting() as waiting:
            for left in (2, 2, 1):
                waiting.tell(f"1 replayed; watching {left} s more")
    assert terminal.said.split("\r\x1b[K") == ["", "1 replayed; watching 2 s more", "1 replayed; watching 1 s more", ""]
    assert pipe.said == "1 replayed; watching 2 s more\n"
    with Terminal().person().waiting():
        pass


# -- one line where one line is meant --------------------------------------------------------------------------------

FORGED = "a\nProfile: sandbox\nGo on? [y/N] y\r\n\x0b\x0c\u2028b"


def said_by(what: Callable[[Person], object], typed: bytes = b"y\n") -> str:
    terminal = Terminal(typed)
    with suppress(Refused):
        what(terminal.person())
    return terminal.said


@pytest.mark.parametrize(
    ("what", "lines"),
    [
        (lambda person: person.note(FORGED), 1),
        (lambda person: person.warn(FORGED), 1),
        (lambda person: person.note(("1", FORGED, "3")), 3),
        (lambda person: person.ask(FORGED, flag="--x"), 1),
        (lambda person: person.confirm(FORGED, yes=False), 3),
        (lambda person: person.confirm(("Discard?", FORGED), yes=False), 4),
        (lambda person: person._output.error(Failed("x", FORGED, FORGED)), 2),
    ],
)
def test_a_text_from_outside_makes_no_line_of_its_own(what: Callable[[Person], object], lines: int) -> None:
    said = said_by(what)
    assert len(said.splitlines()) == lines
    assert "\nProfile: sandbox" not in said


def test_a_label_of_a_run_is_one_line_too() -> None:
    assert "\n" not in Progress(Output(Terminal().streams), StillClock(), FORGED).line(0.0)


def test_a_text_of_ten_megabytes_is_told_by_its_beginning_and_its_length() -> None:
    said = said_by(lambda person: person.warn("x" * 10_000_000))
    assert len(said) < 2100
    assert said.endswith("… (10,000,000 characters)\n")
