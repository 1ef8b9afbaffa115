"""From the oldest entry of a run's snapshot to the newest, a batch at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import Protocol

from shema_cli.dlq.letters.entry import Entry
from shema_cli.dlq.run.pace import BATCH, BATCH_BYTES, RateLimit
from shema_cli.dlq.run.registered import TAKEN_OUT, Code
from shema_cli.dlq.run.run import EntryBatch, Run
from shema_cli.dlq.run.store import NOTHING
from shema_cli.store.pages import FIRST_PAGE, LARGEST_PAGE, PAGE_BYTES, next_size

_CODES = {code.value: code for code in Code}


class SweepChoice(Enum):
    PASS = 0  # not selected
    TAKE = 1
    INVALID = 2  # selected, and cannot be replayed
    HELD = 3  # selected, and a service that is required would not hear it


class Work(Protocol):
    """What a sweep is for."""

    def read(self, raw: bytes) -> tuple[Entry, SweepChoice]:
        """Asked once or more for an entry; must not count. Of what is passed over only the bytes need be told."""

    def batch(self, skip: int, block: Sequence[tuple[Entry, SweepChoice]]) -> EntryBatch:
        """What is asked of Redis: that it takes the block's TAKE entries."""

    def count(self, entry: Entry, choice: SweepChoice, code: Code) -> None:
        """Told exactly once of every entry that was selected, when it is done with."""

    def batch_done(self, passed: int) -> None:
        """Told after each step how many entries the sweep has put behind itself."""


