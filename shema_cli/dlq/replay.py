"""Replay: publish the selected entries again, oldest first, each exactly once (contract 2.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from shema_cli.dlq.letters.edit import Edited
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.selection import Resolved, Selection, resolve
from shema_cli.dlq.operator import Operator
from shema_cli.dlq.outcomes import Plan, Problem, ReplayResult
from shema_cli.dlq.plan import plan
from shema_cli.dlq.publishing import ReplayOptions, ReplayWork
from shema_cli.dlq.run.backlog import Backlog
from shema_cli.dlq.run.bounces import BounceWatch, Tally
from shema_cli.dlq.run.run import Run
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.run.sweep import Pace, Sweep
from shema_cli.errors import InvalidUsage
from shema_cli.interrupts import stop_gently

CANARY_VERIFY_S = 10.0


def replay(operator: Operator, selection: Selection, options: ReplayOptions) -> ReplayResult:
    """Replay what is selected, at most once each, and leave everything else as it was, in its order.

    Raises InvalidUsage for a selection or options that make no sense, NotFound when no id names an entry, Refused when
    the person says no, Unreachable when Redis goes away for longer than a run waits.
    """
    selection.require("replay")
    options = _checked(options)
    if options.dry_run:
        return _dry_run(operator, selection, options)
    operator.take_back()
    with Run(operator.store, operator.clock) as run:
        run.join(operator.fields("replay", selection.describe()))
        found = resolve(operator.store, selection.ids, run.bound) if selection.ids else None
        selected = chooser(selection, found)
        _ask(operator, selected, options, run)
        edited = operator.edit(_only_entry(operator.store, selected, run.bound)) if options.edit else None
        result = _Replay(operator, run, selected, options, edited).go(found)
        run.leave()
        result = replace(result, remaining=operator.store.total())
        operator.settle_up(run, result.counts())
    return result


class _Replay:
    """One run from its first batch to the last bounce."""

    def __init__(
        self,
        operator: Operator,
        run: Run,
        selected: Callable[[Entry], bool],
        options: ReplayOptions,
        edited: Edited | None,
    ) -> None:
        self.operator = operator
        self.run = run
        self.options = options
        self.tally = Tally()
        self.stopped: str | None = None
        self._selected = selected
        self._edited = edited

    def go(self, found: Resolved | None) -> ReplayResult:
        with stop_gently() as stop, self.operator.progress("replay", self.run.bound) as progress:
            store, clock = self.operator.store, self.operator.clock
            backlog = Backlog(store, clock, stop.is_set)
            work = ReplayWork(store, self._selected, self.options, self.tally, progress, backlog, self._edited)
            pace = Pace(self.options.rate, clock, stop.is_set)
            positions = found.positions if found else None
            sweep = Sweep(self.run, work, pace=pace, stopped=stop.is_set, positions=positions)
            watch = BounceWatch(self.run, clock, work.published or {}, self.tally, stop.is_set)
            self._phases(sweep, watch, work)
            for word in found.missing if found else ():
                self.tally.add("not_found", Problem(word, "not_found", "no dead letter has this id"))
            return self._result(found, interrupted=stop.is_set())

    def _phases(self, sweep: Sweep, watch: BounceWatch, work: ReplayWork) -> None:
        limit = self.options.limit
        if self.options.canary is not None:
            canary = self.options.canary if limit is None else min(self.options.canary, limit)
            used = canary - sweep.go(canary)
            watch.published = work.published or {}
            watch.until(self.options.verify_s or 0)
            bounced, unheard = self.tally.counts["bounced"], self.tally.counts["unheard"]
            if bounced or unheard:
                reason = "came back" if bounced else "found no listener"
                self.stopped = f"the canary stopped it: {bounced or unheard} of {used} {reason}; the rest is left alone"
                return
            limit = None if limit is None else limit - used
        sweep.go(limit)
        watch.published = work.published or {}
        watch.until(self.options.verify_s or 0)

    def _result(self, found: Resolved | None, *, interrupted: bool) -> ReplayResult:
        return ReplayResult(
            **self.tally.counts,  # type: ignore[arg-type]
            problems=tuple(self.tally.problems),
            omitted=self.tally.omitted,
            not_found=len(found.missing) if found else 0,
            chosen_by_id=found is not None,
            interrupted=interrupted,
            stopped=self.stopped,
        )


def chooser(selection: Selection, found: Resolved | None) -> Callable[[Entry], bool]:
    """Whether an entry is selected."""
    filters = selection.filters
    if found is None:
        return filters.match if filters else lambda _entry: True
    return (lambda entry: found.match(entry) and filters.match(entry)) if filters else found.match


def _checked(options: ReplayOptions) -> ReplayOptions:
    if options.canary is not None and options.verify_s is None:
        return replace(options, verify_s=CANARY_VERIFY_S)
    return options


def _dry_run(operator: Operator, selection: Selection, options: ReplayOptions) -> ReplayResult:
    store = operator.store
    found = resolve(store, selection.ids) if selection.ids else None
    made = _plan(operator, chooser(selection, found), options, None)
    missing = found.missing if found else ()
    problems = [Problem(word, "not_found", "no dead letter has this id") for word in missing]
    for channel, (count, listening) in made.channels.items():
        if listening == 0 and not options.allow_unheard:
            problems.append(Problem("", "unheard", f"nobody listens to {channel} ({count} entries)"))
    return ReplayResult(remaining=store.total(), problems=tuple(problems), plan=made)


def _plan(operator: Operator, selected: Callable[[Entry], bool], options: ReplayOptions, bound: int | None) -> Plan:
    return plan(
        operator.store,
        selected,
        operator.clock.now(),
        bound=bound,
        limit=options.limit,
        max_replays=options.most_replays,
    )


def _ask(operator: Operator, selected: Callable[[Entry], bool], options: ReplayOptions, run: Run) -> None:
    if options.yes:
        return
    made = _plan(operator, selected, options, run.bound)
    if made.count:
        operator.confirm(made.question("Replay"))


def _only_entry(store: DeadLetters, selected: Callable[[Entry], bool], bound: int) -> Entry:
    chosen = []
    for _, raw in store.oldest_first(bound):
        if selected(entry := parse_entry(raw)):
            chosen.append(entry)
            if len(chosen) > 1:
                raise InvalidUsage("edit_one", "--edit takes one entry, and several are selected", "give one id")
    if not chosen:
        raise InvalidUsage("edit_one", "--edit takes one entry, and none is selected", "shema dlq list")
    return chosen[0]
