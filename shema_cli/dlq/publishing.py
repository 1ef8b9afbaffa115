"""What a replay does with the entries that it comes to: how it is to be done, and what is published batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shema_cli.calls.audience import Audience
from shema_cli.dlq import REPLAY_LIMIT
from shema_cli.dlq.letters.copies import ALONE
from shema_cli.dlq.letters.edit import Edited
from shema_cli.dlq.letters.entry import Entry
from shema_cli.dlq.letters.selection import Chooser
from shema_cli.dlq.outcomes import ReplayOutcome
from shema_cli.dlq.plan import Prepared, Rules
from shema_cli.dlq.run.bounces import ReplayTally
from shema_cli.dlq.run.run import Code, EntryBatch, Wanted
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.run.sweep import Backlog, SweepChoice
from shema_cli.errors import InvalidUsage
from shema_cli.store import keys
from shema_cli.store.listeners import Listeners


@dataclass(frozen=True)
class ReplayOptions:
    """How to replay. `verify_s` None: do not wait for entries to come back. `original`: where an event that is edited
    is kept as it was stored."""

    rate: float | None = None
    limit: int | None = None
    max_replays: int = REPLAY_LIMIT
    force: bool = False
    canary: int | None = None
    verify_s: float | None = None
    allow_unheard: bool = False
    require_listeners: bool = False
    each: bool = False
    edit: bool = False
    original: Path = Path()
    dry_run: bool = False

    def __post_init__(self) -> None:
        """Raises InvalidUsage for a rate that is none."""
        if self.rate is not None and not 0 < self.rate < float("inf"):
            hint = "give a number of entries a second above 0"
            raise InvalidUsage("bad_rate", f"--rate: {self.rate:g} is not a rate", hint)

    @property
    def rules(self) -> Rules:
        most = None if self.force else self.max_replays
        return Rules(self.limit, most, self.allow_unheard, self.require_listeners, self.each)


class Publishing:
    """The `Work` of a sweep that publishes."""

    def __init__(
        self,
        store: DeadLetters,
        selected: Chooser,
        prepared: Prepared,
        options: ReplayOptions,
        tally: ReplayTally,
        progress: Callable[[int], None],
        backlog: Backlog,
        present: Audience,
        edited: Edited | None = None,
    ) -> None:
        self._store = store
        self._backlog = backlog
        self._selected = selected
        self._copies = prepared.copies
        self._options = options
        self._tally = tally
        self._progress = progress
        self._present = present
        self._edited = edited
        self._exact = store.single_node
        self.heard: dict[str, Listeners] = {}  # channel → who was there when it was first published on
        self.published: dict[bytes, str] = {}  # replay key → the entry; kept only when somebody waits for bounces

    def choice(self, entry: Entry) -> SweepChoice:
        if not self._selected(entry):
            return SweepChoice.PASS
        if not entry.valid and not self._edited:
            return SweepChoice.INVALID
        held = self._options.require_listeners and self._listening(entry).unmet()
        return SweepChoice.HELD if held else SweepChoice.TAKE

    def _shown(self, entry: Entry) -> Entry:
        """The event that goes out for an entry."""
        return self._edited.entry if self._edited else entry

    def _channel(self, entry: Entry) -> str:
        return self._shown(entry).channel or ""

    def _listening(self, entry: Entry) -> Listeners:
        return self._present.of(self._channel(entry), keys.DEAD_LETTERS)

    def batch(self, skip: int, block: Sequence[tuple[Entry, SweepChoice]]) -> EntryBatch:
        numbers: dict[str, int] = {}
        wanted = []
        for index, (entry, choice) in enumerate(block):
            if choice is SweepChoice.TAKE:
                shown = self._shown(entry)
                number = numbers.setdefault(shown.channel or "", len(numbers) + 1)
                copies = ALONE if self._options.each else self._copies.to_cover(entry)
                wanted.append(Wanted(index, entry.start, entry.end, number, shown.replay_key, copies))
        away = {} if self._exact else self._present.of_all(list(numbers), keys.DEAD_LETTERS)
        channels = [(name, away[name].elsewhere if away else 0) for name in numbers]
        limit = self._options.rules.max_replays
        return EntryBatch(
            skip,
            [entry.raw for entry, _ in block],
            wanted,
            channels,
            -1 if limit is None else limit,
            self._options.allow_unheard,
            self._edited.entry.event if self._edited else b"",
        )

    def count(self, entry: Entry, choice: SweepChoice, code: Code) -> None:
        add = self._tally.add
        if choice is SweepChoice.INVALID:
            add(ReplayOutcome.INVALID, entry.id, entry.reason)
        elif choice is SweepChoice.HELD:
            listening = self._listening(entry)
            message = f"{listening.unmet() or 'not all were there'}: --require-listeners"
            add(ReplayOutcome.UNHEARD, entry.id, message, listening)
        elif code is Code.COPY:
            add(ReplayOutcome.REPLAYED)
            self._tally.copies += 1
        elif code is Code.PUBLISHED:
            add(ReplayOutcome.REPLAYED)
            if self._channel(entry) not in self.heard:
                self.heard[self._channel(entry)] = self._listening(entry)
            self._backlog.sent(len(entry.raw))
            if self._options.verify_s is not None:
                self.published[self._shown(entry).replay_key] = entry.id
        elif code is Code.UNHEARD:
            listening = self._listening(entry).heard_by(0)
            add(ReplayOutcome.UNHEARD, entry.id, f"nobody listens to {self._channel(entry)}", listening)
        elif code is Code.AT_LIMIT:
            times = f"replayed {self._options.max_replays} times already; --force replays it again"
            add(ReplayOutcome.SKIPPED, entry.id, times)
        else:
            add(ReplayOutcome.FAILED, entry.id, f"Redis refused PUBLISH on the channel {entry.channel}")

    def batch_done(self, passed: int) -> None:
        self._progress(passed)
        self._backlog.wait()
