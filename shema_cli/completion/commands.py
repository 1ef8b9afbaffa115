"""`shema completions …`"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Result

group = new_group("completions")


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


ShellArgument = Annotated[Shell, typer.Argument(help="bash, zsh, fish or powershell.", show_default=False)]


@command(group, "install", access=Access.OPEN, any_profile=True)
def install(
    app: AppContext,
    shell: Annotated[Shell | None, typer.Argument(help="The shell; your own one unless told.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
) -> Result:
    """Write the completion script to where your shell looks for it."""
    from shema_cli.completion.install import install, own_shell

    environ = app.output.streams.environ
    return install(shell.value if shell else own_shell(environ), environ, dry_run=dry_run)


@command(group, "show", access=Access.OPEN, any_profile=True)
def show(app: AppContext, shell: ShellArgument) -> None:
    """Print the completion script of a shell."""
    from shema_cli.completion.scripts import script

    app.output.write(script(shell.value))
