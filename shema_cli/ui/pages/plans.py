"""What stands in the dialog of a line: each of its rows, what is going to come of it, and then what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shema_cli.clock import age
from shema_cli.dlq.outcomes import DiscardResult, ReplayOutcome, ReplayResult
from shema_cli.dlq.results import Row as Letter
from shema_cli.enrollments.foreseen import ForeseenDecision, Preflight
from shema_cli.enrollments.results import NOT_DONE, Decided, DecisionItem, DecisionOutcome
from shema_cli.people.results import Named
from shema_cli.results import Result
from shema_cli.ui.listing import Cell, Column, Row
from shema_cli.ui.page import Candidate, Plan

REFUSED = "warn"
_DECIDED = {
    DecisionOutcome.APPROVED: "good",
    DecisionOutcome.REJECTED: "good",
    DecisionOutcome.PLANNED: "good",
    DecisionOutcome.ALREADY: "quiet",
    DecisionOutcome.FAILED: "fail",
    DecisionOutcome.NOT_FOUND: "fail",
}
_SENT = {ReplayOutcome.BOUNCED: "fail", ReplayOutcome.FAILED: "fail", ReplayOutcome.NOT_FOUND: "fail"}


def decisions() -> Plan:
    """Enrollments that are about to be decided on."""
    return Plan(
        columns=(
            Column("ENROLLMENT", 10, spare=True),
            Column("STUDENT", 18, grows=True),
            Column("COURSE", 16, grows=True),
            Column("SEATS", 8),
            Column("WAITS", 5, right=True, spare=True),
            Column("NOTICE", 24, grows=True, wide=True),
        ),
        all_told=True,
        foreseen=_foreseen,
        became=_decided,
    )


def _foreseen(result: Result) -> Mapping[str, Candidate] | None:
    """The planned ones first."""
    if not isinstance(result, Preflight):
        return None
    rows = sorted(result.rows, key=lambda row: not row.planned)
    return {row.item.enrollment_id: _candidate(row) for row in rows}


def _candidate(row: ForeseenDecision) -> Candidate:
    noticed = "; ".join(row.remarks)
    cells = (
        Cell(row.item.enrollment_id),
        *_whom(row.about, row.student_id, row.course_id),
        Cell(row.seats_said or "-"),
        Cell(age(row.age_s) or "-"),
        Cell(noticed, "warn"),
    )
    of_row = Row(row.item.enrollment_id, cells)
    if not row.planned:
        return Candidate(of_row, row.item.outcome.value, _of(row.item), row.item.said(row.about))
    reason = f"reason: {row.reason}" if row.reason else ""
    word, look = (f"{row.kind.verb} !", "warn") if noticed else (row.kind.verb, "good")
    return Candidate(of_row, word, look, "; ".join(filter(None, (noticed, reason))))


def _whom(about: Named, student_id: str | None, course_id: str | None) -> tuple[Cell, Cell]:
    return (
        Cell(about.student_name or student_id or "-", "" if about.student_name else "quiet"),
        Cell(about.course_title or course_id or "-", "" if about.course_title else "quiet"),
    )


def _of(item: DecisionItem) -> str:
    return _DECIDED.get(item.outcome, REFUSED)


def _word(item: DecisionItem) -> str:
    """One to which the run did not come has not failed."""
    return NOT_DONE if item.message.startswith(NOT_DONE) else item.outcome.value


def _decided(result: Result, shown: Sequence[Candidate]) -> Mapping[str, Candidate] | None:
    if isinstance(result, Preflight) and not shown:
        return _foreseen(result)
    if not isinstance(result, Decided) or not shown:
        return None
    rows = {one.row.id: one.row for one in shown}
    return {
        item.enrollment_id: Candidate(rows[item.enrollment_id], _word(item), _of(item), item.said(result.about(item)))
        for item in result.items
        if item.enrollment_id in rows
    }


def letters(columns: tuple[Column, ...], verb: str) -> Plan:
    """Entries of the list of dead letters, as their page shows them, that a line of this name is about to take."""
    return Plan(columns=columns, chosen=lambda row: _letter(row, verb), became=_sent)


def _letter(row: Row, verb: str) -> Candidate | None:
    if not isinstance(row.holds, Letter):
        return None
    entry = row.holds.entry
    if verb == "replay" and not entry.valid:
        return Candidate(row, ReplayOutcome.INVALID.value, REFUSED, f"{entry.reason}; it is left alone")
    return Candidate(row, verb, "good", entry.error or "")


def _sent(result: Result, shown: Sequence[Candidate]) -> Mapping[str, Candidate] | None:
    if isinstance(result, DiscardResult):
        return _discarded(result, shown)
    return _replayed(result, shown) if isinstance(result, ReplayResult) else None


def _discarded(result: DiscardResult, shown: Sequence[Candidate]) -> Mapping[str, Candidate] | None:
    """Where not all of them went, nobody is told which did."""
    if result.discarded != len(shown):
        return None
    return {one.row.id: Candidate(one.row, "discarded", "good", f"in {result.export}") for one in shown}


def _replayed(result: ReplayResult, shown: Sequence[Candidate]) -> Mapping[str, Candidate] | None:
    """A problem says which entry it is about; of the others all went out, or nobody is told which did."""
    problems = {problem.before or problem.id: problem for problem in result.problems}
    told = {
        one.row.id: Candidate(one.row, problem.outcome.value, _SENT.get(problem.outcome, REFUSED), problem.message)
        for one in shown
        if (problem := problems.get(one.row.id))
    }
    others = [one for one in shown if one.row.id not in told and one.word != ReplayOutcome.INVALID.value]
    if len(others) + result.bounced != result.replayed or result.omitted:
        return told or None
    return told | {one.row.id: Candidate(one.row, result.act.done.value, "good") for one in others}
