"""`shema dlq …`"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TextIO

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import (
    ACKNOWLEDGED,
    DEAD_LETTERS,
    FILE,
    FINGERPRINTS,
    SAFETY,
    WHICH,
    Argument,
    DryRun,
    IdsFile,
    OldestFirst,
    Option,
    Yes,
)
from shema_cli.context import AppContext
from shema_cli.dlq import REPLAY_LIMIT
from shema_cli.dlq.options import LetterFilters, Republishing
from shema_cli.errors import NotFound
from shema_cli.results import Result, counted

if TYPE_CHECKING:
    from shema_cli.dlq import views
    from shema_cli.dlq.families.acknowledge import Acknowledger
    from shema_cli.dlq.families.acknowledged import Acknowledged
    from shema_cli.dlq.families.last_look import Eyes, LastLook
    from shema_cli.dlq.families.results import FamilyAck
    from shema_cli.dlq.letters.selection import EntrySelection, Filters
    from shema_cli.dlq.outcomes import ReplayResult
    from shema_cli.dlq.results import EntryListing, ShownEntry, Stats
    from shema_cli.dlq.run.run import Operator
    from shema_cli.people.results import Names
    from shema_cli.people.shown import Subject
else:
    views = Later("shema_cli.dlq.views")

group = new_group("dlq", see_also=("events tail", "trace", "help events"))
FAMILY = "0e62ad21f8"
EVENT = "evt_00000000-0000-7000-8000-000000000008"


class AskedLetters(NamedTuple):
    """Which dead letters by name, as it was typed."""

    ids: Annotated[
        list[str] | None,
        Argument("[ID]...", completes=DEAD_LETTERS, help="Ids, prefixes of 4 digits or more, or eventIds."),
    ] = None
    ids_file: IdsFile = None
    everything: Annotated[bool, Option("--all", heading=WHICH, help="All entries that there are now.")] = False

    def selection(self, filters: Filters, stdin: TextIO) -> EntrySelection:
        """These, or what the filters let through. Raises InvalidUsage for a file without ids."""
        from shema_cli.dlq.letters.selection import EntrySelection

        return EntrySelection.typed(self.ids or (), self.ids_file, stdin, filters, everything=self.everything)


@command(
    group,
    "list",
    access=Access.READ,
    view=views.listing,
    examples=(
        Example("What failed lately", "shema dlq list --since 2d"),
        Example("Failed approvals, with their errors", "shema dlq list --type enrollment.approved"),
        Example("What cannot be replayed", "shema dlq list --invalid --json"),
    ),
    see_also=("dlq show", "dlq stats", "dlq replay"),
)
def list_entries(
    app: AppContext,
    filters: LetterFilters,
    limit: Annotated[
        int, Option("--limit", value="N", heading=WHICH, min=1, help="At most so many, the newest first.")
    ] = 50,
) -> EntryListing:
    """List dead letters, newest first."""
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.dlq.show import abandoned_note, listing

    store = DeadLetters(app.store)
    chosen, eyes = _parsed(filters, app), _eyes(app)
    result = listing(store, chosen, limit, eyes.now, eyes)
    _tell_what_is_missing(app, result)
    if note := abandoned_note(store.look(), app.clock.now()):
        app.person.warn(note)
    _looked(app, eyes, chosen)
    return replace(result, names=_names(app, (row.subject for row in result.rows)))


@command(
    group,
    "show",
    access=Access.READ,
    view=views.shown,
    examples=(
        Example("All about one, by its eventId", f"shema dlq show {EVENT}"),
        Example("The stored entry", f"shema dlq show {EVENT} --json"),
    ),
    exits={1: "there is no such entry"},
    see_also=("dlq list", "dlq replay", "trace"),
)
def show_entry(
    app: AppContext,
    id_: Annotated[str, Argument("ID", completes=DEAD_LETTERS, help="An id, a prefix of it, or an eventId.")],
) -> ShownEntry:
    """Show one dead letter: the event, the error, where it would go and who listens there now."""
    from shema_cli.dlq.published import not_listed, published
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.dlq.show import show

    try:
        found = show(DeadLetters(app.store), id_, app.clock.now(), acknowledged=_acknowledged(app))
    except NotFound as missing:
        raise not_listed(app.store, id_, missing, app.clock) from None
    found = replace(found, published=published(app.store, found.row.entry, app.clock))
    return replace(found, about=_names(app, [found.row.subject]).of(*found.row.subject))


def _parsed(filters: LetterFilters, app: AppContext) -> Filters:
    from shema_cli.dlq.run.store import DeadLetters

    return filters.parsed(lambda: DeadLetters(app.store), app.clock, app.person)


def _names(app: AppContext, subjects: Iterable[Subject]) -> Names:
    """For whoever reads tables and rows; documents have none."""
    from shema_cli.output.sink import Format
    from shema_cli.people.results import Names
    from shema_cli.people.shown import names_of

    return Names() if app.output.format is Format.JSON else names_of(app.names, app.person, subjects)


@command(
    group,
    "stats",
    access=Access.READ,
    view=views.overview,
    examples=(
        Example("What fails, and why", "shema dlq stats"),
        Example("Only since this morning", "shema dlq stats --since 12h --json"),
    ),
    see_also=("dlq list", "dlq replay"),
)
def show_stats(
    app: AppContext,
    filters: LetterFilters,
    limit: Annotated[
        int | None, Option("--limit", value="N", heading=WHICH, min=1, help="At most so many families of errors.")
    ] = None,
) -> Stats:
    """Count dead letters by type and by family of errors."""
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.dlq.stats import stats

    chosen, eyes = _parsed(filters, app), _eyes(app)
    result = stats(DeadLetters(app.store), chosen, eyes.now, limit, eyes)
    _tell_what_is_missing(app, result)
    _looked(app, eyes, chosen)
    return result


def _acknowledged(app: AppContext) -> Acknowledged:
    """Warns of what of it is not known."""
    from shema_cli.dlq.families.acknowledged import read_acknowledged

    found = read_acknowledged(app.store)
    for warning in found.warnings():
        app.person.warn(warning)
    return found


def _eyes(app: AppContext) -> Eyes:
    from shema_cli.dlq.families.last_look import Eyes

    now = app.clock.now()
    return Eyes(_acknowledged(app), now, _last_look(app).since(now))


def _last_look(app: AppContext) -> LastLook:
    from shema_cli.dlq.families.last_look import LastLook

    return LastLook(app.state, app.target, app.admin.uid if app.admin else "")


def _looked(app: AppContext, eyes: Eyes, filters: Filters) -> None:
    """All of them were looked at, at a terminal."""
    if app.person.looks_at_tables and not filters:
        _last_look(app).keep(eyes.now)


@command(
    group,
    "ack",
    access=Access.CHANGE,
    examples=(
        Example("A family of errors that is being worked on", f"shema dlq ack {FAMILY} --note 'ticket 812' --yes"),
        Example("For three days, tried first", f"shema dlq ack {FAMILY} --until 3d --dry-run"),
    ),
    exits={1: "no dead letter has that fingerprint, or somebody else was faster"},
    see_also=("dlq unack", "dlq stats", "status", "check"),
)
def acknowledge_family(
    app: AppContext,
    fingerprint: Annotated[
        str,
        Argument("FINGERPRINT", completes=FINGERPRINTS, help="Of the family, or its first digits (shema dlq stats)."),
    ],
    note: Annotated[str | None, Option("--note", value="TEXT", help="What is known of it, for the others.")] = None,
    until: Annotated[
        str | None,
        Option("--until", value="TIME", help="For how long: a duration from now (2h, 3d) or an ISO time."),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> FamilyAck:
    """Say that a family of errors is known: it is left out of status and check until it returns after a silent day."""
    from shema_cli.clock import parse_coming_moment

    end = parse_coming_moment(until, "--until", app.clock.now()) if until else None
    acknowledger = _acknowledger(app)
    plan = acknowledger.plan(fingerprint, note, end)
    if dry_run:
        return plan.as_result()
    if plan.changes:
        app.person.confirm(acknowledger.question(plan), yes=yes)
    return acknowledger.carry_out(plan)


@command(
    group,
    "unack",
    access=Access.CHANGE,
    examples=(
        Example(
            "It is mended, and is to be told again",
            f"shema dlq ack {FAMILY} --yes && shema dlq unack {FAMILY} --yes",
        ),
    ),
    exits={1: "it was not acknowledged, or somebody else was faster"},
    see_also=("dlq ack", "dlq stats"),
)
def unacknowledge_family(
    app: AppContext,
    fingerprint: Annotated[
        str, Argument("FINGERPRINT", completes=ACKNOWLEDGED, help="Of the family, or its first digits.")
    ],
    dry_run: DryRun = False,
    yes: Yes = False,
) -> FamilyAck:
    """Take back that a family of errors is known."""
    acknowledger = _acknowledger(app)
    plan = acknowledger.plan_removal(fingerprint)
    if dry_run:
        return plan.as_result()
    app.person.confirm(acknowledger.question(plan), yes=yes)
    return acknowledger.carry_out(plan)


def _acknowledger(app: AppContext) -> Acknowledger:
    from shema_cli.dlq.families.acknowledge import Acknowledger
    from shema_cli.dlq.run.store import DeadLetters

    return Acknowledger(DeadLetters(app.store), app.journal, app.clock)


@command(
    group,
    "replay",
    access=Access.CHANGE,
    view=views.replayed,
    examples=(
        Example("See what would happen", "shema dlq replay --all --dry-run"),
        Example("One, by its eventId", f"shema dlq replay {EVENT} --yes"),
        Example(
            "A family of errors, two first to see whether they come back",
            "shema dlq replay --type enrollment.approved --canary 2 --verify 1 --yes",
        ),
    ),
    exits={
        0: "all that was selected and valid is replayed",
        1: "some were not, or came back",
        5: "nothing was replayed: nobody hears, the replay limit is reached, or you said no",
    },
    see_also=("dlq stats", "dlq recover", "events tail", "help events"),
)
def replay_entries(
    app: AppContext,
    asked: AskedLetters,
    filters: LetterFilters,
    max_replays: Annotated[
        int, Option("--max-replays", value="N", heading=SAFETY, min=0, help="Pass over events replayed so often.")
    ] = REPLAY_LIMIT,
    force: Annotated[bool, Option("--force", heading=SAFETY, help="Replay them however often they were.")] = False,
    each: Annotated[
        bool, Option("--each", help="Publish an event once for each of its entries, and not once for all.")
    ] = False,
    edit: Annotated[bool, Option("--edit", help="Edit the one event in $VISUAL or $EDITOR first.")] = False,
    *,
    how: Republishing,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> ReplayResult:
    """Publish dead letters again, oldest first, each exactly once."""
    from shema_cli.dlq.publishing import ReplayOptions
    from shema_cli.dlq.replay import replay

    options = ReplayOptions.upon(
        how.options(force=force, dry_run=dry_run),
        max_replays=max_replays,
        each=each,
        edit=edit,
        original=_new_export(app, "edited") if edit else Path(),
    )
    selection = asked.selection(_parsed(filters, app), app.output.streams.stdin)
    return replay(operator_of(app, yes), selection, options)


@command(
    group,
    "discard",
    access=Access.CHANGE,
    examples=(
        Example("See what would go", "shema dlq discard --invalid --dry-run"),
        Example(
            "What cannot be replayed; an export is written first",
            "shema dlq discard --invalid --export invalid.jsonl --yes",
        ),
    ),
    see_also=("dlq export", "dlq import", "audit list"),
)
def discard_entries(
    app: AppContext,
    asked: AskedLetters,
    filters: LetterFilters,
    limit: OldestFirst = None,
    export: Annotated[
        Path | None, Option("--export", value="FILE", completes=FILE, help="Where the export goes.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Take dead letters out of the list for good; an export of them is written first."""
    from shema_cli.dlq.discard import discard

    path = export or _new_export(app, "discarded")
    selection = asked.selection(_parsed(filters, app), app.output.streams.stdin)
    return discard(operator_of(app, yes), selection, limit=limit, export=path, dry_run=dry_run)


