"""A `Store` on a test's server."""

from __future__ import annotations

from pathlib import Path

from shema_cli.settings.values import Setting, Settings
from shema_cli.store.connection import Store


def settings_for(url: str | None) -> Settings:
    """Settings that say where Redis is, if anywhere, and nothing else."""
    nowhere = Path("/nonexistent")
    entries = {"REDIS_URL": Setting("REDIS_URL", url, "test")} if url else {}
    return Settings(entries, None, {}, config_path=nowhere, state_path=nowhere)


def store_at(url: str | None) -> Store:
    """A store for `url`, or without an address; whoever asks for it closes it."""
    return Store(settings_for(url))
