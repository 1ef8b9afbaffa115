"""Messages and notices to stdout as they come, in the form that was asked for (contract 2.3)."""

from __future__ import annotations

import select
from dataclasses import dataclass
from datetime import datetime

from shema_cli.clock import iso
from shema_cli.events.buffer import Batch, Gap, Lost, Skipped
from shema_cli.events.filters import Intake
from shema_cli.events.messages import Message, said, sentence
from shema_cli.events.tail import TailOptions
from shema_cli.output.sanitize import Lines, safe_json
from shema_cli.output.sink import Format, Output, PipeClosed, View
from shema_cli.results import Result, Table, counted

COLUMNS = ("received_at", "kind", "channel", "what", "event_id")
CHAT_COLUMNS = ("received_at", "session", "role", "name", "message")
_DRAWN_TOGETHER = 200


class StdoutPrinter:
    """The one that `events tail`, `chat tail` and `trace --follow` hand to a tail; `view` draws its records."""

    def __init__(self, output: Output, options: TailOptions, view: View) -> None:
        self._output = output
        self._intake = Intake(options.patterns, options.filter)
        self._raw = options.raw
        self._as_chat = options.as_chat
        self._view = view

    @property
    def draws(self) -> bool:
        return self._output.drawn and not self._raw

    def batch(self, batch: Batch, room: int | None) -> int:
        if self._raw:
            return self._write([message.payload + b"\n" for message in self._intake.messages(batch)[:room]])
        if self._output.format is Format.JSON:
            return self._write(self._intake.json_lines(batch)[:room])
        return self._draw(self._intake.messages(batch)[:room])

    def notice(self, notice: Gap | Skipped | Lost) -> None:
        if isinstance(notice, Lost):
            self._output.warn(f"the connection to Redis was lost ({notice.cause}); trying again until it is back")
            return
        record = NoticeLine(notice, self._as_chat)
        if self._raw:
            self._output.warn(record.words)
        elif self._output.format is Format.JSON:
            self._output.raw(safe_json(record.document()).encode() + b"\n")
        else:
            self._output.result(record, self._view)

    def greet(self, said: Lines) -> None:
        self._output.note(said)

    def warn(self, text: str) -> None:
        self._output.warn(text)

    def check_is_read(self) -> None:
        try:
            poll = select.poll()
            poll.register(self._output.streams.stdout.fileno(), 0)
            gone = any(event & select.POLLERR for _, event in poll.poll(0))
        except (OSError, ValueError, AttributeError):
            return  # it is no file of the system's
        if gone:
            raise PipeClosed

    def _write(self, lines: list[bytes]) -> int:
        if lines:
            self._output.raw(b"".join(lines))
        return len(lines)

    def _draw(self, messages: list[Message]) -> int:
        for first in range(0, len(messages), _DRAWN_TOGETHER):
            together = tuple(messages[first : first + _DRAWN_TOGETHER])
            self._output.result(MessageLines(together, self._as_chat), self._view)
        return len(messages)


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

    @property
    def kind(self) -> str:
        return "skipped" if isinstance(self.notice, Skipped) else "gap"

    @property
    def at(self) -> datetime:
        return self.notice.since if isinstance(self.notice, Skipped) else self.notice.ended

    def document(self) -> dict[str, object]:
        if isinstance(self.notice, Skipped):
            return {"kind": self.kind, "count": self.notice.count, "since": iso(self.notice.since)}
        return {
            "kind": self.kind,
            "from": iso(self.notice.began),
            "to": iso(self.notice.ended),
            "seconds": round(self.notice.seconds, 3),
            "cause": self.notice.cause,
        }

    @property
    def words(self) -> str:
        if isinstance(self.notice, Skipped):
            return f"{counted(self.notice.count, 'message')} passed over: whatever reads this output is too slow"
        return f"{self.notice.seconds:.1f} s missed: {self.notice.cause}; what was published then is lost"

    def table(self) -> Table:
        at = iso(self.at)
        if self.as_chat:
            return Table(CHAT_COLUMNS, [(at, None, None, self.kind, self.words)])
        return Table(COLUMNS, [(at, self.kind, None, self.words, None)])


def _row(message: Message) -> tuple[object, ...]:
    what = f"{sentence(message)} (seen before)" if message.duplicate else sentence(message)
    return iso(message.received_at), message.kind.value, message.channel_name, what, message.field("eventId")


def _chat_row(message: Message) -> tuple[object, ...]:
    name = message.field("senderName") or message.field("senderId")
    return iso(message.received_at), message.session, message.field("senderRole"), name, said(message)
