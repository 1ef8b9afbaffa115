"""The dead letters in Redis: pages of them, the runs at work on them, and the scripts that change them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from shema_cli.calls.audience import Audience
from shema_cli.clock import Clock, SystemClock
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.connection import AnswerAhead, AnswersAhead, PlainCall, RedisReply, ScriptCall, Store
from shema_cli.store.listeners import Listeners
from shema_cli.store.pages import FIRST_PAGE, LARGEST_CUT_PAGE, LARGEST_PAGE, PAGE_BYTES, next_size
from shema_cli.store.patience import patiently
from shema_cli.store.presence import SUBSCRIBED, client_lines
from shema_cli.store.rights import PROVEN
from shema_cli.store.scripts import script

LEASE_MS = 2500
TURN_MS = 250
_FIXED = {
    "lease_ms": LEASE_MS,
    "turn_ms": TURN_MS,
    "longest_turn_ms": 10_000,
    "moves": 2000,  # entries across the gap in one script: about a millisecond
    "period_s": 14 * 86400,  # a replay count lives for one to two of these
    "shards": 1024,  # hashes small enough to expire without blocking
    "remembered_replays": 10_000,
    "remembered_steps": 20_000,  # of one run, for `trace`: about 200 events each
    "remembered_s": 3600,  # the record of a run that was given up for dead
}
FIXED = " ".join(f"{name}={number}" for name, number in _FIXED.items())
"""The first argument of every script of the dead letters (`store/lua/dlq.lua`)."""

PUBLISHING = ("dlq_act", "dlq_resend")
_PROOF = "\n".join("".join(f"{word} " for word in right) for right in PROVEN)

NOTHING = (0, 0)
"""No entries, as they are asked for."""

Argument = str | bytes | int


@dataclass(frozen=True)
class EntryPage:
    """Entries from the oldest on, beginning at a position; `taken` grows whenever an entry leaves the list."""

    raws: list[bytes]
    total: int
    taken: int

    @classmethod
    def told(cls, reply: Sequence[RedisReply]) -> EntryPage:
        """From what `dlq_read` answers."""
        stretches, total, taken = reply
        return cls([raw for stretch in stretches for raw in reversed(stretch)], total, taken)


class Place(NamedTuple):
    """Where a run stands, and who has told it to stop (empty: nobody)."""

    frontier: int
    bound: int
    stopped_by: str


@dataclass(frozen=True)
class RunState:
    """A registered run as others see it. `lease_end_ms` and `now_ms` are the server's clock."""

    run: str
    lease_end_ms: int
    now_ms: int
    fields: dict[str, str]

    @property
    def who(self) -> str:
        return who_of(self.fields)

    @property
    def action(self) -> str:
        """As the trail calls it: `dlq.replay`, `events.resend`."""
        return self.fields.get("action", "dlq.replay")

    @property
    def what(self) -> str:
        """`replay`, `resend`."""
        return self.action.rpartition(".")[2]

    @property
    def expired(self) -> bool:
        return self.lease_end_ms <= self.now_ms

    @property
    def holds(self) -> int:
        """Entries in flight up to here are held by this run."""
        live = not self.expired and self.fields.get("state") == "live"
        return (self.number("frontier") or 0) if live else 0

    def number(self, field: str) -> int | None:
        """A number that is kept with it; None where there is none, whatever stands there."""
        text = self.fields.get(field, "")
        return int(text) if text.isascii() and text.isdigit() else None


@dataclass(frozen=True)
class Look:
    """The whole at one moment."""

    in_flight: int
    total: int
    runs: tuple[RunState, ...]

    @classmethod
    def told(cls, reply: Sequence[RedisReply]) -> Look:
        """From what `dlq_look` answers."""
        now, gap, total, *rest = reply
        runs = [
            RunState(run.decode(), lease_end, now, fields_of(flat))
            for run, lease_end, flat in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
        ]
        return cls(gap, total, tuple(runs))

    @property
    def abandoned(self) -> int:
        """Entries in flight that no live run holds."""
        return max(0, self.in_flight - max((run.holds for run in self.runs), default=0))


@dataclass(frozen=True)
class StepAnswer:
    """What `dlq_act` answers: the outcome, where the run stands, and a word on the outcome."""

    outcome: str
    frontier: int
    bound: int
    word: str

    @classmethod
    def told(cls, reply: Sequence[RedisReply]) -> StepAnswer:
        outcome, frontier, bound, word = reply
        told = word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
        return cls(outcome.decode(), frontier, bound, told)


