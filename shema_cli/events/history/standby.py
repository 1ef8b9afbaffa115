"""A recorder that stands by: it hears along, and claims the history when nobody writes (docs/decisions/history.md)."""

from __future__ import annotations

from shema_cli.clock import Clock
from shema_cli.events.history.heard import Break
from shema_cli.events.history.hearing import Hearing
from shema_cli.events.history.log import HistoryLog, Turn
from shema_cli.frozen import dataclass
from shema_cli.store import keys, marks
from shema_cli.store.connection import Store

POLL_S = 0.2
BEHIND_S = 2.0
GRACE_BROKEN_MS = 600
GRACE_UNKNOWN_MS = 1200
NEVER_BEFORE = "nothing was recorded before"
NOBODY = "no recorder ran"
NOT_ALL = "the recorder that wrote was lost, and no other had heard all of it"
REDIS_LOST = "Redis lost what was recorded before"
STATE_LOST = "it was lost how far the history was written"

Unrecorded = tuple[int, int, str]
"""From and to (ms, the server's clock), and why."""


@dataclass(frozen=True)
class Beginning:
    """Where a writer begins: with this number, behind a gap if there is one. `heard_ms`: up to when all is written."""

    number: int
    heard_ms: int
    gap: Unrecorded | None


class Standby:
    """Asks whose turn it is, five times a second. Raises what `HistoryLog` and `Store.errors` raise.

    `saw_a_history`: whether this recorder has known one that Redis had.
    """

    def __init__(self, store: Store, log: HistoryLog, hearing: Hearing, clock: Clock) -> None:
        self.saw_a_history = False
        self._store = store
        self._log = log
        self._hearing = hearing
        self._heard = hearing.heard
        self._clock = clock
        self._turn: Turn | None = None
        self._candidate: tuple[str, str] = ("", "")
        self._behind_since: float | None = None
        self._next_poll = 0.0

    @property
    def another_writes(self) -> bool:
        return self._turn is not None and self._turn.word == "held"

    def ask_at_once(self) -> None:
        """Something has come that the claim may have waited for."""
        self._next_poll = 0.0

    def begin_again(self, after_s: float) -> None:
        """What this recorder sent and had no answer to may have been carried out: the place that stands will tell."""
        self._turn = None
        self._next_poll = self._clock.monotonic() + after_s

    def ask(self) -> Turn | None:
        """Whose turn it is; None where it is not the time to ask, or this recorder does not know the place that stands.

        Once it is ours, `beginning` says where.
        """
        now_s = self._clock.monotonic()
        if now_s < self._next_poll:
            return None
        # What the first look after a beginning finds may be claimed at once.
        self._next_poll = 0.0 if self._turn is None else now_s + POLL_S
        attempt = None if self._turn is None or self._hearing.cut else self._attempt(self._turn)
        self._turn = turn = self._log.claim(*attempt) if attempt else self._log.whose_turn()
        if turn.mine:
            return turn
        number = self._heard.find(turn.place)
        if number is None or not self._heard.first <= number <= self._heard.last:
            return None
        self._hearing.confirm(number, self._clock.monotonic())
        self.saw_a_history = True
        return turn

    def _attempt(self, turn: Turn) -> tuple[str, int, int] | None:
        """The claim to make: place, grace (ms), how much is remembered behind it. None: not yet."""
        place = turn.place
        if turn.word == "blank" or not place:
            return place, 0, self._heard.last + 1
        number = self._heard.find(place)
        if number is not None and number > self._heard.last:  # the writer has heard more, which is on its way to us
            self._behind_since = self._behind_since or self._clock.monotonic()
            if self._clock.monotonic() - self._behind_since < BEHIND_S:
                return None
            number = None
        else:
            self._behind_since = None
        if number is not None:
            grace = GRACE_BROKEN_MS if self._heard.is_broken_behind(number) else 0
            return place, grace, self._heard.last - number
        # A mark that is published while a place stands is not written as long as it stands.
        of_place, mark = self._candidate
        if of_place != place:
            self._candidate = place, marks.new_name()
            self._publish_mark(self._candidate[1])
            return None
        if (number := self._heard.heard_at(mark)) is None:
            return None
        return place, GRACE_UNKNOWN_MS, self._heard.last - number

    def _publish_mark(self, mark: str) -> None:
        with self._store.errors():
            self._store.client.publish(f"{keys.PRESENCE_PREFIX}{mark}", marks.payload_of(mark))

    def beginning(self, turn: Turn) -> Beginning:
        """Right behind what is written, or with a gap up to what is remembered."""
        heard = self._heard
        number = heard.find(turn.place) if turn.word == "yours" and turn.place else None
        if _lost_its_place(turn):
            number = heard.last
        if number is not None and heard.first <= number + 1:
            heard.confirm(number, self._clock.monotonic())
            return Beginning(number + 1, turn.heard_ms, self._gap_of_a_lost_state(turn))
        of_place, mark = self._candidate
        unknown = number is None and turn.word == "yours" and of_place == turn.place != ""
        marked = heard.heard_at(mark) if unknown else None
        first = heard.first if marked is None else marked
        heard.written = first - 1
        return Beginning(first, turn.heard_ms, self._gap_before(first, turn, known=number is not None))

    def _gap_of_a_lost_state(self, turn: Turn) -> Unrecorded | None:
        if not _lost_its_place(turn):
            return None
        now_ms = self._log.clock.ms(self._clock.monotonic())
        return min(turn.heard_ms, now_ms), now_ms, STATE_LOST

    def _gap_before(self, number: int, turn: Turn, *, known: bool) -> Unrecorded | None:
        """`known`: the place that stands is one that this recorder has forgotten, since it had been written."""
        first = self._heard.at(number)
        moment_s = first[0] if isinstance(first, tuple) else first.from_s if isinstance(first, Break) else first.heard_s
        to_ms = self._log.clock.ms(moment_s)
        if known or turn.word == "lost" or (turn.word == "none" and self.saw_a_history):
            cause = REDIS_LOST
        elif not turn.heard_ms:
            cause = NEVER_BEFORE
        else:
            cause = NOBODY if turn.heard_ms <= self._log.clock.ms(self._hearing.began_s) else NOT_ALL
        return (turn.heard_ms, to_ms, cause) if turn.heard_ms < to_ms else None


def _lost_its_place(turn: Turn) -> bool:
    """Whether there is a history, and nobody knows any more how far it was written."""
    return turn.entries > 0 and not turn.place
