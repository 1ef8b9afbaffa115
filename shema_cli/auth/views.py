"""How the session is drawn."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table

from shema_cli.auth.status import Status
from shema_cli.ui.tables import text


def status(result: Status, width: int) -> RenderableType:
    """One fact a line; what would not work is red."""
    drawn = Table(box=None, show_header=False, pad_edge=False)
    drawn.add_column(style="bold", no_wrap=True)
    drawn.add_column(overflow="fold", max_width=max(10, width - 14))
    for label, value, good in (
        ("signed in", result.signed_in, result.signed_in),
        ("email", result.email, True),
        ("uid", result.uid, True),
        ("admin", result.admin, result.admin),
        ("project", result.project, True),
        ("emulator", result.emulator, not result.emulator),
        ("expires at", result.expires_at, True),
        ("storage", result.storage, True),
    ):
        drawn.add_row(label, text(value, "" if good else "yellow" if label == "emulator" else "red"))
    return drawn
