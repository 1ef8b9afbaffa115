"""What a recorder hears: out of the buffer into its memory, and up to when that is known to be all of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from shema_cli.events.buffer import Alive, Batch, Gap, Item, Lost, Skipped
from shema_cli.events.filters import SERVER_CHANNELS
from shema_cli.events.history.heard import Heard
from shema_cli.store import keys, marks

_TAILS = keys.PRESENCE_PREFIX.encode()
_PASSED_OVER = "a recorder was too slow, and passed over {count:,} messages"


class Hearing:
    """Moments are seconds of a steady clock. Belongs to the recorder's own thread.

    `cut`: whether the connection is lost just now. `connections`: how many there have been.
    """

    def __init__(self, now_s: float) -> None:
        self.heard = Heard(marks.new_name(), now_s)
        self.began_s = now_s
        self.connections = 1
        self.cut = False
        self._alive_s = now_s
        self._alive: deque[tuple[int, float]] = deque([(0, now_s)])

    def take(self, item: Item, now_s: float) -> bool:
        """Returns whether something came that a claim may have waited for: a mark, or the connection again."""
        match item:
            case Batch():
                return self._hear(item)
            case Alive():
                self._alive_until(item.until.timestamp())
            case Lost():
                self.cut = True
            case Gap():
                self.cut = False
                self.connections += 1
                self._be_deaf(item.ended.timestamp(), item.cause)
                return True
            case Skipped():
                self._be_deaf(now_s, _PASSED_OVER.format(count=item.count))
        return False

    def complete_until(self, number: int) -> Iterator[float]:
        """The moments, each told once, up to which nothing was published that has a greater number than this."""
        while self._alive and self._alive[0][0] <= number:
            yield self._alive.popleft()[1]

    def confirm(self, number: int, now_s: float) -> None:
        """Another has written all up to this number, and says itself up to when that is all."""
        self.heard.confirm(number, now_s)
        while len(self._alive) > 1 and self._alive[1][0] <= number:
            self._alive.popleft()

    def _hear(self, batch: Batch) -> bool:
        heard_s, marked = batch.received_at.timestamp(), False
        pairs: list[tuple[bytes, bytes]] = []
        for _, _, channel, payload in batch.messages:
            if channel.startswith(_TAILS):
                if name := marks.name_in(payload):
                    self.heard.hear(heard_s, pairs)
                    pairs, marked = [], True
                    self.heard.mark(heard_s, name)
            elif not channel.startswith(SERVER_CHANNELS):
                pairs.append((channel, payload))
        self.heard.hear(heard_s, pairs)
        return marked

    def _be_deaf(self, to_s: float, cause: str) -> None:
        self.heard.deaf(marks.new_name(), self._alive_s, to_s, cause)
        self._alive_until(to_s)

    def _alive_until(self, moment_s: float) -> None:
        self._alive_s = moment_s
        self._alive.append((self.heard.last, moment_s))
