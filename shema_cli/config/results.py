"""What `shema config` answers (contract 2.1)."""

from __future__ import annotations

from collections.abc import Iterable

from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table
from shema_cli.settings.profile import PROFILE_OPTIONS
from shema_cli.settings.target import Target
from shema_cli.settings.values import CORE_SERVICES, SETTINGS, Settings, about, mask, service_variable


@dataclass(frozen=True)
class ShownSetting:
    """One setting as it may be shown: a secret is masked, `value` None means not set."""

    name: str
    value: str | None
    source: str | None
    about: str

    @classmethod
    def of(cls, settings: Settings, name: str) -> ShownSetting:
        """How `name` stands, and where that came from."""
        entry = settings.entries.get(name)
        if entry is not None:
            return cls(name, mask(name, entry.value), entry.source, about(name))
        folders = {"SHEMA_CONFIG_DIR": settings.config_path.parent, "SHEMA_STATE_DIR": settings.state_path}
        default = folders.get(name)
        return cls(name, str(default) if default else None, "default" if default else None, about(name))

    @classmethod
    def of_profile(cls, settings: Settings, name: str) -> ShownSetting:
        """How an option of the profile in force stands (`PROFILE_OPTIONS`)."""
        value = settings.profile_options.get(name)
        shown = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        return cls(name, shown, None if shown is None else f"profile {settings.profile}", PROFILE_OPTIONS[name])

    def document(self) -> dict[str, str | None]:
        return {"name": self.name, "value": self.value, "source": self.source, "about": self.about}


@dataclass(frozen=True)
class ShownSettings(Result):
    """Every setting with its value and its source, what the profile says of itself, and where that leads."""

    is_list = True

    profile: str | None
    settings: tuple[ShownSetting, ...]
    target: Target

    @classmethod
    def of(cls, settings: Settings) -> ShownSettings:
        """All settings that there are, in the order of `.env.example`: services first, then the rest; then options."""
        services = [service_variable(name) for name in CORE_SERVICES]
        added = sorted(name for name in settings.entries if name not in SETTINGS and name not in services)
        names = [*services, *added, *SETTINGS]
        shown = [ShownSetting.of(settings, name) for name in names]
        options = [ShownSetting.of_profile(settings, name) for name in PROFILE_OPTIONS]
        return cls(settings.profile, (*shown, *options), Target.of(settings))

    def document(self) -> dict[str, object]:
        settings = [setting.document() for setting in self.settings]
        return {"profile": self.profile, "settings": settings, "target": self.target.document()}

    def table(self) -> Table:
        return Table(("name", "value", "source"), [(s.name, s.value, s.source) for s in self.settings])

    def notes(self) -> Iterable[str]:
        yield self.target.line
        if self.target.read_only:
            yield f"read-only: {self.target.read_only} says so"


@dataclass(frozen=True)
class Profiles(Result):
    """The profiles of config.toml; `active` is the one that this command line would use."""

    names: tuple[str, ...]
    active: str | None
    default: str | None

    def document(self) -> dict[str, object]:
        return {"profiles": [{"name": n, "active": n == self.active, "default": n == self.default} for n in self.names]}

    def table(self) -> Table:
        rows = [(n, n == self.active, n == self.default) for n in self.names]
        return Table(("name", "active", "default"), rows)

    def notes(self) -> Iterable[str]:
        if not self.names:
            yield "no profiles yet; `shema setup NAME` makes one"


@dataclass(frozen=True)
class ConfigChange(Result):
    """What was written to config.toml, or would be: `key`, dotted, and its value as it may be shown."""

    path: str
    key: str
    value: str

    def document(self) -> dict[str, str]:
        return {"path": self.path, "key": self.key, "value": self.value}

    def table(self) -> Table:
        return Table(("path", "key", "value"), [(self.path, self.key, self.value)])
