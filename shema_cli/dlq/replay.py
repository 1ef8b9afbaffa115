"""Replay: publish the selected entries again, oldest first, each exactly once (contract 2.4).

That it is exactly once is `store/lua/dlq_act.lua`, which publishes and takes out in one step, sent by `run/run.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from shema_cli.dlq.families.remembered import remember_failures
from shema_cli.dlq.letters.edit import Edited, edit_event, keep
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.selection import Chooser, EntrySelection, FoundEntries, resolve, untimed_note
from shema_cli.dlq.outcomes import DeadLetterPlan, EntryProblem, ReplayOutcome, ReplayResult, unheard_problems
from shema_cli.dlq.plan import Prepared, plan_replay
from shema_cli.dlq.publishing import Publishing, ReplayOptions
from shema_cli.dlq.run.bounces import ReplayTally
from shema_cli.dlq.run.recover import join, settle_up, take_back
from shema_cli.dlq.run.republish import Means, Publications, Republication
from shema_cli.dlq.run.run import Operator, Run
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.run.sweep import Sweep
from shema_cli.dlq.transfer import IdenticalEntries, NewFile, encode_line
from shema_cli.errors import InvalidUsage
from shema_cli.frozen import dataclass

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
        join(operator, run, "dlq.replay", named)
        found = resolve(operator.store, selection.ids, run.bound) if selection.ids else None
        prepared = _prepare(operator, selection, options, found, edit, run.bound)
        if prepared.plan.count:
            run.expect(prepared.plan.count)
            operator.confirm([*prepared.plan.question("Replay"), *options.canary_words(prepared.takes)])
        elif not operator.yes:  # nobody was asked, so nothing is tried
            return _nothing_to_do(operator.store, prepared.plan, found)
        remember_failures(operator.store, operator.clock)
        if edit is not None:
            edit.keep_original(options.original)
        edited = edit.edited if edit else None
        result = _publish(operator, run, selection.chooser(found), found, prepared, options, edited)
        left = operator.store.begin_total()
        run.leave()
        result = replace(result, remaining=left())
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


def _publish(
    operator: Operator,
    run: Run,
    chooser: Chooser,
    found: FoundEntries | None,
    prepared: Prepared,
    options: ReplayOptions,
    edited: Edited | None,
) -> ReplayResult:
    """The run from its first batch to the last bounce."""
    store, tally = operator.store, ReplayTally()
    store.audience.count_anew()
    under_way = Republication(operator, run, options, tally, prepared.takes)

    def swept(means: Means) -> Sweep:
        publications = Publications(store, options, tally, means.backlog, store.audience)
        work = Publishing(publications, chooser, prepared, options, tally, means, edited)
        positions = found.positions if found else None
        return Sweep(run, work, pace=means.pace, go_on=means.way.go_on, positions=positions)

    under_way.go(run.bound, swept)
    for word in found.missing if found else ():
        tally.add(ReplayOutcome.NOT_FOUND, word, NO_SUCH_ID)
    return under_way.result(ReplayResult, chosen_by_id=found is not None)


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
    if plan.unheard:
        yield from unheard_problems(plan.channels)


def _one_event(store: DeadLetters, selection: EntrySelection, limit: int | None) -> tuple[Entry, ...]:
    """The entries, up to the limit, of the one event that is selected. Raises InvalidUsage when there are several."""
    found = resolve(store, selection.ids) if selection.ids else None
    selected = selection.chooser(found).selected
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
