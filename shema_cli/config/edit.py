"""Changes to config.toml that keep its comments and its order."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import tomlkit
from tomlkit.items import Table

from shema_cli.config.results import ConfigChange
from shema_cli.errors import InvalidUsage, NotFound
from shema_cli.files import replacing
from shema_cli.settings.profile import PROFILE_OPTIONS, option_problem
from shema_cli.settings.values import SERVICE_VARIABLE, SETTINGS, Settings, mask


def use_profile(settings: Settings, name: str, *, dry_run: bool = False) -> ConfigChange:
    """Make `name` the default profile. Raises NotFound when there is no such profile."""
    if name not in settings.profiles:
        close = get_close_matches(name, settings.profiles, n=1)
        known = ", ".join(settings.profiles) or "none"
        hint = f"did you mean {close[0]!r}?" if close else f"the profiles there are: {known}"
        raise NotFound("unknown_profile", f"there is no profile {name!r} in {settings.config_path}", hint)
    document = _read(settings.config_path)
    document["default_profile"] = name
    return _write(settings, document, "default_profile", name, dry_run)


def set_value(settings: Settings, profile: str, name: str, value: str, *, dry_run: bool = False) -> ConfigChange:
    """Set one value of a profile, which is made when it does not exist. Raises InvalidUsage for an unknown name."""
    if name not in SETTINGS and name not in PROFILE_OPTIONS and not SERVICE_VARIABLE.fullmatch(name):
        close = get_close_matches(name.upper(), [*SETTINGS, *PROFILE_OPTIONS], n=1)
        raise InvalidUsage(
            "unknown_setting",
            f"{name!r} is not a setting",
            f"did you mean {close[0]!r}?" if close else "`shema config show` lists the settings",
        )
    if problem := option_problem(name, value) if name in PROFILE_OPTIONS else None:
        raise InvalidUsage("bad_profile_option", problem, "shema help profiles")
    document = _read(settings.config_path)
    profiles = document.setdefault("profiles", tomlkit.table(is_super_table=True))
    table: Table = profiles.setdefault(profile, tomlkit.table())
    table[name] = value
    return _write(settings, document, f"profiles.{profile}.{name}", mask(name, value), dry_run)


def _read(path: Path) -> tomlkit.TOMLDocument:
    return tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()


def _write(settings: Settings, document: tomlkit.TOMLDocument, key: str, shown: str, dry_run: bool) -> ConfigChange:
    path = settings.config_path
    if not dry_run:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacing(path.resolve()) as file:
            file.write(tomlkit.dumps(document).encode())
    return ConfigChange(str(path), key, shown)
