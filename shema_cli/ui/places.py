"""The pages by the names that `:` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shema_cli.ui.page import Page
from shema_cli.ui.pages import messages, school, system

HOME = "home"
PLACES: Mapping[str, Callable[[], Page]] = {
    "audit": system.audit,
    "courses": school.courses,
    "dlq": messages.families,
    "enrollments": school.enrollments,
    "services": system.services,
    "status": system.status,
}
OTHER_NAMES = {"dashboard": HOME, "dead-letters": "dlq"}


def place(name: str) -> str | None:
    """The whole name of what was typed: itself, or the only one that begins so; None where there is none."""
    name = OTHER_NAMES.get(name, name)
    names = [HOME, *PLACES]
    if name in names:
        return name
    begun = [one for one in names if name and one.startswith(name)]
    return begun[0] if len(begun) == 1 else None
