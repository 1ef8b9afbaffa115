"""How the session is drawn."""

from __future__ import annotations

from rich.console import RenderableType

from shema_cli.auth.results import SignInStatus
from shema_cli.output.tables import new_facts, text


def status(result: SignInStatus, width: int) -> RenderableType:
    """One fact a line; what would not work is red."""
    drawn = new_facts(most=max(10, width - 14))
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
