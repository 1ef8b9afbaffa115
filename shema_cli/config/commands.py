"""`shema config …`: settings and profiles."""

from __future__ import annotations

from typing import Annotated

from shema_cli.cli.declare import Access, Example, command, new_group
from shema_cli.cli.options import PROFILES, Argument, DryRun, words
from shema_cli.context import AppContext
from shema_cli.errors import InvalidUsage
from shema_cli.results import Fields, Result
from shema_cli.settings.profile import PROFILE_OPTIONS
from shema_cli.settings.values import CORE_SERVICES, SETTINGS, service_variable

group = new_group("config", see_also=("help profiles", "help environment", "doctor"))

SETTING = words(*map(service_variable, CORE_SERVICES), *SETTINGS, *PROFILE_OPTIONS)


@command(
    group,
    "show",
    access=Access.OPEN,
    examples=(
        Example("Every value, and where it came from", "shema config show"),
        Example("Of another profile", "shema config show --profile sandbox --json"),
    ),
    see_also=("config set", "help environment"),
)
def show(app: AppContext) -> Result:
    """Print every setting with its value (secrets masked) and where it came from."""
    from shema_cli.config.results import ShownSettings

    return ShownSettings.of(app.settings)


@command(
    group,
    "path",
    access=Access.OPEN,
    any_profile=True,
    examples=(
        Example("Where the files are", "shema config path"),
        Example("For a script", "shema config path --json"),
    ),
    see_also=("config show",),
)
def path(app: AppContext) -> Result:
    """Print where config.toml and the state folder are."""
    from shema_cli.masking import masked

    return Fields({"config": masked(str(app.settings.config_path)), "state": masked(str(app.settings.state_path))})


@command(
    group,
    "profiles",
    access=Access.OPEN,
    any_profile=True,
    examples=(
        Example("Which there are, and which is active", "shema config profiles"),
        Example("For a script", "shema config profiles --json"),
    ),
    see_also=("config use", "help profiles"),
)
def profiles(app: AppContext) -> Result:
    """List the profiles of config.toml."""
    from shema_cli.config.results import Profiles

    settings = app.settings
    if settings.config_problem:
        raise settings.config_problem
    return Profiles(settings.profiles, settings.profile, settings.default_profile)


@command(
    group,
    "use",
    access=Access.OPEN,
    any_profile=True,
    examples=(
        Example("Make one the default", "shema config use sandbox"),
        Example("See what would be written", "shema config use sandbox --dry-run"),
    ),
    exits={1: "there is no such profile"},
    see_also=("config profiles", "help profiles"),
)
def use(
    app: AppContext,
    name: Annotated[str, Argument("NAME", completes=PROFILES, help="The profile to use by default.")],
    dry_run: DryRun = False,
) -> Result:
    """Make a profile the default one."""
    from shema_cli.config.edit import use_profile

    return use_profile(app.settings, name, dry_run=dry_run)


@command(
    group,
    "set",
    access=Access.OPEN,
    any_profile=True,
    examples=(
        Example(
            "In a profile, made if need be",
            "shema config set REDIS_URL redis://redis.staging:6379/0 --profile staging",
        ),
        Example(
            "Ask for the name before anything is changed there",
            "shema config set confirm type-name --profile staging",
        ),
        Example(
            "A secret, from a pipe",
            "openssl rand -hex 32 | shema config set SERVICE_JWT_SECRET - --profile staging",
            needs="openssl",
        ),
    ),
    see_also=("config show", "help profiles"),
)
def set_(
    app: AppContext,
    name: Annotated[
        str, Argument("NAME", completes=SETTING, help="The setting's name, as `shema config show` prints it.")
    ],
    value: Annotated[str, Argument("VALUE", help="Its value; - reads it from stdin, which a secret must.")],
    dry_run: DryRun = False,
) -> Result:
    """Set a value in a profile (the one of --profile, else the active one)."""
    from shema_cli.config.edit import given_value, set_value
    from shema_cli.settings.values import mask

    if value == "-":
        value = given_value(app.output.streams.stdin, app.person, name)
    elif mask(name, value) != value:
        raise InvalidUsage(
            "secret_in_argv", f"this value of {name} is a secret and must not be an argument", "pass - and pipe it in"
        )
    target = app.options.profile or app.settings.profile
    if target is None:
        raise InvalidUsage("no_profile", "no profile is active", "name one: --profile staging")
    return set_value(app.settings, target, name, value, dry_run=dry_run)
