"""Which instances a service has, and whose turn it is among them (contract 1.1).

What is configured is merged with what is registered in Redis. The turn is kept in the state folder: most commands make
one call to a service, and without a memory they would all begin with the same instance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn, TypeVar

from shema_cli.calls.aside import REDIS, aside
from shema_cli.calls.registry import (
    DEFAULT_HEALTH_PATH,
    BadRegistration,
    Registration,
    Registry,
    ServiceRegistrations,
    url_problem,
    valid_name,
)
from shema_cli.clock import Clock
from shema_cli.errors import InvalidUsage, NotConfigured, ShemaError, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.masking import without_credentials
from shema_cli.settings.loopback import is_on_this_machine
from shema_cli.settings.target import elsewhere
from shema_cli.settings.values import CORE_SERVICES, Settings, service_variable

if TYPE_CHECKING:
    import sqlite3

    from shema_cli.calls.circuit import SharedState
    from shema_cli.store.connection import Store

T = TypeVar("T")
KEEP_S = 10.0  # an answer of the registry is used this long; a command that watches asks again
_MAY_REGISTER = ("service_not_configured", "no_services")
PATIENCE_S = 2.0  # a configured service is called without the registry's answer after this long


@dataclass(frozen=True)
class Instance:
    """`source` is `config` or `registry`; `registration` is set where the instance is also, or only, registered."""

    service: str
    url: str
    source: str
    health_path: str = DEFAULT_HEALTH_PATH
    registration: Registration | None = None

    @property
    def told_by(self) -> str:
        """What says that it is there, for errors: a variable, or the registry."""
        return service_variable(self.service) if self.source == "config" else "its registration"

    def expired(self, now: datetime) -> bool:
        """Only a registration expires: a configured instance is called whatever the registry says."""
        return self.source == "registry" and self.registration is not None and self.registration.expired(now)


@dataclass(frozen=True)
class KnownServices:
    """Every service that is known, by name. `error` is set when the registry could not be asked."""

    instances: Mapping[str, tuple[Instance, ...]]
    error: ShemaError | None = None


@dataclass
class _Lookup:
    """One question to the registry, and for which services it was asked."""

    services: frozenset[str]
    asked_at: float
    answer: asyncio.Task[dict[str, ServiceRegistrations]] = field(repr=False)


class Discovery:
    """Finds instances. `registry` is None where no Redis is configured; `only_here` refuses those elsewhere.

    `tells_bad` is taken from it where registrations that cannot be understood are told otherwise.
    """

    def __init__(
        self, settings: Settings, registry: Registry | None, clock: Clock, warn: Callable[[str], None]
    ) -> None:
        self.only_here = False
        self.tells_bad = True
        self._settings = settings
        self.registry = registry
        self._clock = clock
        self._warn = warn
        self._warned: set[str] = set()
        self._lookup: _Lookup | None = None

    async def instances(self, service: str) -> tuple[Instance, ...]:
        """The instances of one service, never none, expired ones included.

        Raises NotConfigured, naming the variable, when it has none; Unreachable when only the registry could tell;
        Refused for one on another machine, where an emulator's admin changes something (contract 3.1).
        """
        configured = self._configured(service)
        try:
            registered = await self._ask(service, patient=not configured)
        except ShemaError as error:
            if not configured:
                raise self._unknowable(service, error) from error
            self._warn_once(f"only the configured instances of the services are called: {error.message}")
            registered = ServiceRegistrations()
        self._tell(registered.bad)
        found = self._merged(service, configured, registered.registrations) or self._none(service)
        self._keep_here(found)
        return found

    async def known(self) -> KnownServices:
        """All services that are configured or registered. Never raises for a registry out of reach."""
        names = set(self._settings.service_urls())
        registered: Mapping[str, ServiceRegistrations] = {}
        error: ShemaError | None = None
        try:
            if self.registry is not None:
                names |= await aside(self.registry.services, uses=REDIS)
                registry = self.registry
                registered = await aside(lambda: registry.read(names), uses=REDIS)
        except ShemaError as problem:
            error = problem
        merged = {
            name: self._merged(name, self._configured(name), registered.get(name, ServiceRegistrations()).registrations)
            for name in sorted(names, key=_core_first)
        }
        self._tell(one for found in registered.values() for one in found.bad)
        return KnownServices({name: found for name, found in merged.items() if found}, error)

    def may_appear(self, error: ShemaError) -> bool:
        """Whether what is missing now may be there a moment later: an instance can register, Redis can come back."""
        return self.registry is not None and (isinstance(error, Unreachable) or error.code in _MAY_REGISTER)

    def forget(self) -> None:
        """Ask the registry anew the next time."""
        self._lookup = None

    def _keep_here(self, instances: Iterable[Instance]) -> None:
        away = [one.url for one in instances if not is_on_this_machine(one.url)] if self.only_here else []
        if away:
            raise elsewhere(without_credentials(url) for url in away)

    def _configured(self, service: str) -> tuple[str, ...]:
        urls = self._settings.service_urls().get(service, ())
        for url in urls:
            if problem := url_problem(url):
                name = service_variable(service)
                raise NotConfigured(
                    "bad_service_url",
                    f"{name}: {without_credentials(url)!r} is not a base URL: {problem}",
                    f"mend {name}; shema config show",
                )
        return urls

    def _merged(
        self, service: str, configured: tuple[str, ...], registered: tuple[Registration, ...]
    ) -> tuple[Instance, ...]:
        return merge(service, configured, registered, self._clock.now())

    async def _ask(self, service: str, *, patient: bool) -> ServiceRegistrations:
        if self.registry is None:
            return ServiceRegistrations()
        lookup = self._current_lookup(service, self.registry)
        done, _ = await asyncio.wait({lookup.answer}, timeout=None if patient else PATIENCE_S)
        if not done:
            raise Unreachable("registry_unreachable", f"the registry in Redis did not answer within {PATIENCE_S:g} s")
        return lookup.answer.result()[service]

    def _current_lookup(self, service: str, registry: Registry) -> _Lookup:
        """One question for all services that are configured serves the whole of a command."""
        now = self._clock.monotonic()
        lookup = self._lookup
        if lookup is None or service not in lookup.services or now - lookup.asked_at > KEEP_S:
            services = frozenset({service, *self._settings.service_urls()})
            if lookup is not None and now - lookup.asked_at <= KEEP_S:
                services |= lookup.services
            work = aside(lambda: registry.read(services), uses=REDIS)
            task = asyncio.ensure_future(work)
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # told by whoever asked
            lookup = self._lookup = _Lookup(services, now, task)
        return lookup

    def _unknowable(self, service: str, error: ShemaError) -> ShemaError:
        if not isinstance(error, Unreachable):
            return error
        return Unreachable(
            "registry_unreachable",
            f"{service}: {service_variable(service)} is not set, and the registry cannot be asked: {error.message}",
            f"set {service_variable(service)}, or check that Redis runs: shema doctor",
        )

    def _none(self, service: str) -> NoReturn:
        from difflib import get_close_matches

        if not valid_name(service):
            raise NotConfigured("unknown_service", f"{service!r} is not a service's name", "shema services list")
        names = {*CORE_SERVICES, *self._settings.service_urls()} - {service}
        close = get_close_matches(service.removesuffix("-service"), names, n=1)
        variable = service_variable(service)
        raise NotConfigured(
            "service_not_configured",
            f"{service} is not configured: {variable} is not set, and no instance is registered",
            (f"did you mean {close[0]}? Else " if close and service not in CORE_SERVICES else "")
            + f"set {variable}; `shema services list` shows what is known",
        )

    def _tell(self, bad: Iterable[BadRegistration]) -> None:
        for one in bad if self.tells_bad else ():
            self._warn_once(str(one))

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._warn(text)


def open_discovery(
    settings: Settings, connect: Callable[[], Store], clock: Clock, warn: Callable[[str], None]
) -> Discovery:
    """What the settings and, where REDIS_URL is set, the registry know. `connect` is called with the first question."""
    registry = Registry(connect) if settings.get("REDIS_URL") else None
    return Discovery(settings, registry, clock, warn)


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


def plain_name(text: str) -> str:
    """A service's name as it was typed: `Chat` and `chat` are one. Raises InvalidUsage for what cannot be a name."""
    name = text.strip().lower().replace("_", "-")
    if not valid_name(name):
        raise InvalidUsage("bad_service_name", f"{text!r} is not a service's name", "shema services list")
    return name


def _core_first(name: str) -> tuple[int, str]:
    return (CORE_SERVICES.index(name) if name in CORE_SERVICES else len(CORE_SERVICES), name)


class Balancer:
    """Round robin over the instances of each service, across concurrent commands too."""

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared

    def line_up(self, service: str, instances: Sequence[Instance]) -> list[Instance]:
        """The instances in the order in which this call tries them; the next call begins one further on."""
        if len(instances) < 2:
            return list(instances)
        start = self._shared.change(lambda db: _take_turn(db, service)) % len(instances)
        return [*instances[start:], *instances[:start]]


def _take_turn(db: sqlite3.Connection, service: str) -> int:
    found = db.execute("SELECT turn FROM rotation WHERE service = ?", (service,)).fetchone()
    turn: int = found[0] if found else 0
    db.execute("INSERT OR REPLACE INTO rotation (service, turn) VALUES (?, ?)", (service, (turn + 1) % 2**31))
    return turn
