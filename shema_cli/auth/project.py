"""Which Firebase project is meant, where it is reached, and what is kept apart by it (contract 2.4)."""

from __future__ import annotations

import re
from binascii import crc32
from dataclasses import field
from datetime import datetime

from shema_cli.clock import Clock
from shema_cli.errors import AccessDenied, NotConfigured
from shema_cli.frozen import dataclass
from shema_cli.settings.loopback import is_loopback
from shema_cli.settings.target import DEMO_PREFIX
from shema_cli.settings.values import CA_FILE, ID_TOKEN, Settings
from shema_cli.state import StateDir

PROJECT_VARIABLE = "FIREBASE_PROJECT_ID"
EMULATOR_VARIABLE = "FIREBASE_AUTH_EMULATOR_HOST"
KEY_VARIABLE = "FIREBASE_API_KEY"
ID_TOKEN_VARIABLE = ID_TOKEN
CREDENTIALS_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
_PROJECT_ID = r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}"


@dataclass(frozen=True)
class Endpoints:
    """Where Firebase is reached: base URLs, without a trailing slash."""

    identity_toolkit: str
    secure_token: str
    certificates: str


GOOGLE = Endpoints(
    identity_toolkit="https://identitytoolkit.googleapis.com",
    secure_token="https://securetoken.googleapis.com",  # noqa: S106 - an address
    certificates="https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com",
)


@dataclass(frozen=True, eq=False)
class FirebaseProject:
    """A Firebase project and where it is reached."""

    id: str
    emulator_host: str | None
    credentials_file: str | None = None
    api_key: str | None = field(default=None, repr=False)
    ca_file: str | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> FirebaseProject:
        """The project that the settings name.

        Raises AccessDenied when none is named, and for an emulator that is not on this machine or whose project is
        not a demo: its tokens are unsigned, so anybody could write one.
        """
        project_id = settings.get(PROJECT_VARIABLE)
        if project_id is None:
            raise AccessDenied(
                "not_signed_in",
                f"{PROJECT_VARIABLE} is not set, so nobody can be signed in",
                f"shema setup; or set {PROJECT_VARIABLE} and `shema auth login`",
            )
        if not re.fullmatch(_PROJECT_ID, project_id):
            raise AccessDenied(
                "bad_project", f"{PROJECT_VARIABLE}: {project_id!r} is not a project id", "shema config show"
            )
        host = settings.get(EMULATOR_VARIABLE)
        if host is not None:
            _require_harmless(host, project_id)
        key_file, api_key = settings.get(CREDENTIALS_VARIABLE), settings.get(KEY_VARIABLE)
        return cls(project_id, host, key_file, api_key, settings.get(CA_FILE))

    @property
    def emulator(self) -> bool:
        return self.emulator_host is not None

    @property
    def kind(self) -> str:
        return "emulator" if self.emulator else "production"

    @property
    def endpoints(self) -> Endpoints:
        """Google's endpoints, or an emulator's, which has no certificates: its tokens are unsigned."""
        if self.emulator_host is None:
            return GOOGLE
        base = f"http://{self.emulator_host}"
        return Endpoints(f"{base}/identitytoolkit.googleapis.com", f"{base}/securetoken.googleapis.com", "")

    @property
    def issuer(self) -> str:
        return f"https://securetoken.google.com/{self.id}"

    @property
    def path(self) -> str:
        """The project's part of an administrative URL; the characters of an id need no quoting there."""
        return f"projects/{self.id}"

    def require_api_key(self) -> str:
        """The web API key; an emulator takes any. Raises NotConfigured."""
        if self.api_key:
            return self.api_key
        if self.emulator:
            return "emulator"
        raise NotConfigured(
            "not_configured",
            f"{KEY_VARIABLE} is not set; it is needed to ask Firebase",
            f"set {KEY_VARIABLE} to the web API key of {self.id} (Firebase console, project settings)",
        )


def _require_harmless(host: str, project_id: str) -> None:
    if not is_loopback(host):
        problem = f"{EMULATOR_VARIABLE}: {host!r} is not host:port on this machine"
    elif not project_id.startswith(DEMO_PREFIX):
        problem = f"{EMULATOR_VARIABLE} is set, but the project {project_id!r} does not begin with {DEMO_PREFIX}"
    else:
        return
    raise AccessDenied(
        "emulator_refused",
        f"{problem}; an emulator's identities are unsigned and are not accepted here",
        f"unset {EMULATOR_VARIABLE}, or use 127.0.0.1:<port> with a {DEMO_PREFIX} project",
    )


@dataclass(frozen=True, eq=False)
class Realm:
    """Sessions are kept apart by project, by emulator or production, and by profile."""

    project: FirebaseProject
    profile: str
    state: StateDir
    clock: Clock

    @classmethod
    def from_settings(cls, settings: Settings, state: StateDir, clock: Clock) -> Realm:
        """The realm of a command. Raises what `FirebaseProject.from_settings` raises."""
        return cls(FirebaseProject.from_settings(settings), settings.profile_label, state, clock)

    @classmethod
    def for_login(cls, settings: Settings, state: StateDir, clock: Clock) -> Realm:
        """As `from_settings`, but a missing project raises NotConfigured."""
        settings.require(PROJECT_VARIABLE, "signing in")
        return cls.from_settings(settings, state, clock)

    @classmethod
    def for_logout(cls, settings: Settings, state: StateDir, clock: Clock) -> Realm:
        """The realm even where its emulator would be refused: forgetting is always allowed. Raises NotConfigured."""
        project_id = settings.require(PROJECT_VARIABLE, "knowing which session to end")
        project = FirebaseProject(project_id, settings.get(EMULATOR_VARIABLE))
        return cls(project, settings.profile_label, state, clock)

    @property
    def key(self) -> tuple[str, str, str]:
        """What keeps sessions apart: project, kind, profile."""
        return (self.project.id, self.project.kind, self.profile)

    @property
    def name(self) -> str:
        """A file's name for the key: profile names may hold anything."""
        readable = re.sub(r"[^A-Za-z0-9._-]", "_", "-".join(self.key))[:100]
        return f"{readable}-{crc32(repr(self.key).encode()):08x}"

    @property
    def secret_name(self) -> str:
        """The name of its refresh token in the keyring, which all state folders of a user share."""
        folder = self.state.path.absolute()
        return f"{self.name}-{crc32(str(folder).encode('utf-8', 'surrogateescape')):08x}"

    def now(self) -> datetime:
        return self.clock.now()
