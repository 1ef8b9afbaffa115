"""Command lines, run in here as the shell would have them run: what a view shows, and what a key does.

A view is what a reading command hands back, and an action is a command line. So the guards, the questions, the audit
and the words are those of the commands, and the line that is shown is the line that is run.
"""

from __future__ import annotations

import io
import threading
import time
from dataclasses import field, replace
from queue import SimpleQueue
from typing import NoReturn, Protocol, TextIO

from shema_cli.app import build
from shema_cli.cli.declare import Access, Declaration, Invocation, outcome_of
from shema_cli.cli.options import Values
from shema_cli.context import AppContext
from shema_cli.edge import explain
from shema_cli.errors import ExitCode, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.interrupts import stopped_by
from shema_cli.output.person import Prompts
from shema_cli.output.sanitize import Lines as Said
from shema_cli.output.sanitize import safe_lines
from shema_cli.output.sink import Output, PipeClosed, View
from shema_cli.output.streams import Streams
from shema_cli.results import Result
from shema_cli.shell import quoted

ENDS_WITHIN_S = 3.0
Words = tuple[str, ...]
"""A command line after `shema`, word by word."""


def typed(words: Words) -> str:
    """The line as it would be typed."""
    return f"shema {quoted(*words)}"


@dataclass(frozen=True)
class Outcome:
    """What became of a line: what the command handed back, or the error that came instead; what was said besides.

    `cost_s`: seconds of processor that it took here.
    """

    words: Words
    result: Result | None = None
    view: View | None = None
    error: ShemaError | None = None
    warnings: tuple[str, ...] = ()
    cost_s: float = 0.0


class Listener(Protocol):
    """Hears a command while it runs; each method is called from the command's own thread."""

    def note(self, said: str) -> None: ...
    def warn(self, said: str) -> None: ...
    def show(self, result: Result, view: View | None) -> None: ...
    def progress(self, line: str) -> None: ...
    def question(self, question: Question) -> None: ...


@dataclass(frozen=True)
class Question:
    """Something asked in the middle of a line. Its thread waits until it is answered, or left."""

    prompt: str
    echo: bool
    flag: str = ""
    """The option of the line that would have answered it; empty where there is none."""
    _answers: SimpleQueue[str | None] = field(default_factory=SimpleQueue)

    def answer(self, typed: str | None) -> None:
        """None: it was left without an answer."""
        self._answers.put(typed)

    def wait(self) -> str:
        """Raises KeyboardInterrupt when it was left, which is what Ctrl-C is to a question."""
        answer = self._answers.get()
        if answer is None:
            raise KeyboardInterrupt
        return answer


