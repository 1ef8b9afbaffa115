"""A line that may change something: what it says, what it asks, how far it is, and what became of it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from shema_cli.calls.aside import aside
from shema_cli.output.tables import draw_table
from shema_cli.results import Result
from shema_cli.ui.lines import Outcome, Question, Words
from shema_cli.ui.listing import Row
from shema_cli.ui.page import Action, Candidate, Plan, with_options
from shema_cli.ui.palette import style
from shema_cli.ui.widgets.bars import Keys, TargetBar
from shema_cli.ui.widgets.panel import drawn, noted
from shema_cli.ui.widgets.plan import PlanRows

if TYPE_CHECKING:
    from shema_cli.output.sink import View
    from shema_cli.ui.app import Console

RUNNING = (("Esc", "stop after what is in hand"),)
ASKED = (("⏎", "answer"), ("Esc", "leave it, nothing is changed"))
WITH_ROWS = (("⏎", "answer"), ("↑↓", "rows"), ("Esc", "leave it, nothing is changed"))
AT_ROWS = (("x", "take out"), ("⏎", "to the answer"), ("Esc", "leave it, nothing is changed"))
CHANGED = (("⏎", "plan it anew"), ("x", "out or in"), ("Esc", "leave it, nothing is changed"))
NONE_LEFT = (("x", "put back"), ("Esc", "leave it, nothing is changed"))
OVER = (("Esc", "back"), ("Y", "copy the line"))
NO_PLAN = Plan(columns=())
LEAST_OF_THE_REST = 9
"""Lines that are left for what is said and asked beside the rows."""


class ActScreen(ModalScreen[Outcome]):
    """Runs one line, once. It stays until the line has ended: what is in hand is never left alone.

    With the `action` that made the line of `rows`, these can be taken out while its question stands. Then it is left
    without an answer, and the line of the others is run, so that what is agreed to is what is shown.
    """

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
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("tab,shift+tab", "turn", "rows or answer", show=False),
        Binding("k", "move(-1)", "up", show=False),
        Binding("j", "move(1)", "down", show=False),
        Binding("x,space", "take_out", "out or in", show=False),
        Binding("enter", "go_on", "go on", show=False),
    ]

    def __init__(self, words: Words, action: Action | None = None, rows: Sequence[Row] = ()) -> None:
        super().__init__()
        self.words = words
        self._action = action
        self._rows = rows
        self._given: Words = ()  # options that answered questions
        self._stop = threading.Event()
        self._question: Question | None = None
        self._anew = False
        self._outcome: Outcome | None = None
        self._plan = PlanRows(action.plan if action and action.plan else NO_PLAN)

    @property
    def console_app(self) -> Console:
        return self.app  # type: ignore[return-value]

    def compose(self) -> ComposeResult:
        yield TargetBar()
        yield Static(id="line")
        yield self._plan
        yield VerticalScroll(can_focus=True)
        yield Static(id="progress")
        yield Input(id="answer", compact=True, select_on_focus=False)
        yield Keys()

    def on_mount(self) -> None:
        self.query_one(TargetBar).tell(self.console_app.target, self.console_app.colour)
        answer = self.query_one("#answer", Input)
        answer.can_focus = answer.display = False
        self.query_one(VerticalScroll).focus()
        chosen = map(self._plan.plan.chosen, self._rows)
        self._show_rows([one for one in chosen if one is not None])
        self._tell()
        self.run_worker(self._run(), exclusive=True)

    async def _run(self) -> None:
        outcome = await self._carry_out()
        while self._anew:
            self._anew = False
            await self.query_one(VerticalScroll).remove_children()
            self.words = self._line_of_the_rest() or self.words
            self._tell()
            outcome = await self._carry_out()
        self._over(outcome)

    async def _carry_out(self) -> Outcome:
        """Of a line that is tried first, what that came to where it is the end of it."""
        self._plan.begin()
        if self._action and self._action.tried:
            trial = with_options(self.words, "--dry-run")
            outcome = await aside(lambda: self.console_app.desk.read(trial))
            if outcome.error is not None or self._stop.is_set():
                return outcome
            self.say([Text(f"$ {self.console_app.line(trial)}", style("quiet")), drawn(outcome, self._width), Text()])
        heard = _Heard(self)
        return await aside(lambda: self.console_app.desk.act(self.words, heard, self._stop))

    def _over(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._close_question()
        self.query_one("#progress", Static).update("")
        became = None if outcome.result is None else self._plan.plan.became(outcome.result, self._plan.candidates)
        if became:
            self._plan.became(became)
            self._show_rows(self._plan.candidates)
        self.say([noted(outcome) if became and self._plan.plan.all_told else drawn(outcome, self._width)])
        self.console_app.acted(outcome)
        self._tell()

    @property
    def _width(self) -> int:
        return self.size.width - 2

    # -- what the line says and asks; called in the console's own thread ------------------------------------

    def say(self, shown: Iterable[RenderableType]) -> None:
        body = self.query_one(VerticalScroll)
        told = [Static(one) for one in shown]
        body.mount_all(told)
        if told:
            self.call_after_refresh(body.scroll_to_widget, told[0], animate=False, top=True)

    def show(self, result: Result, view: View | None) -> None:
        """What the line shows before it asks: rows of which some can be taken out, or what it draws."""
        foreseen = self._plan.plan.foreseen(result)
        if foreseen is not None:
            self._show_rows(foreseen.values())
        else:
            self.say([view(result, self._width) if view else draw_table(result.table(), self._width)])

    def progress(self, line: str) -> None:
        self.query_one("#progress", Static).update(Text(line, style("quiet")))

    def ask(self, question: Question) -> None:
        """Whoever has it stopped by then does not go on."""
        if self._stop.is_set():
            question.answer(None)
            return
        self._question = question
        answer = self.query_one("#answer", Input)
        answer.placeholder = question.prompt.strip()
        answer.password = not question.echo
        answer.value = ""
        self._focus_answer()
        self.say([Text(question.prompt, style("head"))])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._question is not None and not self._plan.changed:
            question = self._question
            self._close_question()
            if question.flag and event.value.strip():
                self._given = (*self._given, question.flag, event.value.strip())
                self.words = with_options(self.words, question.flag, event.value.strip())
                self._tell()
            question.answer(event.value)

    def _focus_answer(self) -> None:
        answer = self.query_one("#answer", Input)
        answer.can_focus = answer.display = True
        self.set_focus(answer)
        self._tell()

    def _close_question(self) -> None:
        self._question = None
        self._hide_answer()
        (self._plan.table if self._plan.any else self.query_one(VerticalScroll)).focus()
        self._tell()

    def _hide_answer(self) -> None:
        answer = self.query_one("#answer", Input)
        answer.display = answer.can_focus = False

    # -- the rows ------------------------------------------------------------------------------------------

    def _show_rows(self, found: Iterable[Candidate]) -> None:
        self._plan.show(found)
        self._plan.display = self._plan.any
        self._fit()

    def _fit(self) -> None:
        self._plan.fit(max(self.size.height - LEAST_OF_THE_REST, 6) if self._plan.any else 0)

    def on_resize(self) -> None:
        self._fit()

    def _line_of_the_rest(self) -> Words | None:
        """The line of the rows that are not out, with what was answered before; None where there is none."""
        left = {one.row.id for one in self._plan.candidates}
        rows = [row for row in self._rows if row.id in left]
        line = self._action.line(rows) if self._action and rows else None
        return None if line is None else with_options(line, *self._given)

    @property
    def _at_rows(self) -> bool:
        return self._plan.table.has_focus

    def action_move(self, by: int) -> None:
        if self._plan.any:
            self._plan.table.focus()
            self._plan.move(by)
            self.call_after_refresh(self._tell)

    def action_turn(self) -> None:
        if self._question is not None and self._at_rows and not self._plan.changed:
            self._focus_answer()
        elif self._plan.any and not self._at_rows:
            self.action_move(0)
        else:
            self.query_one(VerticalScroll).focus()

    def action_take_out(self) -> None:
        """Only while it is asked whether to go on: what runs is not changed any more."""
        if self._question is None or not self._plan.any:
            return
        self._plan.toggle()
        if self._plan.changed:
            self._hide_answer()
            self._plan.table.focus()
        else:
            self.query_one("#answer", Input).display = True
        self._tell()

    def action_go_on(self) -> None:
        """To the answer; where rows were taken out, to the question about the others."""
        if self._question is None:
            return
        if not self._plan.changed:
            self._focus_answer()
        elif self._line_of_the_rest() is not None:
            self._anew = True
            self._leave_question()

    # -- the keys ------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        line = (self._line_of_the_rest() if self._plan.changed and self._outcome is None else None) or self.words
        self.query_one("#line", Static).update(Text(f"$ {self.console_app.line(line)}", style("head")))
        stopping = "stopping …" if self._stop.is_set() and self._outcome is None else ""
        self.query_one(Keys).tell(self._keys(), stopping)

    def _keys(self) -> tuple[tuple[str, str], ...]:
        if self._outcome is not None:
            return OVER
        if self._question is None:
            return RUNNING
        if self._plan.changed:
            return CHANGED if self._line_of_the_rest() else NONE_LEFT
        if not self._plan.any:
            return ASKED
        return AT_ROWS if self._at_rows else WITH_ROWS

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        self._tell()

    def _leave_question(self) -> None:
        question = self._question
        self._close_question()
        if question is not None:
            question.answer(None)

    @property
    def is_over(self) -> bool:
        """Whether the line has ended."""
        return self._outcome is not None

    def action_end(self) -> None:
        """Leave when it is over; leave a question without an answer; else have it stop."""
        if self._outcome is not None:
            self.dismiss(self._outcome)
        elif self._question is not None:
            self._leave_question()
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
        self._call(self._screen.show, result, view)

    def progress(self, line: str) -> None:
        self._call(self._screen.progress, line)

    def question(self, question: Question) -> None:
        self._call(self._screen.ask, question)
