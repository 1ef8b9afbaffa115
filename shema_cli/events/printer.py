"""Messages and notices to stdout as they come, in the form that was asked for (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import repeat
from typing import Protocol

from shema_cli.clock import iso, iso_of_ms, with_local_instants
from shema_cli.events.buffer import Batch, Gap, Lost, Skipped
from shema_cli.events.filters import Filter, Intake, Recorded
from shema_cli.events.history.entries import RecordedGap
from shema_cli.events.messages import Message, said, sentence
from shema_cli.frozen import dataclass
from shema_cli.output.sanitize import Lines, safe_json
from shema_cli.output.sink import Format, Output, View
from shema_cli.people.results import NAME_COLUMNS, Named
from shema_cli.people.shown import NamesAside
from shema_cli.results import Result, Table, counted

COLUMNS = ("received_at", "kind", "channel", "what", "event_id")
CHAT_COLUMNS = ("received_at", "session", "role", "name", "message")
NOBODY = Named()
_DRAWN_TOGETHER = 200
UNTIL_BACK = "trying again until it is back"
"""What a tail that has lost its connection says; something is shown again when it is over."""


class Shown(Protocol):
    """What is to be shown, and in which form; `TailOptions` and `HistoryOptions` say that."""

    @property
    def patterns(self) -> tuple[bytes, ...]: ...

    @property
    def filter(self) -> Filter: ...

    @property
    def raw(self) -> bool: ...

    @property
    def as_chat(self) -> bool: ...


class StdoutPrinter:
    """The one that `events tail`, `chat tail` and `trace --follow` hand to a tail, and `events history` uses.

    `view` draws its records. `with_ids`: rows have the id of the history too. `names` are those that are known when a
    message comes; the others are asked for when it has been shown. None: rows and lines have none.
    """

    def __init__(
        self,
        output: Output,
        options: Shown,
        view: View,
        names: NamesAside | None = None,
        *,
        with_ids: bool = False,
    ) -> None:
        self._output = output
        self._intake = Intake(options.patterns, options.filter)
        self._raw = options.raw
        self._layout = Layout(as_chat=options.as_chat, with_ids=with_ids)
        self._view = view
        self._names = names
        self._last_drawn: datetime | None = None

    @property
    def draws(self) -> bool:
        return self._output.drawn and not self._raw

    def batch(self, batch: Batch | Recorded, room: int | None) -> int:
        if self._raw:
            return self._write([message.payload + b"\n" for message in self._intake.messages(batch)[:room]])
        if self._output.format is Format.JSON:
            return self._write(self._intake.json_lines(batch)[:room])
        return self._draw(self._intake.messages(batch)[:room])

    def count(self, batch: Recorded) -> int:
        return self._intake.count(batch)

    def notice(self, notice: Gap | Skipped | Lost | RecordedGap) -> None:
        if isinstance(notice, Lost):
            self._output.warn(f"the connection to Redis was lost ({notice.cause}); {UNTIL_BACK}")
            return
        record = NoticeLine(notice, self._layout, self._last_drawn)
        if self._raw:
            self._output.warn(with_local_instants(record.words))
        elif self._output.format is Format.JSON:
            self._output.raw(safe_json(record.document()).encode() + b"\n")
        else:
            self._output.result(record, self._view)
            self._last_drawn = record.at

    def note(self, said: Lines) -> None:
        self._output.note(said)

    def warn(self, text: str) -> None:
        self._output.warn(text)

    def check_is_read(self) -> None:
        self._output.check_is_read()

    def _write(self, lines: list[bytes]) -> int:
        if lines:
            self._output.raw(b"".join(lines))
        return len(lines)

    def _draw(self, messages: list[Message]) -> int:
        for first in range(0, len(messages), _DRAWN_TOGETHER):
            together = tuple(messages[first : first + _DRAWN_TOGETHER])
            about = tuple(self._names.of(message.subject) for message in together) if self._names else ()
            self._output.result(MessageLines(together, self._layout, self._last_drawn, about), self._view)
            self._last_drawn = together[-1].received_at
        if self._names:
            self._names.ask()
        return len(messages)


@dataclass(frozen=True)
class Layout:
    """Which columns: `as_chat` those of `chat tail`; `with_ids` one more, the id of the history."""

    as_chat: bool = False
    with_ids: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return (*(CHAT_COLUMNS if self.as_chat else COLUMNS), *(("id",) if self.with_ids else ()), *NAME_COLUMNS)

    def row(self, cells: tuple[object, ...], id: str | None, about: Named = NOBODY) -> tuple[object, ...]:
        return (*cells, *((id,) if self.with_ids else ()), *about.cells())


@dataclass(frozen=True)
class MessageLines(Result):
    """Messages that came together; `after`: the moment of the line above them, None where they are the first.

    `about`: whom each is about, as far as that is known.
    """

    messages: tuple[Message, ...]
    layout: Layout = Layout()
    after: datetime | None = None
    about: tuple[Named, ...] = ()

    def each(self) -> Iterator[tuple[Message, Named]]:
        return zip(self.messages, self.about or repeat(NOBODY), strict=False)

    def table(self) -> Table:
        cells = _chat_row if self.layout.as_chat else _row
        rows = [self.layout.row(cells(message), message.id, about) for message, about in self.each()]
        return Table(self.layout.columns, rows)


@dataclass(frozen=True)
class NoticeLine(Result):
    """A gap, or messages that were passed over; `after` as above."""

    notice: Gap | Skipped | RecordedGap
    layout: Layout = Layout()
    after: datetime | None = None

    @property
    def kind(self) -> str:
        return "skipped" if isinstance(self.notice, Skipped) else "gap"

    @property
    def at(self) -> datetime:
        if isinstance(self.notice, RecordedGap):
            return datetime.fromtimestamp(self.notice.at_ms / 1000, UTC)
        return self.notice.since if isinstance(self.notice, Skipped) else self.notice.ended

    @property
    def id(self) -> str | None:
        """Its entry of the history, where one tells of it."""
        return self.notice.id or None if isinstance(self.notice, RecordedGap) else None

    def document(self) -> dict[str, object]:
        notice = self.notice
        if isinstance(notice, Skipped):
            return {"kind": self.kind, "count": notice.count, "since": iso(notice.since)}
        if isinstance(notice, RecordedGap):
            return {
                "kind": self.kind,
                "received_at": iso(self.at),
                "from": iso_of_ms(notice.from_ms) if notice.from_ms else None,
                "to": iso_of_ms(notice.to_ms),
                "seconds": notice.seconds,
                "cause": notice.cause,
                "id": self.id,
            }
        return {
            "kind": self.kind,
            "from": iso(notice.began),
            "to": iso(notice.ended),
            "seconds": round(notice.seconds, 3),
            "cause": notice.cause,
            **({} if notice.filled is None else {"filled": notice.filled}),
        }

    @property
    def words(self) -> str:
        notice = self.notice
        if isinstance(notice, Skipped):
            return f"{counted(notice.count, 'message')} passed over: whatever reads this output is too slow"
        if isinstance(notice, RecordedGap):
            began = f"from {iso_of_ms(notice.from_ms)} to" if notice.from_ms else "until"
            return f"not recorded {began} {iso_of_ms(notice.to_ms)}: {notice.cause}"
        return f"{notice.seconds:.1f} s missed: {notice.cause}; {_came_of(notice)}"

    def table(self) -> Table:
        at = iso(self.at)
        chat, other = (at, None, None, self.kind, self.words), (at, self.kind, None, self.words, None)
        return Table(self.layout.columns, [self.layout.row(chat if self.layout.as_chat else other, self.id)])


def _came_of(gap: Gap) -> str:
    if gap.filled is None:
        return "what was published then is lost"
    follow = f"{counted(gap.filled, 'message')} of then {'follows' if gap.filled == 1 else 'follow'}"
    return f"{follow}, out of the history" if gap.filled else "the history has nothing of then that is to be shown"


def _row(message: Message) -> tuple[object, ...]:
    what = f"{sentence(message)} (seen before)" if message.duplicate else sentence(message)
    return iso(message.received_at), message.kind.value, message.channel_name, what, message.field("eventId")


def _chat_row(message: Message) -> tuple[object, ...]:
    name = message.field("senderName") or message.field("senderId")
    return iso(message.received_at), message.session, message.field("senderRole"), name, said(message)
