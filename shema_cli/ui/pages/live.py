"""Events as they happen, with what was recorded of the last minutes above them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import count

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.clock import local_time, with_local_instants
from shema_cli.events.messages import Message, MessageKind, json_text, sentence
from shema_cli.events.printer import MessageLines, NoticeLine
from shema_cli.output.painted import json_block
from shema_cli.output.sanitize import safe_line
from shema_cli.output.tables import block
from shema_cli.people.results import Named
from shema_cli.results import Result
from shema_cli.ui.listing import Cell, Column, Row
from shema_cli.ui.page import Action, Stream, trace
from shema_cli.ui.pages import moments
from shema_cli.ui.palette import style

TRACE = Action("t", "story", lambda rows: trace(rows[0].about), reads=True, one=True)
SINCE = ("--since", "10m")
_numbers = count()


def events(now: datetime) -> Stream:
    """All that is published."""
    return Stream(
        name="events",
        title="events",
        words=("events", "tail", *SINCE),
        columns=(
            moments.column("TIME", moments.TIME, now),
            Column("CHANNEL", 20, least=14),
            Column("WHAT", 30, grows=True),
            Column("ABOUT", 20, grows=True, wide=True),
        ),
        rows=_rows,
        opens=_whole,
        actions=(TRACE,),
    )


def history(now: datetime) -> Stream:
    """What was recorded of the last day, unless told otherwise."""
    return replace(
        events(now), name="history", title="history", words=("events", "history", "--since", "24h"), recorded=True
    )


def _rows(result: Result) -> list[Row]:
    if isinstance(result, NoticeLine):
        cells = (Cell(result.kind, "fail"), Cell(told(result), "fail"), Cell(""))
        return [row_of(result.at, cells, "", result, copied=result.kind)]
    assert isinstance(result, MessageLines)
    return [_event(message, about) for message, about in result.each()]


def told(notice: NoticeLine) -> str:
    """What a notice says, by this machine's clock."""
    return with_local_instants(notice.words)


def row_of(at: datetime, cells: tuple[Cell, ...], about: str, holds: object, copied: str = "") -> Row:
    """One more row of a stream, each of which is another; `about` leads to its story, and is copied where there is
    nothing better."""
    return Row(f"{next(_numbers)}", (moments.cell(at, moments.TIME), *cells), about, copied or about, holds)


def _event(message: Message, about: Named) -> Row:
    look = "fail" if message.kind is MessageKind.INVALID else ""
    again = " (seen before)" if message.duplicate else ""
    whom = " · ".join(filter(None, about.cells()))
    event_id = message.field("eventId")
    about_it = event_id if isinstance(event_id, str) else message.session or ""
    cells = (Cell(message.channel_name), Cell(f"{sentence(message)}{again}", look), Cell(whom))
    return row_of(message.received_at, cells, about_it, message, copied=about_it or message.channel_name)


def _whole(row: Row) -> RenderableType:
    return whole(row.holds) if isinstance(row.holds, Message) else Text(row.cells[2].text)


def whole(message: Message) -> RenderableType:
    """A message with all that is in it."""
    head = Text(safe_line(f"{local_time(message.received_at)}  {message.channel_name}"), style("head"))
    shown = json_block(json_text(message).decode()) if message.is_json else block(message.text)
    return Group(head, Text(), shown)
