"""How dead letters look on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.clock import age, age_in_words, local_instant, local_time
from shema_cli.condition.facts import AckState
from shema_cli.condition.growth import Growth
from shema_cli.dlq.families.results import ErrorFamily
from shema_cli.dlq.outcomes import ReplayResult
from shema_cli.dlq.results import EntryListing, Row, ShownEntry, Stats, none_of
from shema_cli.json_text import dumps
from shema_cli.moments import read_moment
from shema_cli.output.painted import json_block
from shema_cli.output.sanitize import bounded, safe_line
from shema_cli.output.sparkline import sparkline_of_counts
from shema_cli.output.tables import BETWEEN_COLUMNS, NARROW, block, named, new_facts, new_table, shortened, text
from shema_cli.people.results import Named
from shema_cli.results import counted
from shema_cli.shell import to_type

if TYPE_CHECKING:
    from shema_cli.dlq.families.acknowledged import Standing
    from shema_cli.store.listeners import Listeners

WIDE = 100
WIDE_ENOUGH_FOR_AN_EVENT_ID = 118
ROOM_FOR_NAMES = 76
ROOM_FOR_FAMILIES = 76
LINES = 19
"""Lines of a first look, of the 24 of a small terminal: the next commands and a prompt need the others."""
LINES_WHERE_NARROW = 15
FEWEST_FAMILIES = 3
HEADERS = 4  # of the families: a blank line before them, their head, and that there are more
ROOM_FOR_MORE = 15
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
        if result.about.student and result.about.student.email:
            facts.add_row("email", text(result.about.student.email))
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
    return Group(facts, Text(""), _pretty(result))


def _failed(row: Row) -> str | None:
    moment = read_moment(row.entry.failed_at)
    return f"{local_time(moment)}  ({age(row.age_s)} ago)" if moment else row.entry.failed_at


def _heard(listeners: Listeners | None) -> Text:
    if listeners is None or listeners.unheard:
        return Text("nobody listens now", style="yellow")
    if not listeners.exact:
        told = Text(listeners.said, style="green" if listeners.services else "yellow")
    else:
        told = Text(counted(listeners.services, "service listens", "services listen"), style="green")
    missing = listeners.missing or ()
    if there := [name for name in listeners.declared if name not in missing]:
        told.append_text(text(f": {', '.join(there)}", "dim"))
    if missing:
        told.append_text(text(f"; not there: {', '.join(missing)}", "yellow"))
    return told


def _pretty(result: ShownEntry) -> Text:
    content = result.content()
    return block(str(content["raw"])) if "raw" in content else json_block(dumps(content["entry"]))


def overview(result: Stats, width: int) -> RenderableType:
    """One screen: how many and since when, what fails, the most urgent first, and on which types."""
    if not result.total:
        return Text(none_of(result.listed), style="dim")
    head = list(_numbers(result, width))
    types = _types(result, width) if result.by_type else []
    if result.known.quiet:
        types += [Text(""), *_quiet(result.known.quiet)]
    families: list[RenderableType] = []
    if result.by_error:
        narrow = width < ROOM_FOR_FAMILIES
        room = (LINES_WHERE_NARROW - 2 if narrow else LINES - HEADERS) - len(head) - len(types)
        shown = result.urgent if result.limited else _that_fit(result.urgent, room, 2 if narrow else 1)
        families = [Text(""), (_family_cards if narrow else _families)(shown, width)]
        if more := result.families - len(shown):
            all_of_them = to_type("shema dlq stats --limit", str(result.families))
            families.append(Text(f"and {counted(more, 'more family', 'more families')}: {all_of_them}", style="dim"))
    return Group(*head, *families, *types)


def _numbers(result: Stats, width: int) -> Iterator[Text]:
    """How many there are, since when, and how they grow."""
    times, growth = result.times, result.times.growth
    number, what = counted(result.total, "dead letter").split(" ", 1)
    head = Text.assemble((number, "bold"), f" {what}")
    if result.invalid:
        head.append(f", {result.invalid:,} of them invalid", style="yellow")
    yield head
    if times.oldest:
        oldest = Text.assemble("oldest ", (age_in_words(times.old_s(times.oldest)), "bold"))
        oldest.append_text(Text.assemble(" (", text(times.oldest_id, "cyan"), ")"))
        yield oldest.append(f", newest {age_in_words(times.old_s(times.newest))}")
        in_the_day = f"{growth.of_a_day:,} in the last 24 h" if growth.of_a_day else "none in the last 24 h"
        bars = Text.assemble((sparkline_of_counts(growth.per_hour), "cyan"), f"  {in_the_day}")
        if growth.told:
            bars.append(", ").append_text(_growth(growth))
        yield bars
    if times.undated:
        yield Text(f"{counted(times.undated, 'entry does', 'entries do')} not say when, or not so that it can be read")
    if result.known.entries:
        yield Text(f"{result.known.entries:,} of families that are acknowledged", style="dim")
    if result.news.told:
        yield Text(result.news.told, style="green" if result.news.count else "dim")


def _quiet(families: Sequence[Standing]) -> Iterator[Text]:
    """The acknowledged families that have no entry now."""
    yield Text("acknowledged, and without an entry now", style="bold")
    for one in families[:MOST_QUIET]:
        yield Text.assemble(text(one.acknowledgement.fingerprint, "cyan"), "  ", text(_quietly(one), "dim"))
    if (more := len(families) - MOST_QUIET) > 0:
        yield Text(f"and {more:,} more", style="dim")


def _quietly(one: Standing) -> str:
    return ": ".join(filter(None, (one.acknowledgement.example, bounded(one.told, MOST_OF_AN_EXAMPLE))))


def _growth(growth: Growth) -> Text:
    return Text(growth.told, style="red" if growth.rising else "")


def _types(result: Stats, width: int) -> list[Text]:
    """A blank line, and the types on two lines, as far as they go."""
    left = [f"{shortened(safe_line(name), TYPE_WIDTH)} {count:,}" for name, count in result.by_type.items()]
    lines = ["types:"]
    while left:
        said = f" {left[0]}{',' if len(left) > 1 else ''}"
        if cell_len(lines[-1] + said) > width - ROOM_FOR_MORE and lines[-1].strip():
            if len(lines) == 2:
                break
            lines.append("")
        lines[-1] += said
        left.pop(0)
    lines[-1] += f" and {len(left):,} more" if left else ""
    return [Text(""), *map(Text, lines)]


def _that_fit(families: Sequence[ErrorFamily], lines: int, each: int) -> list[ErrorFamily]:
    """As many of the first as so many lines hold, and a few at least; what is known of a family takes two more."""
    shown: list[ErrorFamily] = []
    for family in families:
        lines -= each + (0 if family.standing is None else 2)
        if len(shown) >= FEWEST_FAMILIES and lines < 0:
            break
        shown.append(family)
    return shown


def _families(families: Sequence[ErrorFamily], width: int) -> RenderableType:
    others = [[text(f"{family.count:,}") for family in families]]
    heads = ["entries"]
    if any(family.new for family in families):
        heads.append("new")
        others.append([text(f"+{family.new:,}" if family.new else "", "green") for family in families])
    if width >= WIDE:
        heads.append("last 24 h")
        others.append([Text(sparkline_of_counts(family.growth.per_hour), style="cyan") for family in families])
    heads += ["", "fingerprint"]
    others += [[_growth(family.growth) for family in families], [text(f.fingerprint, "cyan") for f in families]]
    widths = [max(cell_len(head), *map(len, cells)) for head, cells in zip(heads, others, strict=True)]
    room = width - sum(widths) - BETWEEN_COLUMNS * len(widths)
    table = new_table()
    table.add_column("error", overflow="fold", width=room)
    for head in heads:
        table.add_column(head, no_wrap=True, justify="left" if head in ("last 24 h", "fingerprint") else "right")
    for family, *cells in zip(families, *others, strict=True):
        table.add_row(_family(family, room), *cells)
    return table


def _family_cards(families: Sequence[ErrorFamily], width: int) -> RenderableType:
    """Where there is no room for columns: the error on a line, and below it what is counted and what is known."""
    lines: list[RenderableType] = []
    for family in families:
        counts = Text.assemble("  ", text(family.fingerprint, "cyan"), f"  {family.count:,}")
        if family.new:
            counts.append(f", +{family.new:,} new", style="green")
        if family.growth.told:
            counts.append(", ").append_text(_growth(family.growth))
        error, *known = _family(family, width).split("\n")
        lines += [error, counts, *known]
    return Group(*lines)


def _family(family: ErrorFamily, room: int) -> Text:
    """One of its errors, on one line, and below it what is known of it."""
    error = text(bounded(family.example or "(no error)", MOST_OF_AN_EXAMPLE), "dim" if family.known else "")
    error.truncate(room, overflow="ellipsis")
    if family.standing is None:
        return error
    told = text(bounded(family.standing.told, MOST_OF_AN_EXAMPLE), "dim")
    if family.standing.known:
        return Text.assemble(error, "\n", told)
    return Text.assemble(error, "\n", _state(family.standing), ": ", told)


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
