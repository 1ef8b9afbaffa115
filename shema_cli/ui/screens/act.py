"""A line that may change something: what it says, what it asks, how far it is, and what became of it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from shema_cli.calls.aside import aside
from shema_cli.output.tables import draw_table
from shema_cli.results import Result
from shema_cli.ui.lines import Outcome, Question, Words
from shema_cli.ui.palette import style
from shema_cli.ui.widgets.bars import Keys, TargetBar
from shema_cli.ui.widgets.panel import drawn

if TYPE_CHECKING:
    from shema_cli.output.sink import View
    from shema_cli.ui.app import Console

RUNNING = (("Esc", "stop after what is in hand"),)
ASKED = (("⏎", "answer"), ("Esc", "leave it, nothing is changed"))
OVER = (("Esc", "back"), ("Y", "copy the line"))


class ActScreen(ModalScreen[Outcome]):
    """Runs one line, once. It stays until the line has ended: what is in hand is never left alone."""

    CSS = """
    ActScreen { align: center bottom; }
    ActScreen > VerticalScroll { height: 1fr; }
    ActScreen #answer { height: 1; border: none; padding: 0; }
    ActScreen #progress { height: 1; }
    ActScreen #line { height: auto; max-height: 4; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "end", "back", show=False),
        Binding("ctrl+c", "end", "stop", show=False, priority=True),
        Binding("Y", "copy_line", "copy the line", show=False),
    ]

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.words = words
        self._stop = threading.Event()
        self._question: Question | None = None
        self._outcome: Outcome | None = None

    @property
    def console_app(self) -> Console:
        return self.app  # type: ignore[return-value]

    def compose(self) -> ComposeResult:
        yield TargetBar()
        yield Static(Text(f"$ {self.console_app.line(self.words)}", style("head")), id="line")
        yield VerticalScroll(can_focus=True)
        yield Static(id="progress")
        yield Input(id="answer", compact=True, select_on_focus=False)
        yield Keys()

    def on_mount(self) -> None:
        self.query_one(TargetBar).tell(self.console_app.target, self.console_app.colour)
        answer = self.query_one("#answer", Input)
        answer.can_focus = answer.display = False
        self.query_one(VerticalScroll).focus()
        self._tell()
        self.run_worker(self._run(), exclusive=True)

    async def _run(self) -> None:
        heard = _Heard(self)
        outcome = await aside(lambda: self.console_app.desk.act(self.words, heard, self._stop))
        self._outcome = outcome
        self._close_question()
        self.query_one("#progress", Static).update("")
        self.say([drawn(outcome, self.size.width - 2)])
        self.console_app.acted(outcome)
        self._tell()

    # -- what the line says and asks; called in the console's own thread ------------------------------------

    def say(self, shown: Iterable[RenderableType]) -> None:
        body = self.query_one(VerticalScroll)
        told = [Static(one) for one in shown]
        body.mount_all(told)
        if told:
            self.call_after_refresh(body.scroll_to_widget, told[0], animate=False, top=True)

    def progress(self, line: str) -> None:
        self.query_one("#progress", Static).update(Text(line, style("quiet")))

    def ask(self, question: Question) -> None:
        self._question = question
        answer = self.query_one("#answer", Input)
        answer.placeholder = question.prompt.strip()
        answer.password = not question.echo
        answer.value = ""
        answer.can_focus = True
        answer.display = True
        self.set_focus(answer)
        self.say([Text(question.prompt, style("head"))])
        self._tell()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._question is not None:
            question = self._question
            self._close_question()
            question.answer(event.value)

    def _close_question(self) -> None:
        self._question = None
        answer = self.query_one("#answer", Input)
        answer.display = False
        answer.can_focus = False
        self.query_one(VerticalScroll).focus()
        self._tell()

    def _tell(self) -> None:
        keys = OVER if self._outcome is not None else ASKED if self._question is not None else RUNNING
        stopping = "stopping …" if self._stop.is_set() and self._outcome is None else ""
        self.query_one(Keys).tell(keys, stopping)

    def action_end(self) -> None:
        """Leave when it is over; leave a question without an answer; else have it stop."""
        if self._outcome is not None:
            self.dismiss(self._outcome)
        elif self._question is not None:
            question = self._question
            self._close_question()
            question.answer(None)
        else:
            self._stop.set()
            self._tell()

    def action_copy_line(self) -> None:
        self.console_app.copy(self.console_app.line(self.words))


class _Heard:
    """A `Listener` that hands what it hears to the screen's own thread."""

    def __init__(self, screen: ActScreen) -> None:
        self._screen = screen
        self._call = screen.app.call_from_thread

    def note(self, said: str) -> None:
        self._call(self._screen.say, [Text(said)])

    def warn(self, said: str) -> None:
        self._call(self._screen.say, [Text(f"warning: {said}", style("warn"))])

    def show(self, result: Result, view: View | None) -> None:
        width = self._screen.size.width - 2
        self._call(self._screen.say, [view(result, width) if view else draw_table(result.table(), width)])

    def progress(self, line: str) -> None:
        self._call(self._screen.progress, line)

    def question(self, question: Question) -> None:
        self._call(self._screen.ask, question)
