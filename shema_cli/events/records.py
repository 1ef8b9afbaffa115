"""The lines of a tail that are not plain JSON: on a terminal, in a pipe, in CSV (contract 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shema_cli.clock import iso
from shema_cli.events.buffer import Gap, Skipped
from shema_cli.events.messages import Message
from shema_cli.events.words import said, sentence
from shema_cli.results import Result, Table

COLUMNS = ("received_at", "kind", "channel", "what", "event_id")
CHAT_COLUMNS = ("received_at", "session", "role", "name", "message")


@dataclass(frozen=True)
class MessageLines(Result):
    """Messages that came together. `as_chat`: the columns of `chat tail`."""

    messages: tuple[Message, ...]
    as_chat: bool = False

    def table(self) -> Table:
        if self.as_chat:
            return Table(CHAT_COLUMNS, [_chat_row(message) for message in self.messages])
        return Table(COLUMNS, [_row(message) for message in self.messages])


@dataclass(frozen=True)
class NoticeLine(Result):
    """A gap, or messages that were passed over."""

    notice: Gap | Skipped
    as_chat: bool = False

    def document(self) -> Any:
        if isinstance(self.notice, Skipped):
            return {"kind": "skipped", "count": self.notice.count, "since": iso(self.notice.since)}
        return {
            "kind": "gap",
            "from": iso(self.notice.began),
            "to": iso(self.notice.ended),
            "seconds": round(self.notice.seconds, 3),
            "cause": self.notice.cause,
        }

    @property
    def words(self) -> str:
        if isinstance(self.notice, Skipped):
            return f"{self.notice.count:,} messages passed over: whatever reads this output is too slow"
        return f"{self.notice.seconds:.1f} s missed: {self.notice.cause}; what was published then is lost"

    def table(self) -> Table:
        document = self.document()
        at = document.get("to") or document["since"]
        if self.as_chat:
            return Table(CHAT_COLUMNS, [(at, None, None, document["kind"], self.words)])
        return Table(COLUMNS, [(at, document["kind"], None, self.words, None)])


def _row(message: Message) -> tuple[Any, ...]:
    what = f"{sentence(message)} (seen before)" if message.duplicate else sentence(message)
    return iso(message.received_at), message.kind.value, message.channel_name, what, message.field("eventId")


def _chat_row(message: Message) -> tuple[Any, ...]:
    name = message.field("senderName") or message.field("senderId")
    return iso(message.received_at), message.session, message.field("senderRole"), name, said(message)
