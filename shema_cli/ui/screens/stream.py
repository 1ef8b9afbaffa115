"""What happens, as it happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.console import RenderableType
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from shema_cli.ui.page import Stream
from shema_cli.ui.screens.base import ConsoleScreen
from shema_cli.ui.screens.pages import RowsScreen
from shema_cli.ui.widgets.stream import StreamPanel


class StreamScreen(RowsScreen):
    """The newest row is the last; whoever stands on it stays with the newest."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("p", "pause", "pause", show=False)]

    own_keys: tuple[tuple[str, str], ...] = (("p", "pause"),)

    def __init__(self, stream: Stream, panel: StreamPanel | None = None) -> None:
        self._panel = panel or StreamPanel(stream)
        super().__init__(self._panel)

    def action_pause(self) -> None:
        self._panel.pause()


class TextScreen(ConsoleScreen):
    """One thing, whole."""

    CSS = "TextScreen VerticalScroll { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "back", "back", show=False)]
    own_keys = (("Esc", "back"),)

    def __init__(self, shown: RenderableType, title: str) -> None:
        super().__init__()
        self._shown = shown
        self.title_here = title

    def body(self) -> Iterable[Widget]:
        with VerticalScroll():
            yield Static(self._shown)

    def focus_body(self) -> None:
        self.query_one(VerticalScroll).focus()
