"""Discard: write an export of what goes, make it safe on the disk, and only then let it go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from shema_cli.dlq.letters.entry import Entry
from shema_cli.dlq.letters.selection import Resolved, Selection, resolve
from shema_cli.dlq.operator import Operator
from shema_cli.dlq.outcomes import DiscardResult
from shema_cli.dlq.plan import plan
from shema_cli.dlq.replay import chooser
from shema_cli.dlq.run.run import DROP, Code, Run, Step, Wanted
from shema_cli.dlq.run.sweep import Pace, Sweep, Verdict
from shema_cli.dlq.transfer import Copies, encode_line, new_file
from shema_cli.files import sync, sync_folder
from shema_cli.interrupts import stop_gently

NO_KEY = bytes(8)


class DiscardWork:
    """The `Work` of a sweep that drops entries, each after its line is on the disk."""

    def __init__(self, selected: Callable[[Entry], bool], file: IO[bytes], progress: Callable[[int], None]) -> None:
        self.discarded = 0
        self._selected = selected
        self._file = file
        self._progress = progress
        self._copies = Copies()
        self._tried: list[bytes] = []
        self._kept = 0

    def verdict(self, entry: Entry) -> Verdict:
        return Verdict.TAKE if self._selected(entry) else Verdict.PASS

    def step(self, skip: int, block: Sequence[tuple[Entry, Verdict]]) -> Step:
        """Called again when the list has moved and nothing was dropped: what the last try wrote goes first."""
        self.rewind()
        wanted = [
            Wanted(index, 0, 0, DROP, NO_KEY) for index, (_, verdict) in enumerate(block) if verdict is Verdict.TAKE
        ]
        for item in wanted:
            raw = block[item.index][0].raw
            self._file.write(encode_line(raw, self._copies.number(raw)))
            self._tried.append(raw)
        if wanted:
            sync(self._file)
        return Step(skip, [entry.raw for entry, _ in block], wanted)

    def count(self, entry: Entry, verdict: Verdict, code: Code) -> None:
        self.discarded += code is Code.DROPPED

    def batch_done(self, passed: int) -> None:
        self._tried, self._kept = [], self._file.tell()
        self._progress(passed)

    def rewind(self) -> None:
        """Take out of the export what is known not to have been dropped: it is in the list still."""
        if not self._tried:
            return
        for raw in self._tried:
            self._copies.take_back(raw)
        self._tried = []
        self._file.seek(self._kept)
        self._file.truncate()


def discard(
    operator: Operator, selection: Selection, *, limit: int | None, export: Path, dry_run: bool
) -> DiscardResult:
    """Take the selected entries, invalid ones too, out of the list.

    Raises what `replay` raises, and InvalidUsage when the export file exists already.
    """
    selection.require("discard")
    store, clock = operator.store, operator.clock
    if dry_run:
        found = resolve(store, selection.ids) if selection.ids else None
        made = plan(store, chooser(selection, found), clock.now(), limit=limit, replaying=False)
        return DiscardResult(0, None, found.missing if found else (), plan=made)
    operator.take_back()
    with Run(store, clock) as run:
        run.join(operator.fields("discard", selection.describe()))
        found = resolve(store, selection.ids, run.bound) if selection.ids else None
        selected = chooser(selection, found)
        made = plan(store, selected, clock.now(), bound=run.bound, limit=limit, replaying=False)
        missing = found.missing if found else ()
        if not made.count:
            run.leave()
            return DiscardResult(0, None, missing)
        operator.confirm(made.question("Discard"))
        discarded, interrupted = _sweep(operator, run, selected, found, limit, export)
        run.leave()
        operator.settle_up(run, {"discarded": discarded}, export=str(export))
    return DiscardResult(discarded, str(export), missing, interrupted)


def _sweep(
    operator: Operator,
    run: Run,
    selected: Callable[[Entry], bool],
    found: Resolved | None,
    limit: int | None,
    export: Path,
) -> tuple[int, bool]:
    with new_file(export) as file, stop_gently() as stop, operator.progress("discard", run.bound) as progress:
        sync_folder(export.resolve().parent)
        work = DiscardWork(selected, file, progress)
        pace = Pace(None, operator.clock, stop.is_set)
        positions = found.positions if found else None
        Sweep(run, work, pace=pace, stopped=stop.is_set, positions=positions).go(limit)
        work.rewind()
        return work.discarded, stop.is_set()
