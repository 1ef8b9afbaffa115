"""What must happen together with its audit entry, in one step of the server or not at all (contract 2.4).

One loop serves decisions, publications and the trail itself: seal the entry upon the head of the chain, send the
script, and again while the chain moved. An answer that is lost is never guessed at: each script refuses to begin after
a deadline of the server's own clock, and after that the trail tells whether the step was carried out.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from redis.exceptions import RedisError, ResponseError

from shema_cli.clock import Clock
from shema_cli.errors import Failed, Unreachable
from shema_cli.store import keys
from shema_cli.store.chain import UNKEYED, as_text, find, flat, seal, variants
from shema_cli.store.connection import Store
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


@dataclass(frozen=True)
class _Sent:
    """A call that may have an effect: the entries of which one proves it, and the last moment for it to begin (ms)."""

    sealed: Sequence[Mapping[bytes, bytes]]
    deadline_ms: float


class Committer:
    """Carries out one step after the other; remembers the head of the chain and the server's clock between them."""

    def __init__(self, store: Store, clock: Clock, sealer: Sealer = UNKEYED) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._head: str | None = None
        self._server_ahead_ms = 0.0
        self._sent: _Sent | None = None
        self._answered = False
        self._took = False  # whether this server ever took a write of ours
        self.wrote = False
        self._voucher = Voucher(store, clock)

    def carry_out(self, change: Change) -> Committed:
        """Run the change's script together with its audit entry.

        Raises Unreachable when Redis is out of reach (its message says when it is not known whether the change was
        carried out), and Failed when Redis refuses, the trail cannot be written or the chain never stands still.
        """
        wrote, self.wrote = self.wrote, False
        with self._store.errors(), trail_errors():
            give_up: float | None = None
            while True:
                try:
                    done = self._until_final(change)
                    self.wrote = wrote or done.word == "done"
                    return done
                except (RedisError, OSError) as error:
                    if not self._may_pass(error):
                        raise
                    if found := self._look_up(change):
                        return Committed("done", found=found)
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

    def _until_final(self, change: Change) -> Committed:
        """Send until the chain stood still and the server's clock was known."""
        for attempt in range(MAX_ATTEMPTS):
            word, now, *told = self._send(change)
            self._answered = True
            self._server_ahead_ms = float(as_text(now)) - self._monotonic_ms()
            if word == b"ask":
                self._voucher.vouch([as_text(token) for token in told])
                continue
            if word not in (b"late", b"moved"):
                return Committed(as_text(word), tuple(told))
            self._head = as_text(told[0])
            if word == b"moved":
                self._pause(attempt)
        raise contended()

    def _send(self, change: Change) -> list[Reply]:
        """The first call of all has no head and no deadline: it is refused, and learns both."""
        known = self._head is not None
        sealed = [seal(draft, self._head or "", self._sealer) for draft in _drafts(change)]
        deadline = self._monotonic_ms() + self._server_ahead_ms + BEGIN_WITHIN_MS if known else 0.0
        self._sent = _Sent(sealed, deadline) if known else None
        presence = [self._voucher.words()] if change.channel else []
        entry = variants(sealed) if change.channel else flat(sealed[0])
        words: list[Argument] = [self._head or "", f"{deadline:.0f}", *presence, *change.arguments, *entry]
        names = [keys.AUDIT, *change.own_keys, *([keys.TAILS] if change.channel else [])]
        answer: list[Reply] = self._store.run(change.script, names, words, channel=change.channel)
        self._sent = None
        if answer[0] == b"done":
            self._took = True
            number = int(as_text(answer[2])) if change.channel else 0
            self._head = as_text(sealed[min(number, len(sealed) - 1)][b"hash"])
        return answer

    def _look_up(self, change: Change) -> str | None:
        """The entry of the call whose answer was lost, None when it had no effect; waits until it can no longer begin.

        Raises Unreachable when Redis does not come back to tell.
        """
        sent, self._sent, self._head = self._sent, None, None
        if sent is None:
            return None
        give_up = self._clock.monotonic() + RESOLVE_WITHIN_S
        while True:
            try:
                now = self._store.time_ms(keys.AUDIT)  # before the look: what is not there then never will be
                if found := find(self._store.client, sent.sealed):
                    return found
                if now > sent.deadline_ms:
                    return None
            except (RedisError, OSError) as error:
                if self._clock.monotonic() > give_up or not isinstance(translate(error), Passing):
                    raise unresolved(change) from error
                self._store.let_go()
            self._clock.sleep(RETRY_PAUSE_S)

    def _pause(self, attempt: int) -> None:
        """Let whoever was faster be done: full jitter, up to 20 ms."""
        self._clock.sleep(random.uniform(0, min(0.001 * 2 ** min(attempt, 10), LONGEST_PAUSE_S)))  # noqa: S311

    def _monotonic_ms(self) -> float:
        return self._clock.monotonic() * 1000


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


def unresolved(change: Change) -> Unreachable:
    lost = f"Redis was lost in the middle of {change.what} and did not come back"
    return Unreachable("redis_lost", f"{lost}: it may or may not have been {change.done}", change.hint)
