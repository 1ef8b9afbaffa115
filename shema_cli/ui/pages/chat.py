"""Conversations as they happen, with what was recorded of the last minutes."""

from __future__ import annotations

from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from shema_cli.events.messages import Message, MessageKind, said
from shema_cli.events.printer import MessageLines, NoticeLine
from shema_cli.output.sanitize import safe_block
from shema_cli.people.results import Named
from shema_cli.results import Result
from shema_cli.ui.conversations import EVERYWHERE, Said
from shema_cli.ui.listing import Cell, Column, Row
from shema_cli.ui.page import Action, Talk, trace
from shema_cli.ui.pages import live

ADMIN = "admin"
"""The role of whoever answers."""
CLOSED = "chat.session.closed"


def chat(_now: datetime) -> Talk:
    """All that is said, and which conversation has ended."""
    return Talk(
        name="chat",
        title="chat",
        words=("events", "tail", "chat:session:*", CLOSED, *live.SINCE),
        columns=(
            Column("WHO", 16, grows=True),
            Column("NEW", 3, right=True),
            Column("AGE", 4, right=True),
            Column("LAST SAID", 24, grows=True),
        ),
        rows=_rows,
        opens=_whole,
        actions=(Action("t", "story", lambda rows: trace(_session(rows[0])), reads=True),),
    )


def _rows(result: Result) -> list[Row]:
    if isinstance(result, NoticeLine):
        notice = Said(EVERYWHERE, result.at, result.kind, live.told(result), new=result.id is None)
        return [_row(notice, "fail")]
    assert isinstance(result, MessageLines)
    return [_row(_said(message, about)) for message, about in result.each()]


def _row(one: Said, style: str = "") -> Row:
    return live.row_of(one.at, (Cell(one.who, style or "head"), Cell(one.text, style)), one.session, one)


def _said(message: Message, about: Named) -> Said:
    session, new = message.session or "-", not message.from_history
    if message.kind is MessageKind.EVENT:
        data = message.field("data")
        by = data.get("closedBy") if isinstance(data, dict) else None
        return Said(session, message.received_at, f"{by or '?'}", "closed it", new=new, ended=True, whole=message)
    who = about.student_name or message.field("senderName") or message.field("senderId") or "-"
    asks = message.field("senderRole") != ADMIN
    return Said(session, message.received_at, f"{who}", said(message), new=new, asks=asks, whole=message)


def _session(row: Row) -> str:
    return row.holds.session if isinstance(row.holds, Said) else row.id


def _whole(row: Row) -> RenderableType:
    assert isinstance(row.holds, Said)
    message = row.holds.whole
    return live.whole(message) if isinstance(message, Message) else Text(safe_block(row.holds.text))
