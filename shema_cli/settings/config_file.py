"""config.toml read, and the profiles that programs put beside it (contract 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime, time
from pathlib import Path

from shema_cli.errors import NotConfigured
from shema_cli.frozen import dataclass

CONFIG_FILE = "config.toml"
MOST_BYTES = 1 << 25
"""32 MB: far above what anybody writes; what has no end (/dev/zero) is not read on and on."""
PROFILE_FOLDER = "profiles.d"
_KINDS: Mapping[type, str] = {
    dict: "a table",
    list: "a list",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    date: "a date",
    datetime: "a date",
    time: "a time",
}


TOP_LEVEL = ("default_profile", "profiles")


@dataclass(frozen=True)
class ConfigFile:
    """config.toml with the profiles beside it: by name, what each sets.

    `problem`: what of it could not be used; `unknown`: keys that it may not have beside the profiles.
    """

    path: Path
    profiles: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    default_profile: str | None = None
    problem: NotConfigured | None = None
    unknown: tuple[str, ...] = ()


def read_config(path: Path) -> ConfigFile:
    """All that can be used of it. A profile beside it has a file of its own; what config.toml says of it wins."""
    problems: list[NotConfigured] = []
    config = _read(path, problems)
    profiles = _profiles(path, config.get("profiles", {}), problems)
    for beside in sorted((path.parent / PROFILE_FOLDER).glob("*.toml")):
        profiles[beside.stem] = _read(beside, problems) | profiles.get(beside.stem, {})
    default = config.get("default_profile")
    if default is not None and not isinstance(default, str):
        problems.append(wrong_type(path, "default_profile", "a name in quotes", default))
        default = None
    unknown = tuple(key for key in config if key not in TOP_LEVEL)
    return ConfigFile(path, profiles, default, next(iter(problems), None), unknown)


def _read(path: Path, problems: list[NotConfigured]) -> dict[str, object]:
    try:
        return read_toml(path)
    except NotConfigured as error:
        problems.append(error)
        return {}


def read_toml(path: Path) -> dict[str, object]:
    """Raises NotConfigured for a file that cannot be read; one that is not there is empty."""
    try:
        content = content_of(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _unreadable(path, _said(error)) from error
    import tomllib  # where there is no file, as in a pipeline, nobody reads it

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(path, _said(error)) from error


def content_of(path: Path) -> bytes:
    """Its bytes. Raises OSError, and NotConfigured for more than 32 MB."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _unreadable(path, f"it is longer than {MOST_BYTES >> 20} MB")
    return content


def _said(error: Exception) -> str:
    """What is wrong with it, and where."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return f"it is not UTF-8 (at line {line}, byte {error.object[error.start]:#04x})"
    if isinstance(error, RecursionError):
        return "its lists and tables are nested too deeply"
    return str(error)


def _unreadable(path: Path, said: str) -> NotConfigured:
    return NotConfigured("config_unreadable", f"{path} cannot be read: {said}", f"mend {path}, or move it away")


def setting_of(path: Path, profile: str, key: str, value: object) -> str:
    """A value of a profile as text; a list of URLs is joined with commas. Raises NotConfigured for another type."""
    parts = value if isinstance(value, list) else [value]
    if any(isinstance(part, (dict, list, bool, float)) or not isinstance(part, (str, int)) for part in parts):
        raise wrong_type(path, f"[profiles.{profile}] {key}", "text in quotes, or a list of such", value)
    return ",".join(map(str, parts))


def wrong_type(path: Path, what: str, wanted: str, found: object) -> NotConfigured:
    kind = _KINDS.get(type(found), "something else")
    return NotConfigured("config_unreadable", f"{path}: {what} must be {wanted}, not {kind}", f"mend it in {path}")


def _profiles(path: Path, listed: object, problems: list[NotConfigured]) -> dict[str, dict[str, object]]:
    if not isinstance(listed, dict):
        problems.append(wrong_type(path, "profiles", "a table: [profiles.<name>]", listed))
        return {}
    wrong = {name: found for name, found in listed.items() if not isinstance(found, dict)}
    problems += [wrong_type(path, f"profiles.{name}", f"a table: [profiles.{name}]", wrong[name]) for name in wrong]
    return {name: profile for name, profile in listed.items() if name not in wrong}
