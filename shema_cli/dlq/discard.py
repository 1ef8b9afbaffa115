"""Discard: write an export of what goes, make it safe on the disk, and only then let it go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from shema_cli.dlq.families.remembered import remember_failures
from shema_cli.dlq.letters.entry import Entry
from shema_cli.dlq.letters.selection import Chooser, EntrySelection, FoundEntries, resolve, untimed_note
from shema_cli.dlq.outcomes import MOST_PROBLEMS, DeadLetterPlan, DiscardResult
from shema_cli.dlq.plan import plan_discard
from shema_cli.dlq.run.pace import RateLimit
from shema_cli.dlq.run.recover import join, settle_up, take_back
from shema_cli.dlq.run.registered import Code
from shema_cli.dlq.run.run import DROP, EntryBatch, Operator, Run, Wanted
from shema_cli.dlq.run.sweep import Sweep, SweepChoice
from shema_cli.dlq.transfer import ExportFailed, IdenticalEntries, NewFile, encode_line
from shema_cli.errors import ShemaError


class _Dropping:
    """The `Work` of a sweep that drops entries, each after its line is on the disk."""

    def __init__(self, chooser: Chooser, file: NewFile, progress: Callable[[int], None]) -> None:
        self.discarded = 0
        self._chooser = chooser
        self._file = file
        self._progress = progress
        self._copies = IdenticalEntries()
        self._tried: list[bytes] = []
        self._kept = 0

    def read(self, raw: bytes) -> tuple[Entry, SweepChoice]:
        entry, selected = self._chooser.read(raw)
        return entry, SweepChoice.TAKE if selected else SweepChoice.PASS

    def batch(self, skip: int, block: Sequence[tuple[Entry, SweepChoice]]) -> EntryBatch:
        """Called again when the list has moved and nothing was dropped: what the last try wrote goes first."""
        self.rewind()
        taken = [index for index, (_, choice) in enumerate(block) if choice is SweepChoice.TAKE]
        spans = {index: _span(block[index][0]) for index in taken}
        wanted = [Wanted(index, *spans[index], DROP, block[index][0].replay_key) for index in taken]
        self._tried = [block[index][0].raw for index in taken]
        if wanted:
            self._file.append(b"".join(encode_line(raw, self._copies.number(raw)) for raw in self._tried))
        return EntryBatch(skip, [entry.raw for entry, _ in block], wanted)

    def count(self, _entry: Entry, _choice: SweepChoice, code: Code) -> None:
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
        self._file.cut(self._kept)


def _span(entry: Entry) -> tuple[int, int]:
    """Where the event stands that other entries may be copies of."""
    return (entry.start, entry.end) if entry.event_id is not None else (0, 0)


def discard(
    operator: Operator, selection: EntrySelection, *, limit: int | None, export: Path, dry_run: bool
) -> DiscardResult:
    """Take the selected entries, invalid ones too, out of the list.

    Raises what `replay` raises, and InvalidUsage when the export file exists already.
    """
    selection.require("discard")
    store, clock = operator.store, operator.clock
    if dry_run:
        found = resolve(store, selection.ids) if selection.ids else None
        plan = _prepare(operator, selection, limit, found, None)
        return DiscardResult(0, None, found.missing if found else (), plan=plan)
    take_back(operator)
    with Run(store, clock) as run:
        join(operator, run, "dlq.discard", selection.describe())
        found = resolve(store, selection.ids, run.bound) if selection.ids else None
        chooser = selection.chooser(found)
        plan = _prepare(operator, selection, limit, found, run.bound)
        missing = found.missing if found else ()
        if not plan.count:
            return DiscardResult(0, None, missing)
        run.expect(plan.count)
        operator.confirm(plan.question("Discard"))
        remember_failures(store, clock)
        run.announce()  # before there is a file that says what was discarded
        done = _sweep(operator, run, chooser, found, limit, export, plan.count)
        run.leave()
        settle_up(operator, run, {"discarded": done.discarded}, export=str(export))
    broken_off = done.interrupted or done.ended is not None
    gone = 0 if broken_off else plan.count - done.discarded
    events = plan.events if plan.copies and done.discarded == plan.count else None
    return replace(done, not_found=missing, gone=gone, events=events)


def _prepare(
    operator: Operator, selection: EntrySelection, limit: int | None, found: FoundEntries | None, bound: int | None
) -> DeadLetterPlan:
    """Raises NotFound when nothing is selected."""
    prepared = plan_discard(operator.store, selection, operator.clock, limit=limit, found=found, bound=bound)
    if prepared.untimed:
        operator.person.warn(untimed_note(prepared.untimed))
    if not prepared.takes:
        selection.must_match(operator.store.total())
    return prepared.plan


def _sweep(
    operator: Operator,
    run: Run,
    chooser: Chooser,
    found: FoundEntries | None,
    limit: int | None,
    export: Path,
    planned: int,
) -> DiscardResult:
    with NewFile(export) as file, operator.under_way("discard", run.bound, run) as way:
        work = _Dropping(chooser, file, way.progress)
        pace = RateLimit(None, operator.clock, way.stopped)
        positions = found.positions if found else None
        sweep = Sweep(run, work, pace=pace, go_on=way.go_on, positions=positions)
        ended: ShemaError | None
        try:
            left = sweep.go(limit)
            ended, not_done = way.mandate.ended, 0
            if ended is not None:
                rest = _count(sweep, left if limit is not None else None, planned - work.discarded)
                ended, not_done = (None if rest == 0 else ended), rest or 0
        except ExportFailed as error:
            ended, not_done = error, planned - work.discarded
        work.rewind()
        export_of = str(export) if work.discarded else None
        return DiscardResult(work.discarded, export_of, interrupted=way.interrupted(), not_done=not_done, ended=ended)


def _count(sweep: Sweep, left: int | None, foretold: int) -> int | None:
    """How many of up to `left` selected entries were not come to; None where Redis does not tell.

    The first thousand are looked for; of more it is as many as were `foretold`: a run of a million ends at once, too.
    """
    with suppress(ShemaError):
        found = sum(1 for _ in islice(sweep.rest(), MOST_PROBLEMS if left is None else min(left, MOST_PROBLEMS)))
        return found if found < MOST_PROBLEMS else max(found, foretold)
    return None
