"""The one output sink: every byte that a command prints goes through here.

stdout gets the data, in the format that was asked for; stderr gets everything else. Text is made safe here and
nowhere else (`output/sanitize.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TextIO

from shema_cli.errors import ExitCode, Failed, Interrupted, ShemaError
from shema_cli.output.sanitize import Lines, safe_json, safe_line, safe_lines
from shema_cli.output.streams import Streams
from shema_cli.results import Record, Result, Table

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

View = Callable[[Any, int], "RenderableType"]
"""A feature's `views.py` function: (result, width in columns) → what rich draws."""


PLAIN_IS_WIDER = 6
"""So many columns more a line may take when its symbols are told in ASCII."""


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class PipeClosed(Exception):
    """The reader of stdout went away, which is its right: the process ends with success."""


class Output:
    """Prints results, records, notes and errors in one format."""

    def __init__(self, streams: Streams, format: Format = Format.TABLE) -> None:
        self.streams = streams
        self.format = format
        self._csv_header_done = False
        self._stdout_lost = False
        self._streaming = False
        self._diverted: Callable[[str], object] | None = None
        self._passing = False
        self._cause = ""

    # -- data, to stdout ------------------------------------------------------------------------------------

    def result(self, result: Result, view: View | None = None) -> ExitCode:
        """Print `result` in the chosen format; `view` draws it on a terminal, a long list in the pager.

        Returns its exit code.
        """
        return self._result(result, view, paged=result.is_list)

    def _result(self, result: Result, view: View | None, *, paged: bool) -> ExitCode:
        if self.format is Format.JSON:
            self.json(result.document())
        elif self.format is Format.CSV:
            self._csv(result.table())
        elif self.streams.stdout_is_terminal:
            self._draw(result, view, paged=paged)
        else:
            self._tab_separated(result.table())
        if self.format is Format.TABLE:
            for note in result.notes():
                self.note(note)
        return result.exit_code

    def record(self, record: Record, view: View | None = None) -> None:
        """Print one item of a stream on a line of its own, and flush it. A Result has columns, like any other."""
        self._streaming = True
        if self.format is Format.JSON:
            self.write(safe_json(record.document()) + "\n")
        elif isinstance(record, Result):
            self._result(record, view, paged=False)
        elif view is not None and self.format is Format.TABLE and self.streams.stdout_is_terminal:
            self.draw(view(record, self.streams.width))
        else:
            self.write(safe_line(record.line()) + "\n")

    def json(self, document: object) -> None:
        indent = 2 if self.streams.stdout_is_terminal else None
        self.write(safe_json(document, indent=indent) + "\n")

    def write(self, text: str) -> None:
        """Text that is already safe, to stdout, flushed."""
        encoding = self.streams.stdout.encoding or "utf-8"
        self._to_stdout(text.encode(encoding, "backslashreplace"))

    def raw(self, content: bytes) -> None:
        """The bytes as they are (`--raw`, `api`)."""
        self._to_stdout(content)

    def check_is_read(self) -> None:
        """Notice a reader of stdout that has gone while there is nothing to print. Raises PipeClosed."""
        import select  # for what runs on

        try:
            poll = select.poll()
            poll.register(self.streams.stdout.fileno(), 0)
            gone = any(event & select.POLLERR for _, event in poll.poll(0))
        except (OSError, ValueError, AttributeError):
            return  # it is no file of the system's
        if gone:
            raise PipeClosed

    def draw(self, renderable: RenderableType) -> None:
        """A rich renderable on stdout."""
        self.write(self._rendered(renderable, self.streams.stdout))

    def render(self, renderable: RenderableType) -> list[str]:
        """The lines that `draw` would write, for a screen that is written line by line."""
        return self._rendered(renderable, self.streams.stdout).removesuffix("\n").split("\n")

    @property
    def drawn(self) -> bool:
        """Whether data is drawn for a person: a table, and stdout is a terminal."""
        return self.format is Format.TABLE and self.streams.stdout_is_terminal

    # -- everything else, to stderr -------------------------------------------------------------------------

    def aside(self, result: Result, view: View | None = None) -> None:
        """Something for the person at the terminal to look at: on stderr, and only where that is a terminal."""
        if self.streams.stderr_is_terminal:
            self._to_stderr(self._text(result.in_short(), view, self.streams.stderr).removesuffix("\n"))

    def note(self, said: Lines) -> None:
        """Progress or a hint, for a person."""
        self._to_stderr(safe_lines(said))

    def warn(self, text: str) -> None:
        """What is not as it should be, and after a colon why: of two that follow each other, one cause is told once."""
        what, _, cause = text.partition(": ")
        same, self._cause = cause and cause == self._cause, cause
        told = f"{what}, for the same reason" if same else text
        self._to_stderr(self._paint("warning: ", "33") + safe_lines(told))

    def passing(self, line: str) -> None:
        """A line that goes when anything else is said, or another one; an empty one only takes it away.

        Only where a line of stderr can move, and no live screen has the terminal.
        """
        if not self.streams.animates_stderr or self._diverted is not None:
            return
        if line:
            self._passing = True
            self._move(f"\r\x1b[K{safe_line(line)[: self.streams.width - 1]}")
        else:
            self._take_away()

    def ring(self) -> None:
        """Have the terminal ring, if there is one. It is no part of what is printed."""
        if self.streams.stderr_is_terminal:
            self._move("\a")
        elif self.drawn:
            self.write("\a")

    def log(self, line: str) -> None:
        """A log line (`-v`, `--log-format json`)."""
        from shema_cli.masking import masked

        self._to_stderr(safe_line(masked(line)))

    def error(self, error: ShemaError) -> None:
        """An error: one JSON document on stdout under `-o json`, else two lines on stderr.

        Ctrl-C is how a stream ends: it is no item of it.
        """
        if self._streaming and self.format is Format.JSON and isinstance(error, Interrupted):
            return
        if self.format is Format.JSON and not self._stdout_lost:
            with suppress(Failed):  # where stdout cannot be written, stderr is told
                self.json(error.document())
                return
        self._to_stderr(self._paint("error: ", "31;1") + safe_lines(error.message))
        if error.hint:
            self._to_stderr(self._paint("  try: ", "2") + safe_lines(error.hint))

    @contextmanager
    def diverted(self, to: Callable[[str], object]) -> Iterator[None]:
        """While a live screen has the terminal, what a stderr on that terminal would get goes to `to`, line by line."""
        self._diverted = to if self.streams.stderr_is_terminal else None
        try:
            yield
        finally:
            self._diverted = None

    def console(self, stream: TextIO) -> Console:
        """A rich console on `stream` that takes no text for markup."""
        from rich.console import Console

        colour = self.streams.colour(stream)
        return Console(
            file=stream,
            width=self.streams.width,
            height=25,  # or it takes a dumb terminal for one of 80 columns
            force_terminal=colour or _is_terminal(stream),
            color_system="auto" if colour and _is_terminal(stream) else "standard" if colour else None,
            no_color=not colour,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
        )

    # -- how each format is written -------------------------------------------------------------------------

    def _draw(self, result: Result, view: View | None, *, paged: bool) -> None:
        text = self._text(result, view, self.streams.stdout)
        if not (paged and self._page(text)):
            self.write(text)

    def _text(self, result: Result, view: View | None, on: TextIO) -> str:
        if self.streams.asked_plain:
            from shema_cli.output.plain import plain_table

            return plain_table((result.in_words() or result).table())
        from shema_cli.output.tables import draw_table

        width, shown = self.streams.width, result.in_words() if self.streams.plain else result
        if view is None or shown is None:
            return self._rendered(draw_table(result.table(), width), on)
        return self._rendered(view(shown, width - PLAIN_IS_WIDER if self.streams.plain else width), on)

    def _page(self, text: str) -> bool:
        from shema_cli.output.pager import page

        return page(text, self.streams)

    def _rendered(self, renderable: RenderableType, on: TextIO) -> str:
        console = self.console(on)
        with console.capture() as capture:
            console.print(renderable, markup=False, highlight=False, emoji=False)
        if not self.streams.plain:
            return capture.get()
        from shema_cli.output.plain import plain

        return plain(capture.get())

    def _tab_separated(self, table: Table) -> None:
        from shema_cli.output.rows import tab_separated

        for piece in tab_separated(table):
            self.write(piece)

    def _csv(self, table: Table) -> None:
        from shema_cli.output.rows import comma_separated

        for piece in comma_separated(table, header=not self._csv_header_done):
            self.write(piece)
        self._csv_header_done = True

    def _paint(self, text: str, code: str) -> str:
        """What goes to a live screen is made safe there once more, which would spell colours out."""
        painted = self._diverted is None and self.streams.colour(self.streams.stderr)
        return f"\x1b[{code}m{text}\x1b[0m" if painted else text

    def _take_away(self) -> None:
        if self._passing:
            self._passing = False
            self._move("\r\x1b[K")

    def _move(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self.streams.stderr.write(text)
            self.streams.stderr.flush()

    def _to_stdout(self, content: bytes) -> None:
        self._take_away()
        stream = self.streams.stdout
        try:
            binary = getattr(stream, "buffer", None)
            if binary is None:
                stream.write(content.decode("utf-8", "replace"))
            else:
                binary.write(content)
            stream.flush()
        except BrokenPipeError:
            self.streams.discard_stdout()
            raise PipeClosed from None
        except OSError as error:
            self._stdout_lost = True
            self.streams.discard_stdout()
            what = f"the output could not be written: {error.strerror or error}"
            raise Failed("output_failed", what, "make room where stdout leads; what was done stands") from error

    def _to_stderr(self, text: str) -> None:
        if self._diverted is not None:
            self._diverted(text)
            return
        self._take_away()
        stream = self.streams.stderr
        try:
            encoding = getattr(stream, "encoding", None) or "utf-8"
            stream.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()
        except (OSError, ValueError):
            return  # nobody reads the diagnostics; the work goes on


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty()
