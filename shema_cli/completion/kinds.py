"""How a word completes where the command tree does not say it itself.

A *way* is one of: empty (a flag without a value), `?` (a value that nobody can guess), `=a b c` (fixed words; a
last one `@kind` is asked only when none of the others fits), `@kind` (values that live; `live.py`), `file`, `dir`.
"""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.tree import Node, Parameter

ENROLLMENTS = "@enrollments"
DEAD_LETTERS = "@dead-letters"
CHANNELS = "@channels"
SERVICES = "@services"
PROFILES = "@profiles"
SESSIONS = "@sessions"

OPTIONS: Mapping[str, str] = {
    "--profile": PROFILES,
    "--env-file": "file",
    "--ids-file": "file",
    "--session": SESSIONS,
    "--service-account": "file",
}
"""By an option's name, in every command."""

COMMAND_OPTIONS: Mapping[str, str] = {
    "events tail --type": CHANNELS,
    "dlq list --type": CHANNELS,
    "dlq replay --type": CHANNELS,
    "dlq discard --type": CHANNELS,
    "enrollments list --status": "=pending approved rejected",
    "api -X": "=GET HEAD POST PUT PATCH DELETE",
    "api --method": "=GET HEAD POST PUT PATCH DELETE",
}
"""Where an option means something else in one command."""

ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "enrollments show": (ENROLLMENTS,),
    "enrollments approve": (ENROLLMENTS,),
    "enrollments reject": (ENROLLMENTS,),
    "dlq show": (DEAD_LETTERS,),
    "dlq replay": (DEAD_LETTERS,),
    "dlq discard": (DEAD_LETTERS,),
    "dlq export": ("file",),
    "dlq import": ("file",),
    "events tail": (CHANNELS,),
    "events publish": (CHANNELS,),
    "events schema": (CHANNELS,),
    "chat tail": (SESSIONS,),
    "services health": (SERVICES,),
    "services resolve": (SERVICES,),
    "services register": (SERVICES, "?"),
    "services deregister": (SERVICES, "?"),
    "api": (SERVICES, "?"),
    "config use": (PROFILES,),
    "trace": (ENROLLMENTS,),
}
"""By a command's path, one way an argument; the last one holds for all that follow where it takes many."""


def way_of_option(node: Node, option: Parameter) -> str:
    if not option.takes_value:
        return ""
    if option.values:
        return "=" + " ".join(option.values)
    for name in option.names:
        way = COMMAND_OPTIONS.get(f"{node.path} {name}") or OPTIONS.get(name)
        if way:
            return with_catalogue(way)
    return "file" if option.is_path else "?"


def with_catalogue(way: str) -> str:
    """Channels: those of the catalogue are fixed, any other is asked for."""
    if way != CHANNELS:
        return way
    from shema_cli.events.catalogue import CATALOGUE

    return "=" + " ".join([*CATALOGUE, CHANNELS])


def ways_of_arguments(node: Node) -> tuple[str, ...]:
    """One way an argument; a last one that ends in `...` holds for all that follow."""
    declared = ARGUMENTS.get(node.path) or _special(node)
    ways = []
    for position, argument in enumerate(node.arguments):
        fixed = "=" + " ".join(argument.values) if argument.values else "file" if argument.is_path else "?"
        way = declared[min(position, len(declared) - 1)] if declared else fixed
        ways.append(with_catalogue(way) + ("..." if argument.many else ""))
    return tuple(ways)


def _special(node: Node) -> tuple[str, ...]:
    if node.path == "config set":
        from shema_cli.settings.values import CORE_SERVICES, PROFILE_OPTIONS, SETTINGS, service_variable

        return ("=" + " ".join([*map(service_variable, CORE_SERVICES), *SETTINGS, *PROFILE_OPTIONS]), "?")
    if node.path == "help":
        from shema_cli.app import TREE
        from shema_cli.help.topics import TOPICS

        return ("=" + " ".join([*TOPICS, *TREE]),)
    return ()
