"""Where a tail is in the order of all that is published, so that the history can go on from there (contract 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from shema_cli.clock import Clock
from shema_cli.errors import ShemaError
from shema_cli.events.filters import SERVER_CHANNELS
from shema_cli.events.history.stream import HistoryState, state_of
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.glob import matches
from shema_cli.store.marks import Mark, Position
from shema_cli.store.presence import Presence

if TYPE_CHECKING:
    from shema_cli.store.verdicts import Reply

GONE_AFTER_MS = 60_000
"""A recorder that has not told for so long how far it has heard is gone. Until then it may only be slow."""
EVERY_S = 60.0
EVERY_MESSAGES = 10_000
_REMEMBERED_CHANNELS = 10_000
_NOT_RECORDED = (keys.PRESENCE_PREFIX.encode(), *SERVER_CHANNELS)


def is_recorded(channel: bytes) -> bool:
    """Whether recorders write down what comes there."""
    return not channel.startswith(_NOT_RECORDED)


class Track:
    """Publishes marks of its own, where a recorder writes them down, and counts the messages behind the last one.

    `heard`, `passed` and `lose` belong to the thread that reads the socket, `of_subscription` to whoever subscribes,
    `renew` to another, each second. `asked_for_past`: the first mark is published also where no recorder runs just now.
    """

    def __init__(
        self,
        store: Store,
        presence: Presence,
        patterns: Sequence[bytes],
        clock: Clock,
        *,
        asked_for_past: bool = False,
    ) -> None:
        self.state: HistoryState | None = None
        """How the recording stood when it was looked at last."""
        self._store = store
        self._presence = presence
        self._clock = clock
        self._counter = Counter(patterns)
        self._asked_for_past = asked_for_past
        self._made: dict[str, Mark] = {}
        self._node: tuple[str, int] | None = None
        self._with_recorders = True
        self._mark: Mark | None = None
        self._count = 0
        self._marked_at = clock.monotonic()

    def of_subscription(self, place: tuple[str, int]) -> Mark | None:
        """The mark to publish as it is subscribed; None where nobody would write it down."""
        self._made.clear()
        self._with_recorders = self._node in (None, place)
        asked, self._asked_for_past = self._asked_for_past, False
        self._look()
        return self._make() if self._is_recorded(asked) else None

    def publish(self) -> Mark | None:
        """Publish a mark now; None where that cannot be done."""
        self._look()
        if not self._is_recorded() or not (channel := self._presence.channel):
            return None
        mark = self._make()
        with suppress(ShemaError), self._store.errors():
            self._store.client.publish(channel, mark.payload)
            return mark
        return None

    def renew(self) -> None:
        """Publish one when the last is long ago, or when much came since."""
        since = self._clock.monotonic() - self._marked_at
        if since >= EVERY_S or (self._mark and self._count >= EVERY_MESSAGES):
            self._marked_at = self._clock.monotonic()
            self.publish()

    def node(self) -> tuple[str, int] | None:
        """The node of a cluster on which recorders hear: others hear the same in another order."""
        self._look()  # which also finds out what has moved
        with suppress(ShemaError), self._store.errors():
            self._node = self._store.place_of(keys.HISTORY)
        return self._node

    def heard(self, messages: list[Reply]) -> None:
        if self._mark:
            self._count += self._counter.count(messages)

    def passed(self, name: str) -> Mark | None:
        mark = self._made.pop(name, None)
        if mark:  # a second one of that name is somebody else's
            self._mark, self._count = mark, 0
        return mark

    def lose(self) -> Position | None:
        """None also where this tail shows what others know to be unheard: its count is another one."""
        mark, self._mark = self._mark, None
        return Position(mark, self._count) if mark and not self._presence.refused else None

    def _make(self) -> Mark:
        assert self.state
        mark = Mark.new(self.state.now_ms)
        self._made[mark.name] = mark
        self._marked_at = self._clock.monotonic()
        return mark

    def _look(self) -> None:
        self.state = None
        with suppress(ShemaError), self._store.errors():
            self.state = state_of(self._store)

    def _is_recorded(self, asked: bool = False) -> bool:
        return self.state is not None and self._with_recorders and (asked or self.state.silent_ms < GONE_AFTER_MS)


class Counter:
    """Counts messages as they stand in the history: each once, and only what recorders write."""

    def __init__(self, patterns: Sequence[bytes]) -> None:
        self._patterns = tuple(patterns)
        self._first_of: dict[bytes, bytes | None] = {}
        self._plain: set[bytes] = set()

    def count(self, messages: list[Reply]) -> int:
        if len(self._patterns) == 1:
            unknown = {reply[2] for reply in messages} - self._plain
            if not unknown:
                return len(messages)
            if all(map(is_recorded, unknown)) and len(unknown) < _REMEMBERED_CHANNELS:
                self._plain = unknown if len(self._plain) >= _REMEMBERED_CHANNELS else self._plain | unknown
                return len(messages)
        return sum(1 for _, pattern, channel, _ in messages if self.first_of(channel) == pattern)

    def counts(self, channel: bytes) -> bool:
        """Whether what is recorded there is one of these."""
        return self.first_of(channel) is not None

    def first_of(self, channel: bytes) -> bytes | None:
        """The pattern whose delivery counts."""
        if channel not in self._first_of:
            if len(self._first_of) >= _REMEMBERED_CHANNELS:
                self._first_of.clear()
            own = (own for own in self._patterns if matches(own, channel))
            self._first_of[channel] = next(own, None) if is_recorded(channel) else None
        return self._first_of[channel]