@command(
    group,
    "export",
    access=Access.READ,
    examples=(
        Example("Everything, byte for byte", "shema dlq export dead-letters.jsonl"),
        Example("To another program", "shema dlq export - | wc -l"),
        Example("One, by its eventId", f"shema dlq export one.jsonl {EVENT}"),
        Example("Over an older one", "shema dlq export dead-letters.jsonl --force"),
    ),
    exits={1: "nothing matches the filters, or the file could not be written", 2: "the file is there already"},
    see_also=("dlq import", "dlq discard"),
)
def export_entries(
    app: AppContext,
    file: Annotated[str, Argument("FILE|-", completes=FILE, help="Where to; - is stdout.")],
    ids: Annotated[
        list[str] | None,
        Argument("[ID]...", completes=DEAD_LETTERS, help="Only these: ids, prefixes of 4 digits or more, or eventIds."),
    ] = None,
    *,
    ids_file: IdsFile = None,
    filters: LetterFilters,
    force: Annotated[bool, Option("--force", heading=SAFETY, help="Replace a file that is there already.")] = False,
) -> Result | None:
    """Write dead letters, byte for byte, to a file of JSON lines or into a pipe."""
    from shema_cli.dlq.outcomes import Counted
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.dlq.transfer import ExportedLines, is_stdout, write_export

    chosen = AskedLetters(ids, ids_file, everything=True).selection(_parsed(filters, app), app.output.streams.stdin)
    lines = ExportedLines(DeadLetters(app.store), chosen)
    if is_stdout(file):
        for line in lines:
            app.output.raw(line)
    else:
        write_export(Path(file), lines, force=force)
    _warn_of_untimed(app, lines.untimed)
    return None if is_stdout(file) else Counted({"exported": lines.count, "file": file})


