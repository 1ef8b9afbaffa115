"""A user on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shema_cli.output.tables import text
from shema_cli.users.show import FoundUser


def user(found: FoundUser, width: int) -> RenderableType:
    fields = Table.grid(padding=(0, 2))
    fields.add_column(style="bold", no_wrap=True, max_width=max(10, width // 3), overflow="ellipsis")
    fields.add_column(overflow="fold")
    for name, value in found.user.items():
        fields.add_row(text(name), text(value))
    return Group(fields, Text(_origin(found), style="dim"))


def _origin(found: FoundUser) -> str:
    left = "" if found.expires_in_s is None else f", kept for {found.expires_in_s} s"
    return f"\nfrom the cache{left}" if found.hit else f"\nfrom the user service{left}"
