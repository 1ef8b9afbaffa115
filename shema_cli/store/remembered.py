"""What this machine has seen of a trail: its newest entry, and how many there were (contract 1.5).

Whoever has Redis can write a trail anew from end to end, or take it away; the chain does not show that. So each machine
keeps the last head that it saw, a small file for each target in the state folder, and compares. It is kept with what is
written, listed and verified, and never replaced by a trail that does not hold it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from shema_cli.clock import Clock, iso, parse_iso
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.results import are, counted
from shema_cli.store import keys
from shema_cli.store.chain import AuditEntry, StreamFacts, digest, entries_of

if TYPE_CHECKING:
    from shema_cli.settings.target import Target
    from shema_cli.state import StateDir
    from shema_cli.store.connection import Store
    from shema_cli.store.journal import Journal


@dataclass(frozen=True)
class SeenHead:
    """The newest entry at a moment `at` (ISO): its stream id, the digest of its fields, and which it was (`count`)."""

    id: str
    hash: str
    count: int
    at: str

    @property
    def on(self) -> str:
        """The day for people, in local time."""
        moment = parse_iso(self.at)
        return f"{moment.astimezone():%d %B %Y}".lstrip("0") if moment else "an earlier day"

    @property
    def counted(self) -> str:
        return counted(self.count, "entry", "entries")


class TrailMemory:
    """The file of one target. What cannot be read or written costs the comparison, never the command."""

    def __init__(self, state: StateDir, target: Target, clock: Clock) -> None:
        self._state = state
        self._name = f"{_prefix(target.profile)}{_short(target.redis or '')}.json"
        self._clock = clock

    def recall(self) -> SeenHead | None:
        with suppress(KeyError, ShemaError):
            kept = self._state.read_object(self._name)
            if isinstance(kept["id"], str) and isinstance(kept["count"], int):
                return SeenHead(kept["id"], str(kept["hash"]), kept["count"], str(kept["at"]))
        return None

    def keep(self, newest: AuditEntry, count: int) -> None:
        """Remember this entry, the `count`th, as the newest. Only for a trail that holds what was remembered."""
        seen = SeenHead(newest.id, digest(newest.stored), count, iso(self._clock.now()))
        with suppress(OSError, ShemaError):
            self._state.write(self._name, json.dumps(asdict(seen)).encode())

    def forget(self) -> None:
        with suppress(OSError):
            self._state.delete(self._name)

    def look(self, store: Store, *, keep: bool = True) -> str | None:
        """Compare at the cost of one round trip, and `keep` what stands there now when it holds what was seen.

        What is wrong, in words, when it does not; None when it does, or Redis does not tell.
        """
        seen = self.recall()
        try:
            with store.errors():
                pipeline = store.client.pipeline(transaction=False)
                pipeline.xinfo_stream(keys.AUDIT)
                pipeline.xrevrange(keys.AUDIT, count=1)
                if seen:
                    pipeline.xrange(keys.AUDIT, min=seen.id, max=seen.id)
                info, *ranges = pipeline.execute(raise_on_error=False)
                facts = StreamFacts.told(info)
                newest, *there = map(_or_raised, ranges)
        except ShemaError:
            return None
        count = facts.length if facts else 0
        if seen and (problem := lost(seen, count, entries_of(there[0]))):
            return problem
        if keep and (found := entries_of(newest)):
            self.keep(found[0], count)
        return None


def _or_raised(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


def lost(seen: SeenHead, count: int, there: list[AuditEntry]) -> str | None:
    """What is wrong with a trail of `count` entries that has `there` under the id of the head that was seen."""
    if count == 0:
        return f"there is no trail; on {seen.on} it had {seen.counted}"
    if not there:
        return f"{seen.id} is gone, which on {seen.on} was the newest of {seen.counted}: the trail was cut or rewritten"
    if digest(there[0].stored) != seen.hash:
        return f"{seen.id} is another entry than on {seen.on}, when it was the newest of {seen.counted}: rewritten"
    if count < seen.count:
        return f"there {are(count)} {counted(count, 'entry', 'entries')}; on {seen.on} there were {seen.count:,}"
    return None


def look_back(journal: Journal, memory: TrailMemory, warn: Callable[[str], None]) -> None:
    """When something was entered: remember it, or warn that the trail is not the one that this machine knows."""
    if journal.wrote:
        compare(journal.store, memory, warn)


def compare(store: Store, memory: TrailMemory, warn: Callable[[str], None]) -> None:
    """`look`, with its problem as a warning."""
    if problem := memory.look(store):
        warn(f"the audit trail is not the one that this machine has seen: {problem} (shema audit verify)")


def forget_all(state: StateDir, profile: str | None = None) -> None:
    """Forget what was seen through a profile, or through any: a sandbox begins anew, at the same address."""
    with suppress(OSError):
        for kept in state.path.glob(f"{_prefix(profile)}*.json" if profile else "trail-*.json"):
            kept.unlink(missing_ok=True)


def _prefix(profile: str) -> str:
    return f"trail-{_short(profile)}-"


def _short(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
