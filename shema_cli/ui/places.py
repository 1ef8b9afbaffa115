"""The pages by the names that `:` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from shema_cli.ui.page import Page, Parts, Stream
from shema_cli.ui.pages import chat, found, live, messages, school, services, system

HOME = "home"
PLACES: Mapping[str, Callable[[datetime], Page | Parts | Stream]] = {
    "audit": system.audit,
    "chat": chat.chat,
    "courses": school.courses,
    "dlq": messages.families,
    "events": live.events,
    "enrollments": school.enrollments,
    "services": services.services,
    "status": system.status,
}
FIND = "find"
OTHER_NAMES = {"dashboard": HOME, "dead-letters": "dlq"}


def page_of(typed: str, now: datetime) -> Page | Parts | Stream | None:
    """The page that `:` was asked for, `find TEXT` too; None for home. Raises KeyError where there is none."""
    name, _, text = typed.strip().partition(" ")
    if name == FIND and text.strip():
        return found.find(text.strip())
    whole = place(name) if not text else None
    if whole is None:
        raise KeyError(typed)
    return None if whole == HOME else PLACES[whole](now)


def place(name: str) -> str | None:
    """The whole name of what was typed: itself, or the only one that begins so; None where there is none."""
    name = OTHER_NAMES.get(name, name)
    names = [HOME, *PLACES]
    if name in names:
        return name
    begun = [one for one in names if name and one.startswith(name)]
    return begun[0] if len(begun) == 1 else None
