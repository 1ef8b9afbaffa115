"""Resend: publish messages of the history again, oldest first, each exactly once for one service (contract 3.3).

That it is exactly once is `store/lua/dlq_resend.lua`, which publishes and marks in one step, sent by `run.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from shema_cli.calls.audience import Audience
from shema_cli.dlq.outcomes import EntryProblem, ReplayOutcome, unheard_problems
from shema_cli.dlq.run.bounces import ReplayTally
from shema_cli.dlq.run.recover import join, settle_up, take_back
from shema_cli.dlq.run.republish import Means, Republication, RepublishOptions
from shema_cli.dlq.run.run import Operator
from shema_cli.errors import NotFound
from shema_cli.events.history.entries import RecordedMessage
from shema_cli.resend.plan import Prepared, plan_resend
from shema_cli.resend.results import RESEND, ResendResult
from shema_cli.resend.run import Resending
from shema_cli.resend.selection import Unusable
from shema_cli.resend.sending import Resent, Sending
from shema_cli.store import keys


class Selection(Protocol):
    """Which messages are meant. `service`: whom they are resent to ('': whoever listens); `listens`: on what that
    surely listens, besides what it has declared; `unusable`: what was asked for and is no message."""

    @property
    def service(self) -> str: ...

    @property
    def listens(self) -> Sequence[str]: ...

    @property
    def unusable(self) -> Sequence[Unusable]: ...

    def messages(self) -> Iterator[RecordedMessage]:
        """The oldest first. Raises what Redis raises."""

    def describe(self) -> str:
        """As it was typed, for the trail."""

    def nothing(self) -> NotFound:
        """What is raised where there are none."""


def resend(operator: Operator, selection: Selection, options: RepublishOptions) -> ResendResult:
    """Resend what is selected and was not resent to that service before.

    Raises NotFound when nothing is selected, Refused when the person says no, Unreachable when Redis goes away for
    longer than a run waits.
    """
    present = Audience(operator.store.redis, operator.clock, also=_listens(selection))
    if options.dry_run:
        plan = _prepare(operator, selection, options, present).plan
        problems = (*_unusable(selection), *(unheard_problems(plan.channels) if plan.unheard else ()))
        return ResendResult(skipped=plan.already, remaining=plan.count + plan.unheard, problems=problems, plan=plan)
    take_back(operator)
    with Resending(operator.store, operator.clock) as run:
        join(operator, run, "events.resend", selection.describe(), keys.HISTORY, service=selection.service)
        prepared = _prepare(operator, selection, options, present)
        if prepared.plan.count:
            run.expect(prepared.plan.count)
            operator.confirm([*prepared.plan.question(), *options.canary_words(len(prepared.ids))])
        elif not operator.yes:  # nobody was asked, so nothing is tried
            return _nothing_to_do(prepared, selection)
        result = _publish(operator, run, selection, prepared, options, present)
        run.leave()
        about = {"service": selection.service} if selection.service else {}
        settle_up(operator, run, result.audited(), **result.audience(), **about)
    return result


def _listens(selection: Selection) -> Mapping[str, Sequence[str]]:
    return {selection.service: selection.listens} if selection.service else {}


def _prepare(operator: Operator, selection: Selection, options: RepublishOptions, present: Audience) -> Prepared:
    """Raises NotFound when nothing is selected."""
    invalid = sum(1 for one in selection.unusable if not one.missing)
    messages = selection.messages()
    prepared = plan_resend(
        operator.store, messages, selection.service, options, operator.clock, present, invalid=invalid
    )
    if not len(prepared.ids) and not prepared.plan.already:
        raise selection.nothing()
    return prepared


def _publish(
    operator: Operator,
    run: Resending,
    selection: Selection,
    prepared: Prepared,
    options: RepublishOptions,
    present: Audience,
) -> ResendResult:
    """The run from its first batch to the last bounce."""
    tally = ReplayTally(RESEND)
    tally.counts[ReplayOutcome.SKIPPED] += prepared.plan.already
    takes = prepared.plan.already + len(prepared.ids)
    under_way = Republication(operator, run, options, tally, takes)

    def sent(means: Means) -> Sending:
        publications = Resent(operator.store, options, tally, means.backlog, present, selection.service)
        return Sending(run, operator.clock, prepared.ids, selection.service, options, publications, means)

    under_way.go(len(prepared.ids), sent)
    for problem in _unusable(selection):
        tally.add(problem.outcome, problem.id, problem.message)
    result = under_way.result(ResendResult, chosen_by_id=True)
    return replace(result, remaining=takes - result.resent - result.skipped)


def _nothing_to_do(prepared: Prepared, selection: Selection) -> ResendResult:
    plan, unusable = prepared.plan, tuple(_unusable(selection))
    return ResendResult(
        unheard=plan.unheard,
        skipped=plan.already,
        invalid=plan.invalid,
        remaining=plan.unheard,
        problems=(*unusable, *(unheard_problems(plan.channels) if plan.unheard else ())),
        not_found=len(unusable) - plan.invalid,
        chosen_by_id=True,
    )


def _unusable(selection: Selection) -> Iterator[EntryProblem]:
    for one in selection.unusable:
        outcome = ReplayOutcome.NOT_FOUND if one.missing else ReplayOutcome.INVALID
        yield EntryProblem(one.word, outcome, one.why)
