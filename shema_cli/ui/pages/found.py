"""Whoever and whatever a text means."""

from __future__ import annotations

from shema_cli.find.results import Findings
from shema_cli.ui.listing import Cell, Column, Row
from shema_cli.ui.page import Page, arguments, trace


def find(text: str) -> Page:
    """People, enrollments and whatever else bears this text, best first."""
    return Page(
        name="find",
        title=f"find {text}",
        words=("find", *arguments(tuple(text.split()))),
        columns=(Column("FOUND", 12), Column("ID", 16), Column("WHAT", 40, grows=True)),
        rows=_rows,
        said=_said,
        opens=lambda row: trace(row.id),
        every_s=60.0,
    )


def _rows(found: Findings) -> list[Row]:
    return [Row(str(id), (Cell(str(kind)), Cell(str(id)), Cell(str(what)))) for kind, id, what, _ in found.table().rows]


def _said(found: Findings) -> str:
    return f"{found.found} found" if found.found else "; ".join(found.notes())
