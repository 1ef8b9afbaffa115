"""`shema events …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import (
    CHANNELS,
    SERVICES,
    SESSIONS,
    WHICH,
    AllowUnheard,
    Argument,
    DryRun,
    For,
    Grep,
    IdleExit,
    Messages,
    MissedChannels,
    OldestFirst,
    Option,
    Raw,
    RequireListeners,
    Since,
    Until,
    Where,
    Yes,
    words,
)
from shema_cli.context import AppContext
from shema_cli.errors import ExitCode, InvalidUsage

if TYPE_CHECKING:
    from shema_cli.events import views
    from shema_cli.events.filters import Filter
    from shema_cli.events.history.missed_events import Missed
    from shema_cli.events.results import EventTypes, Listening, Published
else:
    views = Later("shema_cli.events.views")

group = new_group("events", see_also=("help events", "dlq list", "chat tail"))


class MessageFilters(NamedTuple):
    """What messages must be like, as it was typed."""

    types: Annotated[
        list[str] | None,
        Option(
            "--type",
            value="TYPE",
            heading=WHICH,
            completes=CHANNELS,
            help="Only this event type or channel; * matches any text.",
        ),
    ] = None
    where: Where = None
    grep: Grep = None
    session: Annotated[
        str | None,
        Option("--session", value="ID", heading=WHICH, completes=SESSIONS, help="Only this chat session."),
    ] = None

    def parsed(self, app: AppContext) -> Filter:
        """Warns of a type that is in no catalogue. Raises InvalidUsage for what cannot be understood."""
        from shema_cli.events.filters import build_filter
        from shema_cli.events.types import unknown_types

        for unknown in unknown_types(self.types or []):
            app.person.warn(unknown)
        return build_filter(self.types or [], self.where or [], self.grep, self.session)


Patterns = Annotated[
    list[str] | None,
    Argument(
        "[PATTERN]...",
        completes=CHANNELS,
        help="Channels or patterns, such as 'enrollment.*'; everything if none.",
    ),
]
PUBLISH = """shema events publish user.updated --data '{"userId": "stu-0001", "changes": {"city": "Bandung"}}'"""


@command(
    group,
    "types",
    access=Access.OPEN,
    view=views.catalogue,
    examples=(
        Example("What there is", "shema events types"),
        Example("The channels alone", "shema events types | cut -f1"),
    ),
    see_also=("events schema",),
)
def types(app: AppContext) -> EventTypes:
    """List the events of the system, their versions and their fields."""
    from shema_cli.events.catalogue import event_kinds
    from shema_cli.events.results import EventTypes

    return EventTypes(event_kinds())


@command(
    group,
    "schema",
    access=Access.OPEN,
    examples=(
        Example("What an approval looks like", "shema events schema enrollment.approved"),
        Example("Keep it for a validator", "shema events schema booking.created > booking.created.schema.json"),
        Example("All of them, for AsyncAPI's generators and viewers", "shema events schema --asyncapi > events.json"),
    ),
    exits={2: "the command line is wrong, or there is no such channel"},
    see_also=("events types", "events publish"),
)
def schema(
    app: AppContext,
    channel: Annotated[
        str | None,
        Argument("[CHANNEL]", completes=CHANNELS, help="A channel, such as enrollment.approved."),
    ] = None,
    asyncapi: Annotated[
        bool, Option("--asyncapi", help="As an AsyncAPI 3.0 document, in JSON: of all channels where none is named.")
    ] = False,
) -> None:
    """Print the JSON Schema of all that is published on a channel, envelope and data."""
    from shema_cli.output.sanitize import safe_json

    app.output.write(safe_json(_schema(channel, asyncapi=asyncapi), indent=2) + "\n")


def _schema(channel: str | None, *, asyncapi: bool) -> dict[str, object]:
    if asyncapi:
        from shema_cli.events.asyncapi import asyncapi as document

        return document(channel)
    if channel is None:
        raise InvalidUsage(
            "no_channel", "a channel is missing", "shema events types, or shema events schema --asyncapi"
        )
    from shema_cli.events.catalogue import schema as schema_of

    return schema_of(channel)


@command(
    group,
    "listeners",
    access=Access.READ,
    view=views.listening,
    examples=(
        Example("Who hears what, and who should and does not", "shema events listeners"),
        Example("Before an approval", "shema events listeners enrollment.approved"),
    ),
    see_also=("services health", "services register", "events missed"),
)
def listeners(
    app: AppContext,
    channels: Annotated[
        list[str] | None,
        Argument("[CHANNEL]...", completes=CHANNELS, help="Only these; all of the catalogue or declared if none."),
    ] = None,
) -> Listening:
    """List who listens to which channel, and which service has declared to and is not there."""
    from shema_cli.events.listening import who_listens

    return who_listens(app.store, channels or [])


@command(
    group,
    "publish",
    access=Access.CHANGE,
    view=views.published,
    examples=(
        Example(
            "Check an event without publishing it",
            f"{PUBLISH} --dry-run",
        ),
        Example(
            "Publish it",
            f"{PUBLISH} --yes",
        ),
    ),
    exits={5: "no service hears that channel, one that is required is missing, or you said no; nothing was published"},
    see_also=("events types", "events schema", "help events"),
)
def publish(
    app: AppContext,
    channel: Annotated[
        str, Argument("CHANNEL", completes=CHANNELS, help="The channel; `shema events types` lists them.")
    ],
    data: Annotated[
        str | None, Option("--data", value="JSON|@FILE|-", help="The event's data: JSON, @FILE, or - for stdin.")
    ] = None,
    event_version: Annotated[
        str,
        Option("--event-version", value="VERSION", completes=words("1.0", "1.1"), help="1.0, or 1.1 to add fields."),
    ] = "1.0",
    allow_unheard: AllowUnheard = False,
    require_listeners: RequireListeners = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Published:
    """Publish an event after checking it against the catalogue."""
    from shema_cli.events import publish as work
    from shema_cli.events.catalogue import model_for, new_event

    model_for(channel)
    given = work.read_data(data, app.output.streams.stdin)
    event = new_event(channel, given, version=event_version, clock=app.clock)
    guard = work.ListenerGuard(allow_unheard=allow_unheard, require_listeners=require_listeners)
    if dry_run:
        return work.dry_run(app.store, event, guard)
    app.person.confirm(f"Publish 1 event on {channel}, made just now?", yes=yes)
    return work.publish(app.store, app.journal, event, guard)


@command(
    group,
    "record",
    access=Access.READ,
    examples=(
        Example("Keep a week of all that is published, for as long as it runs", "shema events record", needs="endless"),
        Example(
            "Keep a month, and never more than 2 GB of it",
            "shema events record --retain 30d --max-bytes 2GB",
            needs="endless",
        ),
    ),
    exits={
        0: "a signal ended it, and all that it had heard is written",
        1: "a signal ended it, and something that it had heard could not be written; or it could not be begun",
        5: "Redis may evict what is recorded; nothing was begun",
    },
    see_also=("events tail", "help events"),
)
def record(
    app: AppContext,
    retain: Annotated[
        str, Option("--retain", value="DURATION", help="How long to keep what was published: 12h, 7d, 30d.")
    ] = "7d",
    max_bytes: Annotated[
        str | None,
        Option("--max-bytes", value="SIZE", help="Keep at most so much, such as 500MB: the oldest goes first."),
    ] = None,
) -> ExitCode:
    """Record all that is published, for as long as this runs. A second one stands by."""
    from shema_cli.clock import parse_duration
    from shema_cli.events.history.log import Keep
    from shema_cli.events.history.record import RecordOptions
    from shema_cli.events.history.record import record as work
    from shema_cli.events.history.reporter import StreamReporter
    from shema_cli.inputs import parse_size
    from shema_cli.interrupts import stop_gently

    keep = Keep(parse_duration(retain, "--retain"), parse_size(max_bytes, "--max-bytes") if max_bytes else None)
    reporter = StreamReporter(app.output, app.clock)
    options = RecordOptions(keep)
    with stop_gently(twice_interrupts=False, hangup=True) as stop:
        return work(app.store, options, reporter, clock=app.clock, still_admin=app.still_admin, stop=stop)


@command(
    group,
    "tail",
    access=Access.READ,
    examples=(
        Example("Everything that is published", "shema events tail", needs="endless"),
        Example(
            "One course's enrollments, for a minute",
            "shema events tail 'enrollment.*' --where courseId=crs-08 --for 1m",
            needs="endless",
        ),
        Example("The last hour first, then what comes", "shema events tail --since 1h", needs="endless"),
        Example(
            "Wait for the next approval, for a script",
            "shema events tail enrollment.approved --limit 1 --json",
            needs="endless",
        ),
    ),
    exits={0: "the limit or the time was reached"},
    see_also=("events types", "events history", "chat tail", "help events"),
)
def tail(
    app: AppContext,
    filters: MessageFilters,
    patterns: Patterns = None,
    since: Since = None,
    limit: Messages = None,
    for_: For = None,
    idle_exit: IdleExit = None,
    raw: Raw = False,
) -> ExitCode:
    """Watch events and chat as they are published."""
    from shema_cli.clock import parse_optional_duration, parse_optional_moment
    from shema_cli.events import tail as work
    from shema_cli.events.printer import StdoutPrinter
    from shema_cli.people.shown import NamesAside

    options = work.TailOptions(
        patterns=work.to_patterns(patterns or []),
        filter=filters.parsed(app),
        limit=limit,
        duration=parse_optional_duration(for_, "--for"),
        idle=parse_optional_duration(idle_exit, "--idle-exit"),
        raw=raw,
        since=parse_optional_moment(since, "--since", app.clock.now()),
    )
    printer = StdoutPrinter(app.output, options, views.lines, NamesAside(app.names, app.clock))
    return work.tail(app.store, options, printer, clock=app.clock, still_admin=app.still_admin)


@command(
    group,
    "history",
    access=Access.READ,
    examples=(
        Example("The last hour", "shema events history --since 1h", needs="history"),
        Example(
            "What was approved yesterday evening",
            "shema events history enrollment.approved --since 2026-01-30T18:00 --until 2026-01-31T00:00",
            needs="history",
        ),
        Example("A copy of all that is kept", "shema events history --json > history.jsonl", needs="history"),
    ),
    exits={1: "nothing was ever recorded"},
    see_also=("events tail", "help events"),
)
def history(
    app: AppContext,
    filters: MessageFilters,
    patterns: Patterns = None,
    since: Since = None,
    until: Until = None,
    limit: OldestFirst = None,
    raw: Raw = False,
) -> ExitCode:
    """Show what was published, and when nobody recorded it, oldest first."""
    from shema_cli.clock import parse_optional_moment
    from shema_cli.events.history.show import HistoryOptions, show
    from shema_cli.events.printer import StdoutPrinter
    from shema_cli.events.tail import to_patterns
    from shema_cli.people.shown import NamesAside

    now = app.clock.now()
    options = HistoryOptions(
        patterns=to_patterns(patterns or []),
        filter=filters.parsed(app),
        since=parse_optional_moment(since, "--since", now),
        until=parse_optional_moment(until, "--until", now),
        limit=limit,
        raw=raw,
    )
    printer = StdoutPrinter(app.output, options, views.lines, NamesAside(app.names, app.clock), with_ids=True)
    return show(app.store, options, printer, app.clock)


@command(
    group,
    "missed",
    access=Access.READ,
    view=views.missed,
    examples=(
        Example(
            "What the schedule service missed today",
            "shema events missed schedule --since 1d",
            needs="history",
            ends=(0, 1),
        ),
        Example(
            "Of one channel, whatever the service has declared",
            "shema events missed schedule --channel enrollment.approved",
            needs="history",
            ends=(0, 1),
        ),
    ),
    exits={0: "it missed nothing that is known of", 1: "it missed events, or nothing was ever recorded"},
    see_also=("events resend", "services list", "help events"),
)
def missed(
    app: AppContext,
    service: Annotated[
        str,
        Argument("SERVICE", completes=SERVICES, help="A service, by the name that its clients have in Redis."),
    ],
    channel: MissedChannels = None,
    since: Since = None,
    until: Until = None,
) -> Missed:
    """Tell what was published while a service was not there, from the history of events."""
    from dataclasses import replace

    from shema_cli.clock import parse_optional_moment
    from shema_cli.events.history import missed as work
    from shema_cli.events.history.past import Window
    from shema_cli.output.sink import Format
    from shema_cli.people.shown import names_of

    now = app.clock.now()
    window = Window.between(parse_optional_moment(since, "--since", now), parse_optional_moment(until, "--until", now))
    channels = [name for name in channel or [] if name]
    with app.person.progress("entries of the history") as progress:
        found = work.missed(app.store, service, channels, window, progress.step, clock=app.clock)
    if app.output.format is Format.JSON:
        return found
    return replace(found, names=names_of(app.names, app.person, (event.subject for event in found.events)))