class Silent:
    """Hears a reading command; its warnings are kept, and it is asked nothing."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def note(self, said: str) -> None: ...

    def warn(self, said: str) -> None:
        self.warnings.append(said)

    def show(self, result: Result, view: View | None) -> None: ...
    def progress(self, line: str) -> None: ...

    def question(self, question: Question) -> None:
        question.answer(None)


class _Terminal(io.StringIO):
    """A stream that takes what it is given for a person, of which nothing is kept."""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


class _Streams(Streams):
    """Lines that move can be shown; a screen of its own is for a terminal, which a line here has not."""

    def animates(self, stream: TextIO) -> bool:
        return stream is self.stderr


class _Sink(Output):
    """The sink of a line: what would be printed is handed to a listener, until `stop` says that nobody reads on."""

    def __init__(self, streams: Streams, listener: Listener, stop: threading.Event) -> None:
        super().__init__(streams)
        self._listener = listener
        self._stop = stop

    def result(self, result: Result, view: View | None = None) -> ExitCode:
        self.check_is_read()
        self._listener.show(result, view)
        return result.exit_code

    def check_is_read(self) -> None:
        if self._stop.is_set():
            raise PipeClosed

    def note(self, said: Said) -> None:
        self._listener.note(safe_lines(said))

    def warn(self, text: str) -> None:
        self._listener.warn(safe_lines(text))

    def aside(self, result: Result, view: View | None = None) -> None:
        self._listener.show(result, view)

    def passing(self, line: str) -> None:
        self._listener.progress(safe_lines(line))


class _Prompts(Prompts):
    """Asks whoever listens."""

    def __init__(self, streams: Streams, listener: Listener) -> None:
        super().__init__(streams)
        self._listener = listener
        self._begun = ""

    def _in_lines(self, safe: str, indent: str = "") -> str:  # noqa: ARG002 - the screen breaks them where it ends
        return f"{safe}\n"

    def _write(self, safe: str) -> None:
        """A line is said once it is whole."""
        *whole, self._begun = (self._begun + safe).split("\n")
        for line in whole:
            self._listener.note(line)

    def text(self, question: str, *, flag: str) -> str:
        return self._answer(Question(f"{safe_lines(question)}: ", echo=True, flag=flag))

    def _ask(self, prompt: str, *, echo: bool = True) -> str:
        return self._answer(Question(safe_lines(prompt), echo))

    def _answer(self, question: Question) -> str:
        self._listener.question(question)
        return question.wait().strip()


class _Line(Invocation):
    """One line, run beside the console's own command: upon its settings, and in the name of its admin."""

    def __init__(self, desk: AppContext, listener: Listener, stop: threading.Event) -> None:
        environ = {**desk.output.streams.environ, "NO_COLOR": "1"}
        super().__init__(_Streams(_Terminal(), _Terminal(), _Terminal(), environ), desk.options, _nobody_opens)
        self._desk = desk
        self._listener = listener
        self._stop = stop
        self.result: Result | None = None
        self.view: View | None = None

    def carry_out(self, declaration: Declaration, path: str, given: Values) -> int:
        """The console's admin reads on; what changes something goes through the gate like any other command."""
        sink, prompts = _Sink(self.streams, self._listener, self._stop), _Prompts(self.streams, self._listener)
        app = self._desk.beside(path, sink, prompts)
        admitted = declaration.for_arguments(given) is not Access.CHANGE
        app.admin = self._desk.admin if admitted else None
        outcome = outcome_of(app, declaration, given, admitted=admitted)
        self.view = declaration.view
        if isinstance(outcome, Result):
            self.result = outcome
        return 0


def _nobody_opens(*_: object) -> NoReturn:
    raise AssertionError("a line is run in the world of the console")


class Desk:
    """Runs lines for the console: `app` is the world of `shema ui` itself, open as long as it is."""

    def __init__(self, app: AppContext) -> None:
        self._app = app
        self._ended = threading.Condition()
        self._following = 0

    def close(self) -> None:
        """Wait a moment for those that follow, each of which was told to stop: they use what is closed hereafter."""
        with self._ended:
            self._ended.wait_for(lambda: not self._following, ENDS_WITHIN_S)

    def stay_signed_in(self) -> None:
        """The console's admin, in whose name all is read, as they are now. Raises what `still_admin` raises."""
        self._app.still_admin()

    def read(self, words: Words) -> Outcome:
        """What a reading line hands back. Blocks; never raises a ShemaError."""
        listener, began = Silent(), time.thread_time()
        done = self._run(words, listener, threading.Event())
        return replace(done, warnings=tuple(listener.warnings), cost_s=time.thread_time() - began)

    def follow(self, words: Words, listener: Listener, stop: threading.Event) -> Outcome:
        """Run a line that goes on for ever: what it prints is shown to `listener` as it comes, until `stop`. Blocks."""
        with self._ended:
            self._following += 1
        try:
            return self._run(words, listener, stop)
        finally:
            with self._ended:
                self._following -= 1
                self._ended.notify_all()

    def act(self, words: Words, listener: Listener, stop: threading.Event) -> Outcome:
        """Run a line that may change something, as its admin; `stop` ends it as a Ctrl-C would. Blocks."""
        with stopped_by(stop):
            return self._run(words, listener, threading.Event())

    def _run(self, words: Words, listener: Listener, unread: threading.Event) -> Outcome:
        line = _Line(self._app, listener, unread)
        try:
            build().main(list(words), prog_name="shema", standalone_mode=False, obj=line)
        except PipeClosed:
            return Outcome(words)
        except (Exception, KeyboardInterrupt) as error:
            return Outcome(words, error=explain(error))
        return Outcome(words, line.result, line.view)
