"""`shema help [TOPIC]`"""

from __future__ import annotations

from typing import Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Result

group = new_group("help")


@command(group, "help", access=Access.OPEN, view="topic", any_profile=True)
def help_(
    app: AppContext,
    topic: Annotated[
        list[str] | None,
        typer.Argument(help="exit-codes, output, environment, profiles, events, or a command.", show_default=False),
    ] = None,
) -> Result:
    """Read about exit codes, output, settings, profiles or events, or a command's help."""
    from shema_cli.help.read import read

    return read(" ".join(topic or ()))
