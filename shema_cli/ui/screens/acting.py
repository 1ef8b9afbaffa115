"""What all screens have on which something can be done: keys that run a line."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from shema_cli.ui.lines import typed
from shema_cli.ui.listing import Row
from shema_cli.ui.page import Action, Sheet
from shema_cli.ui.screens.base import ConsoleScreen


class ActingScreen(ConsoleScreen):
    """`actions` are what can be done, upon the rows that are `chosen`."""

    @property
    def actions(self) -> tuple[Action, ...]:
        return ()

    @property
    def chosen(self) -> Sequence[Row]:
        return ()

    @property
    def offered(self) -> list[Action]:
        """What may be done here."""
        read_only = self.console_app.target.read_only
        return [action for action in self.actions if not (read_only and action.guarded)]

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        acting = ((action.key, action.name) for action in self.offered)
        return (*self.own_keys, *acting, *self.general)

    async def take(self, event: events.Key) -> bool:
        """The keys of the actions."""
        if await super().take(event):
            return True
        action = next((one for one in self.actions if one.key == event.character), None)
        if action is None:
            return False
        self._do(action, self.chosen)
        return True

    def _do(self, action: Action, chosen: Sequence[Row]) -> None:
        read_only = self.console_app.target.read_only
        if action.guarded and read_only:
            self.console_app.say(f"no {action.name}: it is read-only here ({read_only})")
            return
        if action.one and len(chosen) > 1:
            self.console_app.say(f"{action.name}: one row at a time, and {len(chosen):,} are marked (u unmarks)")
            return
        line = action.line(chosen) if chosen or action.of_all else None
        if line is None:
            self.console_app.say(f"there is nothing to {action.name} here")
        elif action.reads:
            self.console_app.show(Sheet(typed(line), line, every_s=action.again_s))
        elif action.outside:
            self.console_app.leave_to(line)
        else:
            self.console_app.act(line, action, chosen)
