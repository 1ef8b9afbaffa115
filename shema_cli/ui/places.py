"""The pages by the names that `:` takes, and the options of their commands behind these."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from datetime import datetime

from shema_cli.cli.options import CommonOptions, declared_by
from shema_cli.errors import InvalidUsage
from shema_cli.ui.lines import Words
from shema_cli.ui.page import Page, Parts, Stream, given
from shema_cli.ui.pages import chat, found, live, messages, school, services, system

HOME = "home"
PLACES: Mapping[str, Callable[[datetime, Words], Page | Parts | Stream]] = {
    "audit": lambda now, options: given(system.audit(now), options),
    "chat": lambda now, options: given(chat.chat(now), options),
    "courses": lambda now, options: given(school.courses(now), options),
    "dlq": messages.families,
    "events": lambda now, options: given(live.events(now), options),
    "enrollments": lambda now, options: given(school.enrollments(now), options),
    "history": lambda now, options: given(live.history(now), options),
    "services": lambda now, options: given(services.services(now), options),
    "status": lambda now, options: given(system.status(now), options),
}
FIND = "find"
OTHER_NAMES = {"dashboard": HOME, "dead-letters": "dlq"}
NOT_HERE = ("--raw", "--help", "-h")
"""Options that have a command print something else than a page can show."""


def page_of(typed: str, now: datetime) -> Page | Parts | Stream | None:
    """The page that `:` was asked for, with the options of its command, or `find TEXT`; None for home.

    Raises KeyError where there is no such page, InvalidUsage for options that no page takes.
    """
    name, _, text = typed.strip().partition(" ")
    if name == FIND and text.strip():
        return found.find(text.strip(), now)
    whole, options = place(name), _options(text)
    if whole is None:
        raise KeyError(name)
    if whole != HOME:
        return PLACES[whole](now, options)
    if options:
        raise InvalidUsage("no_options", f"{HOME} takes no options", f":{HOME}")
    return None


def place(name: str) -> str | None:
    """The whole name of what was typed: itself, or the only one that begins so; None where there is none."""
    name = OTHER_NAMES.get(name, name)
    if name in (HOME, *PLACES):
        return name
    begun = beginning(name) if name else []
    return begun[0] if len(begun) == 1 else None


def beginning(name: str) -> list[str]:
    """All whose names begin so."""
    return [one for one in (HOME, *PLACES) if one.startswith(name)]


def _options(text: str) -> Words:
    """As a shell would read them. The options of every command are those of the console, which was given its own."""
    try:
        options = tuple(shlex.split(text))
    except ValueError as error:
        raise InvalidUsage("bad_line", f"{text.strip()}: {error}", "close the quote") from None
    own = {name for one in declared_by(CommonOptions) for name in one.told.param_decls or ()}
    for word in options:
        name = word.partition("=")[0]
        if name in own:
            raise InvalidUsage("not_of_a_page", f"{name} is for the whole console", "shema --help; @NAME begins anew")
        if name in NOT_HERE:
            raise InvalidUsage("not_of_a_page", f"{name} has nothing to show on a page", "on the command line")
    return options
