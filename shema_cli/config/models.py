"""What `shema config` shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shema_cli.results import Result, Table


@dataclass(frozen=True)
class ShownSetting:
    """One setting as it may be shown: a secret is masked, `value` None means not set."""

    name: str
    value: str | None
    source: str | None
    about: str

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "value": self.value, "source": self.source, "about": self.about}


@dataclass(frozen=True)
class ShownSettings(Result):
    profile: str | None
    settings: tuple[ShownSetting, ...]

    def document(self) -> Any:
        return {"profile": self.profile, "settings": [setting.document() for setting in self.settings]}

    def table(self) -> Table:
        return Table(("name", "value", "source"), [(s.name, s.value, s.source) for s in self.settings])


@dataclass(frozen=True)
class Profiles(Result):
    """The profiles of config.toml; `active` is the one that this command line would use."""

    names: tuple[str, ...]
    active: str | None
    default: str | None

    def document(self) -> Any:
        return {"profiles": [{"name": n, "active": n == self.active, "default": n == self.default} for n in self.names]}

    def table(self) -> Table:
        rows = [(n, n == self.active, n == self.default) for n in self.names]
        return Table(("name", "active", "default"), rows)

    def notes(self) -> Iterable[str]:
        if not self.names:
            yield "no profiles yet; `shema config set NAME VALUE --profile staging` makes one"


@dataclass(frozen=True)
class Changed(Result):
    """What was written to config.toml."""

    path: str
    key: str
    value: str

    def document(self) -> Any:
        return {"path": self.path, "key": self.key, "value": self.value}

    def table(self) -> Table:
        return Table(("path", "key", "value"), [(self.path, self.key, self.value)])
