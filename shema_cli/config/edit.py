"""Changes to config.toml that keep its comments and its order."""

from __future__ import annotations

import errno
import os
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import tomlkit
from tomlkit.container import OutOfOrderTableProxy
from tomlkit.items import InlineTable, Table

from shema_cli.config.results import ConfigChange
from shema_cli.errors import InvalidUsage, NotConfigured, NotFound, Refused
from shema_cli.files import followed, make_private, rewriting
from shema_cli.json_text import not_utf8
from shema_cli.locks import locked
from shema_cli.settings.config_file import PROFILE_FOLDER, content_of, read_config, read_toml, wrong_type
from shema_cli.settings.profile import PROFILE_OPTIONS, option_problem
from shema_cli.settings.sources import is_setting, meant_by, read_profile
from shema_cli.settings.values import SETTINGS, Settings, mask
from shema_cli.system import POSIX

if TYPE_CHECKING:
    from shema_cli.output.person import Person

UNWRITABLE = "config_unwritable"
TableLike = tomlkit.TOMLDocument | Table | InlineTable | OutOfOrderTableProxy


def use_profile(settings: Settings, name: str, *, dry_run: bool = False) -> ConfigChange:
    """Make `name` the default profile. Raises NotFound when there is no such profile."""
    if name not in settings.profiles and settings.config_problem:
        raise settings.config_problem
    if name not in settings.profiles:
        close = get_close_matches(name, settings.profiles, n=1)
        known = ", ".join(settings.profiles) or "none"
        hint = f"did you mean {close[0]!r}?" if close else f"the profiles there are: {known}"
        raise NotFound("unknown_profile", f"there is no profile {name!r} in {settings.config_path}", hint)
    with _changing(settings.config_path, dry_run) as document:
        document["default_profile"] = name
    return ConfigChange(str(settings.config_path), "default_profile", name)


def set_value(settings: Settings, profile: str, name: str, value: str, *, dry_run: bool = False) -> ConfigChange:
    """Set one value of a profile, which is made when it does not exist. Raises InvalidUsage for an unknown name."""
    if not is_setting(name) and name not in PROFILE_OPTIONS:
        close = get_close_matches(name.upper(), [*SETTINGS, *PROFILE_OPTIONS], n=1)
        raise InvalidUsage(
            "unknown_setting",
            f"{name!r} is not a setting",
            f"did you mean {close[0]!r}?" if close else "`shema config show` lists the settings",
        )
    if not_utf8(value):
        raise InvalidUsage("bad_text", f"the value of {name} is not UTF-8", "type it in UTF-8")
    if problem := option_problem(name, value) if name in PROFILE_OPTIONS else None:
        raise InvalidUsage("bad_profile_option", problem, "shema help profiles")
    path = settings.config_path
    with _changing(path, dry_run) as document:
        profiles = _table(path, document, "profiles", tomlkit.table(is_super_table=True), whole="profiles")
        table = _table(path, profiles, profile, tomlkit.table(), whole=f"profiles.{profile}")
        table[_key_of(table, name)] = value
    return ConfigChange(str(path), f"profiles.{profile}.{name}", mask(name, value))


def write_profile(
    path: Path, profile: str, changes: Mapping[str, str | None], present: Mapping[str, str], *, default: bool = False
) -> None:
    """Change several values of a profile at once; None takes one away, and `default` makes it the default profile.

    `present` is what the profile said when the changes were decided on. Raises Refused when one of them has been
    changed by somebody else since, and NotConfigured for a file that cannot be read or written; then nothing is.
    """
    with _changing(path, dry_run=False) as document:
        now = read_profile(read_config(path), profile)
        if other := [name for name in changes if now.get(name) != present.get(name)]:
            raise Refused(
                "profile_changed",
                f"profile {profile} was changed by somebody else meanwhile ({', '.join(other)}); nothing was written",
                "look at it, and begin again: shema config show",
            )
        profiles = _table(path, document, "profiles", tomlkit.table(is_super_table=True), whole="profiles")
        table = _table(path, profiles, profile, tomlkit.table(), whole=f"profiles.{profile}")
        beside = (path.parent / PROFILE_FOLDER / f"{profile}.toml").exists()
        for name, value in changes.items():
            if value is None and not beside:
                table.pop(_key_of(table, name), None)
            else:  # empty counts as not set, also where a file beside says otherwise
                table[_key_of(table, name)] = value or ""
        if default:
            document["default_profile"] = profile


def given_value(stdin: TextIO, person: Person, name: str) -> str:
    """A value that is no argument: asked of a person, who types it unseen, or the first line of a pipe.

    Raises InvalidUsage when nothing comes: what should have made a secret may have failed.
    """
    typed = stdin.isatty() and person.can_be_asked
    value = person.ask_secret(name, flag="VALUE") if typed else stdin.readline()
    value = value.removeprefix("\ufeff").strip()
    if not value:
        raise InvalidUsage("empty_value", f"{name}: nothing came on stdin; nothing was changed", "pipe the value in")
    return value


@contextmanager
def _changing(path: Path, dry_run: bool) -> Iterator[tomlkit.TOMLDocument]:
    """The document of config.toml, written when the block ends well; nobody else changes it meanwhile.

    Raises NotConfigured for a file that cannot be read or written.
    """
    if dry_run:
        yield _document(path)[0]
        return
    try:
        make_private(path.parent)
        with locked(followed(path).parent):
            document, mark = _document(path)
            yield document
            with rewriting(path) as file:
                file.write(mark + tomlkit.dumps(document).encode())
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error


def require_writable(path: Path) -> None:
    """Raises NotConfigured where config.toml cannot be written, as far as that can be told without writing."""
    try:
        real = followed(path)
        folder = next(one for one in real.parents if one.exists())
        makes_new = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
        if makes_new or (real.is_file() and os.access(real, os.W_OK)):
            return
        why = os.strerror(errno.EROFS if _is_read_only(folder) else errno.EACCES)
        raise _unwritable(path, why if folder.is_dir() else os.strerror(errno.ENOTDIR))
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error


def _is_read_only(folder: Path) -> bool:
    """Whether the whole file system is, where the system tells."""
    return POSIX and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _unwritable(path: Path, why: str) -> NotConfigured:
    hint = "check its rights, or set SHEMA_CONFIG_DIR to a folder of yours"
    return NotConfigured(UNWRITABLE, f"{path} cannot be written: {why}", hint)


def _document(path: Path) -> tuple[tomlkit.TOMLDocument, bytes]:
    """What is there, and the byte order mark before it, if any."""
    read_toml(path)  # says in our words what cannot be read
    content = content_of(path) if path.exists() else b""
    mark = BOM_UTF8 if content.startswith(BOM_UTF8) else b""
    return tomlkit.parse(content.removeprefix(mark).decode()), mark


def _key_of(table: TableLike, name: str) -> str:
    """How a setting is written there already; of several ways the last one counts."""
    return next((key for key in reversed(list(table)) if meant_by(key) == name), name)


def _table(path: Path, parent: TableLike, name: str, empty: Table, *, whole: str) -> TableLike:
    """The table `name` of `parent`, made where it is missing. Raises NotConfigured for what is no table."""
    found = parent.setdefault(name, empty)
    if not isinstance(found, (Table, InlineTable, OutOfOrderTableProxy)):
        raise wrong_type(path, whole, f"a table: [{whole}]", found)
    return found
