"""How the admins are drawn."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.admins.results import Admins
from shema_cli.clock import age
from shema_cli.output.tables import NARROW, new_table, text
from shema_cli.results import counted


def listing(result: Admins, width: int) -> RenderableType:
    """One admin a line; on a narrow terminal without the uid."""
    columns = ["email", "last sign-in", "state", *(["uid"] if width >= NARROW else [])]
    drawn = new_table(*columns)
    for account in result.accounts:
        seen = age((result.now - account.last_sign_in).total_seconds()) + " ago" if account.last_sign_in else "never"
        state = text("disabled", "red") if account.disabled else text("enabled", "green")
        drawn.add_row(text(account.email), text(seen), state, *([text(account.uid)] if width >= NARROW else []))
    return Group(drawn, Text(counted(len(result.accounts), "admin"), style="dim"))
