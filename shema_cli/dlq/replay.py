"""Replay: publish the selected entries again, oldest first, each exactly once (contract 2.4).

That it is exactly once is `store/lua/dlq_act.lua`, which publishes and takes out in one step, sent by `run/run.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from pathlib import Path

from shema_cli.calls.audience import Audience
from shema_cli.dlq.letters.edit import Edited, edit_event, keep
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.selection import Chooser, EntrySelection, FoundEntries, resolve, untimed_note
from shema_cli.dlq.outcomes import DeadLetterPlan, EntryProblem, ReplayOutcome, ReplayResult
from shema_cli.dlq.plan import Prepared, plan_replay
from shema_cli.dlq.publishing import Publishing, ReplayOptions
from shema_cli.dlq.run.bounces import BounceWatch, ReplayTally
from shema_cli.dlq.run.recover import join, settle_up, take_back
from shema_cli.dlq.run.run import Operator, Run, UnderWay
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.run.sweep import Backlog, RateLimit, Sweep
from shema_cli.dlq.transfer import IdenticalEntries, NewFile, encode_line
from shema_cli.errors import InvalidUsage, ShemaError
from shema_cli.results import counted
from shema_cli.store.listeners import Listeners

CANARY_VERIFY_S = 10.0
NO_SUCH_ID = "no dead letter has this id"


@dataclass(frozen=True)
class _Edit:
    """One event as it was edited, and the entries, all copies of one event, that it goes out for."""

    edited: Edited
    entries: tuple[Entry, ...]

    @property
    def selection(self) -> EntrySelection:
        """These entries and no others, whatever has come into the list meanwhile."""
        return EntrySelection(tuple(dict.fromkeys(entry.id for entry in self.entries)))

    def keep_original(self, path: Path) -> None:
        """As an export, beside which nothing else is needed to put it back."""
        copies = IdenticalEntries()
        with NewFile(path) as file:
            file.append(b"".join(encode_line(entry.raw, copies.number(entry.raw)) for entry in self.entries))


def replay(operator: Operator, selection: EntrySelection, options: ReplayOptions) -> ReplayResult:
    """Replay what is selected, at most once each, and leave everything else as it was, in its order.

    Raises InvalidUsage for a selection or options that make no sense, NotFound when nothing is selected, Refused when
    the person says no, Unreachable when Redis goes away for longer than a run waits.
    """
    selection.require("replay")
    options = _checked(options)
    if options.edit:
        return _replay_edited(operator, selection, options)
    return _replay(operator, selection, options, selection.describe())


def _replay_edited(operator: Operator, selection: EntrySelection, options: ReplayOptions) -> ReplayResult:
    """The editor first; what was written in it is not lost, whatever keeps it from going out."""
    entries = _one_event(operator.store, selection, options.limit)
    edited = edit_event(entries[0], operator.person, operator.environ)
    operator.person.note(edited.difference)
    edit, digests = _Edit(edited, entries), edited.digests
    selected = f"{selection.describe()} --edit {digests['before']} {digests['after']}"
    done = False
    try:
        result = _replay(operator, edit.selection, options, selected, edit)
        done = result.replayed > 0
    finally:
        if not done:
            operator.person.note(f"what you wrote is kept in {keep(edited.text, entries[0])}")
    return result


def _replay(
    operator: Operator, selection: EntrySelection, options: ReplayOptions, named: str, edit: _Edit | None = None
) -> ReplayResult:
    """`named` is what the trail calls the selection."""
    if options.dry_run:
        return _dry_run(operator, selection, options, edit)
    take_back(operator)
    with Run(operator.store, operator.clock) as run:
        join(operator, run, "replay", named)
        found = resolve(operator.store, selection.ids, run.bound) if selection.ids else None
        prepared = _prepare(operator, selection, options, found, edit, run.bound)
        if prepared.plan.count:
            operator.confirm([*prepared.plan.question("Replay"), *_canary_words(options, prepared)])
        elif not operator.yes:  # nobody was asked, so nothing is tried
            return _nothing_to_do(operator.store, prepared.plan, found)
        if edit is not None:
            edit.keep_original(options.original)
        edited = edit.edited if edit else None
        result = _Replay(operator, run, selection.chooser(found), prepared, options, edited).go(found)
        run.leave()
        result = replace(result, remaining=operator.store.total())
        if edit is not None and result.replayed:
            result = replace(result, original=str(options.original))
            settle_up(
                operator,
                run,
                result.audited(),
                **result.audience(),
                edited=edit.edited.digests,
                original=str(options.original),
            )
        else:
            settle_up(operator, run, result.audited(), **result.audience())
    if edit is not None and not result.replayed:
        options.original.unlink()
    return result


class _Replay:
    """One run from its first batch to the last bounce."""

    def __init__(
        self,
        operator: Operator,
        run: Run,
        selected: Chooser,
        prepared: Prepared,
        options: ReplayOptions,
        edited: Edited | None,
    ) -> None:
        self.operator = operator
        self.run = run
        self.prepared = prepared
        self.options = options
        self.tally = ReplayTally()
        self.stopped: str | None = None
        self.heard: dict[str, Listeners] = {}
        self._selected = selected
        self._edited = edited

    def go(self, found: FoundEntries | None) -> ReplayResult:
        with self.operator.under_way("replay", self.run.bound) as way:
            store, clock = self.operator.store, self.operator.clock
            backlog, present = Backlog(store, clock, way.stopped), Audience(store.redis, clock)
            work = Publishing(
                store,
                self._selected,
                self.prepared,
                self.options,
                self.tally,
                way.progress,
                backlog,
                present,
                self._edited,
            )
            pace = RateLimit(self.options.rate, clock, way.stopped)
            positions = found.positions if found else None
            sweep = Sweep(self.run, work, pace=pace, go_on=way.go_on, positions=positions)
            watch = BounceWatch(self.run, clock, work.published, self.tally, way.stopped)
            left = self._phases(sweep, watch, way)
            for word in found.missing if found else ():
                self.tally.add(ReplayOutcome.NOT_FOUND, word, NO_SUCH_ID)
            self.heard = work.heard
            ended = way.mandate.ended
            if ended is not None and not self._tell_the_rest(sweep, left, ended):
                ended = None  # it was done by then
            return self._result(found, interrupted=way.interrupted(), ended=ended)

    def _tell_the_rest(self, sweep: Sweep, left: int | None, why: ShemaError) -> bool:
        """Each of up to `left` entries that were selected and not come to is a problem. Whether there may be any."""
        try:
            for entry in islice(sweep.rest(), left):
                self.tally.add(ReplayOutcome.NOT_DONE, entry.id, why.message)
        except ShemaError:
            return True
        return self.tally.counts[ReplayOutcome.NOT_DONE] > 0

    def _phases(self, sweep: Sweep, watch: BounceWatch, way: UnderWay) -> int | None:
        """The canary, if there is one, and then the rest: each waits for what comes back. How many of the limit are
        left over, None when there is none."""
        limit = self.options.limit
        if self.options.canary is not None:
            canary = self.options.canary if limit is None else min(self.options.canary, limit)
            used = canary - sweep.go(canary)
            self._watch(watch)
            bounced, unheard = self.tally.counts[ReplayOutcome.BOUNCED], self.tally.counts[ReplayOutcome.UNHEARD]
            if bounced or unheard:
                reason = "came back" if bounced else "found no listener"
                others = counted(max(0, self.prepared.takes - used), "other")
                self.stopped = f"the canary stopped it: {bounced or unheard} of {used} {reason}; {others} left alone"
                return 0
            limit = None if limit is None else limit - used
            if not way.go_on(now=True):
                return limit
        tried = self.tally.tried
        left = sweep.go(limit)
        if self.options.canary is None or self.tally.tried > tried:
            self._watch(watch)
        return None if limit is None else left

    def _watch(self, watch: BounceWatch) -> None:
        """Wait for what comes back, and say so."""
        replayed = f"{self.tally.counts[ReplayOutcome.REPLAYED]:,} replayed"
        with self.operator.person.waiting() as waiting:
            watch.until(
                self.options.verify_s or 0, lambda left: waiting.tell(f"{replayed}; watching {ceil(left)} s more")
            )

    def _not_heard_by_all(self) -> Iterator[EntryProblem]:
        """A line for each channel that was published on while somebody who has declared it was away."""
        for channel, listening in self.heard.items():
            if listening.said_missing:
                message = f"{channel}: {listening.said_missing}"
                yield EntryProblem("", ReplayOutcome.REPLAYED, message, listening)

    def _result(
        self, found: FoundEntries | None, *, interrupted: bool, ended: ShemaError | None = None
    ) -> ReplayResult:
        counts = self.tally.counts
        return ReplayResult(
            replayed=counts[ReplayOutcome.REPLAYED],
            copies=self.tally.copies,
            unheard=counts[ReplayOutcome.UNHEARD],
            skipped=counts[ReplayOutcome.SKIPPED],
            invalid=counts[ReplayOutcome.INVALID],
            failed=counts[ReplayOutcome.FAILED],
            bounced=counts[ReplayOutcome.BOUNCED],
            gone=0 if interrupted or self.stopped or ended else max(0, self.prepared.takes - self.tally.tried),
            problems=(*self.tally.problems, *self._not_heard_by_all()),
            heard=self.heard,
            omitted=self.tally.omitted,
            not_found=len(found.missing) if found else 0,
            chosen_by_id=found is not None,
            interrupted=interrupted,
            stopped=self.stopped,
            not_done=counts[ReplayOutcome.NOT_DONE],
            ended=ended,
        )


def _canary_words(options: ReplayOptions, prepared: Prepared) -> Iterator[str]:
    """What the question says of a canary that does not take everything."""
    if options.canary is not None and options.canary < prepared.takes:
        yield f"  {options.canary:>9,}  of them first; the others if none comes back within {options.verify_s:g} s"


def _checked(options: ReplayOptions) -> ReplayOptions:
    if options.canary is not None and options.verify_s is None:
        return replace(options, verify_s=CANARY_VERIFY_S)
    return options


def _dry_run(operator: Operator, selection: EntrySelection, options: ReplayOptions, edit: _Edit | None) -> ReplayResult:
    store = operator.store
    found = resolve(store, selection.ids) if selection.ids else None
    plan = _prepare(operator, selection, options, found, edit, None).plan
    problems = (*_missing(found), *_unheard(plan))
    return ReplayResult(remaining=store.total(), problems=problems, plan=plan)


def _prepare(
    operator: Operator,
    selection: EntrySelection,
    options: ReplayOptions,
    found: FoundEntries | None,
    edit: _Edit | None,
    bound: int | None,
) -> Prepared:
    """Raises NotFound when nothing is selected."""
    rules = replace(options.rules, edited=edit.edited.entry if edit else None)
    prepared = plan_replay(operator.store, selection, operator.clock, rules, found=found, bound=bound)
    if prepared.untimed:
        operator.person.warn(untimed_note(prepared.untimed))
    if not prepared.selected:
        selection.must_match(operator.store.total())
    return prepared


def _nothing_to_do(store: DeadLetters, plan: DeadLetterPlan, found: FoundEntries | None) -> ReplayResult:
    return ReplayResult(
        unheard=plan.unheard,
        skipped=plan.at_limit,
        invalid=plan.invalid,
        remaining=store.total(),
        problems=(*_missing(found), *_unheard(plan)),
        not_found=len(found.missing) if found else 0,
        chosen_by_id=found is not None,
    )


def _missing(found: FoundEntries | None) -> Iterator[EntryProblem]:
    for word in found.missing if found else ():
        yield EntryProblem(word, ReplayOutcome.NOT_FOUND, NO_SUCH_ID)


def _unheard(plan: DeadLetterPlan) -> Iterator[EntryProblem]:
    for name, channel in plan.channels.items():
        if channel.unheard and plan.unheard:
            who = channel.listening.unmet() if channel.required else None
            message = f"{who or f'nobody listens to {name}'} ({counted(channel.entries, 'entry', 'entries')})"
            yield EntryProblem("", ReplayOutcome.UNHEARD, message, channel.listening)


def _one_event(store: DeadLetters, selection: EntrySelection, limit: int | None) -> tuple[Entry, ...]:
    """The entries, up to the limit, of the one event that is selected. Raises InvalidUsage when there are several."""
    found = resolve(store, selection.ids) if selection.ids else None
    selected = selection.chooser(found)
    entries: list[Entry] = []
    for _, raw in store.oldest_first():
        entry = parse_entry(raw)
        if not selected(entry):
            continue
        if entries and (entry.event_id is None or entry.event != entries[0].event):
            raise InvalidUsage("edit_one", "--edit takes one event, and several are selected", "give one id")
        entries.append(entry)
        if len(entries) == limit:
            break
    if not entries:
        selection.must_match(store.total())
        raise InvalidUsage("edit_one", "--edit takes one event, and none is selected", "shema dlq list")
    return tuple(entries)
