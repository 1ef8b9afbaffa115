"""Changing the registry by hand: plan what would change, then change it and leave a trace (contract 2.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from shema_cli.calls.discovery import plain_name
from shema_cli.calls.registry import DEFAULT_HEALTH_PATH, LONGEST_TTL_S, Registration, Registry, parse_registration
from shema_cli.calls.request import path_problem, url_problem
from shema_cli.durations import age
from shema_cli.errors import InvalidUsage, NotFound
from shema_cli.services.models import RegistryChange
from shema_cli.settings.values import without_credentials
from shema_cli.store.connection import redis_errors

if TYPE_CHECKING:
    from shema_cli.context import AppContext

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """One change to the registry. `key_field` is the field that is there now; None when there is none."""

    name: str
    url: str
    key_field: bytes | None
    since: datetime | None = None
    health_path: str = DEFAULT_HEALTH_PATH
    ttl_s: float | None = None


class Registrar:
    """Registers and deregisters instances in the name of the command's admin."""

    def __init__(self, app: AppContext) -> None:
        app.settings.require("REDIS_URL", "the registry")
        self._app = app
        self._registry = Registry(lambda: app.redis)

    def plan_registration(self, name: str, url: str, health_path: str, ttl_s: float | None) -> Plan:
        """Raises InvalidUsage for a name, URL, path or ttl that cannot be; Unreachable without Redis."""
        service, base = plain_name(name), _base_url(url)
        if problem := path_problem(health_path):
            raise InvalidUsage("bad_path", f"--health: {health_path!r} is not a path: {problem}", "--health /health")
        if ttl_s is not None and not 0 < ttl_s <= LONGEST_TTL_S:
            raise InvalidUsage("bad_ttl", f"--ttl: {ttl_s:g} s is no time to live", "--ttl 60s")
        key_field, since = self._find(service, base)
        return Plan(service, base, key_field, since, health_path, ttl_s)

    def plan_removal(self, name: str, url: str) -> Plan:
        """Raises NotFound when that URL is not registered."""
        service, base = plain_name(name), url.strip().rstrip("/")
        key_field, since = self._find(service, base)
        if key_field is None:
            raise self._not_registered(service, base)
        return Plan(service, base, key_field, since)

    def register(self, plan: Plan) -> RegistryChange:
        now = self._app.clock.now()
        if plan.key_field is not None and plan.key_field != plan.url.encode():
            # The same instance under another spelling (a trailing slash): it must not be there twice.
            self._run(lambda: self._registry.deregister(plan.name, plan.key_field or b""))
        new = self._run(
            lambda: self._registry.register(
                plan.name, plan.url, health_path=plan.health_path, ttl_s=plan.ttl_s, now=now
            )
        )
        outcome = "registered" if new and plan.key_field is None else "renewed"
        self._trace("services.register", plan, {"outcome": outcome, "healthCheck": plan.health_path, "ttl": plan.ttl_s})
        return RegistryChange(plan.name, plan.url, outcome, plan.health_path, plan.ttl_s)

    def deregister(self, plan: Plan) -> RegistryChange:
        if plan.key_field is None or not self._run(lambda: self._registry.deregister(plan.name, plan.key_field or b"")):
            raise self._not_registered(plan.name, plan.url)
        self._trace("services.deregister", plan, {})
        return RegistryChange(plan.name, plan.url, "deregistered")

    def question(self, plan: Plan, *, removal: bool) -> str:
        """What is asked before the change."""
        told = f", registered {age((self._app.clock.now() - plan.since).total_seconds())} ago" if plan.since else ""
        if removal:
            return f"Deregister 1 instance of {plan.name}: {plan.url}{told}?"
        verb = "Register" if plan.key_field is None else "Renew"
        return (
            f"{verb} 1 instance of {plan.name}: {plan.url}{told}?\n"
            "Calls to the service will go there too, and bear service tokens."
        )

    def _find(self, service: str, url: str) -> tuple[bytes | None, datetime | None]:
        for key_field, stored in self._run(lambda: self._registry.fields(service)).items():
            if key_field.decode("utf-8", "backslashreplace").rstrip("/") == url:
                found = parse_registration(service, key_field, stored)
                return key_field, found.registered_at if isinstance(found, Registration) else None
        return None, None

    def _not_registered(self, service: str, url: str) -> NotFound:
        configured = url in self._app.settings.service_urls().get(service, ())
        return NotFound(
            "not_registered",
            f"{without_credentials(url)} is not registered as an instance of {service}"
            + ("; it is configured" * configured),
            "shema services list",
        )

    def _run(self, work: Callable[[], T]) -> T:
        with redis_errors(self._app.settings):
            return work()

    def _trace(self, action: str, plan: Plan, details: dict[str, Any]) -> None:
        self._app.journal.append(action=action, target=f"{plan.name} {plan.url}", details=details)


def _base_url(url: str) -> str:
    base = url.strip().rstrip("/")
    if problem := url_problem(base):
        raise InvalidUsage(
            "bad_url", f"{without_credentials(url)!r} is not a base URL: {problem}", "write it as http://host:3002"
        )
    return base
