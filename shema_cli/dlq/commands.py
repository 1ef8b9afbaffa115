"""`shema dlq …`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Result

if TYPE_CHECKING:
    from shema_cli.dlq.letters.selection import EntrySelection, Filters
    from shema_cli.dlq.run.run import Operator

group = new_group("dlq")

Ids = Annotated[list[str] | None, typer.Argument(help="Ids, prefixes of 4 digits or more, or eventIds.")]
IdsFile = Annotated[str | None, typer.Option("--ids-file", help="Read ids from FILE, or - for stdin.", metavar="FILE")]
Types = Annotated[list[str] | None, typer.Option("--type", help="Event type or channel; * matches any text.")]
ErrorText = Annotated[str | None, typer.Option("--error", help="Text that the error contains.", metavar="TEXT")]
Fingerprint = Annotated[str | None, typer.Option("--fingerprint", help="A family of errors (shema dlq stats).")]
Since = Annotated[str | None, typer.Option("--since", help="Failed since: 2h ago, or an ISO time.")]
Until = Annotated[str | None, typer.Option("--until", help="Failed until: 2h ago, or an ISO time.")]
Invalid = Annotated[bool, typer.Option("--invalid", help="Only entries that cannot be replayed.")]
Everything = Annotated[bool, typer.Option("--all", help="All entries that there are now.")]
Most = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many, the oldest first.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@command(group, "list", access=Access.READ, view="listing")
def list_entries(
    app: AppContext,
    type_: Types = None,
    error: ErrorText = None,
    fingerprint: Fingerprint = None,
    since: Since = None,
    until: Until = None,
    invalid: Invalid = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest first.")] = 50,
) -> Result:
    """List dead letters, newest first."""
    from shema_cli.dlq.arguments import filters_of
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.dlq.show import abandoned_note, listing

    store = DeadLetters(app.store)
    filters = filters_of(app, type_, error, fingerprint, since, until, invalid)
    result = listing(store, filters, limit, app.clock.now())
    if note := abandoned_note(store.look(), app.clock.now()):
        app.person.warn(note)
    return result


@command(group, "show", access=Access.READ, view="shown")
def show_entry(
    app: AppContext, id_: Annotated[str, typer.Argument(metavar="ID", help="An id, a prefix of it, or an eventId.")]
) -> Result:
    """Show one dead letter: the event, the error, where it would go and who listens there now."""
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.dlq.show import show

    return show(DeadLetters(app.store), id_, app.clock.now())


@command(group, "stats", access=Access.READ, view="overview")
def show_stats(
    app: AppContext,
    type_: Types = None,
    error: ErrorText = None,
    fingerprint: Fingerprint = None,
    since: Since = None,
    until: Until = None,
    invalid: Invalid = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many families of errors.")] = None,
) -> Result:
    """Count dead letters by type and by family of errors."""
    from shema_cli.dlq.arguments import filters_of
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.dlq.stats import stats

    filters = filters_of(app, type_, error, fingerprint, since, until, invalid)
    return stats(DeadLetters(app.store), filters, limit)


@command(group, "replay", access=Access.CHANGE, view="replayed")
def replay_entries(
    app: AppContext,
    ids: Ids = None,
    ids_file: IdsFile = None,
    everything: Everything = False,
    type_: Types = None,
    error: ErrorText = None,
    fingerprint: Fingerprint = None,
    since: Since = None,
    until: Until = None,
    invalid: Invalid = False,
    limit: Most = None,
    rate: Annotated[float | None, typer.Option("--rate", help="At most so many a second.")] = None,
    max_replays: Annotated[int, typer.Option("--max-replays", min=0, help="Pass over events replayed so often.")] = 3,
    force: Annotated[bool, typer.Option("--force", help="Replay them however often they were.")] = False,
    edit: Annotated[bool, typer.Option("--edit", help="Edit the one event in $EDITOR first.")] = False,
    canary: Annotated[int | None, typer.Option("--canary", min=1, help="Try so many first, and wait.")] = None,
    verify: Annotated[str | None, typer.Option("--verify", help="Watch so long for events to come back.")] = None,
    allow_unheard: Annotated[bool, typer.Option("--allow-unheard", help="Publish although nobody listens.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Publish dead letters again, oldest first, each exactly once."""
    from shema_cli.dlq.arguments import filters_of
    from shema_cli.dlq.replay import ReplayOptions, replay
    from shema_cli.durations import parse_optional_duration

    filters = filters_of(app, type_, error, fingerprint, since, until, invalid)
    options = ReplayOptions(
        rate=rate,
        limit=limit,
        max_replays=max_replays,
        force=force,
        canary=canary,
        verify_s=parse_optional_duration(verify, "--verify"),
        allow_unheard=allow_unheard,
        edit=edit,
        dry_run=dry_run,
    )
    return replay(operator_of(app, yes), _selection(app, ids, ids_file, everything, filters), options)


