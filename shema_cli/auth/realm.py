"""Where an identity belongs: the project, the profile, and the state folder that remembers it."""

from __future__ import annotations

import re
from binascii import crc32
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shema_cli.auth.project import EMULATOR_VARIABLE, PROJECT_VARIABLE, FirebaseProject
from shema_cli.clock import Clock
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir

if TYPE_CHECKING:
    from shema_cli.context import AppContext


@dataclass(frozen=True, eq=False)
class Realm:
    """Sessions are kept apart by project, by emulator or production, and by profile."""

    project: FirebaseProject
    profile: str
    state: StateDir
    clock: Clock

    @classmethod
    def of(cls, app: AppContext) -> Realm:
        """The realm of a command. Raises what `FirebaseProject.from_settings` raises."""
        return cls.from_settings(app.settings, app.state, app.clock)

    @classmethod
    def from_settings(cls, settings: Settings, state: StateDir, clock: Clock) -> Realm:
        return cls(FirebaseProject.from_settings(settings), settings.profile_label, state, clock)

    @classmethod
    def for_login(cls, app: AppContext) -> Realm:
        """As `of`, but a missing project raises NotConfigured."""
        return cls(FirebaseProject.for_login(app.settings), app.settings.profile_label, app.state, app.clock)

    @classmethod
    def for_logout(cls, app: AppContext) -> Realm:
        """The realm even where its emulator would be refused: forgetting is always allowed. Raises NotConfigured."""
        settings = app.settings
        project_id = settings.require(PROJECT_VARIABLE, "knowing which session to end")
        project = FirebaseProject(project_id, settings.get(EMULATOR_VARIABLE))
        return cls(project, settings.profile_label, app.state, app.clock)

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.project.id, self.project.kind, self.profile)

    @property
    def name(self) -> str:
        """A file's name for the key: profile names may hold anything."""
        readable = re.sub(r"[^A-Za-z0-9._-]", "_", "-".join(self.key))[:100]
        return f"{readable}-{crc32(repr(self.key).encode()):08x}"

    def now(self) -> datetime:
        return self.clock.now()
