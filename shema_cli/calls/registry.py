"""The registry in Redis, where instances announce themselves (contract 1.1).

`{shema}:registry:<name>` is a hash of base URL to JSON `{"healthCheck", "registeredAt", "lastCheck", "ttl"}`.
Anybody may write there, so a value may be anything: what cannot be understood is told and passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from shema_cli.clock import iso, parse_iso
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.json_text import dumps, loads, merged, not_utf8
from shema_cli.masking import without_credentials
from shema_cli.output.sanitize import bounded
from shema_cli.settings.values import CORE_SERVICES
from shema_cli.store.keys import REGISTRY_PREFIX

if TYPE_CHECKING:
    from shema_cli.store.connection import Store

LONGEST_TTL_S = 10 * 365 * 86400.0
LONGEST = 2000
"""Characters of a URL or a path that is believed."""
MOST_SHOWN = 80
"""Characters of a value that is told for being none."""
LOOKED_AT = 20_000
"""Keys of each server among which services are looked for before something is published: a few milliseconds."""
DEFAULT_HEALTH_PATH = "/health"
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


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
    listens: tuple[str, ...] = ()

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
        shown = bounded(without_credentials(self.field_text), 2 * MOST_SHOWN)
        return f"registration {shown} of {self.service} is ignored: {self.problem}"


@dataclass(frozen=True)
class ServiceRegistrations:
    """What the registry has of one service."""

    registrations: tuple[Registration, ...] = ()
    bad: tuple[BadRegistration, ...] = ()


class Registry:
    """Reads registrations and writes their checks; `connect` is called with the first question.

    Raises Unreachable and Failed where Redis does not do its part.
    """

    def __init__(self, connect: Callable[[], Store]) -> None:
        self._connect = connect

    def read(self, services: Iterable[str]) -> dict[str, ServiceRegistrations]:
        """The registrations of these services, in one round trip."""
        wanted, store = sorted(set(services)), self._connect()
        with store.errors():
            pipeline = store.client.pipeline(transaction=False)
            for service in wanted:
                pipeline.hgetall(f"{REGISTRY_PREFIX}{service}")
            answers = pipeline.execute(raise_on_error=False)
            return {service: _registered(service, answer) for service, answer in zip(wanted, answers, strict=True)}

    def services(self) -> set[str]:
        """The names under which something is registered."""
        store = self._connect()
        with store.errors():
            return set(_names(store.client.scan_iter(match=f"{REGISTRY_PREFIX}*", count=1000)))

    def declared(self) -> dict[str, tuple[str, ...]]:
        """What each service says it listens to, by all its registrations, those that have expired included.

        Asked before something is published, so it takes no walk over all keys of a large Redis: there, of the services
        that are not known by name, those are left out that do not stand among the first keys.
        """
        store = self._connect()
        with store.errors():
            some = set(_names(store.among_the_first(f"{REGISTRY_PREFIX}*", LOOKED_AT)))
        found: dict[str, tuple[str, ...]] = {}
        for name, service in self.read(some.union(CORE_SERVICES, store.settings.service_urls())).items():
            listens = tuple(dict.fromkeys(word for one in service.registrations for word in one.listens))
            found |= {name: listens} if listens else {}
        return found

    def fields(self, service: str) -> dict[bytes, bytes]:
        """The hash of one service as it is."""
        store = self._connect()
        with store.errors():
            return cast("dict[bytes, bytes]", store.client.hgetall(f"{REGISTRY_PREFIX}{service}"))

    def write_check(self, registration: Registration, now: datetime) -> None:
        """Write `lastCheck` back, unless the registration changed or went away since it was read.

        Where Redis does not take it nothing is raised: the check itself holds, and the next command makes it again.
        """
        from shema_cli.store.scripts import script

        key = f"{REGISTRY_PREFIX}{registration.service}"
        with suppress(ShemaError, ValueError):
            value = loads(registration.stored)
            stored = dumps(merged(value, {"lastCheck": iso(now)}) if isinstance(value, dict) else value)
            store = self._connect()
            with store.errors():
                store.run(script("replace_field"), [key], [registration.key_field, registration.stored, stored])


def stored_registration(
    health_path: str, ttl_s: float | None, now: datetime, *, listens: Sequence[str] = (), before: bytes = b""
) -> str:
    """What an instance that registers now has in its field; of what it had `before` it keeps what it told besides."""
    told: dict[str, object] = {"healthCheck": health_path, "registeredAt": iso(now), "lastCheck": None}
    told |= {"ttl": _plain(ttl_s), **({"listens": list(listens)} if listens else {})}
    kept: object = None
    with suppress(ValueError):
        kept = loads(before)
    return dumps(merged(kept, told) if isinstance(kept, dict) else told)


def valid_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def url_problem(url: str) -> str | None:
    """Why `url` cannot be the base URL of an instance; None when it can."""
    if _UNPRINTABLE.search(url) or not_utf8(url):
        return "it has a character that no URL has"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its host or its port cannot be read"
    if port == 0:
        return "0 is no port"
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
    if not_utf8(path):
        return "it has bytes that are not UTF-8 (write them percent-encoded)"
    return None


def parse_registration(service: str, key_field: bytes, stored: bytes) -> Registration | BadRegistration:
    """One field of the hash, whatever is in it."""
    shown = key_field.decode("utf-8", "backslashreplace")
    url = shown.rstrip("/")
    try:
        value = json.loads(stored)
    except (ValueError, RecursionError):
        return BadRegistration(service, shown, "its value is not JSON")
    if not isinstance(value, dict):
        return BadRegistration(service, shown, "its value is not a JSON object")
    health_path = value.get("healthCheck") or DEFAULT_HEALTH_PATH
    registered_at, ttl_s = _moment(value.get("registeredAt")), value.get("ttl")
    too_long = "it is too long" if len(url) > LONGEST else None
    if problem := too_long or url_problem(url) or _value_problem(health_path, registered_at, ttl_s):
        return BadRegistration(service, shown, problem)
    last_check = _moment(value.get("lastCheck"))
    listens = _listens(value.get("listens"))
    return Registration(service, url, health_path, registered_at, last_check, ttl_s, key_field, stored, listens)


def _names(keys: Iterable[bytes]) -> Iterator[str]:
    names = (key.removeprefix(REGISTRY_PREFIX.encode()).decode("utf-8", "replace") for key in keys)
    return (name for name in names if valid_name(name))


def _registered(service: str, answer: object) -> ServiceRegistrations:
    from shema_cli.store.refusals import holds_something_else

    key = f"{REGISTRY_PREFIX}{service}"
    if holds_something_else(answer, "HGETALL", key):
        return ServiceRegistrations(bad=(BadRegistration(service, key, "the key is not a hash"),))
    fields = cast("dict[bytes, bytes]", answer)
    parsed = [parse_registration(service, key_field, stored) for key_field, stored in sorted(fields.items())]
    return ServiceRegistrations(
        tuple(one for one in parsed if isinstance(one, Registration)),
        tuple(one for one in parsed if isinstance(one, BadRegistration)),
    )


def _value_problem(health_path: object, registered_at: datetime | None, ttl_s: object) -> str | None:
    if not isinstance(health_path, str) or len(health_path) > LONGEST or path_problem(health_path):
        return f"healthCheck {bounded(repr(health_path), MOST_SHOWN)} is not a path"
    if ttl_s is None:
        return None
    if isinstance(ttl_s, bool) or not isinstance(ttl_s, (int, float)) or not 0 < ttl_s <= LONGEST_TTL_S:
        return f"ttl {bounded(repr(ttl_s), MOST_SHOWN)} is not a number of seconds"
    if registered_at is None:
        return "it has a ttl, but registeredAt is not a time"
    try:
        registered_at + timedelta(seconds=ttl_s)
    except OverflowError:
        return "registeredAt is out of range"
    return None


def _moment(value: object) -> datetime | None:
    return parse_iso(value) if isinstance(value, str) else None


def _listens(value: object) -> tuple[str, ...]:
    """The channels and patterns that it says it listens to; what is no text is passed over."""
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else ()


def _plain(seconds: float | None) -> float | int | None:
    return int(seconds) if seconds is not None and seconds == int(seconds) else seconds