@command(group, "discard", access=Access.CHANGE)
def discard_entries(
    app: AppContext,
    ids: Ids = None,
    ids_file: IdsFile = None,
    everything: Everything = False,
    type_: Types = None,
    error: ErrorText = None,
    fingerprint: Fingerprint = None,
    since: Since = None,
    until: Until = None,
    invalid: Invalid = False,
    limit: Most = None,
    export: Annotated[Path | None, typer.Option("--export", help="Where the export goes.", metavar="FILE")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Take dead letters out of the list for good; an export of them is written first."""
    from shema_cli.dlq.arguments import filters_of
    from shema_cli.dlq.discard import discard

    filters = filters_of(app, type_, error, fingerprint, since, until, invalid)
    path = export or Path.cwd() / f"dlq-discarded-{app.clock.now():%Y%m%dT%H%M%S%f}.ndjson"
    selection = _selection(app, ids, ids_file, everything, filters)
    return discard(operator_of(app, yes), selection, limit=limit, export=path, dry_run=dry_run)


@command(group, "export", access=Access.READ)
def export_entries(
    app: AppContext,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Where to; - is stdout.")],
    type_: Types = None,
    error: ErrorText = None,
    fingerprint: Fingerprint = None,
    since: Since = None,
    until: Until = None,
    invalid: Invalid = False,
) -> Result | None:
    """Write dead letters, byte for byte, to a file of JSON lines."""
    from shema_cli.dlq.arguments import filters_of
    from shema_cli.dlq.results import Counted
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.dlq.transfer import export_lines, write_export

    filters = filters_of(app, type_, error, fingerprint, since, until, invalid)
    lines = export_lines(DeadLetters(app.store), filters.match)
    if file == "-":
        for line in lines:
            app.output.raw(line)
        return None
    return Counted({"exported": write_export(Path(file), lines), "file": file})


@command(group, "import", access=Access.CHANGE)
def import_entries(
    app: AppContext,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="An export; - is stdin.")],
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Put exported dead letters back; those that are in the list already are passed over."""
    from shema_cli.dlq.results import Counted
    from shema_cli.dlq.transfer import import_lines, readable

    operator = operator_of(app, yes)
    with readable(file, app.output.streams.stdin) as source:
        done = import_lines(
            operator, source, yes_to=lambda n: operator.confirm(f"Import {n:,} dead letters?"), dry_run=dry_run
        )
    remarks = (f"dry run: {done.new:,} would be imported; nothing was changed",) if dry_run else ()
    return Counted({"imported": done.imported, "duplicates": done.duplicates}, remarks)


@command(group, "recover", access=Access.CHANGE)
def recover_entries(app: AppContext, dry_run: DryRun = False, yes: Yes = False) -> Result:
    """Take back at once what runs that died still held. Nothing is asked: it only puts back."""
    from shema_cli.dlq.results import Counted
    from shema_cli.dlq.run.recover import take_back

    operator = operator_of(app, yes)
    if dry_run:
        count = operator.store.look().abandoned
        return Counted({"recovered": 0}, (f"dry run: {count:,} would be taken back; nothing was changed",))
    return Counted({"recovered": take_back(operator).entries})


def operator_of(app: AppContext, yes: bool) -> Operator:
    from shema_cli.dlq.run.run import Operator
    from shema_cli.dlq.run.store import DeadLetters

    return Operator(
        store=DeadLetters(app.store),
        clock=app.clock,
        journal=app.journal,
        person=app.person,
        still_admin=app.still_admin,
        environ=app.output.streams.environ,
        yes=yes,
    )


def _selection(
    app: AppContext, ids: list[str] | None, ids_file: str | None, everything: bool, filters: Filters
) -> EntrySelection:
    from shema_cli.dlq.letters.selection import EntrySelection

    return EntrySelection.typed(ids or (), ids_file, app.output.streams.stdin, filters, everything=everything)
