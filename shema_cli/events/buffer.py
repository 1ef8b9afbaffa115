"""What stands between the socket and stdout: bounded, and honest about what did not fit (contract 2.4)."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from threading import Condition
from typing import TYPE_CHECKING

from shema_cli.frozen import dataclass

if TYPE_CHECKING:
    from shema_cli.store.marks import Mark, Position
    from shema_cli.store.verdicts import Reply

MOST_MESSAGES = 200_000
MOST_BYTES = 64 * 1024 * 1024

LONGEST_STEP_ASIDE_S = 0.05


@dataclass(frozen=True)
class Batch:
    """Messages that one read of the socket brought."""

    messages: list[Reply]
    received_at: datetime
    size: int


@dataclass(frozen=True)
class Gap:
    """A time in which the tail was deaf. `began`: it last heard something, `ended`: it was subscribed again.

    `lost` and `mark`: where in the order of all that is published that was, where it is known. `filled`: how many
    messages of then follow, out of the history; None where they cannot be had.
    """

    began: datetime
    ended: datetime
    seconds: float
    cause: str
    lost: Position | None = None
    mark: Mark | None = None
    filled: int | None = None


@dataclass(frozen=True)
class Skipped:
    """Messages that were received and passed over, because the reader of stdout is too slow."""

    count: int
    since: datetime


@dataclass(frozen=True)
class Lost:
    """The connection was lost just now; a `Gap` follows when it is back."""

    cause: str


@dataclass(frozen=True)
class Alive:
    """All that was published up to `until` has been received; told only by a reader that is asked to (`TailPace`)."""

    until: datetime


@dataclass(frozen=True)
class Marked:
    """A mark of the tail's own was heard here."""

    mark: Mark


Item = Batch | Gap | Skipped | Lost | Alive | Marked


class Buffer:
    """`put` never waits. Once full, it passes everything over until half of it has been taken."""

    def __init__(self, *, most_messages: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES) -> None:
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._items: deque[Item] = deque()
        self._messages = 0
        self._bytes = 0
        self._overflowing = False
        self._skipped = 0
        self._since: datetime | None = None
        self._behind = False
        self._changed = Condition()

    def put(self, batch: Batch) -> None:
        with self._changed:
            if self._has_room():
                self._flush_skipped()
                self._items.append(batch)
                self._messages += len(batch.messages)
                self._bytes += batch.size
            else:
                self._since = self._since or batch.received_at
                self._skipped += len(batch.messages)
            self._changed.notify()

    def put_notice(self, notice: Gap | Lost | Alive | Marked) -> None:
        """A notice is never passed over, and what was passed over before it is told before it."""
        with self._changed:
            self._flush_skipped()
            self._items.append(notice)
            self._changed.notify()

    @property
    def has_passed_over(self) -> bool:
        """Whether something is missing in what it holds, because it did not fit."""
        with self._changed:
            return self._skipped > 0 or any(isinstance(item, Skipped) for item in self._items)

    def reader_is_behind(self, behind: bool) -> None:
        """While more is waiting in the socket, the reader goes first: Redis closes a connection that is not read."""
        if behind is not self._behind:
            with self._changed:
                self._behind = behind
                self._changed.notify()

    def take(self, timeout: float) -> Item | None:
        """The next item; None after `timeout` seconds without one."""
        with self._changed:
            if self._behind:
                self._changed.wait_for(lambda: not self._behind, LONGEST_STEP_ASIDE_S)
            if not self._items and not self._skipped:
                self._changed.wait(timeout)
            if not self._items:
                self._flush_skipped()
            if not self._items:
                return None
            item = self._items.popleft()
            if isinstance(item, Batch):
                self._messages -= len(item.messages)
                self._bytes -= item.size
            return item

    def _has_room(self) -> bool:
        share = 2 if self._overflowing else 1
        room = self._messages * share < self._most_messages and self._bytes * share < self._most_bytes
        self._overflowing = not room
        return room

    def _flush_skipped(self) -> None:
        if self._since is not None:
            self._items.append(Skipped(self._skipped, self._since))
        self._skipped, self._since = 0, None
