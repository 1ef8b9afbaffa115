"""`shema completions …`"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from shema_cli.cli.declare import Access, Example, command, new_group
from shema_cli.cli.options import Argument, DryRun
from shema_cli.context import AppContext
from shema_cli.results import Result

group = new_group("completions", see_also=("doctor",))


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


ShellArgument = Annotated[Shell, Argument(help="bash, zsh, fish or powershell.")]


@command(
    group,
    "install",
    access=Access.OPEN,
    any_profile=True,
    examples=(
        Example("For your own shell", "shema completions install", needs="home"),
        Example("See where zsh would look", "shema completions install zsh --dry-run"),
    ),
    see_also=("completions show", "doctor"),
)
def install(
    app: AppContext,
    shell: Annotated[Shell | None, Argument(help="The shell; your own one unless told.")] = None,
    dry_run: DryRun = False,
) -> Result:
    """Write the completion script to where your shell looks for it."""
    from shema_cli.completion.install import install, own_shell

    environ = app.output.streams.environ
    return install(shell.value if shell else own_shell(environ), environ, dry_run=dry_run)


@command(
    group,
    "show",
    access=Access.OPEN,
    any_profile=True,
    examples=(
        Example("To try it in this shell only", "source <(shema completions show bash)"),
        Example("To put it elsewhere", "shema completions show fish > shema.fish"),
    ),
    see_also=("completions install",),
)
def show(app: AppContext, shell: ShellArgument) -> None:
    """Print the completion script of a shell."""
    from shema_cli.completion.scripts import script

    app.output.write(script(shell.value))
