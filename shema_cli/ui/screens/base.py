"""What all screens of the console have: the target on top, what is shown, and what keys do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from shema_cli.ui.places import beginning
from shema_cli.ui.widgets.bars import Crumbs, Keys, TargetBar
from shema_cli.ui.widgets.panel import Panel
from shema_cli.ui.widgets.typed import TypedLine

if TYPE_CHECKING:
    from shema_cli.ui.app import Console


class ConsoleScreen(Screen[None]):
    """`title_here` is its part of the breadcrumbs; `own_keys` are told in its last line before those of all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("colon", "type(':')", "go to", show=False),
        Binding("at", "type('@')", "another profile", show=False),
        Binding("escape", "back", "back", show=False),
        Binding("question_mark", "app.help", "keys", show=False),
        Binding("ctrl+r", "hurry", "now", show=False),
        Binding("q", "app.leave", "quit", show=False),
    ]
    title_here = ""
    own_keys: tuple[tuple[str, str], ...] = ()
    general: tuple[tuple[str, str], ...] = (("?", "keys"), (":", "go to"), ("q", "quit"))

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Those that its last line tells, as far as there is room."""
        return (*self.own_keys, *self.general)

    @property
    def console_app(self) -> Console:
        return self.app  # type: ignore[return-value]

    def compose(self) -> ComposeResult:
        yield TargetBar()
        yield Crumbs()
        yield from self.body()
        yield TypedLine(self.console_app.places, self.console_app.typed, self.send)
        yield Keys()

    def body(self) -> Iterable[Widget]:
        return ()

    @property
    def panel(self) -> Panel | None:
        """The panel that the second line tells of; None: what is shown was made once."""
        return next(iter(self.query(Panel)), None)

    def on_mount(self) -> None:
        self.query_one(TargetBar).tell(self.console_app.target, self.console_app.colour)
        self.query_one(TypedLine).close()
        self.set_interval(1.0, self.tell)
        self.tell()

    def on_screen_suspend(self) -> None:
        for panel in self.query(Panel):
            panel.rest()

    def on_screen_resume(self) -> None:
        for panel in self.query(Panel):
            if panel.is_mounted:  # else it begins when it is
                panel.go_on()
        self.tell()

    def on_panel_told(self) -> None:
        self.tell()

    def tell(self) -> None:
        """Say what is shown and how old it is, as long as there is something."""
        if self.query(Crumbs):
            self.tell_all()

    def tell_all(self) -> None:
        """The same, while it is shown."""
        panel, now = self.panel, self.console_app.now()
        trail = self.console_app.trail
        source, old = (panel.told(now), panel.stands_still(now)) if panel else ("", False)
        self.query_one(Crumbs).tell(trail, self.said(), source, stands_still=old)
        self.query_one(Keys).tell(self.keys, self.choices or self.console_app.last_said)

    @property
    def choices(self) -> str:
        """The pages that what is typed may become, where there are several."""
        typed = self.query_one(TypedLine)
        begun = beginning(typed.value[1:]) if typed.display and typed.value.startswith(":") else []
        return " · ".join(begun) if len(begun) > 1 else ""

    def said(self) -> str:
        return self.panel.said if self.panel else ""

    async def take(self, event: events.Key) -> bool:
        """Do what a key is for here that no widget took; False where it is for nobody but the bindings.

        While something is typed it belongs to that: a widget that was to have the keys before may have got them since.
        """
        typed = self.query_one(TypedLine)
        if not typed.display:
            return False
        if event.is_printable and event.character:
            typed.insert_text_at_cursor(event.character)
        elif event.key == "enter":
            await typed.action_submit()
        else:
            return False
        return True

    # -- the line that is typed ----------------------------------------------------------------------------

    def action_type(self, what: str) -> None:
        typed = self.query_one(TypedLine)
        typed.begin(what)
        self.set_focus(typed)  # at once: what is typed behind it is for it

    def on_input_changed(self, event: Input.Changed) -> None:
        """A line without its first character is none."""
        event.stop()
        if not event.input.display:
            return
        if event.value[:1] not in (":", "/", "@"):
            self.close_typed()
        elif event.value.startswith("/"):
            self.look_for(event.value[1:])
        self.tell()

    def look_for(self, text: str) -> None:
        """Show only what has this text."""

    def send(self, text: str) -> None:
        """What was typed, whole."""
        self.close_typed()
        if text.startswith("/"):
            self.look_for(text[1:])
        else:
            self.console_app.sent(text)

    def close_typed(self) -> None:
        self.query_one(TypedLine).close()
        self.focus_body()
        self.tell()

    def focus_body(self) -> None:
        """Give the keys back to what is shown."""

    def action_back(self) -> None:
        if self.query_one(TypedLine).display:
            self.close_typed()
        else:
            self.leave()

    def leave(self) -> None:
        self.console_app.back()

    def action_hurry(self) -> None:
        for panel in self.query(Panel):
            panel.hurry()
