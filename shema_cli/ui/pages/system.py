"""What is wrong, and the trail."""

from __future__ import annotations

import shlex
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from shema_cli.audit import words
from shema_cli.audit.results import AuditList
from shema_cli.clock import parse_iso
from shema_cli.output.sanitize import safe_block
from shema_cli.output.tables import new_facts, text
from shema_cli.results import counted
from shema_cli.status.results import Status
from shema_cli.store.chain import AuditEntry
from shema_cli.ui.lines import Words
from shema_cli.ui.listing import Cell, Column, Row
from shema_cli.ui.page import Action, Page, trace
from shema_cli.ui.pages import moments

MOST = 500
VERIFIED_EVERY_S = 600.0


def status(_now: datetime) -> Page:
    """What is wrong now, worst first."""
    return Page(
        name="status",
        title="status",
        words=("status",),
        columns=(
            Column("", 4),
            Column("AREA", 9),
            Column("WHAT", 26, grows=True),
            Column("CAUSE", 26, grows=True),
            Column("NEXT", 34, wide=True),
        ),
        rows=_problems,
        opens=_whole,
        actions=(
            Action("n", "next step", lambda rows: _next(rows[0].about), changes=False, one=True),
            Action("b", "runbook", lambda _: ("runbook",), outside=True, changes=False, of_all=True),
        ),
        said=lambda result: result.first_line.what if not result.problems else counted(len(result.problems), "problem"),
        every_s=10.0,
    )


def _problems(found: Status) -> list[Row]:
    return [
        Row(
            f"{one.area}: {one.what}",
            (
                Cell(one.severity.value, one.severity.value),
                Cell(one.area),
                Cell(one.what),
                Cell(one.cause),
                Cell(one.next),
            ),
            one.next,
        )
        for one in found.problems
    ]


def _whole(row: Row) -> RenderableType:
    """The problem, as long as it is."""
    severity, area, what, cause, following = (cell.text for cell in row.cells)
    return Text(safe_block(f"{severity}: {area}\n\n{what}\n\nbecause: {cause}\nnext:    {following}"))


def _next(told: str) -> Words | None:
    """The line that is told as the next step; None where it is none."""
    try:
        program, *words = shlex.split(told)
    except ValueError:
        return None
    return tuple(words) if program == "shema" and words else None


def audit(now: datetime) -> Page:
    """Who did what, the newest first."""
    return Page(
        name="audit",
        title="audit",
        words=("audit", "list", "--limit", str(MOST)),
        columns=(
            moments.column("WHEN", moments.DAY_AND_TIME, now),
            Column("WHO", 22, least=9),
            Column("ACTION", 20, least=16),
            Column("WHAT", 26, grows=True),
            Column("ABOUT", 20, grows=True, wide=True),
        ),
        rows=_entries,
        said=lambda result: f"the newest {len(result.entries):,} of {result.total:,}",
        opens=lambda row: trace(_target(row)) or _whole_entry(row),
        actions=(
            Action("t", "story", lambda rows: trace(_target(rows[0])), reads=True, one=True),
            Action("V", "verify", lambda _: ("audit", "verify"), reads=True, of_all=True, again_s=VERIFIED_EVERY_S),
        ),
        every_s=10.0,
    )


def _entries(found: AuditList) -> list[Row]:
    return [_entry(found, one) for one in found.entries]


def _entry(found: AuditList, entry: AuditEntry) -> Row:
    at, about = parse_iso(entry.text("at")), found.about(entry)
    whom = " · ".join(filter(None, about.cells()))
    cells = (
        moments.cell(at, moments.DAY_AND_TIME),
        Cell(entry.who or "-"),
        Cell(entry.text("action")),
        Cell(words.count(entry)),
        Cell(whom),
    )
    fields = (value.decode("utf-8", "backslashreplace") for value in entry.stored.values())
    return Row(entry.id, cells, " ".join(fields), holds=entry)


def _target(row: Row) -> str:
    assert isinstance(row.holds, AuditEntry)
    return row.holds.text("target")


def _whole_entry(row: Row) -> RenderableType:
    """An entry that is about nothing in particular, with all its fields."""
    assert isinstance(row.holds, AuditEntry)
    facts = new_facts()
    for name, value in row.holds.stored.items():
        facts.add_row(text(name.decode("utf-8", "backslashreplace")), text(value.decode("utf-8", "backslashreplace")))
    return facts
