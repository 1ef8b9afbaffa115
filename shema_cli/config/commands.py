"""`shema config …`: settings and profiles."""

from __future__ import annotations

from typing import Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.errors import InvalidUsage
from shema_cli.results import Fields, Result

group = new_group("config")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")]


@command(group, "show", access=Access.OPEN)
def show(app: AppContext) -> Result:
    """Print every setting with its value (secrets masked) and where it came from."""
    from shema_cli.config.results import ShownSettings

    return ShownSettings.of(app.settings)


@command(group, "path", access=Access.OPEN, any_profile=True)
def path(app: AppContext) -> Result:
    """Print where config.toml and the state folder are."""
    return Fields({"config": str(app.settings.config_path), "state": str(app.settings.state_path)})


@command(group, "profiles", access=Access.OPEN, any_profile=True)
def profiles(app: AppContext) -> Result:
    """List the profiles of config.toml."""
    from shema_cli.config.results import Profiles

    settings = app.settings
    return Profiles(settings.profiles, settings.profile, settings.default_profile)


@command(group, "use", access=Access.OPEN, any_profile=True)
def use(
    app: AppContext,
    name: Annotated[str, typer.Argument(help="The profile to use by default.")],
    dry_run: DryRun = False,
) -> Result:
    """Make a profile the default one."""
    from shema_cli.config.edit import use_profile

    return use_profile(app.settings, name, dry_run=dry_run)


@command(group, "set", access=Access.OPEN, any_profile=True)
def set_(
    app: AppContext,
    name: Annotated[str, typer.Argument(help="The setting's name, as `shema config show` prints it.")],
    value: Annotated[str, typer.Argument(help="Its value; - reads it from stdin, which a secret must.")],
    dry_run: DryRun = False,
) -> Result:
    """Set a value in a profile (the one of --profile, else the active one)."""
    from shema_cli.config.edit import set_value
    from shema_cli.settings.values import mask

    if value == "-":
        value = app.output.streams.stdin.readline().strip()
    elif mask(name, value) != value:
        raise InvalidUsage(
            "secret_in_argv", f"this value of {name} is a secret and must not be an argument", "pass - and pipe it in"
        )
    target = app.options.profile or app.settings.profile
    if target is None:
        raise InvalidUsage("no_profile", "no profile is active", "name one: --profile staging")
    return set_value(app.settings, target, name, value, dry_run=dry_run)