@dataclass(frozen=True)
class StepAhead:
    """A step on its way, and perhaps entries that are read before it."""

    step: Callable[[], Sequence[RedisReply]]
    read: Callable[[], Sequence[RedisReply] | None] = lambda: None

    def entries(self) -> list[bytes]:
        """What was read, waited for: as the list was before the step. Nothing where it was not asked for, or lost."""
        page = self.read()
        return EntryPage.told(page).raws if page else []

    def answer(self) -> StepAnswer:
        """Wait for the step."""
        return StepAnswer.told(self.step())


class _Ahead(threading.local):
    """What is sent ahead is answered in its order, so each thread has a connection of its own for it."""

    def __init__(self, redis: Store) -> None:
        self.answers = AnswersAhead(redis)


class DeadLetters:
    """The list and everything beside it, for any thread.

    Every method raises Unreachable or Failed when Redis does not do its part.
    """

    def __init__(self, redis: Store, clock: Clock | None = None) -> None:
        self.redis = redis
        self.patience: Clock | None = None
        self._ahead = _Ahead(redis)
        self.audience = Audience(redis, clock or SystemClock())

    @property
    def single_node(self) -> bool:
        """Whether PUBLISH, run where the list is, reports every receiver there is."""
        return not self.redis.cluster

    def call(self, name: str, *arguments: Argument) -> RedisReply:
        """Run a script. While a run is under way (`patience`), ask again for as long as a failover may take.

        Each script may be asked twice: it changes nothing, leads to one state, or knows the step that it did last.
        """
        ask = partial(self.call_once, name, *arguments)
        return ask() if self.patience is None else patiently(self.redis, self.patience, ask)

    def begin(self, name: str, *arguments: Argument) -> AnswerAhead:
        """Send a script on its way, so that there is work done meanwhile; what is returned waits for its answer.

        When the connection breaks, or the server does not have the script, waiting means asking again as `call` does.
        """
        (answer,) = self._begin_all(name, [arguments])
        return answer

    def _begin_all(self, name: str, asks: Sequence[Sequence[Argument]]) -> list[AnswerAhead]:
        """The same with several lists of arguments, in one write."""
        again = [partial(self.call, name, *arguments) for arguments in asks]
        if not self.single_node:
            return list(map(AnswerAhead, again))
        sent = (self._sent(name, *arguments) for arguments in asks)
        return self._ahead.answers.ask(list(zip(sent, again, strict=True)))

    def _sent(self, name: str, *arguments: Argument) -> ScriptCall:
        return ScriptCall(script(name), self._keys_of(name), (FIXED, *arguments))

    def call_once(self, name: str, *arguments: Argument) -> RedisReply:
        """Run a script; raises Unreachable also while somebody else's script keeps the server busy."""
        with self.redis.errors():
            return self.redis.run(script(name), self._keys_of(name), (FIXED, *arguments))

    def _keys_of(self, name: str) -> tuple[str, ...]:
        """On a cluster a script that publishes can only read which tails there are where the list is."""
        tails = keys.TAILS if self.single_node else keys.TAILS_OF_DEAD_LETTERS
        return (*keys.OF_DEAD_LETTERS, tails) if name in PUBLISHING else keys.OF_DEAD_LETTERS

    def page(self, first: int, count: int, most_bytes: int = 0) -> EntryPage:
        """Up to `count` entries from position `first` (0 is the oldest), oldest first; with `most_bytes`, no more than
        make so much, and a few."""
        return EntryPage.told(self.call("dlq_read", first, count, most_bytes))

    def total(self) -> int:
        """Entries in the list and in flight."""
        return int(self.page(0, 0).total)

    def begin_total(self) -> Callable[[], int]:
        """Have them counted; what is returned waits for it."""
        answer = self.begin("dlq_read", *NOTHING, 0)
        return lambda: int(EntryPage.told(answer()).total)

    def look(self) -> Look:
        return Look.told(self.call("dlq_look"))

    def replays(self, replay_keys: Sequence[bytes]) -> list[int]:
        """How often each replay key was replayed, as far back as it is remembered."""
        return self.begin_replays(replay_keys)()

    def begin_replays(self, replay_keys: Sequence[bytes]) -> Callable[[], list[int]]:
        """Have them counted; what is returned waits for it."""
        parts = [replay_keys[first : first + LARGEST_PAGE] for first in range(0, len(replay_keys), LARGEST_PAGE)]
        answers = self._begin_all("dlq_counts", parts) if parts else []
        return lambda: [count for answer in answers for count in answer()]

    def attempts(self, key: bytes) -> list[tuple[int, str]]:
        """(milliseconds, who) of each replay of this key among the latest 10,000 of all, newest first."""
        records = [record.decode("utf-8", "replace").partition(" ") for record in self.call("dlq_attempts", key)]
        return [(int(moment), who) for moment, _, who in records]

    def begin_copies(self) -> Callable[[], list[tuple[bytes, bytes]]]:
        """Ask for each event that has gone out for several entries, and those of them that are still there; what is
        returned waits for the answer."""
        answer = self.begin("dlq_copies")

        def told() -> list[tuple[bytes, bytes]]:
            flat = answer()
            return list(zip(flat[::2], flat[1::2], strict=True))

        return told

    def join(self, run: str, fields: Mapping[str, str]) -> int:
        """Register a run; its bound. Raises Failed when not all is allowed that a step does."""
        flat = (word for pair in ({"state": "live"} | dict(fields)).items() for word in pair)
        return int(self.call("dlq_run_join", run, _PROOF, *flat))

    def renew(self, run: str, *, once: bool = False) -> Place | None:
        """Where a run stands, whose lease begins anew; None for one that was given up for dead."""
        return _place((self.call_once if once else self.call)("dlq_run_renew", run))

    def begin_note(self, run: str, field: str, value: int | None = None) -> Callable[[], object]:
        """Keep with a run what others should know of it; without a value, the moment. What is returned waits for it."""
        return self.begin("dlq_run_note", run, field, "" if value is None else value)

    def stop(self, run: str, by: str) -> RunState | None:
        """Tell a run to stop; how it stands, with the first who has told it. None when there is no such run."""
        answer = self.call("dlq_run_stop", run, by)
        return RunState(run, answer[1], answer[0], fields_of(answer[2])) if answer else None

    def begin_step(self, *arguments: Argument, read: tuple[int, int] = NOTHING) -> StepAhead:
        """Send a step (`store/lua/dlq_act.lua`) on its way, as `begin` does, and before it in the same write a question
        for entries: `read` is their first position and how many."""
        if read == NOTHING or not self.single_node:
            return StepAhead(self.begin("dlq_act", *arguments))
        page = self._sent("dlq_read", *read, PAGE_BYTES)
        again = partial(self.call, "dlq_act", *arguments)
        entries, step = self._ahead.answers.ask([(page, lambda: None), (self._sent("dlq_act", *arguments), again)])
        return StepAhead(step, entries)

    def step(self, *arguments: Argument) -> StepAnswer:
        """A step that is waited for, as `call` does."""
        return StepAnswer.told(self.call("dlq_act", *arguments))

    def resend_step(self, *arguments: Argument) -> StepAnswer:
        """A step that publishes what it is given (`store/lua/dlq_resend.lua`), waited for as `call` does."""
        return StepAnswer.told(self.call("dlq_resend", *arguments))

    def push(self, run: str, seq: int, raws: Sequence[bytes]) -> tuple[str, str]:
        """Push entries: `done` and how many the run has pushed so far, `stopped` and by whom, or `gone` (given up for
        dead)."""
        outcome, word = self.call("dlq_push", run, seq, *raws)
        return outcome.decode(), word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)

    def rejoin(self, run: str) -> str:
        """`ok`, or why the run cannot go on: `unknown`, `overtaken`."""
        return str(self.call("dlq_run_rejoin", run).decode())

    def settle(self, run: str = "", *, leaving: bool = False) -> int:
        """Move what no other live run holds back into the list, in its order. Returns how many entries moved."""
        return self._settled(partial(self.call, "dlq_settle", run, int(leaving)), run, leaving=leaving)

    def begin_leaving(self, run: str) -> tuple[Callable[[], Place | None], Callable[[], int]]:
        """Renew a run's lease and settle what it held, in this order: what is returned waits for the one and the other.

        Of a run that was given up for dead there is no place, and what it held is nobody's.
        """
        place, settled = self.begin("dlq_run_renew", run), self.begin("dlq_settle", run, 1)
        return lambda: _place(place()), lambda: self._settled(settled, run, leaving=True)

    def _settled(self, ask: Callable[[], RedisReply], run: str, *, leaving: bool) -> int:
        settled = 0
        while True:
            moved, left = map(int, ask())
            settled += moved
            if not left or not moved:
                return settled
            ask = partial(self.call, "dlq_settle", run, int(leaving))

    def claim(self, run: RunState, by: str, *, outlived: bool = False) -> dict[str, str]:
        """Take over a run whose lease is over: its fields; empty when it lives, or somebody else has it.

        `outlived` says that the lease was watched for longer than one lasts, whatever the server's clock says.
        """
        end = run.lease_end_ms if outlived else ""
        return fields_of(self.call("dlq_run_claim", run.run, by, end))

    def bury(self, run: str) -> None:
        """Strike off a run that was claimed; should it only have been silent, `rejoin` brings it back."""
        self.call("dlq_run_bury", run)

    def forget(self, run: str, *, if_idle: bool = False) -> None:
        """Strike a run off; with `if_idle`, only one that has changed nothing."""
        self.call("dlq_run_forget", run, int(if_idle))

    def listeners(self, channels: Sequence[str]) -> dict[str, Listeners]:
        """Counted now."""
        self.audience.count_anew()
        return self.audience.of_all(channels, keys.DEAD_LETTERS)

    def slowest_reader(self) -> int:
        """Bytes that the slowest service has still to read; 0 when Redis does not tell."""
        return self.begin_slowest_reader()()

    def begin_slowest_reader(self) -> Callable[[], int]:
        """Ask for it; what is returned waits for the answer."""
        answers: list[Callable[[], bytes]] = [partial(node.execute_command, *SUBSCRIBED) for node in self.redis.nodes()]
        if self.single_node:
            answers = list(self._ahead.answers.ask([(PlainCall(SUBSCRIBED), answers[0])]))

        def slowest() -> int:
            with suppress(ShemaError), self.redis.errors():
                return max((unread for answer in answers for unread in _unread(answer())), default=0)
            return 0

        return slowest

    def oldest_first(self, bound: int | None = None) -> Iterator[tuple[int, bytes]]:
        """(position, entry) from the oldest up to `bound` or the newest there is when the walk begins."""
        position, most = 0, LARGEST_CUT_PAGE
        read: list[bytes] = []
        taken: int | None = None
        page = self.page(0, most if bound is None else min(most, bound), PAGE_BYTES)
        while True:
            if taken is not None and page.taken != taken:  # others took entries out: what follows has moved down
                gone = page.taken - taken
                taken, bound = page.taken, max(0, (page.total if bound is None else bound) - gone)
                position = self._after(read, position, gone)
                page = self.page(position, max(0, min(most, bound - position)), PAGE_BYTES)
                continue
            taken, bound = page.taken, page.total if bound is None else bound
            if not page.raws:
                return
            read = page.raws
            after = position + len(read)
            if after >= bound:
                yield from enumerate(read, position)
                return
            following = self.begin("dlq_read", after, min(most, bound - after), PAGE_BYTES)
            try:
                yield from enumerate(read, position)
            except BaseException:
                following.drop()
                raise
            page, position = EntryPage.told(following()), after

    def newest_first(self) -> Iterator[tuple[int, int, bytes]]:
        """(index from the newest, position, entry), from what is the newest when the walk begins down to the oldest."""
        total = top = self.total()
        size = FIRST_PAGE
        while top > 0:
            first = max(0, top - size)
            raws = self.page(first, top - first).raws
            for offset in range(len(raws) - 1, -1, -1):
                yield total - 1 - first - offset, first + offset, raws[offset]
            top, size = first, next_size(size, list(map(len, raws)))

    def _after(self, read: list[bytes], position: int, gone: int) -> int:
        """Where the walk goes on: after what is left of the page that was read last, up to `gone` places lower now."""
        lowest = max(0, position - len(read) - gone)
        around = self.page(lowest, position - lowest).raws
        end, first = None, 0
        for offset, raw in enumerate(around):
            with suppress(ValueError):
                first, end = read.index(raw, first) + 1, offset + 1
        return max(0, position - gone) if end is None else lowest + end


def _place(answer: Sequence[RedisReply]) -> Place | None:
    return Place(answer[0], answer[1], answer[2].decode("utf-8", "replace")) if answer else None


def _unread(listing: bytes) -> Iterator[int]:
    """Of each connection that is subscribed, without our own tails."""
    for client in client_lines(listing):
        if client.get("name") != keys.TAIL_NAME:
            yield int(client.get("omem", 0))


def who_of(fields: Mapping[str, str]) -> str:
    """In whose name a run was registered."""
    return fields.get("actorEmail") or fields.get("actor") or "somebody"


def fields_of(flat: Sequence[bytes]) -> dict[str, str]:
    """A hash as a script answers it: name, value, name, value, …"""
    words = [word.decode("utf-8", "replace") for word in flat]
    return dict(zip(words[::2], words[1::2], strict=True))
