"""What must happen together with its audit entry, in one step of the server or not at all (contract 2.4).

One loop serves decisions, publications and the trail itself: seal the entry upon the head of the chain, send the
script, and again while the chain moved. An answer that is lost is never guessed at: each script refuses to begin after
a deadline of the server's own clock, and after that the trail tells whether the step was carried out.

Where the line is slow, several steps go out in one write, each sealed upon what is hoped of the one before: that it is
done, and that as many heard it as last time. Each is a step of its own all the same. What was hoped in vain leaves all
that were sealed upon it without effect (`moved`), and they are sealed anew and sent again, in their order.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile

from redis.exceptions import NoScriptError, RedisError, ResponseError

from shema_cli.clock import Clock
from shema_cli.errors import Failed, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.chain import UNKEYED, as_text, find, flat, seal, to_bytes, variants
from shema_cli.store.connection import ScriptCall, Store
from shema_cli.store.errors import FAILOVER_S, Passing, refused, translate
from shema_cli.store.presence import Voucher
from shema_cli.store.refusals import Asked, refusal
from shema_cli.store.scripts import Script
from shema_cli.store.seal import Sealer

MAX_ATTEMPTS = 500
LONGEST_PAUSE_S = 0.02
BEGIN_WITHIN_MS = 2000
RESOLVE_WITHIN_S = FAILOVER_S
RETRY_PAUSE_S = 0.1
AT_FIRST_S = 0.2  # a connection that was kept may be over; a Redis that was never there is not waited for
NO_TRAIL = "NOTRAIL"
"""How the scripts begin the error of a trail that cannot be read or written (`lua/chain.lua`)."""
_WAYS_OUT = {
    "WRONGTYPE": f"see who writes there, and move it out of the way: RENAME {keys.AUDIT} {keys.AUDIT}.old",
    "NOPERM": f"give that Redis user XADD and XREVRANGE on {keys.AUDIT}, or use another in REDIS_URL",
    "ACL": f"give that Redis user XADD and XREVRANGE on {keys.AUDIT}, or use another in REDIS_URL",
    "OOM": "give Redis more memory, or free some",
    "exhausted": "its last id is the last there is: find out who wrote it, keep a copy (shema audit list --json > "
    f"copy.json), and move it out of the way: RENAME {keys.AUDIT} {keys.AUDIT}.old",
}

MOST_AT_ONCE = 32  # steps in one write
NEAR_S = 0.005  # a server that answers within it is not sent several steps at once: little is gained
LONGEST_BATCH_S = 0.25  # what a batch may take longer than one step: so long a Ctrl-C waits for what is in hand

MOST_RECEIVERS = 32
"""An event that so many services hear, or more, is audited as that."""

Argument = str | bytes | int
Reply = bytes | int | list[bytes]


@dataclass(frozen=True)
class Change:
    """One step: a script, and the `draft` of its audit entry (no `prev`, no `hash`).

    The script gets the audit stream and `own_keys` as KEYS, and as ARGV the head, the deadline, `arguments` and the
    sealed entry. `channel` is where it publishes, if it does: then its KEYS end with where tails register, and
    `presence` (`lua/deliver.lua`) stands before the arguments, and the entry keeps how many heard it (`receivers`) and
    which services did not (`missing`). Where its fate is not known, `what` names it, `done`
    says what may have happened, `hint` what to do.
    """

    script: Script
    draft: Mapping[str, str]
    own_keys: Sequence[str | bytes] = ()
    arguments: Sequence[Argument] = ()
    channel: str = ""
    missing: tuple[str, ...] = ()
    what: str = "this change"
    done: str = "carried out"
    hint: str = "look at the audit trail when Redis is back: shema audit list"


@dataclass(frozen=True)
class Committed:
    """How a change ended. `word` is the script's: `done`, or why it did nothing; `told` is what it says besides.

    `found`: the answer was lost, and the trail has the entry under this stream id; then `told` is empty.
    """

    word: str
    told: tuple[Reply, ...] = ()
    found: str | None = None

    @property
    def number(self) -> int | None:
        """The count that the script told; None when the answer was lost."""
        return None if self.found else int(as_text(self.told[0]))


Outcome = Committed | Unreachable
"""Unreachable is what became of a change whose fate is not known."""


@dataclass(frozen=True)
class _Call:
    """A change as it is sent: its entries, of which one proves it (one for each number of receivers)."""

    change: Change
    sealed: Sequence[Mapping[bytes, bytes]]
    sent: ScriptCall

    def hash_of(self, receivers: int) -> str:
        return as_text(self.sealed[min(receivers, len(self.sealed) - 1)][b"hash"])

    def found_in(self, trail: Mapping[bytes, str]) -> str | None:
        """The stream id of its entry, among ids by their hashes."""
        return next((trail[hash] for one in self.sealed if (hash := one[b"hash"]) in trail), None)


class Committer:
    """Carries out one step after the other; remembers the head of the chain and the server's clock between them."""

    def __init__(self, store: Store, clock: Clock, sealer: Sealer = UNKEYED) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._head: str | None = None
        self._server_ahead_ms = 0.0
        self._heard = 0  # receivers of the last publication, which is hoped of the next
        self._pace = _Pace()
        self._answered = False
        self._took = False  # whether this server ever took a write of ours
        self.wrote = False
        self._voucher = Voucher(store, clock)

    def carry_out(self, change: Change) -> Committed:
        """Run the change's script together with its audit entry.

        Raises Unreachable when Redis is out of reach (its message says when it is not known whether the change was
        carried out), and Failed when Redis refuses, the trail cannot be written or the chain never stands still.
        """
        (done,) = self.carry_out_first([change])
        if isinstance(done, Unreachable):
            raise done
        return done

    @property
    def at_once(self) -> int:
        """How many changes `carry_out_first` would send now; the first call of all is alone, and learns the head."""
        return 1 if self._head is None or self._store.cluster else self._pace.size

    def carry_out_first(self, changes: Sequence[Change]) -> list[Outcome]:
        """Carry out the first of these changes in their order: as many as one round settles, at least one.

        Nothing was done of those that it does not tell of. Raises what `carry_out` raises, where that became of the
        first of them and nothing is known of the others but that they were not done.
        """
        wrote, self.wrote = self.wrote, False
        with self._store.errors(), trail_errors():
            settled = self._with_patience(changes)
        known = [one for one in settled if isinstance(one, Committed)]
        if len(known) == len(settled):
            self.wrote = wrote or any(one.word == "done" for one in known)
        return settled

    def _with_patience(self, changes: Sequence[Change]) -> list[Outcome]:
        """Try again while what keeps Redis from answering may pass."""
        give_up: float | None = None
        while True:
            try:
                return self._until_settled(changes)
            except (RedisError, OSError) as error:
                if not self._may_pass(error):
                    raise
                give_up = give_up or self._clock.monotonic() + (FAILOVER_S if self._answered else AT_FIRST_S)
                if self._clock.monotonic() > give_up:
                    raise
                self._store.let_go()
                self._clock.sleep(RETRY_PAUSE_S)

    def _may_pass(self, error: RedisError | OSError) -> bool:
        """Whether another try may do better. A replica that never took a write will not take one soon."""
        if not isinstance(translate(error), Passing):
            return False
        return self._took or refusal(error).word != "READONLY"

    def _until_settled(self, changes: Sequence[Change]) -> list[Outcome]:
        """Send until the chain stood still and the server's clock was known."""
        for attempt in range(MAX_ATTEMPTS):
            if settled := self._round(changes[: self.at_once], attempt):
                return settled
        raise contended()

    def _round(self, changes: Sequence[Change], attempt: int) -> list[Outcome]:
        """Seal, send, and take the answers in their order until one settles nothing: behind it nothing was done."""
        known = self._head is not None
        deadline_ms = self._monotonic_ms() + self._server_ahead_ms + BEGIN_WITHIN_MS if known else 0.0
        calls = self._calls(changes, deadline_ms)
        began = self._clock.monotonic()
        answers = self._exchange(calls)
        took_s = self._clock.monotonic() - began
        settled: list[Outcome] = []
        for number, (call, answer) in enumerate(zip(calls, answers, strict=True)):
            if isinstance(answer, NoScriptError):
                break
            if isinstance(answer, Exception):
                settled += self._resolve(calls[number:], deadline_ms, answer) if known else []
                if not settled:
                    raise answer
                break
            if (done := self._take(call, answer)) is None:
                if not settled:
                    self._make_way(answer, attempt)
                break
            settled.append(done)
        self._pace.learn(len(calls), len(settled), took_s)
        return settled

    def _calls(self, changes: Sequence[Change], deadline_ms: float) -> list[_Call]:
        """Each sealed upon the one before. The first of all has no head and no deadline: it is refused, and learns
        both."""
        calls: list[_Call] = []
        for change in changes:
            head = calls[-1].hash_of(self._heard) if calls else self._head or ""
            calls.append(self._call(change, head, deadline_ms))
        return calls

    def _call(self, change: Change, head: str, deadline_ms: float) -> _Call:
        sealed = [seal(draft, head, self._sealer) for draft in _drafts(change)]
        presence = [self._voucher.words()] if change.channel else []
        entry = variants(sealed) if change.channel else flat(sealed[0])
        words: list[Argument] = [head, f"{deadline_ms:.0f}", *presence, *change.arguments, *entry]
        names = [keys.AUDIT, *change.own_keys, *([keys.TAILS] if change.channel else [])]
        return _Call(change, sealed, ScriptCall(change.script, names, words, change.channel))

    def _exchange(self, calls: Sequence[_Call]) -> Sequence[list[Reply] | RedisError | OSError]:
        """To each its answer, or the error that came instead. Where there is one, the server gets what it lacks."""
        if len(calls) > 1:
            return self._store.run_batch([call.sent for call in calls])
        (one,) = calls
        try:
            return [self._store.run(one.sent.script, one.sent.names, one.sent.arguments, channel=one.sent.channel)]
        except (RedisError, OSError) as error:
            return [error]

    def _take(self, call: _Call, answer: list[Reply]) -> Committed | None:
        """How a change ended; None where it has to be sent again."""
        word, now, *told = answer
        self._answered = True
        self._server_ahead_ms = float(as_text(now)) - self._monotonic_ms()
        if word in (b"late", b"moved"):
            self._head = as_text(told[0])
        if word in (b"late", b"moved", b"ask"):
            return None
        if word == b"done":
            self._took = True
            self._heard = int(as_text(told[0])) if call.change.channel else 0
            self._head = call.hash_of(self._heard)
        return Committed(as_text(word), tuple(told))

    def _make_way(self, answer: list[Reply], attempt: int) -> None:
        """Do what the next try needs: vouch for the tails that were asked for, or let whoever was faster be done."""
        word, _, *told = answer
        if word == b"ask":
            self._voucher.vouch([as_text(token) for token in told])
        elif word == b"moved":
            self._pause(attempt)

    def _resolve(self, calls: Sequence[_Call], deadline_ms: float, error: RedisError | OSError) -> list[Outcome]:
        """What became of calls whose answers are missing, up to the first that had no effect.

        Waits until none of them can begin any more. Not known is what became of all, when Redis does not come back to
        tell. An error that does not pass is an answer: nothing was done.
        """
        if not self._may_pass(error):
            return []
        since, self._head = to_bytes(self._head or ""), None
        hashes = {one[b"hash"] for call in calls for one in call.sealed}
        give_up = self._clock.monotonic() + RESOLVE_WITHIN_S
        while True:
            try:
                now = self._store.time_ms(keys.AUDIT)  # before the look: what is not there then never will be
                trail = find(self._store.client, hashes, since)
                if len(trail) == len(calls) or now > deadline_ms:
                    return _found(calls, trail)
            except (RedisError, OSError) as away:
                if self._clock.monotonic() > give_up or not isinstance(translate(away), Passing):
                    return [unresolved(call.change, away) for call in calls]
                self._store.let_go()
            self._clock.sleep(RETRY_PAUSE_S)

    def _pause(self, attempt: int) -> None:
        """Let whoever was faster be done: full jitter, up to 20 ms."""
        self._clock.sleep(random.uniform(0, min(0.001 * 2 ** min(attempt, 10), LONGEST_PAUSE_S)))  # noqa: S311

    def _monotonic_ms(self) -> float:
        return self._clock.monotonic() * 1000


