"""Who talks with whom: what is said, sorted into conversations, and how much of it nobody has looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import datetime

from shema_cli.clock import age
from shema_cli.frozen import dataclass
from shema_cli.ui.listing import Cell, Row

MOST_SAID = 500
"""Messages that are kept of one conversation."""
MOST = 1000
"""Conversations that are kept; before them those go in which nothing was said for longest."""
MOST_LOOKED_THROUGH = 4000
"""Characters of a conversation's last messages in which a filter looks."""
EVERYWHERE = ""
"""The conversation that notices stand in which are about all of them."""


@dataclass(frozen=True)
class Said:
    """One message, or what became of a conversation. `new`: it came since the page was opened; `ended`: it closed the
    conversation; `asks`: whoever says it is no admin; `whole`: what it was made of."""

    session: str
    at: datetime
    who: str
    text: str
    new: bool = True
    asks: bool = False
    ended: bool = False
    whole: object = field(default=None, compare=False, repr=False)


@dataclass
class Conversation:
    """What was said in one of them, the oldest first; `with_whom` is empty as long as no student has said anything."""

    id: str
    at: datetime
    said: list[Row] = field(default_factory=list)
    with_whom: str = ""
    last: str = ""
    ended: bool = False
    unread: int = 0
    looked_through: str = ""

    def add(self, row: Row, one: Said) -> None:
        self.said.append(row)
        if len(self.said) > MOST_SAID + MOST_SAID // 10:
            del self.said[:-MOST_SAID]
        if one.session != self.id:
            return
        self.at = one.at
        self.last = one.text
        self.ended = one.ended
        if one.asks:
            self.with_whom = one.who
        self.looked_through = f"{self.looked_through} {one.who} {one.text}"[-MOST_LOOKED_THROUGH:]


class Conversations:
    """All that was heard. A notice (a time that nobody heard) stands in each conversation that there was by then, and
    in one of its own."""

    def __init__(self) -> None:
        self._all: dict[str, Conversation] = {}

    @property
    def unread(self) -> int:
        """How many conversations have something that nobody has looked at."""
        return sum(one.unread > 0 for one in self._all.values())

    def __len__(self) -> int:
        return len(self._all) - (EVERYWHERE in self._all)

    def hear(self, rows: Iterable[Row], looked_at: str | None) -> None:
        """More rows, each of which holds a `Said`. What comes in the conversation that is looked at is read."""
        for row in rows:
            one = row.holds
            assert isinstance(one, Said)
            for conversation in self._concerned(one):
                conversation.add(row, one)
                conversation.unread += one.new and one.session == conversation.id != looked_at
        while len(self._all) > MOST:
            del self._all[min(self._all, key=lambda id: self._all[id].at)]

    def _concerned(self, one: Said) -> Sequence[Conversation]:
        if one.session not in self._all:
            self._all[one.session] = Conversation(one.session, one.at)
        return [self._all[one.session]] if one.session != EVERYWHERE else list(self._all.values())

    def look_at(self, id: str) -> bool:
        """Somebody reads it; whether there was anything new."""
        new = id in self._all and self._all[id].unread > 0
        if new:
            self._all[id].unread = 0
        return new

    def said(self, id: str | None) -> list[Row]:
        """What was said in one of them; nothing of one that is not there."""
        return self._all[id].said if id in self._all else []

    def heading(self, id: str) -> str:
        """`chat-0092 · Nanda Yulianto · closed`"""
        one = self._all[id]
        if id == EVERYWHERE:
            return "what concerns all of them"
        return " · ".join(filter(None, (one.id, one.with_whom, "closed" if one.ended else "")))

    def rows(self, now: datetime) -> list[Row]:
        """One of each, the newest first: who, how much is new, how long ago, what was said last."""
        newest_first = sorted(self._all.values(), key=lambda one: one.at, reverse=True)
        return list(_rows(newest_first, now))


def _rows(conversations: Iterable[Conversation], now: datetime) -> Iterator[Row]:
    for one in conversations:
        quiet_s = max(0.0, (now - one.at).total_seconds())
        who = one.said[-1].cells[1].text if one.id == EVERYWHERE else one.with_whom or one.id
        cells = (
            Cell(who, "fail" if one.id == EVERYWHERE else "quiet" if one.ended else ""),
            Cell(f"{one.unread}" if one.unread else "", "warn", rank=float(one.unread)),
            Cell(age(quiet_s), rank=quiet_s),
            Cell(one.last, "fail" if one.id == EVERYWHERE else ""),
        )
        yield Row(one.id, cells, one.looked_through, holds=one)
