"""How dead letters look on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.clock import TIME_OF_DAY, age, local_instant, local_time
from shema_cli.condition.facts import AckState
from shema_cli.dlq.families.results import ErrorFamily
from shema_cli.dlq.outcomes import ReplayResult
from shema_cli.dlq.results import EntryListing, Row, ShownEntry, Stats, none_of
from shema_cli.json_text import dumps, set_out
from shema_cli.moments import read_moment
from shema_cli.output.sanitize import bounded, safe_block
from shema_cli.output.tables import NARROW, block, named, new_facts, new_table, text
from shema_cli.people.results import Named
from shema_cli.results import counted

if TYPE_CHECKING:
    from shema_cli.dlq.families.acknowledged import Standing
    from shema_cli.store.listeners import Listeners

WIDE = 100
WIDE_ENOUGH_FOR_AN_EVENT_ID = 118
ROOM_FOR_NAMES = 76
TYPE_WIDTH = 24
MOST_OF_AN_EXAMPLE = 200
MOST_COPIES = 10
MOST_QUIET = 5
MOST_PUBLICATIONS = 5
_STATES = {AckState.KNOWN: "dim", AckState.RETURNED: "red bold", AckState.EXPIRED: "yellow"}
_MARKS = {
    "replayed": "green",
    "resent": "green",
    "unheard": "yellow",
    "skipped": "yellow",
    "invalid": "dim",
    "failed": "red",
    "bounced": "red",
    "gone": "red",
}


def listing(result: EntryListing, width: int) -> RenderableType:
    if not result.rows:
        return Text(none_of(result.listed), style="dim")
    people = any(map(_about, map(result.about, result.rows)))
    if width < (ROOM_FOR_NAMES if people else NARROW):
        return Group(*(_card(row, result.about(row)) for row in result.rows))
    table = new_table()
    news = any(row.new for row in result.rows)
    if news:
        table.add_column("", no_wrap=True)
    table.add_column("id", no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("type", overflow="fold", max_width=TYPE_WIDTH)
    table.add_column("error", overflow="ellipsis", no_wrap=True, ratio=3)
    if people:
        table.add_column("about", overflow="ellipsis", no_wrap=True, ratio=3)
    event_ids = width >= WIDE_ENOUGH_FOR_AN_EVENT_ID
    if event_ids:
        table.add_column("event id", overflow="ellipsis", no_wrap=True)
    replayed_before = any(row.replays for row in result.rows)
    if replayed_before:
        table.add_column("replays", justify="right", no_wrap=True)
    for row in result.rows:
        cells = [text("+" if row.new else "", "green")] if news else []
        cells += [text(row.entry.id, "cyan"), text(age(row.age_s)), _type(row), _error(row)]
        cells += [text(_about(result.about(row)))] if people else []
        cells += [text(row.entry.event_id, "dim")] if event_ids else []
        table.add_row(*cells, *([text(row.replays or None)] if replayed_before else []))
    table.expand = True
    return table


def _type(row: Row) -> Text:
    return text(row.entry.event_type) if row.entry.valid else text(f"invalid: {row.entry.reason}", "yellow")


def _error(row: Row) -> Text:
    """What is known of its family stands before it."""
    if row.standing is None:
        return text(row.entry.error)
    return Text.assemble(_state(row.standing), " ", text(row.entry.error, "dim" if row.standing.known else ""))


def _state(standing: Standing) -> Text:
    return text(standing.state.value, _STATES[standing.state])


def _about(about: Named) -> str | None:
    """Whom an event is about, and which course."""
    return " · ".join(name for name in about.cells() if name) or None


def _card(row: Row, about: Named) -> RenderableType:
    head = Text.assemble(text(row.entry.id, "cyan"), "  ", text(age(row.age_s)))
    if row.new:
        head.append("  new", style="green")
    if name := _about(about):
        head.append("  ").append_text(text(name))
    lines = [head, Text.assemble("  ", _type(row))]
    if row.entry.error:
        state = (_state(row.standing), " ") if row.standing else ()
        lines.append(Text.assemble("  ", *state, text(row.entry.error, "dim")))
    return Group(*lines)


def shown(result: ShownEntry, width: int) -> RenderableType:
    row, entry = result.row, result.row.entry
    facts = new_facts()
    facts.add_row("id", text(entry.id, "cyan"))
    facts.add_row("type", _type(row))
    facts.add_row("event id", text(entry.event_id))
    subject = row.subject
    if subject.student_id and result.about.student_name:
        facts.add_row("student", named(result.about.student_name, subject.student_id))
    if subject.course_id and result.about.course_title:
        facts.add_row("course", named(result.about.course_title, subject.course_id))
    facts.add_row("error", block(entry.error))
    if row.standing is not None:
        state = () if row.standing.known else (_state(row.standing), ": ")
        facts.add_row("family", Text.assemble(*state, text(row.standing.told)))
    facts.add_row("failed", text(_failed(row)))
    if entry.channel:
        facts.add_row("goes to", Text.assemble(text(entry.channel), "  ", _heard(result.listeners)))
    facts.add_row("replays", text(str(row.replays)))
    for attempt in result.attempts[:5]:
        facts.add_row("", text(f"{local_instant(attempt.at)} by {attempt.by or 'somebody'}", "dim"))
    for number, publication in enumerate(result.published[-MOST_PUBLICATIONS:]):
        cell = text(f"{local_instant(publication.at)}  {publication.id}")
        facts.add_row("published" if not number else "", cell)
    facts.add_row("place", text(f"{row.index} from the newest"))
    for number, copy in enumerate(result.copies.others[:MOST_COPIES]):
        cell = Text.assemble(text(copy.id, "cyan"), "  ", text(copy.error))
        facts.add_row("copies" if not number else "", cell)
    if (more := result.copies.number - result.identical - MOST_COPIES) > 0:
        facts.add_row("", text(f"and {more:,} more", "dim"))
    return Group(facts, Text(""), Text(_pretty(result)))


def _failed(row: Row) -> str | None:
    moment = read_moment(row.entry.failed_at)
    return f"{local_time(moment)}  ({age(row.age_s)} ago)" if moment else row.entry.failed_at


def _heard(listeners: Listeners | None) -> Text:
    if listeners is None or listeners.unheard:
        return Text("nobody listens now", style="yellow")
    if not listeners.exact:
        return Text(listeners.said, style="green" if listeners.services else "yellow")
    return Text(counted(listeners.services, "service listens", "services listen"), style="green")


def _pretty(result: ShownEntry) -> str:
    content = result.content()
    if "raw" in content:
        return safe_block(str(content["raw"]))
    return safe_block(set_out(dumps(content["entry"])))


def overview(result: Stats, width: int) -> RenderableType:
    if not result.total:
        return Text(none_of(result.listed), style="dim")
    number, what = counted(result.total, "dead letter").split(" ", 1)
    head = Text.assemble((number, "bold"), f" {what}")
    if result.invalid:
        head.append(f", {result.invalid:,} of them invalid", style="yellow")
    if result.oldest:
        head.append(f"\n{local_instant(result.oldest)} – {local_instant(result.newest or '')}", style="dim")
    if result.known.entries:
        head.append(f"\n{result.known.entries:,} of families that are acknowledged", style="dim")
    if result.news.told:
        head.append(f"\n{result.news.told}", style="green" if result.news.count else "dim")
    parts: list[RenderableType] = [head]
    if len(result.histogram) > 1:
        parts += [Text(""), _histogram(result.histogram, width)]
    types = new_table()
    types.add_column("type", overflow="fold")
    types.add_column("entries", justify="right", no_wrap=True)
    for name, count in result.by_type.items():
        types.add_row(text(name), text(f"{count:,}"))
    if result.by_type:
        parts += [Text(""), types]
    if result.by_error:
        parts += [Text(""), _families(result, width)]
    if result.known.quiet:
        parts += [Text(""), *_quiet(result.known.quiet)]
    return Group(*parts)


def _quiet(families: Sequence[Standing]) -> Iterator[Text]:
    """The acknowledged families that have no entry now."""
    yield Text("acknowledged, and without an entry now", style="bold")
    for one in families[:MOST_QUIET]:
        yield Text.assemble(text(one.acknowledgement.fingerprint, "cyan"), "  ", text(_quietly(one), "dim"))
    if (more := len(families) - MOST_QUIET) > 0:
        yield Text(f"and {more:,} more", style="dim")


def _quietly(one: Standing) -> str:
    return ": ".join(filter(None, (one.acknowledgement.example, bounded(one.told, MOST_OF_AN_EXAMPLE))))


def _families(result: Stats, width: int) -> RenderableType:
    table = new_table()
    table.add_column("error", overflow="fold", ratio=1)
    table.add_column("entries", justify="right", no_wrap=True)
    news = any(family.new for family in result.by_error)
    if news:
        table.add_column("new", justify="right", no_wrap=True)
    table.add_column("fingerprint", no_wrap=True)
    if width >= WIDE:
        table.add_column("last", no_wrap=True)
    for family in result.by_error[:20]:
        cells = [_family(family), text(f"{family.count:,}")]
        cells += [text(f"+{family.new:,}" if family.new else "", "green")] if news else []
        cells.append(text(family.fingerprint, "cyan"))
        table.add_row(*cells, *([text(family.last, "dim")] if width >= WIDE else []))
    return table


def _family(family: ErrorFamily) -> Text:
    """One of its errors, and below it what is known of it."""
    example = bounded(family.example or "(no error)", MOST_OF_AN_EXAMPLE)
    if family.standing is None:
        return text(example)
    told = text(bounded(family.standing.told, MOST_OF_AN_EXAMPLE), "dim")
    if family.standing.known:
        return Text.assemble(text(example, "dim"), "\n", told)
    return Text.assemble(text(example), "\n", _state(family.standing), ": ", told)


def _histogram(buckets: tuple[tuple[datetime, int], ...], width: int) -> RenderableType:
    most = max(count for _, count in buckets)
    long = (buckets[-1][0] - buckets[0][0]).total_seconds() > 86400
    room = max(8, min(60, width - 32))
    lines = Table(box=None, show_header=False, pad_edge=False)
    for start, count in buckets:
        bar = "█" * max(1 if count else 0, round(count * room / most))
        lines.add_row(
            text(local_time(start, "%m-%d %H:%M" if long else TIME_OF_DAY), "dim"), Text(bar, "cyan"), str(count or "")
        )
    return lines


def replayed(result: ReplayResult, width: int) -> RenderableType:
    if result.plan is not None:
        table = new_table("channel")
        table.add_column(result.counts_per_channel, justify="right")
        table.add_column("listeners", justify="right")
        for name, channel in result.plan.channels.items():
            listeners = text(channel.listening.short, "yellow" if not channel.listening.services else "")
            table.add_row(text(name), text(f"{channel.entries:,}"), listeners)
        return table
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for name, count in result.counts().items():
        if name == "events" and count == result.replayed:
            continue
        if count or name in (result.act.done, *result.always):
            table.add_row(text(f"{count:,}", _MARKS.get(name, "")), text(result.labels.get(name, name)))
    return table
