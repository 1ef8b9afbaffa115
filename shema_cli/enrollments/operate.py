"""A decision from the command line to its result: look up, show, ask, carry out, wait (contract 2.2, 2.3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from shema_cli.counts import counted
from shema_cli.durations import age
from shema_cli.enrollments.effect import await_effect
from shema_cli.enrollments.models import Kind, Outcome
from shema_cli.enrollments.plan import Ask, Plan, prepare
from shema_cli.enrollments.preflight import preflight
from shema_cli.enrollments.results import CHANGED, Decided, Item
from shema_cli.enrollments.run import carry_out, foresee
from shema_cli.enrollments.selection import Selection
from shema_cli.errors import InvalidUsage
from shema_cli.output.progress import Progress

if TYPE_CHECKING:
    from shema_cli.context import AppContext

STALE_AFTER_S = 20.0


def operate(app: AppContext, ask: Ask) -> Decided:
    """Carry out what was asked for, after one confirmation.

    Raises InvalidUsage for flags that do not go together, or when nobody can be asked; Refused when the answer is no;
    and what `prepare` raises.
    """
    ask = _complete(app, ask)
    plan = _prepare(app, ask)
    if ask.dry_run:
        return foresee(plan)
    if not ask.yes:
        if not _anything_to_do(plan):
            return foresee(plan)
        plan = _confirmed(app, plan)
    with _progress(app, ask.kind.verb, len(plan.steps)) as progress:
        decided = carry_out(app, plan, progress.step)
    published = sum(item.outcome in CHANGED for item in decided.items)
    if not ask.wait_s or not published or decided.interrupted:
        return decided
    with _progress(app, "confirm", published) as progress:
        return await_effect(app, decided, ask.wait_s, progress.step)


def _complete(app: AppContext, ask: Ask) -> Ask:
    if ask.student_id is not None and len(ask.selection.ids) != 1:
        raise InvalidUsage(
            "student_id", "--student-id goes with exactly one enrollment id", "give one id, or leave --student-id out"
        )
    if not (ask.yes or ask.dry_run or app.output.streams.can_prompt):
        app.confirm("", yes=False)
    if ask.kind is Kind.REJECTED and not ask.reason.strip() and not ask.republish:
        ask = replace(ask, reason=app.prompts.text("Reason for the rejection", flag="--reason"))
        if not ask.reason:
            raise InvalidUsage("no_reason", "a rejection needs a reason", "pass --reason TEXT")
    return ask


def _prepare(app: AppContext, ask: Ask) -> Plan:
    ids = ask.selection.ids
    with _progress(app, "look up", len(ids) or None) as progress:
        return asyncio.run(prepare(app, ask, progress.step))


def _confirmed(app: AppContext, plan: Plan) -> Plan:
    """The plan, after a yes; looked up anew when the answer took long enough for things to have changed."""
    asked_at = app.clock.monotonic()
    app.output.aside(preflight(plan, app.clock.now()))
    app.confirm(question(app, plan), yes=plan.ask.yes)
    if app.clock.monotonic() - asked_at <= STALE_AFTER_S:
        return plan
    confirmed = Selection(ids=tuple(entry.enrollment_id for entry in plan.entries))  # nobody else came into the list
    return _prepare(app, replace(plan.ask, selection=confirmed))


def question(app: AppContext, plan: Plan) -> str:
    """What the confirmation asks: how many, how old the oldest is, and how many will be left out."""
    foreseen = plan.foreseen()
    planned = [entry for entry, item in foreseen if item.outcome is Outcome.PLANNED]
    now = app.clock.now()
    looked_up = [entry.enrollment for entry in planned if not isinstance(entry, Item) and entry.enrollment]
    ages = [seconds for enrollment in looked_up if (seconds := enrollment.age_s(now)) is not None]
    oldest = f"; the oldest is {age(max(ages))} old" if ages else ""
    others = f"; {len(foreseen) - len(planned)} left as they are" if len(foreseen) > len(planned) else ""
    return f"{plan.ask.kind.verb.capitalize()} {counted(len(planned), 'enrollment')}{oldest}{others}."


def _anything_to_do(plan: Plan) -> bool:
    return any(item.outcome is Outcome.PLANNED for _, item in plan.foreseen())


def _progress(app: AppContext, verb: str, total: int | None) -> Progress:
    return Progress(app.output.streams, app.clock, verb, total)
