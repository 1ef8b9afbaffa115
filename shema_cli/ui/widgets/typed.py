"""The line in which `:`, `/` and `@` are typed: with earlier ones, and what it would be completed to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input

from shema_cli.ui.typed import TypedLines

KEPT = (":", "@")
"""What a line begins with that is kept: a filter is not."""


class _Known(Suggester):
    """What there is, then what was typed before, the newest first."""

    def __init__(self, places: Sequence[str], typed: TypedLines) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._places = places
        self._typed = typed

    async def get_suggestion(self, value: str) -> str | None:
        return self.completed(value)

    def completed(self, value: str) -> str | None:
        return next((one for one in self._all() if one.startswith(value) and one != value), None)

    def _all(self) -> Iterable[str]:
        yield from self._places
        yield from self._typed


class TypedLine(Input):
    """Up and down are the earlier lines of its kind, Tab completes."""

    DEFAULT_CSS = "TypedLine { height: 1; border: none; padding: 0; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older", "earlier line", show=False),
        Binding("down", "newer", "later line", show=False),
        Binding("tab", "complete", "complete", show=False),
    ]

    def __init__(self, places: Sequence[str], typed: TypedLines, sends: Callable[[str], None]) -> None:
        self._sends = sends
        self._known = _Known(places, typed)
        self._typed = typed
        super().__init__(id="typed", compact=True, select_on_focus=False, suggester=self._known)

    def begin(self, text: str) -> None:
        """Open it with its first characters."""
        self._typed.begin()
        self.can_focus = self.display = True
        self._set(text)

    async def action_submit(self) -> None:
        """At once, and by no message: the key behind it is for what this leads to."""
        self._sends(self.value)

    def close(self) -> None:
        self.display = self.can_focus = False

    def action_older(self) -> None:
        if self.value.startswith(KEPT):
            self._set(self._typed.older(self.value))

    def action_newer(self) -> None:
        if self.value.startswith(KEPT):
            self._set(self._typed.newer(self.value))

    def action_complete(self) -> None:
        """Where several words begin so, the first is told; what is not known stays as it is."""
        if (whole := self._known.completed(self.value)) is not None:
            self._set(whole)

    def _set(self, text: str) -> None:
        self.value = text
        self.cursor_position = len(text)
