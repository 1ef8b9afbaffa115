"""Every setting, where it came from, and the profiles (contract 2.1).

Precedence: flag > environment > `.env` (or `--env-file`) > profile in `config.toml` > default. An empty value counts
as not set, so that `REDIS_URL= shema …` falls through to the next source.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from shema_cli.errors import InvalidUsage, NotConfigured

CORE_SERVICES = ("auth", "user", "course", "booking", "chat", "recommendation", "enrollment", "schedule")
SERVICE_VARIABLE = re.compile(r"([A-Z][A-Z0-9_]*)_SERVICE_URL")
SETTINGS: Mapping[str, str] = {
    "REDIS_URL": "Redis: redis://, rediss://, redis+sentinel://host:port,host:port/service or redis+cluster://",
    "SERVICE_NAME": "the name that shema gives itself in calls to services",
    "SERVICE_JWT_SECRET": "the secret that service tokens are signed with (HS256, 32 bytes or more)",
    "FIREBASE_PROJECT_ID": "the Firebase project that the admins sign in to",
    "FIREBASE_API_KEY": "the web API key of that project",
    "FIREBASE_AUTH_EMULATOR_HOST": "host:port of a Firebase Auth emulator on this machine (demo- projects only)",
    "GOOGLE_APPLICATION_CREDENTIALS": "a service account's key file, for machines and for `shema admins`",
    "SHEMA_OAUTH_CLIENT_ID": "OAuth client of `shema auth login --browser`",
    "SHEMA_OAUTH_CLIENT_SECRET": "secret of that OAuth client",
    "SHEMA_ID_TOKEN": "an ID token to use instead of the stored session (pipelines)",
    "SHEMA_PROFILE": "the profile of config.toml to use",
    "SHEMA_CONFIG_DIR": "the folder of config.toml",
    "SHEMA_STATE_DIR": "the folder of the session, the last good values and the circuit states",
    "SHEMA_OUTPUT": "table, json or csv",
}
SECRETS = frozenset({"SERVICE_JWT_SECRET", "SHEMA_OAUTH_CLIENT_SECRET", "SHEMA_ID_TOKEN", "FIREBASE_API_KEY"})
DEFAULTS: Mapping[str, str] = {"SERVICE_NAME": "shema-cli", "SHEMA_OUTPUT": "table"}
MASK = "********"
_CREDENTIALS = re.compile(r"(?<=://)\S*@|(?<=[?&])([^=&\s]*(?:password|secret|token)[^=&\s]*=)[^&\s]*", re.IGNORECASE)
PROFILE_OPTIONS = ("confirm", "color")
CONFIG_FILE = "config.toml"
PROFILE_FOLDER = "profiles.d"
SANDBOX_PROFILE = "sandbox"


@dataclass(frozen=True)
class Setting:
    """One value and where it came from: `flag`, `environment`, a file's name, `profile <name>` or `default`."""

    name: str
    value: str
    source: str


@dataclass(frozen=True)
class Settings:
    """What a command knows about the system that it talks to."""

    entries: Mapping[str, Setting]
    profile: str | None
    profile_options: Mapping[str, Any]
    config_path: Path
    state_path: Path
    profiles: tuple[str, ...] = ()
    default_profile: str | None = None

    def get(self, name: str) -> str | None:
        entry = self.entries.get(name)
        return entry.value if entry else None

    def require(self, name: str, needed_for: str) -> str:
        """The value of `name`. Raises NotConfigured, naming the variable and what it is needed for."""
        value = self.get(name)
        if value is None:
            raise NotConfigured(
                "not_configured",
                f"{name} is not set; it is needed for {needed_for}",
                f"set {name} in the environment, in .env or in a profile of {self.config_path} "
                "(`shema config show` tells what is set)",
            )
        return value

    @property
    def profile_label(self) -> str:
        """The profile's name for confirmations and the audit trail."""
        return self.profile or "default"

    def service_urls(self) -> dict[str, tuple[str, ...]]:
        """Configured instances by service name (contract 1.1): `ENROLLMENT_SERVICE_URL` → `enrollment`."""
        found = {}
        for name, entry in self.entries.items():
            if match := SERVICE_VARIABLE.fullmatch(name):
                urls = tuple(url.strip().rstrip("/") for url in entry.value.split(",") if url.strip())
                if urls:
                    found[match[1].lower().replace("_", "-")] = urls
        return found


def without_credentials(url: str) -> str:
    """`url` for people to read: user, password and secret parameters masked, all that they may be."""
    return _CREDENTIALS.sub(lambda found: f"{found[1]}{MASK}" if found[1] else f"{MASK}@", url)


def service_variable(service: str) -> str:
    """The variable that configures a service: `chat` → `CHAT_SERVICE_URL`."""
    return f"{service.upper().replace('-', '_')}_SERVICE_URL"


