"""How events look on a terminal."""

from __future__ import annotations

from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shema_cli.events.buffer import Skipped
from shema_cli.events.envelope import CHAT_PREFIX
from shema_cli.events.messages import Kind, Message
from shema_cli.events.models import EventTypes, Published
from shema_cli.events.records import MessageLine, NoticeLine
from shema_cli.events.words import said, sentence
from shema_cli.ui.sanitize import safe_block, safe_json, safe_line
from shema_cli.ui.tables import NARROW, new_table, text

WIDE = 110
CHANNEL_WIDTH = 19
SESSION_WIDTH = 12
NAME_WIDTH = 22
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
    heard = {None: "", 0: ", heard by nobody", 1: ", heard by 1 service"}.get(
        result.receivers, f", heard by {result.receivers} services"
    )
    channel = text(result.channel, domain_colour(result.channel))
    head = Text.assemble(f"{verb.capitalize()} ", channel, "" if result.planned else heard)
    return Group(head, Text(safe_json(result.event, indent=2), style="dim"))


def _stacked(channel: str, fields: tuple[str, ...]) -> list[RenderableType]:
    return [text(channel, domain_colour(channel)), Padding(text(list(fields), "dim"), (0, 0, 0, 2))]


def line(record: MessageLine | NoticeLine, width: int) -> RenderableType:
    """One line of `events tail`: time, channel, what happened, and the id where there is room for it."""
    if isinstance(record, NoticeLine):
        return notice(record, width)
    message = record.message
    time = Text(_time(message.received_at), style="dim")
    channel = text(_channel(message), domain_colour(message.channel_name))
    what = Text(safe_line(sentence(message)), style="red" if message.kind is Kind.INVALID else "")
    if not message.supported:
        what.stylize("yellow")
    if message.duplicate:
        what.append("  seen before", style="yellow")
    if width < NARROW:
        return Group(Text.assemble(time, " ", channel), Padding(what, (0, 0, 0, 2)))
    event_id = message.field("eventId")
    if width >= WIDE and isinstance(event_id, str):
        what.append(f"  {safe_line(event_id)}", style="dim")
    return _columns((time, 8), (channel, CHANNEL_WIDTH), last=what)


def chat_line(record: MessageLine | NoticeLine, width: int) -> RenderableType:
    """One line of `chat tail`: who said what; the name has a colour of its own conversation."""
    if isinstance(record, NoticeLine):
        return notice(record, width)
    message = record.message
    time = Text(_time(message.received_at), style="dim")
    session = message.session or message.channel_name
    who = _speaker(message, _session_colour(session))
    said_text = Text(safe_block(said(message)), style="red" if message.kind is Kind.INVALID else "")
    if width < NARROW:
        return Group(Text.assemble(time, " ", who), Padding(said_text, (0, 0, 0, 2)))
    return _columns(
        (time, 8), (Text(safe_line(session), style="dim"), SESSION_WIDTH), (who, NAME_WIDTH), last=said_text
    )


def notice(record: NoticeLine, width: int) -> RenderableType:
    at = record.notice.since if isinstance(record.notice, Skipped) else record.notice.ended
    words = Text(f"── {safe_line(record.words)} ──", style="yellow")
    return _columns((Text(_time(at), style="dim"), 8), last=words)


def _channel(message: Message) -> str:
    """The channel; of a conversation, `chat` and its id, which fits beside the others."""
    in_chat = message.channel_name.startswith(CHAT_PREFIX)
    return f"chat {message.session}" if in_chat else message.channel_name


def _columns(*cells: tuple[Text, int], last: Text) -> RenderableType:
    grid = Table.grid(padding=(0, 2), expand=True)
    for _, wide in cells:
        grid.add_column(width=wide, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row(*(cell for cell, _ in cells), last)
    return grid


def _speaker(message: Message, colour: str) -> Text:
    name = message.field("senderName") or message.field("senderId") or message.kind.value
    who = Text(safe_line(str(name)), style=f"bold {colour}")
    if role := message.field("senderRole"):
        who.append(f" {safe_line(str(role))}", style="dim")
    return who


def _session_colour(session: str) -> str:
    return SESSION_COLOURS[sum(session.encode("utf-8", "replace")) % len(SESSION_COLOURS)]


def _time(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M:%S")
