"""What a replay does with the entries that it comes to: how it is to be done, and what is published batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shema_cli.dlq import REPLAY_LIMIT
from shema_cli.dlq.letters.copies import ALONE
from shema_cli.dlq.letters.edit import Edited
from shema_cli.dlq.letters.entry import Entry
from shema_cli.dlq.letters.selection import Chooser
from shema_cli.dlq.outcomes import ReplayOutcome
from shema_cli.dlq.plan import Prepared, Rules
from shema_cli.dlq.run.bounces import ReplayTally
from shema_cli.dlq.run.registered import Code
from shema_cli.dlq.run.republish import Means, Publications, RepublishOptions
from shema_cli.dlq.run.run import EntryBatch, Wanted
from shema_cli.dlq.run.sweep import SweepChoice
from shema_cli.frozen import dataclass


@dataclass(frozen=True)
class ReplayOptions(RepublishOptions):
    """How to replay. `original`: where an event that is edited is kept as it was stored."""

    max_replays: int = REPLAY_LIMIT
    each: bool = False
    edit: bool = False
    original: Path = Path()

    @classmethod
    def upon(
        cls, common: RepublishOptions, *, max_replays: int, each: bool, edit: bool, original: Path
    ) -> ReplayOptions:
        """With what is common to everything that publishes again."""
        return cls(**vars(common), max_replays=max_replays, each=each, edit=edit, original=original)

    @property
    def rules(self) -> Rules:
        most = None if self.force else self.max_replays
        return Rules(self.limit, most, self.allow_unheard, self.require_listeners, self.each)


class Publishing:
    """The `Work` of a sweep that publishes."""

    def __init__(
        self,
        publications: Publications,
        chooser: Chooser,
        prepared: Prepared,
        options: ReplayOptions,
        tally: ReplayTally,
        means: Means,
        edited: Edited | None = None,
    ) -> None:
        self._publications = publications
        self._chooser = chooser
        self._copies = prepared.copies
        self._options = options
        self._tally = tally
        self._means = means
        self._edited = edited

    def read(self, raw: bytes) -> tuple[Entry, SweepChoice]:
        entry, selected = self._chooser.read(raw)
        return entry, self._choice(entry) if selected else SweepChoice.PASS

    def _choice(self, entry: Entry) -> SweepChoice:
        if not entry.valid and not self._edited:
            return SweepChoice.INVALID
        return SweepChoice.HELD if self._publications.held(self._channel(entry)) else SweepChoice.TAKE

    def _shown(self, entry: Entry) -> Entry:
        """The event that goes out for an entry."""
        return self._edited.entry if self._edited else entry

    def _channel(self, entry: Entry) -> str:
        return self._shown(entry).channel or ""

    def batch(self, skip: int, block: Sequence[tuple[Entry, SweepChoice]]) -> EntryBatch:
        numbers: dict[str, int] = {}
        wanted = []
        for index, (entry, choice) in enumerate(block):
            if choice is SweepChoice.TAKE:
                shown = self._shown(entry)
                number = numbers.setdefault(shown.channel or "", len(numbers) + 1)
                copies = ALONE if self._options.each else self._copies.to_cover(entry)
                wanted.append(Wanted(index, entry.start, entry.end, number, shown.replay_key, copies))
        limit = self._options.rules.max_replays
        return EntryBatch(
            skip,
            [entry.raw for entry, _ in block],
            wanted,
            self._publications.away(list(numbers)),
            -1 if limit is None else limit,
            self._options.allow_unheard,
            self._edited.entry.event if self._edited else b"",
        )

    def count(self, entry: Entry, choice: SweepChoice, code: Code) -> None:
        channel = self._channel(entry)
        if choice is SweepChoice.INVALID:
            self._tally.add(ReplayOutcome.INVALID, entry.id, entry.reason)
        elif choice is SweepChoice.HELD:
            self._publications.count_held(entry.id, channel)
        elif code is Code.COPY:
            self._tally.add(self._tally.act.done)
            self._tally.copies += 1
        else:
            times = f"replayed {self._options.max_replays} times already; --force replays it again"
            event = self._shown(entry)
            self._publications.count(entry, channel, code, size=len(entry.raw), event=event, at_limit=times)

    def batch_done(self, passed: int) -> None:
        self._means.way.progress(passed)
        self._means.backlog.wait()
