"""A profile as it is to be: what it says now, and what it is to say. Nothing of it is written before its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path

from shema_cli.auth.service_account import is_a_key
from shema_cli.frozen import dataclass
from shema_cli.settings.config_file import read_config
from shema_cli.settings.folders import expanded
from shema_cli.settings.profile import PROFILE_OPTIONS, SANDBOX_PROFILE
from shema_cli.settings.sources import read_profile, settings_of_profile
from shema_cli.settings.values import CA_FILE, CORE_SERVICES, ID_TOKEN, PATHS, SETTINGS, Settings, service_variable

NOT_OF_A_PROFILE = ("SHEMA_PROFILE", "SHEMA_CONFIG_DIR", "SHEMA_STATE_DIR", ID_TOKEN)
"""Settings of a machine or of one command line."""
_ORDER = tuple(
    dict.fromkeys((CA_FILE, "REDIS_URL", *map(service_variable, CORE_SERVICES), *SETTINGS, *PROFILE_OPTIONS))
)


class Change(StrEnum):
    """What becomes of a value of the profile."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    KEPT = "kept"


@dataclass
class Draft:
    """`present`: what the profile says now; `values`: what it is to say; both settings and options, by name.

    `sources` tell where a new value came from. `surroundings`: what of the environment a command would take besides.
    """

    profile: str
    config_path: Path
    state_path: Path
    present: Mapping[str, str]
    values: dict[str, str] = field(repr=False)
    is_new: bool = True
    becomes_default: bool = False
    sources: dict[str, str] = field(default_factory=dict)
    surroundings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, profile: str, state_path: Path) -> Draft:
        """The profile as it stands in config.toml. Raises NotConfigured for a file of which something cannot be used.

        `state_path`: where its session is. The first profile that there is becomes the default one.
        """
        config = read_config(settings.config_path)
        if config.problem:
            raise config.problem
        present = read_profile(config, profile)
        authorities = settings.entries.get(CA_FILE)
        trusted = authorities is not None and authorities.source == "environment"
        return cls(
            profile,
            settings.config_path,
            state_path,
            present,
            dict(present),
            is_new=profile not in config.profiles,
            becomes_default=config.default_profile is None and not {*config.profiles} - {SANDBOX_PROFILE},
            surroundings={**settings.trace, **({CA_FILE: authorities.value} if authorities and trusted else {})},
        )

    def settings(self) -> Settings:
        """What a command would know if this profile were all that says anything."""
        return settings_of_profile(
            self.profile, self.values, self.config_path, self.state_path, **{**self.surroundings, **self._authorities}
        )

    @property
    def _authorities(self) -> dict[str, str]:
        """Those of the profile are tried, whatever the environment says."""
        return {CA_FILE: self.values[CA_FILE]} if CA_FILE in self.values else {}

    def put(self, name: str, value: str | None, source: str) -> None:
        """Have the profile say `value`; None takes it away."""
        if value is None:
            self.values.pop(name, None)
        elif name in PATHS and not is_a_key(value):  # whoever uses the profile may be in another folder
            self.values[name] = str(expanded(value).absolute())
        else:
            self.values[name] = value
        self.sources[name] = source

    def change_of(self, name: str) -> Change:
        before, after = self.present.get(name), self.values.get(name)
        if before == after:
            return Change.KEPT
        return Change.ADDED if before is None else Change.REMOVED if after is None else Change.CHANGED

    def source_of(self, name: str) -> str:
        kept = self.change_of(name) is Change.KEPT and name in self.present
        return f"profile {self.profile}" if kept else self.sources.get(name, "typed")

    @property
    def names(self) -> list[str]:
        """All that the profile says or said, in the order in which it is asked for."""
        order = {name: place for place, name in enumerate(_ORDER)}
        found = {*self.values, *self.present}
        return sorted(found, key=lambda name: (order.get(name, order["SERVICE_NAME"]), name))

    @property
    def changes(self) -> dict[str, str | None]:
        """What is to be written: by name, None for what is taken away."""
        return {name: self.values.get(name) for name in self.names if self.change_of(name) is not Change.KEPT}
