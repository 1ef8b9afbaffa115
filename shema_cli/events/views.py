"""How events look on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shema_cli.clock import TIME_OF_DAY, age, local_time, local_time_of_ms, with_local_instants
from shema_cli.events.envelope import CHAT_PREFIX
from shema_cli.events.history.entries import RecordedGap
from shema_cli.events.messages import Message, MessageKind, said, sentence
from shema_cli.events.printer import MessageLines, NoticeLine
from shema_cli.events.results import EventTypes, Listening, Published
from shema_cli.output.sanitize import safe_block, safe_json, safe_line
from shema_cli.output.tables import LONGEST_NAME, NARROW, new_facts, new_table, shortened, text
from shema_cli.people.results import Named
from shema_cli.results import counted

if TYPE_CHECKING:
    from shema_cli.events.history.absence import Span
    from shema_cli.events.history.missed_events import Missed, MissedEvent
    from shema_cli.store.listeners import Listeners

Shown = tuple[Message, Named]
WIDE = 110
TIME_WIDTH = len("08:00:00 +07:00")
CHANNEL_WIDTH = 19
SESSION_WIDTH = 12
NAME_WIDTH = 22
FOR_A_CONVERSATION = 72
MOST_SPANS = 20
MOST_EVENTS = 200
SESSION_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
DOMAIN_COLOURS = {
    "enrollment": "cyan",
    "schedule": "blue",
    "attendance": "magenta",
    "chat": "green",
    "user": "bright_blue",
    "booking": "yellow",
}


def domain_colour(channel: str) -> str:
    return DOMAIN_COLOURS.get(channel.replace(":", ".").partition(".")[0], "white")


def listening(result: Listening, width: int) -> RenderableType:
    """Each channel with how many listen, who has declared to, and who of them is not there."""
    if width < NARROW:
        return Group(*(line for channel, found in result.channels.items() for line in _listened(channel, found)))
    table = new_table("channel", "listeners", "declared by", "not there")
    for channel, found in result.channels.items():
        declared = text(", ".join(found.declared) or None, "dim")
        table.add_row(text(channel, domain_colour(channel)), _counted(found), declared, _not_there(found))
    return table


def _listened(channel: str, found: Listeners) -> Iterator[Text]:
    yield Text.assemble(text(channel, domain_colour(channel)), " ", _counted(found))
    if found.declared:
        yield text(f"  declared by {', '.join(found.declared)}", "dim")
    if found.missing != ():
        yield Text.assemble("  not there: ", _not_there(found))


def _counted(found: Listeners) -> Text:
    return Text("nobody", "red") if found.unheard else Text(found.short)


def _not_there(found: Listeners) -> Text:
    if found.missing is None:
        return Text("not known", "yellow")
    return text(", ".join(found.missing) or None, "red" if found.missing else "dim")


def catalogue(result: EventTypes, width: int) -> RenderableType:
    if width < NARROW:
        return Group(*(part for kind in result.kinds for part in _stacked(kind.channel, kind.fields)))
    table = new_table("channel", "versions", "fields")
    for kind in result.kinds:
        table.add_row(
            text(kind.channel, domain_colour(kind.channel)), text(list(kind.versions)), text(list(kind.fields), "dim")
        )
    return table


def published(result: Published, width: int) -> RenderableType:
    verb = "would be published on" if result.planned else "published on"
    heard = f", heard by {counted(result.receivers, 'service')}" if result.receivers else ""
    channel = text(result.channel, domain_colour(result.channel))
    head = Text.assemble(f"{verb.capitalize()} ", channel, "" if result.planned else heard)
    return Group(head, Text(safe_json(result.event, indent=2), style="dim"))


def missed(result: Missed, width: int) -> RenderableType:
    """When it was away and when nobody knows, then the events, the oldest first."""
    facts = new_facts()
    for label, spans in (("away", result.away), ("unknown", result.unknown)):
        for number, span in enumerate(spans[-MOST_SPANS:]):
            facts.add_row(label if not number else "", text(_span(span), "" if label == "away" else "dim"))
        if (more := len(spans) - MOST_SPANS) > 0:
            facts.add_row("", text(f"and {counted(more, 'time')} before", "dim"))
    parts: list[RenderableType] = [facts] if result.away or result.unknown else []
    if result.events:
        parts += [Text(""), *_events_missed(result, result.events[:MOST_EVENTS], width)]
    if (more := len(result.events) - MOST_EVENTS) > 0:
        parts.append(text(f"and {more:,} more: -o json has all of them", "dim"))
    return Group(*parts) if parts else Text(f"{safe_line(result.service)} was there all the time", style="dim")


def _span(span: Span) -> str:
    return f"{local_time_of_ms(span.from_ms)} – {local_time_of_ms(span.to_ms)}  ({age(span.seconds)})"


def _events_missed(result: Missed, events: Sequence[MissedEvent], width: int) -> Iterator[RenderableType]:
    """Below the day of each, as the history shows them."""
    for day, together in groupby(events, key=lambda event: _day_of_ms(event.at_ms)):
        yield Text(day, style="bold")
        yield _rows([_missed_cells(event, result.about(event), width) for event in together], width)


def _missed_cells(event: MissedEvent, about: Named, width: int) -> tuple[Text, Text, Text]:
    """When, where and what; and the names to find it by where there is room for them."""
    what = Text(safe_line(with_local_instants(event.what)))
    if event.maybe:
        what.append("  perhaps", style="yellow")
    _append_names(what, about)
    if width >= WIDE:
        what.append("".join(f"  {safe_line(id)}" for id in (event.event_id, event.id) if id), style="dim")
    time = Text(local_time_of_ms(event.at_ms, TIME_OF_DAY), style="dim")
    return time, text(event.channel, domain_colour(event.channel)), what


def _stacked(channel: str, fields: tuple[str, ...]) -> list[RenderableType]:
    return [text(channel, domain_colour(channel)), Padding(text(list(fields), "dim"), (0, 0, 0, 2))]


def lines(record: MessageLines | NoticeLine, width: int) -> RenderableType:
    """Lines of `events tail`: time, channel, what happened, and the id where there is room for it."""
    return _notice(record) if isinstance(record, NoticeLine) else _day_by_day(record, width, _lines)


def chat_lines(record: MessageLines | NoticeLine, width: int) -> RenderableType:
    """Lines of `chat tail`: who said what; each conversation has a colour."""
    return _notice(record) if isinstance(record, NoticeLine) else _day_by_day(record, width, _chat_lines)


def _lines(shown: Sequence[Shown], width: int) -> RenderableType:
    rows = [
        (_time(m.received_at), text(_channel(m), domain_colour(m.channel_name)), _what(m, about, width))
        for m, about in shown
    ]
    return _rows(rows, width)


def _rows(rows: Sequence[tuple[Text, Text, Text]], width: int) -> RenderableType:
    """Time, channel, and what happened."""
    if width < NARROW:
        return Group(*(part for time, channel, what in rows for part in _folded(time, channel, what)))
    return _columns((TIME_WIDTH, CHANNEL_WIDTH), rows)


def _chat_lines(shown: Sequence[Shown], width: int) -> RenderableType:
    if width < FOR_A_CONVERSATION:
        folded = (_folded(_time(m.received_at), _speaker(m, about), _said(m)) for m, about in shown)
        return Group(*(part for parts in folded for part in parts))
    rows = [
        (_time(m.received_at), Text(safe_line(_session(m)), style="dim"), _speaker(m, about), _said(m))
        for m, about in shown
    ]
    return _columns((TIME_WIDTH, SESSION_WIDTH, NAME_WIDTH), rows)


def _notice(record: NoticeLine) -> RenderableType:
    told = with_local_instants(safe_line(record.words))
    line = _columns((TIME_WIDTH,), [(_time(record.at), Text(f"── {told} ──", style="yellow"))])
    return Group(*_new_day(record.at, record.after, begins_a_past=isinstance(record.notice, RecordedGap)), line)


def _day_by_day(
    record: MessageLines, width: int, draw: Callable[[Sequence[Shown], int], RenderableType]
) -> RenderableType:
    """The messages below the day of each: lines have but the time of day."""
    parts: list[RenderableType] = []
    after = record.after
    for _, group in groupby(record.each(), key=lambda shown: _day(shown[0].received_at)):
        together = list(group)
        first, last = together[0][0], together[-1][0]
        parts += _new_day(first.received_at, after, begins_a_past=first.id is not None)
        parts.append(draw(together, width))
        after = last.received_at
    return Group(*parts)


def _new_day(moment: datetime, after: datetime | None, *, begins_a_past: bool) -> list[RenderableType]:
    """The day, where it is another than that of the line before. What is heard live begins today."""
    known = not begins_a_past if after is None else _day(after) == _day(moment)
    return [] if known else [Text(_day(moment), style="bold")]


def _day(moment: datetime) -> str:
    return local_time(moment, "%Y-%m-%d").partition(" ")[0]


def _day_of_ms(ms: int) -> str:
    return local_time_of_ms(ms, "%Y-%m-%d").partition(" ")[0]


def _what(message: Message, about: Named, width: int) -> Text:
    told = sentence(message)
    told = with_local_instants(told) if message.kind is MessageKind.EVENT and message.supported else told
    what = Text(safe_line(told), style="red" if message.kind is MessageKind.INVALID else "")
    if not message.supported:
        what.stylize("yellow")
    if message.duplicate:
        what.append("  seen before", style="yellow")
    _append_names(what, about)
    event_id = message.field("eventId")
    if width >= WIDE and isinstance(event_id, str):
        what.append(f"  {safe_line(event_id)}", style="dim")
    if width >= WIDE and message.id is not None:
        what.append(f"  {message.id}", style="dim")
    return what


def _append_names(what: Text, about: Named) -> None:
    if names := [shortened(name, LONGEST_NAME) for name in about.cells() if name]:
        what.append(f"  {safe_line(' · '.join(names))}", style="bold")


def _said(message: Message) -> Text:
    return Text(safe_block(said(message)), style="red" if message.kind is MessageKind.INVALID else "")


def _session(message: Message) -> str:
    return message.session or message.channel_name


def _folded(time: Text, head: Text, body: Text) -> tuple[RenderableType, RenderableType]:
    return Text.assemble(time, " ", head), Padding(body, (0, 0, 0, 2))


def _channel(message: Message) -> str:
    """The channel; of a conversation, `chat` and its id, which fits beside the others."""
    in_chat = message.channel_name.startswith(CHAT_PREFIX)
    return f"chat {message.session}" if in_chat else message.channel_name


def _columns(widths: tuple[int, ...], rows: Sequence[tuple[Text, ...]]) -> RenderableType:
    """Columns of these widths and a last one for the rest; the same widths each time, so that batches line up."""
    grid = Table.grid(padding=(0, 2), expand=True)
    for wide in widths:
        grid.add_column(width=wide, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def _speaker(message: Message, about: Named) -> Text:
    name = message.field("senderName") or about.student_name or message.field("senderId") or message.kind.value
    who = Text(safe_line(str(name)), style=f"bold {_session_colour(_session(message))}")
    if role := message.field("senderRole"):
        who.append(f" {safe_line(str(role))}", style="dim")
    return who


def _session_colour(session: str) -> str:
    return SESSION_COLOURS[sum(session.encode("utf-8", "replace")) % len(SESSION_COLOURS)]


def _time(moment: datetime) -> Text:
    return Text(local_time(moment, TIME_OF_DAY), style="dim")
