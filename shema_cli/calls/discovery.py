"""Which instances a service has: what is configured, merged with what is registered in Redis (contract 1.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NoReturn, TypeVar

from shema_cli.calls.aside import aside
from shema_cli.calls.instances import BadRegistration, Instance, Registration, merge, url_problem, valid_name
from shema_cli.calls.registry import Registered, Registry
from shema_cli.clock import Clock
from shema_cli.errors import InvalidUsage, NotConfigured, ShemaError, Unreachable
from shema_cli.settings.values import CORE_SERVICES, Settings, service_variable, without_credentials

T = TypeVar("T")
KEEP_S = 10.0  # an answer of the registry is used this long; a command that watches asks again
_MAY_REGISTER = ("service_not_configured", "no_services")
PATIENCE_S = 2.0  # a configured service is called without the registry's answer after this long


@dataclass(frozen=True)
class Known:
    """Every service that is known, by name. `error` is set when the registry could not be asked."""

    instances: Mapping[str, tuple[Instance, ...]]
    error: ShemaError | None = None


@dataclass
class _Lookup:
    """One question to the registry, and for which services it was asked."""

    services: frozenset[str]
    asked_at: float
    answer: asyncio.Task[dict[str, Registered]] = field(repr=False)


class Discovery:
    """Finds instances. `registry` is None where no Redis is configured."""

    def __init__(
        self, settings: Settings, registry: Registry | None, clock: Clock, warn: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._clock = clock
        self._warn = warn
        self._warned: set[str] = set()
        self._lookup: _Lookup | None = None

    async def instances(self, service: str) -> tuple[Instance, ...]:
        """The instances of one service, never none, expired ones included.

        Raises NotConfigured, naming the variable, when it has none; Unreachable when only the registry could tell.
        """
        configured = self._configured(service)
        try:
            registered = await self._ask(service, patient=not configured)
        except ShemaError as error:
            if not configured:
                raise self._unknowable(service, error) from error
            self._warn_once(f"{error.message.rstrip('.')}: only the configured instances of the services are called")
            registered = Registered()
        self._tell(registered.bad)
        return self._merged(service, configured, registered.registrations) or self._none(service)

    async def known(self) -> Known:
        """All services that are configured or registered. Never raises for a registry out of reach."""
        names = set(self._settings.service_urls())
        registered: Mapping[str, Registered] = {}
        error: ShemaError | None = None
        try:
            if self._registry is not None:
                names |= await aside(self._translated(self._registry.services))
                registry = self._registry
                registered = await aside(self._translated(lambda: registry.read(names)))
        except ShemaError as problem:
            error = problem
        merged = {
            name: self._merged(name, self._configured(name), registered.get(name, Registered()).registrations)
            for name in sorted(names, key=_core_first)
        }
        self._tell(one for found in registered.values() for one in found.bad)
        return Known({name: found for name, found in merged.items() if found}, error)

    def may_appear(self, error: ShemaError) -> bool:
        """Whether what is missing now may be there a moment later: an instance can register, Redis can come back."""
        return self._registry is not None and (isinstance(error, Unreachable) or error.code in _MAY_REGISTER)

    def forget(self) -> None:
        """Ask the registry anew the next time."""
        self._lookup = None

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

    async def _ask(self, service: str, *, patient: bool) -> Registered:
        if self._registry is None:
            return Registered()
        lookup = self._current_lookup(service, self._registry)
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
            work = aside(self._translated(lambda: registry.read(services)))
            task = asyncio.ensure_future(work)
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # told by whoever asked
            lookup = self._lookup = _Lookup(services, now, task)
        return lookup

    def _translated(self, work: Callable[[], T]) -> Callable[[], T]:
        def run() -> T:
            from shema_cli.store.connection import redis_errors

            with redis_errors(self._settings):
                return work()

        return run

    def _unknowable(self, service: str, error: ShemaError) -> ShemaError:
        if not isinstance(error, Unreachable):
            return error
        return Unreachable(
            "registry_unreachable",
            f"{service}: {service_variable(service)} is not set, and the registry cannot be asked: {error.message}",
            f"set {service_variable(service)}, or check that Redis runs: shema doctor",
        )

    def _none(self, service: str) -> NoReturn:
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
        for one in bad:
            self._warn_once(str(one))

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._warn(text)


def plain_name(text: str) -> str:
    """A service's name as it was typed: `Chat` and `chat` are one. Raises InvalidUsage for what cannot be a name."""
    name = text.strip().lower().replace("_", "-")
    if not valid_name(name):
        raise InvalidUsage("bad_service_name", f"{text!r} is not a service's name", "shema services list")
    return name


def _core_first(name: str) -> tuple[int, str]:
    return (CORE_SERVICES.index(name) if name in CORE_SERVICES else len(CORE_SERVICES), name)