@command(
    group,
    "import",
    access=Access.CHANGE,
    examples=(
        Example("Put an export back", "shema dlq export - | shema dlq import - --yes"),
        Example("See what it would add", "shema dlq export - | shema dlq import - --dry-run"),
    ),
    see_also=("dlq export", "dlq list"),
)
def import_entries(
    app: AppContext,
    file: Annotated[str, Argument("FILE|-", completes=FILE, help="An export; - is stdin.")],
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Put exported dead letters back; those that are in the list already are passed over."""
    from shema_cli.dlq.outcomes import Counted
    from shema_cli.dlq.transfer import import_lines, readable

    operator = operator_of(app, yes)
    with readable(file, app.output.streams.stdin) as source:
        done = import_lines(
            operator, source, yes_to=lambda n: operator.confirm(f"Import {counted(n, 'dead letter')}?"), dry_run=dry_run
        )
    remarks = (f"dry run: {done.new:,} would be imported; nothing was changed",) if dry_run else ()
    not_done = done.new - done.imported
    return Counted({"imported": done.imported, "duplicates": done.duplicates}, remarks, done.ended, not_done)


@command(
    group,
    "recover",
    access=Access.CHANGE,
    examples=(
        Example("See whether a run died", "shema dlq recover --dry-run"),
        Example("Take back what it held", "shema dlq recover --yes"),
    ),
    see_also=("dlq list", "doctor"),
)
def recover_entries(app: AppContext, dry_run: DryRun = False, yes: Yes = False) -> Result:
    """Take back at once what runs that died still held. Nothing is asked: it only puts back."""
    from shema_cli.dlq.outcomes import Counted
    from shema_cli.dlq.run.recover import take_back

    operator = operator_of(app, yes)
    if dry_run:
        count = operator.store.look().abandoned
        return Counted({"recovered": 0}, (f"dry run: {count:,} would be taken back; nothing was changed",))
    return Counted({"recovered": take_back(operator).entries})


def _new_export(app: AppContext, what: str) -> Path:
    """A file that is not there yet, in the working directory."""
    return Path.cwd() / f"dlq-{what}-{app.clock.now():%Y%m%dT%H%M%S%f}.ndjson"


def _tell_what_is_missing(app: AppContext, result: EntryListing | Stats) -> None:
    """Where nothing is drawn, that there is nothing; and what a time left out."""
    from shema_cli.dlq.results import none_of

    if not result.total and not app.person.looks_at_tables:
        app.person.note(none_of(result.listed))
    _warn_of_untimed(app, result.untimed)


def _warn_of_untimed(app: AppContext, entries: int) -> None:
    from shema_cli.dlq.letters.selection import untimed_note

    if entries:
        app.person.warn(untimed_note(entries))


def operator_of(app: AppContext, yes: bool) -> Operator:
    from shema_cli.dlq.run.run import Operator
    from shema_cli.dlq.run.store import DeadLetters

    return Operator(
        store=DeadLetters(app.store, app.clock),
        clock=app.clock,
        journal=app.journal,
        person=app.person,
        still_admin=app.still_admin,
        environ=app.output.streams.environ,
        yes=yes,
    )