class _Pace:
    """How many steps go out in one write: twice as many each time on a slow line, fewer where they come to nothing."""

    def __init__(self) -> None:
        self.size = 1
        self._fastest_s = float("inf")

    def learn(self, sent: int, settled: int, took_s: float) -> None:
        """One round took `took_s` seconds, and that many of its steps were settled."""
        self._fastest_s = min(self._fastest_s, took_s)
        if settled < sent:
            self.size = max(1, settled)
        elif took_s > self._fastest_s + LONGEST_BATCH_S:
            self.size = max(1, sent // 2)
        elif took_s > NEAR_S and sent == self.size:
            self.size = min(2 * sent, MOST_AT_ONCE)


def _found(calls: Sequence[_Call], trail: Mapping[bytes, str]) -> list[Outcome]:
    ids = takewhile(bool, (call.found_in(trail) for call in calls))
    return [Committed("done", found=id) for id in ids]


def _drafts(change: Change) -> list[dict[str, str]]:
    """The entry of a change; of a publication one for each number of receivers, because only the step itself knows how
    many there are, and a hash is not made inside Redis."""
    if not change.channel:
        return [dict(change.draft)]
    missing = {"missing": json.dumps(change.missing, ensure_ascii=False)} if change.missing else {}
    numbers = (*map(str, range(MOST_RECEIVERS)), f"{MOST_RECEIVERS} or more")
    return [{**change.draft, **missing, "receivers": number} for number in numbers]


@contextmanager
def trail_errors() -> Iterator[None]:
    """Whatever keeps a script from reading or writing the trail leaves the block as Failed: nothing was changed."""
    try:
        yield
    except ResponseError as error:
        kind, _, why = str(error).partition(" ")
        if kind == NO_TRAIL:
            raise unwritable(why) from error
        raise


def unwritable(why: str) -> Failed:
    """The trail cannot be written, for the reason that the server gives."""
    hint = next((hint for word, hint in _WAYS_OUT.items() if word in why), "shema doctor")
    if why.startswith("NOPERM"):
        why = refused(why, Asked("", (keys.AUDIT,))).message
    return Failed(
        "audit_unwritable", f"the audit trail {keys.AUDIT} cannot be written, so nothing was changed: {why}", hint
    )


def contended() -> Failed:
    return Failed(
        "audit_contended",
        "the audit trail was written to by others at every attempt, so nothing was changed",
        "run the same command again",
    )


def unresolved(change: Change, away: Exception) -> Unreachable:
    lost = f"Redis was lost in the middle of {change.what} and did not come back"
    told = Unreachable("redis_lost", f"{lost}: it may or may not have been {change.done}", change.hint)
    told.__cause__ = away
    return told
