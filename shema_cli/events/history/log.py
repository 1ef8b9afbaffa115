"""The history as its writer sees it: a lease, and steps that are carried out once or not at all
(`store/lua/history_claim.lua`, `history_append.lua`)."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from shema_cli.events.history.server_clock import ServerClock
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.chain import as_text
from shema_cli.store.connection import Store
from shema_cli.store.line import Argument, Line
from shema_cli.store.scripts import script

LEASE_MS = 1500
MOST_TRIMMED = 1000  # entries in one step: a few milliseconds
_ONLY_LOOK = "?"
_KEYS = (keys.HISTORY, keys.HISTORY_STATE, keys.NEVER)

Entry = Mapping[bytes, bytes]
"""Fields of an entry that is no message; `at` is added."""


@dataclass(frozen=True)
class Keep:
    """How long (s), and how many bytes (None: however many)."""

    seconds: float
    most_bytes: int | None = None


@dataclass(frozen=True)
class Turn:
    """Whose turn it is to write. `word` as the script says it; `place`: up to where it is written; `heard_ms` (the
    server's clock): up to when all stands in it. An empty epoch: there is no history yet.
    """

    word: str
    epoch: str
    place: str
    heard_ms: int
    entries: int
    writer: str

    @property
    def mine(self) -> bool:
        return self.word in ("yours", "none", "lost")


@dataclass(frozen=True)
class Step:
    """One append. `number`: of the last thing in it; `place`: what names that to others."""

    number: int
    place: str
    heard_ms: int
    words: Sequence[Argument]
    state: Mapping[bytes, bytes]


@dataclass(frozen=True)
class Answer:
    """`word`: done, moved, fenced or lost; the figures are those of `done`."""

    word: str
    step: Step
    entries: int = 0
    size: int = 0


class HistoryLog:
    """Raises what `Store.errors` makes of what Redis raises."""

    def __init__(self, store: Store, keep: Keep, lease_ms: int = LEASE_MS) -> None:
        self.id = secrets.token_hex(8)
        self.clock = ServerClock()
        self._store = store
        self._keep = keep
        self._lease_ms = lease_ms
        self._line: Line | None = None
        self._sent: deque[tuple[float, Step]] = deque()
        self._place = ""

    def whose_turn(self) -> Turn:
        return self._ask(_ONLY_LOOK, 0, 0)

    def claim(self, place: str, grace_ms: int, ahead: int) -> Turn:
        """Become the writer, where this place stands and nobody writes, or has for `grace_ms`. Another that waits
        likewise and remembers more than `ahead` behind that place goes first."""
        turn = self._ask(place, grace_ms, ahead)
        if turn.mine:
            self._place = "" if turn.word != "yours" else place
            with self._store.errors():
                self._line = Line(self._store, keys.HISTORY)
        return turn

    def _ask(self, place: str, grace_ms: int, ahead: int) -> Turn:
        words = (self.id, place, self._lease_ms, grace_ms, ahead, secrets.token_hex(8))
        sent = time.monotonic()
        with self._store.errors():
            answer = self._store.run(script("history_claim"), _KEYS, words)
        self.clock.learn(int(answer[1]), sent, time.monotonic())
        word, _, epoch, place_now, heard, entries, writer = answer
        heard_ms = int(heard) if heard.isdigit() else 0
        epoch, place_now, writer = map(as_text, (epoch, place_now, writer))
        return Turn(as_text(word), epoch, place_now, heard_ms, int(entries), writer)

    @property
    def place(self) -> str:
        """What stands when all that was sent is done."""
        return self._place

    @property
    def waiting(self) -> int:
        """How many steps have no answer yet."""
        return len(self._sent)

    def send(self, step: Step, *, give_back: bool = False) -> None:
        """Send a step behind those that were sent. `give_back`: and end the lease with it."""
        assert self._line, "only a writer appends"
        lease_ms = 0 if give_back else self._lease_ms
        state = [word for pair in step.state.items() for word in pair]
        most_trimmed = max(MOST_TRIMMED, len(step.words))
        head = (step.heard_ms, lease_ms, round(self._keep.seconds * 1000), self._keep.most_bytes or 0, most_trimmed)
        numbers = map(str, (*head, len(state)))
        words = (self.id, self._place, step.place, *numbers, *state, *step.words)
        self._sent.append((time.monotonic(), step))
        self._place = step.place
        with self._store.errors():
            self._line.send(script("history_append"), _KEYS, words)

    def answer(self, wait_s: float) -> Answer | None:
        """The next answer, if it comes in time."""
        if not self._line or not self._sent:
            return None
        with self._store.errors():
            told = self._line.answer(wait_s)
        if told is None:
            return None
        sent, step = self._sent.popleft()
        word, now, *figures = told
        self.clock.learn(int(now), sent, time.monotonic())
        if word != b"done":
            return Answer(as_text(word), step)
        return Answer("done", step, int(figures[0]), int(figures[1]))

    def let_go(self) -> None:
        """Write no more until the next claim. What was not answered may or may not have been carried out."""
        line, self._line = self._line, None
        self._sent.clear()
        if line:
            line.close()


def messages(at_ms: int, pairs: Sequence[bytes]) -> Iterable[Argument]:
    """Messages that were heard at one moment as the script takes them; `pairs`: channel, payload, channel, …"""
    return ("m", str(at_ms), str(len(pairs) // 2), *pairs)


def entry(at_ms: int, fields: Entry) -> Iterable[Argument]:
    """Any other entry as the script takes it."""
    return ("e", str(at_ms), str(2 * len(fields)), *(word for pair in fields.items() for word in pair))