class Sweep:
    """`positions`, when known, are where the selected entries stand: all between them is passed over unread.

    `go_on` is asked before each batch, after whatever was waited for.
    """

    def __init__(
        self,
        run: Run,
        work: Work,
        *,
        pace: RateLimit,
        go_on: Callable[[], bool],
        positions: Sequence[int] | None = None,
    ) -> None:
        self._run = run
        self._work = work
        self._pace = pace
        self._go_on = go_on
        self._positions = None if positions is None else deque(positions)
        self._expected_bound = run.bound
        self._taken = 0
        self._ahead = 0
        self._raws: deque[bytes] = deque()
        self._read: deque[tuple[Entry, SweepChoice]] = deque()
        self._size = FIRST_PAGE
        self._place = (run.frontier, run.bound)

    def go(self, quota: int | None = None) -> int:
        """Take up to `quota` selected entries. Returns how many of the quota are left, 0 when there is none."""
        left = quota
        if self._place != (self._run.frontier, self._run.bound):  # others have been at work since
            self._start_over(0)
        while left != 0 and self._go_on() and (self._read or self._raws or self._fill()):
            skip, block = self._block(left)
            takes = sum(1 for _, choice in block if choice is SweepChoice.TAKE)
            if takes:
                self._pace.wait()
            if not self._go_on():
                break
            codes = self._step(skip, block)
            if codes is not None:
                self._pace.took(takes)
                self._settle(skip, len(block), codes)
                left = None if left is None else left - takes
        self._place = (self._run.frontier, self._run.bound)
        return left or 0

    def _step(self, skip: int, block: Sequence[tuple[Entry, SweepChoice]]) -> str | None:
        """The codes of a block; None when nothing was done, and all must be read again."""
        done, frontier = skip + len(block), self._run.frontier
        begun = self._run.begin(self._work.batch(self._ahead + skip, block), self._to_read(done))
        self._parse(done + BATCH)  # while Redis works
        self._raws.extend(begun.entries())
        self._parse(done + BATCH)
        codes = begun.codes()
        if codes is None:
            self._start_over(self._run.frontier - frontier - self._ahead)
        return codes

    def _to_read(self, done: int) -> tuple[int, int]:
        """What to ask for with a step, behind which `done` entries of those that were read are done with: what follows
        them all, once the next block may want it."""
        there = len(self._read) + len(self._raws)
        first = self._run.frontier + self._ahead + there
        count = min(LARGEST_PAGE, self._run.bound - first)
        return (first, count) if self._positions is None and count > 0 and there - done < BATCH else NOTHING

    def rest(self) -> Iterator[Entry]:
        """The selected entries that the sweep has not come to, the oldest first; nothing is done with them."""
        place = self._run.frontier
        while raws := self._run.store.page(place, min(self._size, self._run.bound - place), PAGE_BYTES).raws:
            yield from (entry for entry, choice in map(self._work.read, raws) if choice is SweepChoice.TAKE)
            place += len(raws)
            self._size = next_size(self._size, list(map(len, raws)))

    def _fill(self) -> bool:
        first, count = self._where_to_read()
        if count <= 0:
            return False
        raws = self._run.store.page(first, count, PAGE_BYTES).raws
        self._ahead = first - self._run.frontier
        self._raws.extend(raws)
        self._size = next_size(self._size, list(map(len, raws)))
        self._parse(BATCH)
        return bool(raws)

    def _parse(self, wanted: int) -> None:
        """Have `wanted` entries parsed, as far as they have been read."""
        while self._raws and len(self._read) < wanted:
            self._read.append(self._work.read(self._raws.popleft()))

    def _where_to_read(self) -> tuple[int, int]:
        run = self._run
        if self._positions is not None and run.bound != self._expected_bound:
            self._positions = None  # others have taken entries out: look at every entry from here on
        if self._positions is None:
            return run.frontier, min(self._size, run.bound - run.frontier)
        places = [place - self._taken for place in list(self._positions)[:BATCH]]
        if not places:
            return 0, 0
        near = sum(1 for place in places if place - places[0] < BATCH)
        return places[0], places[near - 1] - places[0] + 1

    def _block(self, left: int | None) -> tuple[int, list[tuple[Entry, SweepChoice]]]:
        """What is passed over before the next batch, and the batch: from a TAKE to a TAKE, of a bounded size."""
        skip = self._first_take()
        self._parse(skip + BATCH)
        most = min(self._pace.most, BATCH if left is None else left)
        block: list[tuple[Entry, SweepChoice]] = []
        size = takes = end = 0
        for i in range(skip, min(skip + BATCH, len(self._read))):
            entry, choice = self._read[i]
            size += len(entry.raw)
            if takes == most or (block and size > BATCH_BYTES):
                break
            block.append((entry, choice))
            if choice is SweepChoice.TAKE:
                takes, end = takes + 1, len(block)
        return skip, block[:end]

    def _first_take(self) -> int:
        """How many entries stand before the first one to take; all that were read when there is none."""
        seen = 0
        while True:
            for place, (_, choice) in enumerate(islice(self._read, seen, None), seen):
                if choice is SweepChoice.TAKE:
                    return place
            seen = len(self._read)
            if not self._raws:
                return seen
            self._parse(seen + BATCH)

    def _settle(self, skip: int, size: int, codes: str) -> None:
        self._pass_over(skip)
        removed = 0
        for i in range(size):
            entry, choice = self._read.popleft()
            code = _CODES[codes[i]]
            if code in TAKEN_OUT:
                removed += 1
                self._run.remember(entry.event_id)
            if choice is not SweepChoice.PASS:
                self._work.count(entry, choice, code)
        self._taken += removed
        self._expected_bound -= removed
        if self._positions is not None:
            self._forget_positions()
        self._ahead = 0
        self._work.batch_done(skip + size)

    def _forget_positions(self) -> None:
        """Positions below the frontier are done; they were counted before anything was taken out."""
        assert self._positions is not None
        while self._positions and self._positions[0] - self._taken < self._run.frontier:
            self._positions.popleft()

    def _pass_over(self, count: int) -> None:
        for _ in range(count):
            entry, choice = self._read.popleft()
            if choice is not SweepChoice.PASS:
                self._work.count(entry, choice, Code.PASSED)

    def _start_over(self, passed: int) -> None:
        """Read again from the frontier; it may have moved over entries that nobody asks about any more."""
        self._pass_over(min(max(0, passed), len(self._read)))
        self._read.clear()
        self._raws.clear()
        self._size = min(self._size, BATCH // 2)
