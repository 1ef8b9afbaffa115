"""Every setting, its value with secrets masked, and where it came from (contract 2.1)."""

from __future__ import annotations

from shema_cli.config.models import ShownSetting, ShownSettings
from shema_cli.settings.values import (
    CORE_SERVICES,
    MASK,
    SECRETS,
    SETTINGS,
    Settings,
    service_variable,
    without_credentials,
)


def show_settings(settings: Settings) -> ShownSettings:
    """All settings that there are, in the order of `.env.example`: services first, then the rest."""
    services = [service_variable(name) for name in CORE_SERVICES]
    added = sorted(name for name in settings.entries if name not in SETTINGS and name not in services)
    return ShownSettings(settings.profile, tuple(_shown(settings, n) for n in [*services, *added, *SETTINGS]))


def _shown(settings: Settings, name: str) -> ShownSetting:
    entry = settings.entries.get(name)
    about = SETTINGS.get(name) or f"base URLs of the {name.removesuffix('_SERVICE_URL').lower()} service"
    if entry is None:
        default = {"SHEMA_CONFIG_DIR": settings.config_path.parent, "SHEMA_STATE_DIR": settings.state_path}.get(name)
        return ShownSetting(name, str(default) if default else None, "default" if default else None, about)
    return ShownSetting(name, mask(name, entry.value), entry.source, about)


def mask(name: str, value: str) -> str:
    """`value` without its secrets: the whole of a secret setting, the user and password of a URL."""
    if name in SECRETS:
        return MASK
    return without_credentials(value)
