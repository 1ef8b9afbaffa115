"""What a replay does with the entries of a batch, and what it notes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shema_cli.dlq.letters.edit import Edited
from shema_cli.dlq.letters.entry import Entry
from shema_cli.dlq.outcomes import Problem
from shema_cli.dlq.run.backlog import Backlog
from shema_cli.dlq.run.bounces import Tally
from shema_cli.dlq.run.run import Code, Step, Wanted
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.run.sweep import Verdict


@dataclass(frozen=True)
class ReplayOptions:
    """How to replay. `verify_s` None: do not wait for entries to come back."""

    rate: float | None = None
    limit: int | None = None
    max_replays: int = 3
    force: bool = False
    canary: int | None = None
    verify_s: float | None = None
    allow_unheard: bool = False
    edit: bool = False
    dry_run: bool = False
    yes: bool = False

    @property
    def most_replays(self) -> int | None:
        return None if self.force else self.max_replays


class ReplayWork:
    """The `Work` of a sweep that publishes."""

    def __init__(
        self,
        store: DeadLetters,
        selected: Callable[[Entry], bool],
        options: ReplayOptions,
        tally: Tally,
        progress: Callable[[int], None],
        backlog: Backlog,
        edited: Edited | None = None,
    ) -> None:
        self._store = store
        self._backlog = backlog
        self._selected = selected
        self._options = options
        self._tally = tally
        self._progress = progress
        self._edited = edited
        self._exact = store.single_node
        self.published: dict[bytes, str] | None = {} if options.verify_s is not None else None

    def verdict(self, entry: Entry) -> Verdict:
        if not self._selected(entry):
            return Verdict.PASS
        return Verdict.TAKE if entry.valid or self._edited else Verdict.INVALID

    def step(self, skip: int, block: Sequence[tuple[Entry, Verdict]]) -> Step:
        numbers: dict[str, int] = {}
        wanted = []
        for index, (entry, verdict) in enumerate(block):
            if verdict is Verdict.TAKE:
                shown = self._edited.entry if self._edited else entry
                number = numbers.setdefault(shown.channel or "", len(numbers) + 1)
                wanted.append(Wanted(index, shown.start, shown.end, number, shown.replay_key))
        channels = [(name, 0 if self._exact else self._store.listeners(name).elsewhere) for name in numbers]
        limit = self._options.most_replays
        return Step(
            skip,
            [entry.raw for entry, _ in block],
            wanted,
            channels,
            -1 if limit is None else limit,
            self._options.allow_unheard,
            self._edited.entry.event if self._edited else b"",
        )

    def count(self, entry: Entry, verdict: Verdict, code: Code) -> None:
        if verdict is Verdict.INVALID:
            self._tally.add("invalid", Problem(entry.id, "invalid", entry.reason or ""))
        elif code is Code.PUBLISHED:
            self._tally.add("replayed")
            self._backlog.sent(len(entry.raw))
            if self.published is not None:
                shown = self._edited.entry if self._edited else entry
                self.published[shown.replay_key] = entry.id
        elif code is Code.UNHEARD:
            self._tally.add("unheard", Problem(entry.id, "unheard", f"nobody listens to {entry.channel}"))
        elif code is Code.AT_LIMIT:
            times = f"replayed {self._options.max_replays} times already; --force replays it again"
            self._tally.add("skipped", Problem(entry.id, "skipped", times))
        else:
            self._tally.add("failed", Problem(entry.id, "failed", "Redis refused to publish it"))

    def batch_done(self, passed: int) -> None:
        self._progress(passed)
        self._backlog.wait()
