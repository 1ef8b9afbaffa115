"""A service token on a terminal."""

from __future__ import annotations

from rich.console import RenderableType

from shema_cli.clock import with_local_instants
from shema_cli.output.rows import cell
from shema_cli.output.tables import draw_table
from shema_cli.results import Table
from shema_cli.tokens.service_tokens import VerifiedToken


def verified(result: VerifiedToken, width: int) -> RenderableType:
    """A line a claim, with the times that its numbers stand for."""
    told = result.table()
    rows = [(name, with_local_instants(cell(value))) for name, value in told.rows]
    return draw_table(Table(told.columns, rows), width)
