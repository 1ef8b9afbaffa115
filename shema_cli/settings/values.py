"""What settings there are, and what a command knows of them (contract 2.1). They are read in `sources.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from shema_cli.errors import NotConfigured
from shema_cli.frozen import dataclass

CORE_SERVICES = ("auth", "user", "course", "booking", "chat", "recommendation", "enrollment", "schedule")
SERVICE_VARIABLE = re.compile(r"([A-Z][A-Z0-9_]*)_SERVICE_URL")
SETTINGS: Mapping[str, str] = {
    "REDIS_URL": "Redis: redis://, rediss://, unix:///path, redis+sentinel://host:port,host:port/service or redis+cluster://",
    "SERVICE_NAME": "the name that shema gives itself in calls to services",
    "SERVICE_JWT_SECRET": "the secret that service tokens are signed with (HS256, 32 bytes or more)",
    "FIREBASE_PROJECT_ID": "the Firebase project that the admins sign in to",
    "FIREBASE_API_KEY": "the web API key of that project",
    "FIREBASE_AUTH_EMULATOR_HOST": "host:port of a Firebase Auth emulator on this machine (demo- projects only)",
    "GOOGLE_APPLICATION_CREDENTIALS": "a service account's key file, for machines and for `shema admins`",
    "SHEMA_OAUTH_CLIENT_ID": "OAuth client of `shema auth login --browser`",
    "SHEMA_OAUTH_CLIENT_SECRET": "secret of that OAuth client",
    "SHEMA_ID_TOKEN": "an ID token to use instead of the stored session (pipelines)",
    "SHEMA_CA_FILE": "certificates (PEM) of authorities to trust besides the system's: services, Firebase, rediss://",
    "SHEMA_AUDIT_KEY": "the key that seals the audit trail (32 bytes or more; an older one after a comma)",
    "SHEMA_PROFILE": "the profile of config.toml to use",
    "SHEMA_CONFIG_DIR": "the folder of config.toml",
    "SHEMA_STATE_DIR": "the folder of the session, the last good values and the circuit states",
    "SHEMA_OUTPUT": "table, json or csv",
    "SHEMA_READ_ONLY": "1: every command that changes something is refused",
}
SECRETS = frozenset(
    {"SERVICE_JWT_SECRET", "SHEMA_OAUTH_CLIENT_SECRET", "SHEMA_ID_TOKEN", "FIREBASE_API_KEY", "SHEMA_AUDIT_KEY"}
)
PATHS = frozenset({"GOOGLE_APPLICATION_CREDENTIALS", "SHEMA_CA_FILE", "SHEMA_CONFIG_DIR", "SHEMA_STATE_DIR"})
"""A file may have any name; every other value is text."""
DEFAULTS: Mapping[str, str] = {"SERVICE_NAME": "shema-cli", "SHEMA_OUTPUT": "table"}
CA_FILE = "SHEMA_CA_FILE"
READ_ONLY = "SHEMA_READ_ONLY"
ID_TOKEN = "SHEMA_ID_TOKEN"  # noqa: S105 - the name of the variable
DOTENV = ".env"
TRACE = ("TRACEPARENT", "TRACESTATE")
"""No settings: whoever starts a command hands them over with each start, and no file has them."""


@dataclass(frozen=True)
class Setting:
    """One value and where it came from: `flag`, `environment`, a file's name, `profile <name>` or `default`."""

    name: str
    value: str
    source: str


@dataclass(frozen=True)
class Settings:
    """What a command knows about the system that it talks to.

    `of_profile`: what the profile in force sets, whether or not it is outranked; `from_dotenv`: what the `.env` of the
    working directory supplies; `remarks`: what is wrong with the sources and costs nothing but a warning;
    `state_remark`: why the state is not where it usually is, to be told with the first thing that is kept;
    `config_problem`: what of config.toml could not be used, for the commands that run all the same; `trace`: the
    variables of TRACE, which the environment alone has, as they stand.
    """

    entries: Mapping[str, Setting]
    profile: str | None
    profile_options: Mapping[str, object]
    config_path: Path
    state_path: Path
    profiles: tuple[str, ...] = ()
    default_profile: str | None = None
    of_profile: Mapping[str, str] = field(default_factory=dict, repr=False)
    from_dotenv: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()
    config_problem: NotConfigured | None = None
    state_remark: str | None = None
    trace: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The value of `name`; None when it is not set. Raises NotConfigured for bytes that are no text."""
        from shema_cli.json_text import not_utf8  # not for `--help`

        value = self.as_it_stands(name)
        if value and name not in PATHS and not_utf8(value):
            problem = f"{name} ({self.entries[name].source}) is not UTF-8"
            raise NotConfigured("bad_text", problem, f"set {name} anew, in UTF-8")
        return value

    def as_it_stands(self, name: str) -> str | None:
        """The value of `name` to be shown, be it text or not."""
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


def about(name: str) -> str:
    """What a setting is for, in one line."""
    return SETTINGS.get(name) or f"base URLs of the {name.removesuffix('_SERVICE_URL').lower()} service"


def one_line(value: str) -> str:
    """A value where one line is meant."""
    return " ".join(value.split())


def mask(name: str, value: str) -> str:
    """`value` without its secrets: the whole of a secret setting, what looks like one in any other."""
    from shema_cli.masking import MASK, masked, without_credentials  # not for `--help`

    if name in SECRETS:
        return MASK
    return masked(without_credentials(value) if name.endswith("_URL") or "://" in value else value)


def service_variable(service: str) -> str:
    """The variable that configures a service: `chat` → `CHAT_SERVICE_URL`."""
    return f"{service.upper().replace('-', '_')}_SERVICE_URL"


EXAMPLES: Mapping[str, str] = {
    **{service_variable(name): f"http://{name}-service:{port}" for port, name in enumerate(CORE_SERVICES, 3001)},
    "REDIS_URL": "redis://localhost:6379/0",
    "SERVICE_NAME": DEFAULTS["SERVICE_NAME"],
}
"""The values that `.env.example` suggests (contract 1.1)."""