def load_settings(
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    env_file: Path | None = None,
    profile: str | None = None,
    overrides: Mapping[str, str] | None = None,
    any_profile: bool = False,
) -> Settings:
    """Read every source once.

    With `any_profile`, a profile that does not exist counts as none, so that `config use` can mend it.

    `overrides` are values given by flags. Raises InvalidUsage for an unknown profile or a missing `--env-file`, and
    NotConfigured for a config file that cannot be read.
    """
    environ = os.environ if environ is None else environ
    flags = {**(overrides or {}), **({"SHEMA_PROFILE": profile} if profile else {})}
    dotenv_path = env_file or (cwd or Path.cwd()) / ".env"
    layers = [
        ("flag", flags),
        ("environment", environ),
        (str(env_file) if env_file else ".env", _read_dotenv(dotenv_path, required=env_file is not None)),
    ]
    entries = {s.name: s for source, values in reversed(layers) for s in _known(values, source)}
    config_path = _config_dir(entries) / CONFIG_FILE
    config = _read_config(config_path)
    name, options = _select_profile(entries, config, config_path, any_profile)
    lower = [*_defaults(), *_known(_profile_values(options), f"profile {name}")]
    entries = {s.name: s for s in lower} | entries
    return Settings(
        entries=entries,
        profile=name,
        profile_options={k: v for k, v in options.items() if k in PROFILE_OPTIONS},
        config_path=config_path,
        state_path=_state_dir(entries),
        profiles=tuple(config.get("profiles", {})),
        default_profile=config.get("default_profile"),
    )


def _is_setting(name: str) -> bool:
    return name in SETTINGS or SERVICE_VARIABLE.fullmatch(name) is not None


def _known(values: Mapping[str, str | None], source: str) -> Iterator[Setting]:
    for name, value in values.items():
        if value and value.strip() and _is_setting(name):
            yield Setting(name, value.strip(), source)


def _defaults() -> Iterator[Setting]:
    return _known(DEFAULTS, "default")


def _read_dotenv(path: Path, *, required: bool) -> Mapping[str, str | None]:
    if not path.is_file():
        if required:
            raise InvalidUsage("env_file_missing", f"--env-file: {path} is not a file", "check the path")
        return {}
    from dotenv import dotenv_values

    try:
        return dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise NotConfigured("env_file_unreadable", f"{path} cannot be read: {error}", "check the file") from error


def _read_config(path: Path) -> dict[str, Any]:
    """config.toml, and the profiles that programs put beside it, a file each; what config.toml says of them wins."""
    config = _read_toml(path)
    profiles = config.get("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(p, dict) for p in profiles.values()):
        raise NotConfigured(
            "config_unreadable", f"{path}: profiles must be tables", f"write [profiles.<name>] in {path}"
        )
    for beside in sorted((path.parent / PROFILE_FOLDER).glob("*.toml")):
        profiles[beside.stem] = _read_toml(beside) | profiles.get(beside.stem, {})
    return {**config, "profiles": profiles} if profiles else config


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NotConfigured(
            "config_unreadable", f"{path} cannot be read: {error}", f"mend {path}, or move it away"
        ) from error


def _select_profile(
    entries: Mapping[str, Setting], config: Mapping[str, Any], path: Path, any_profile: bool
) -> tuple[str | None, dict[str, Any]]:
    profiles = config.get("profiles", {})
    chosen = entries.get("SHEMA_PROFILE")
    name = chosen.value if chosen else config.get("default_profile")
    if name is None or (any_profile and name not in profiles):
        return None, {}
    if name not in profiles:
        close = get_close_matches(str(name), profiles, n=1)
        known = f"the profiles there are: {', '.join(profiles)}" if profiles else "it has none"
        makes = "shema sandbox start" if name == SANDBOX_PROFILE else "shema config set NAME VALUE --profile NAME"
        raise InvalidUsage(
            "unknown_profile",
            f"there is no profile {name!r} in {path}",
            (f"did you mean {close[0]!r}? " if close else "") + f"{known}; `{makes}` makes one",
        )
    return str(name), dict(profiles[name])


def _profile_values(options: Mapping[str, Any]) -> dict[str, str]:
    """Profile keys are variable names, in either case; a list of URLs is joined with commas."""
    return {
        key.upper(): ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in options.items()
    }


def _config_dir(entries: Mapping[str, Setting]) -> Path:
    if entry := entries.get("SHEMA_CONFIG_DIR"):
        return Path(entry.value).expanduser()
    from platformdirs import user_config_path

    return user_config_path("shema", appauthor=False)


def _state_dir(entries: Mapping[str, Setting]) -> Path:
    if entry := entries.get("SHEMA_STATE_DIR"):
        return Path(entry.value).expanduser()
    from platformdirs import user_state_path

    return user_state_path("shema", appauthor=False)
