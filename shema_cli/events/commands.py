"""`shema events …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.exit_codes import ExitCode
from shema_cli.results import Result

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shema_cli.events.printer import MessageLines, NoticeLine

group = new_group("events")


@command(group, "types", access=Access.OPEN, view="catalogue")
def types(app: AppContext) -> Result:
    """List the events of the system, their versions and their fields."""
    from shema_cli.events.catalogue import event_kinds
    from shema_cli.events.results import EventTypes

    return EventTypes(event_kinds())


@command(group, "schema", access=Access.OPEN)
def schema(
    app: AppContext,
    channel: Annotated[str, typer.Argument(help="A channel, such as enrollment.approved.", metavar="CHANNEL")],
) -> None:
    """Print the JSON Schema of all that is published on a channel, envelope and data."""
    from shema_cli.events.catalogue import schema as schema_of
    from shema_cli.output.sanitize import safe_json

    app.output.write(safe_json(schema_of(channel), indent=2) + "\n")


@command(group, "publish", access=Access.CHANGE, view="published")
def publish(
    app: AppContext,
    channel: Annotated[str, typer.Argument(help="The channel; `shema events types` lists them.", metavar="CHANNEL")],
    data: Annotated[
        str | None, typer.Option(help="The event's data: JSON, @FILE, or - for stdin.", metavar="JSON|@FILE|-")
    ] = None,
    event_version: Annotated[str, typer.Option(help="1.0, or 1.1 to add fields.", metavar="VERSION")] = "1.0",
    allow_unheard: Annotated[bool, typer.Option("--allow-unheard", help="Publish even if no service listens.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and publish nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> Result:
    """Publish an event after checking it against the catalogue."""
    from shema_cli.events import publish as work
    from shema_cli.events.catalogue import model_for, new_event

    model_for(channel)
    given = work.read_data(data, app.output.streams.stdin)
    event = new_event(channel, given, version=event_version, clock=app.clock)
    if dry_run:
        return work.dry_run(app.store, event)
    app.confirm(f"Publish 1 event on {channel}, made just now?", yes=yes)
    return work.publish(app.store, app.clock, app.journal, event, allow_unheard=allow_unheard)


@command(group, "tail", access=Access.READ)
def tail(
    app: AppContext,
    patterns: Annotated[
        list[str] | None,
        typer.Argument(
            help="Channels or patterns, such as 'enrollment.*'; everything if none.", metavar="[PATTERN]..."
        ),
    ] = None,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Only this eventType; repeatable.", metavar="TYPE")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="Only where data.courseId=c1 holds; repeatable, all must.", metavar="FIELD=VALUE"),
    ] = None,
    grep: Annotated[str | None, typer.Option(help="Only payloads that this matches.", metavar="REGEX")] = None,
    session: Annotated[str | None, typer.Option(help="Only this chat session.", metavar="ID")] = None,
    limit: Annotated[int | None, typer.Option(help="Stop after so many messages.", min=1)] = None,
    for_: Annotated[str | None, typer.Option("--for", help="Stop after this time.", metavar="DURATION")] = None,
    idle_exit: Annotated[
        str | None, typer.Option(help="Stop when nothing was shown for so long.", metavar="DURATION")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the messages' bytes as they came.")] = False,
) -> ExitCode:
    """Watch events and chat as they are published."""
    from shema_cli.durations import parse_optional_duration
    from shema_cli.events import tail as work
    from shema_cli.events.filters import build_filter
    from shema_cli.events.printer import StdoutPrinter

    options = work.TailOptions(
        patterns=work.to_patterns(patterns or []),
        filter=build_filter(type_ or [], where or [], grep, session),
        limit=limit,
        duration=parse_optional_duration(for_, "--for"),
        idle=parse_optional_duration(idle_exit, "--idle-exit"),
        raw=raw,
    )
    printer = StdoutPrinter(app.output, options, _lines)
    return work.tail(app.store, options, printer, clock=app.clock, still_admin=app.still_admin)


def _lines(record: MessageLines | NoticeLine, width: int) -> RenderableType:
    from shema_cli.events.views import lines

    return lines(record, width)
