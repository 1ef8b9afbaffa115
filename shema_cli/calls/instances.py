"""An instance of a service: a base URL, and what is known of it (contract 1.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from shema_cli.settings.values import without_credentials

DEFAULT_HEALTH_PATH = "/health"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\]")


@dataclass(frozen=True)
class Registration:
    """An instance that registered itself in Redis; `key_field` and `stored` are the bytes as they are kept there."""

    service: str
    url: str
    health_path: str
    registered_at: datetime | None
    last_check: datetime | None
    ttl_s: float | None
    key_field: bytes
    stored: bytes

    def expires_at(self) -> datetime | None:
        if self.ttl_s is None or self.registered_at is None:
            return None
        return self.registered_at + timedelta(seconds=self.ttl_s)

    def expires_in_s(self, now: datetime) -> float | None:
        """Seconds left, negative once expired; None when it does not expire."""
        expires = self.expires_at()
        return None if expires is None else (expires - now).total_seconds()

    def expired(self, now: datetime) -> bool:
        left = self.expires_in_s(now)
        return left is not None and left <= 0


@dataclass(frozen=True)
class BadRegistration:
    """A field of the registry that cannot be understood. It is told and passed over."""

    service: str
    field_text: str
    problem: str

    def __str__(self) -> str:
        shown = without_credentials(self.field_text)
        return f"registration {shown} of {self.service} is ignored: {self.problem}"


@dataclass(frozen=True)
class Instance:
    """`source` is `config` or `registry`; `registration` is set where the instance is also, or only, registered."""

    service: str
    url: str
    source: str
    health_path: str = DEFAULT_HEALTH_PATH
    registration: Registration | None = None

    def expired(self, now: datetime) -> bool:
        """Only a registration expires: a configured instance is called whatever the registry says."""
        return self.source == "registry" and self.registration is not None and self.registration.expired(now)


def valid_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def url_problem(url: str) -> str | None:
    """Why `url` cannot be the base URL of an instance; None when it can."""
    if _UNPRINTABLE.search(url):
        return "it has a character that no URL has"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https"):
        return "it does not begin with http:// or https://"
    if not parts.hostname:
        return "it has no host"
    if "@" in parts.netloc:
        return "it has a user name or password"
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        return "it has a query or fragment"
    return None


def path_problem(path: str) -> str | None:
    """Why `path` cannot be asked of an instance; None when it can (contract 2.3, `api`)."""
    if not path.startswith("/"):
        return "it must begin with /"
    if path.startswith("//"):
        return "it must begin with one / only"
    if _UNPRINTABLE.search(path):
        return "it has a space, a backslash or a control character (write it percent-encoded)"
    if "#" in path:
        return "it has a # (write it as %23)"
    return None


def merge(
    service: str, configured: tuple[str, ...], registered: tuple[Registration, ...], now: datetime
) -> tuple[Instance, ...]:
    """Configured instances first, then those that are only registered; each URL once."""
    by_url = {registration.url: registration for registration in registered}
    merged = [_configured(service, url, by_url.get(url), now) for url in dict.fromkeys(configured)]
    merged += [
        Instance(service, r.url, "registry", r.health_path, r) for r in by_url.values() if r.url not in configured
    ]
    return tuple(merged)


def _configured(service: str, url: str, registration: Registration | None, now: datetime) -> Instance:
    if registration is None or registration.expired(now):
        return Instance(service, url, "config")
    return Instance(service, url, "config", registration.health_path, registration)
