"""Whoever and whatever a text means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from shema_cli.clock import parse_iso
from shema_cli.find.results import Findings, person_summary
from shema_cli.ui.listing import Cell, Column, Row
from shema_cli.ui.page import Action, Leads, Page, Sheet, arguments, trace
from shema_cli.ui.pages import messages, moments, school

PERSON, ENROLLMENT, DEAD_LETTER = "person", "enrollment", "dead letter"
WHOLE: Mapping[str, Callable[[Row], Sheet]] = {ENROLLMENT: school.enrollment, DEAD_LETTER: messages.letter}
STYLES = {PERSON: "head", ENROLLMENT: "good", DEAD_LETTER: "fail"}


def find(text: str, now: datetime) -> Page:
    """People, enrollments and whatever else bears this text, best first."""
    return Page(
        name="find",
        title=f"find {text}",
        words=("find", *arguments(tuple(text.split()))),
        columns=(
            Column("FOUND", 12),
            Column("ID", 16),
            Column("WHAT", 40, grows=True),
            Column("MATCH", 12, spare=True),
            replace(moments.column("WHEN", moments.DAY_AND_TIME, now), wide=True),
        ),
        rows=lambda found: list(_rows(found)),
        said=_said,
        opens=_thing,
        actions=(Action("t", "story", lambda rows: trace(rows[0].copied), reads=True, one=True),),
        every_s=60.0,
    )


def _rows(found: Findings) -> Iterator[Row]:
    for one in found.people:
        yield _row(PERSON, one.person.id, person_summary(one), one.match.value.replace("_", " "))
    for enrollment in found.enrollments:
        exact = "exact" if enrollment.exact else ""
        yield _row(ENROLLMENT, enrollment.enrollment.id, enrollment.summary(), exact, enrollment.created_at)
    for other in found.others:
        yield _row(other.kind.replace("_", " "), other.id, other.summary, at=other.at)


def _row(kind: str, id: str, what: str, match: str = "", at: str | None = None) -> Row:
    """An enrollment and the decision on it bear one id: what a row is of belongs to its own."""
    cells = (Cell(kind, STYLES.get(kind, "")), Cell(id), Cell(what), Cell(match, "quiet"), _moment(at))
    return Row(f"{kind} {id}", cells, copied=id, holds=kind)


def _moment(at: str | None) -> Cell:
    return replace(moments.cell(parse_iso(at), moments.DAY_AND_TIME), style="quiet") if at else Cell("", rank=0.0)


def _thing(row: Row) -> Leads:
    """An enrollment and a dead letter are shown with what can be done with them; of all else the story."""
    whole = WHOLE.get(str(row.holds))
    if whole is None:
        return trace(row.copied)
    sheet = whole(replace(row, id=row.copied))
    unplanned = tuple(replace(action, plan=None) for action in sheet.actions)  # its cells are those of another page
    return replace(sheet, actions=unplanned)


def _said(found: Findings) -> str:
    if not found.found:
        return "; ".join(found.notes())
    silent = f" · {', '.join(found.silent)} did not tell" if found.silent else ""
    more = " · there may be more" if found.more else ""
    return f"{found.found} found, the best first{more}{silent}"
