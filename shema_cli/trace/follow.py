"""`trace --follow`: what is known, then each event that mentions the id as it is published."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shema_cli.errors import NotFound
from shema_cli.events.filters import Filter
from shema_cli.events.messages import Message
from shema_cli.events.tail import EVERYTHING, TailOptions, tail
from shema_cli.exit_codes import ExitCode
from shema_cli.trace.find import mentions, trace
from shema_cli.trace.models import Step

if TYPE_CHECKING:
    from shema_cli.context import AppContext
    from shema_cli.output.sink import View


@dataclass(frozen=True)
class Mentions(Filter):
    """Messages that mention one of these ids, in their payload or as their chat session."""

    ids: Collection[str] = ()

    @property
    def passes_all(self) -> bool:
        return False

    def may_want(self, payload: bytes) -> bool:
        return True

    def wants(self, message: Message) -> bool:
        return message.session in self.ids or mentions(message.document, self.ids)


def follow(app: AppContext, id: str, view: View | None, step_view: View | None) -> ExitCode:
    """Print the steps that are known, oldest first, then follow until Ctrl-C. Raises Unreachable at the start."""
    steps, ids = _known(app, id)
    for step in steps:
        app.output.record(step, step_view)
    return tail(app, TailOptions((EVERYTHING,), filter=Mentions(ids=ids)), view)


def _known(app: AppContext, id: str) -> tuple[tuple[Step, ...], frozenset[str]]:
    try:
        found = trace(app, id)
    except NotFound as nothing:
        app.output.note(nothing.message)
        return (), frozenset({id})
    return found.steps, frozenset({id, *found.linked})
