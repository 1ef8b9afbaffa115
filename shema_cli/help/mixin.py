"""How every command and group shows its `--help`. Light: whatever only the help needs is imported when it is shown."""

from __future__ import annotations

import shutil
from typing import Any

WIDEST = 100
NARROWEST = 38


def help_width() -> int:
    """Columns of a help text: the terminal's, within what can be read."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((80, 24)).columns) - 2)


class CommandHelp:
    """Mixed into a command's class: options in groups, then examples, exit codes and see also."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        extra.setdefault("terminal_width", help_width())
        return super().make_context(info_name, args, parent, **extra)  # type: ignore[misc]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        from shema_cli.help.render import write_options

        write_options(self, ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from shema_cli.help.render import write_page

        write_page(self, ctx, formatter)


class GroupHelp(CommandHelp):
    """Mixed into a group's class: its commands first, each with its whole sentence."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        from shema_cli.help.render import write_commands

        write_commands(self, ctx, formatter)
        super().format_options(ctx, formatter)
