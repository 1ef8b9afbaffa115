"""Events and conversations, as they happen, with what was recorded of the last minutes above them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count

from rich.console import RenderableType
from rich.text import Text

from shema_cli.clock import local_time, with_local_instants
from shema_cli.events.messages import Message, MessageKind, json_text, said, sentence
from shema_cli.events.printer import MessageLines, NoticeLine
from shema_cli.json_text import set_out
from shema_cli.output.sanitize import safe_block
from shema_cli.people.results import Named
from shema_cli.results import Result
from shema_cli.ui.listing import Cell, Column, Row
from shema_cli.ui.page import Action, Stream, trace
from shema_cli.ui.pages import moments

TRACE = Action("t", "story", lambda rows: trace(rows[0].about), reads=True)
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
            Column("CHANNEL", 20),
            Column("WHAT", 30, grows=True),
            Column("ABOUT", 20, grows=True, wide=True),
        ),
        rows=lambda result: _rows(result, _event),
        opens=_whole,
        actions=(TRACE,),
    )


def chat(now: datetime) -> Stream:
    """All that is said."""
    return Stream(
        name="chat",
        title="chat",
        words=("chat", "tail", *SINCE),
        columns=(
            moments.column("TIME", moments.TIME, now),
            Column("SESSION", 12),
            Column("WHO", 16),
            Column("SAID", 30, grows=True),
        ),
        rows=lambda result: _rows(result, _chat),
        opens=_whole,
    )


def _rows(result: Result, make: Callable[[Message, Named], Row]) -> list[Row]:
    if isinstance(result, NoticeLine):
        kind, told = Cell(result.kind, "fail"), Cell(with_local_instants(result.words), "fail")
        cells = (kind, Cell(""), told) if result.layout.as_chat else (kind, told, Cell(""))
        return [_row(result.at, cells, "", result)]
    assert isinstance(result, MessageLines)
    return [make(message, about) for message, about in result.each()]


def _row(at: datetime, cells: tuple[Cell, ...], about: str, holds: object) -> Row:
    return Row(f"{next(_numbers)}", (moments.cell(at, moments.TIME), *cells), about, holds)


def _event(message: Message, about: Named) -> Row:
    style = "fail" if message.kind is MessageKind.INVALID else ""
    again = " (seen before)" if message.duplicate else ""
    whom = " · ".join(filter(None, about.cells()))
    event_id = message.field("eventId")
    cells = (Cell(message.channel_name), Cell(f"{sentence(message)}{again}", style), Cell(whom))
    return _row(message.received_at, cells, event_id if isinstance(event_id, str) else "", message)


def _chat(message: Message, about: Named) -> Row:
    who = about.student_name or message.field("senderName") or message.field("senderId") or "-"
    cells = (Cell(message.session or "-"), Cell(f"{who}"), Cell(said(message) or ""))
    return _row(message.received_at, cells, message.session or "", message)


def _whole(row: Row) -> RenderableType:
    if not isinstance(row.holds, Message):
        return Text(row.cells[-1].text)
    message = row.holds
    head = f"{local_time(message.received_at)}  {message.channel_name}\n\n"
    return Text(safe_block(head + _pretty(message)))


def _pretty(message: Message) -> str:
    return set_out(json_text(message).decode()) if message.is_json else message.text
