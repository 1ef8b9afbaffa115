"""What happens, as it happens."""

from __future__ import annotations

from typing import ClassVar

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from shema_cli.ui.page import Stream
from shema_cli.ui.screens.pages import RowsScreen
from shema_cli.ui.widgets.bars import Keys
from shema_cli.ui.widgets.stream import StreamPanel


class StreamScreen(RowsScreen):
    """The newest row is the last; whoever stands on it stays with the newest."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("p", "pause", "pause", show=False)]

    own_keys: tuple[tuple[str, str], ...] = (("p", "pause"),)

    def __init__(self, stream: Stream, panel: StreamPanel | None = None) -> None:
        self._panel = panel or StreamPanel(stream)
        super().__init__(stream, self._panel)
        self._stream = stream

    def action_pause(self) -> None:
        self._panel.pause()

    def action_open(self) -> None:
        if row := self.rows.listing.current:
            self.app.push_screen(TextScreen(self._stream.opens(row)))


class TextScreen(ModalScreen[None]):
    """One thing, whole."""

    CSS = "TextScreen VerticalScroll { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "back", show=False)]

    def __init__(self, shown: RenderableType) -> None:
        super().__init__()
        self._shown = shown

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self._shown)
        yield Keys()

    def on_mount(self) -> None:
        self.query_one(Keys).tell((("Esc", "back"),))
