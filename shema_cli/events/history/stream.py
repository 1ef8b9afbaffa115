"""Reading the history: a page at a time, from any moment on, in flat memory (contract 3.3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from functools import partial
from typing import cast

from shema_cli.clock import Clock
from shema_cli.errors import NotFound
from shema_cli.events.history.entries import HistoryEntry, RecordedGap, read_entry, whole
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.chain import id_after, id_before
from shema_cli.store.connection import Store
from shema_cli.store.pages import FIRST_PAGE, LARGEST_PAGE, PAGE_BYTES, next_size
from shema_cli.store.patience import patiently
from shema_cli.store.scripts import script

STALE_AFTER_MS = 5000
SETTLED_WITHIN_MS = 1000
"""A recorder that runs has told at least so long ago up to when everything was heard and written."""
LOOK_AGAIN_S = 0.1


@dataclass(frozen=True)
class HistoryState:
    """How the recording stands, as its writer keeps it in `{shema}:history:state`; milliseconds, the server's clock.

    `epoch` is of this stream alone: another one follows when Redis has lost it. `heard_ms`: everything up to then was
    heard and written, or stands as a gap. `trimmed_ms`: the latest moment that was trimmed away; 0 where nothing was.
    `present`: the client names that were subscribed when the writer last looked, None where the server does not tell;
    `usual`: how many listened to each channel then, where only that is told. `looked_ms`: when that was, 0 where it is
    not told. `entries`, `size` (bytes): what is kept. `was_cut`: somebody else has removed entries, and no recorder has
    told of it yet. `lease_ms`: until when its writer has it without a sign of life, 0 where it has none.
    """

    epoch: str
    began_ms: int
    heard_ms: int
    trimmed_ms: int
    now_ms: int
    entries: int
    size: int
    present: frozenset[str] | None = None
    usual: Mapping[str, int] = field(default_factory=dict)
    looked_ms: int = 0
    was_cut: bool = False
    lease_ms: int = 0

    @property
    def is_being_written(self) -> bool:
        """Whether a recorder says that it writes."""
        return self.lease_ms > self.now_ms

    @property
    def silent_ms(self) -> int:
        """How long nobody has recorded; 0 while a recorder runs."""
        silent = self.now_ms - self.heard_ms
        return silent if silent > STALE_AFTER_MS else 0

    @property
    def unwritten_ms(self) -> int:
        """The same, known sooner: where no recorder holds the turn, nobody will write what has been published since."""
        silent = self.now_ms - self.heard_ms
        return self.silent_ms if self.is_being_written or silent <= SETTLED_WITHIN_MS else silent

    def gap_at_the_end(self) -> RecordedGap | None:
        """The time since the last recorder ended, which no entry tells yet."""
        if not self.silent_ms:
            return None
        return RecordedGap("", self.now_ms, self.heard_ms, self.now_ms, "no recorder is running")


def state_of(store: Store) -> HistoryState | None:
    """How the recording stands; None where nothing was ever recorded. Raises what Redis raises."""
    now, entries, flat = store.run(script("history_look"), [keys.HISTORY, keys.HISTORY_STATE], [])
    return state_told(int(now), int(entries), dict(zip(flat[::2], flat[1::2], strict=True)))


def settled_state(store: Store, clock: Clock, until_ms: int | None = None) -> HistoryState | None:
    """The same, once all that was published up to now (or up to `until_ms`) is written, but for the last second where
    somebody is writing; or once it is known that nobody records: a recorder that has just died looks at first like one
    that is about to write."""
    state = state_of(store)
    asked_ms = state.now_ms if state else 0
    asked_ms = asked_ms if until_ms is None else min(asked_ms, until_ms)
    while state and not state.silent_ms:
        if state.heard_ms >= asked_ms - (SETTLED_WITHIN_MS if state.is_being_written else 0):
            break
        clock.sleep(LOOK_AGAIN_S)
        state = state_of(store)
    return state


def state_told(now_ms: int, entries: int, fields: Mapping[bytes, bytes]) -> HistoryState | None:
    """The same, from the fields of `{shema}:history:state` as somebody has read them."""
    if not entries and b"epoch" not in fields:
        return None
    numbers = {
        name: whole(fields.get(name.encode())) for name in ("began", "heard", "trimmed", "size", "looked", "entries")
    }
    present = _json(fields.get(b"present"))
    usual = _json(fields.get(b"usual"))
    return HistoryState(
        epoch=fields.get(b"epoch", b"").decode("ascii", "replace"),
        began_ms=numbers["began"],
        heard_ms=numbers["heard"],
        trimmed_ms=numbers["trimmed"],
        now_ms=now_ms,
        entries=entries,
        size=numbers["size"],
        present=frozenset(map(str, present)) if isinstance(present, list) else None,
        usual={k: v for k, v in usual.items() if isinstance(v, int)} if isinstance(usual, dict) else {},
        looked_ms=numbers["looked"],
        lease_ms=whole(fields.get(b"lease")) if fields.get(b"writer") else 0,
        was_cut=entries < numbers["entries"],
    )


def forward(store: Store, *, since_ms: int = 0, after: str | None = None, until: str = "+") -> Iterator[HistoryEntry]:
    """Entries heard at `since_ms` or later, or those behind the id `after`, oldest first. Raises what Redis raises."""
    oldest: str | None = id_after(after) if after else str(since_ms)
    size = FIRST_PAGE
    while oldest:
        page: Sequence[tuple[bytes, Mapping[bytes, bytes]]]
        page = store.client.xrange(keys.HISTORY, min=oldest, max=until, count=size)  # type: ignore[assignment]
        if not page:
            return
        for id, fields in page:
            entry = read_entry(id, fields)
            if entry.at_ms >= since_ms:
                yield entry
        oldest, size = (
            id_after(page[-1][0].decode()),
            next_size(size, [sum(map(len, fields.values())) for _, fields in page]),
        )


def by_ids(store: Store, clock: Clock, ids: Sequence[str]) -> Iterator[HistoryEntry]:
    """The entries of these ids, in their order, as far as they are there; about a megabyte at a time.

    Waits for a failover. Raises Unreachable and Failed.
    """
    first = 0
    while first < len(ids):
        looked_for, page = patiently(store, clock, partial(_some, store, ids[first : first + LARGEST_PAGE]))
        yield from page
        first += looked_for


def _some(store: Store, ids: Sequence[str]) -> tuple[int, list[HistoryEntry]]:
    with store.errors():
        looked_for, found = store.run(script("history_read"), [keys.HISTORY], [PAGE_BYTES, *ids])
    return int(looked_for), [read_entry(id, fields) for id, fields in found]


def backward(store: Store, *, until_ms: int = 0) -> Iterator[HistoryEntry]:
    """Entries, the newest first, down to those of this moment. Raises what Redis raises."""
    newest: str | None = "+"
    size = FIRST_PAGE
    while newest:
        page: Sequence[tuple[bytes, Mapping[bytes, bytes]]]
        page = store.client.xrevrange(  # type: ignore[assignment]
            keys.HISTORY, max=newest, min=str(until_ms), count=size
        )
        if not page:
            return
        for id, fields in page:
            yield read_entry(id, fields)
        newest, size = id_before(page[-1][0].decode()), next_size(size, _lengths(page))


def newest_id(store: Store) -> str:
    """The id of the entry that was appended last; `0-0` where there is none. Raises what Redis raises."""
    last = cast("list[tuple[bytes, object]]", store.client.xrevrange(keys.HISTORY, count=1))
    return last[0][0].decode() if last else "0-0"


def _lengths(page: Sequence[tuple[bytes, Mapping[bytes, bytes]]]) -> list[int]:
    return [sum(map(len, fields.values())) for _, fields in page]


def _json(stored: bytes | None) -> object:
    with suppress(ValueError):
        return json.loads(stored) if stored else None
    return None


def nothing_recorded() -> NotFound:
    """What every reader raises where nothing was ever recorded."""
    return NotFound(
        "nothing_recorded",
        "nothing was ever recorded here: no recorder has run",
        "keep one running with: shema events record",
    )
