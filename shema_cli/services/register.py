"""Changing the registry by hand: plan what would change, then change it and leave a trace (contract 2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from shema_cli.calls.discovery import plain_name
from shema_cli.calls.registry import (
    DEFAULT_HEALTH_PATH,
    LONGEST_TTL_S,
    Registration,
    Registry,
    parse_registration,
    path_problem,
    stored_registration,
    url_problem,
)
from shema_cli.clock import Clock, age
from shema_cli.errors import InvalidUsage, NotFound
from shema_cli.frozen import dataclass
from shema_cli.masking import without_credentials
from shema_cli.services.results import RegistryChange, RegistryOutcome
from shema_cli.settings.values import Settings
from shema_cli.store.commit import Change, Committed
from shema_cli.store.keys import REGISTRY_PREFIX
from shema_cli.store.scripts import script

if TYPE_CHECKING:
    from shema_cli.output.sanitize import Lines
    from shema_cli.store.connection import Store
    from shema_cli.store.journal import Journal


@dataclass(frozen=True)
class RegistryPlan:
    """One change to the registry: a registration or, with `removal`, its end.

    `key_field` is the field that is there now, None when there is none, `stored` what it holds and `since` when that
    was written. `listens`: the channels and patterns that the service says it listens to.
    """

    name: str
    url: str
    key_field: bytes | None
    since: datetime | None
    removal: bool = False
    health_path: str = DEFAULT_HEALTH_PATH
    ttl_s: float | None = None
    listens: tuple[str, ...] = ()
    stored: bytes = b""

    def as_result(self, outcome: RegistryOutcome = RegistryOutcome.PLANNED) -> RegistryChange:
        if self.removal:
            return RegistryChange(self.name, self.url, outcome)
        return RegistryChange(self.name, self.url, outcome, self.health_path, self.ttl_s, self.listens)


@dataclass(frozen=True)
class _Standing:
    """What the registry has of one instance now; `registration` None where that cannot be understood."""

    key_field: bytes | None = None
    stored: bytes = b""
    registration: Registration | None = None

    @property
    def since(self) -> datetime | None:
        return self.registration.registered_at if self.registration else None


class Registrar:
    """Registers and deregisters instances in the name of the command's admin. Raises Unreachable without Redis."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, journal: Journal) -> None:
        """Raises NotConfigured without REDIS_URL."""
        settings.require("REDIS_URL", "the registry")
        self._settings = settings
        self._clock = clock
        self._journal = journal
        self._registry = Registry(lambda: store)

    def plan_registration(
        self, name: str, url: str, health_path: str, ttl_s: float | None, listens: Sequence[str] = ()
    ) -> RegistryPlan:
        """A renewal without `listens` keeps what was said of it. Raises InvalidUsage for what cannot be registered."""
        service, base = plain_name(name), _base_url(url)
        if problem := path_problem(health_path):
            raise InvalidUsage("bad_path", f"--health: {health_path!r} is not a path: {problem}", "--health /health")
        if ttl_s is not None and not 0 < ttl_s <= LONGEST_TTL_S:
            raise InvalidUsage("bad_ttl", f"--ttl: {ttl_s:g} s is no time to live", "--ttl 60s")
        now = self._find(service, base)
        said = tuple(listens) or (now.registration.listens if now.registration else ())
        return RegistryPlan(
            service,
            base,
            now.key_field,
            now.since,
            health_path=health_path,
            ttl_s=ttl_s,
            listens=said,
            stored=now.stored,
        )

    def plan_removal(self, name: str, url: str) -> RegistryPlan:
        """Raises NotFound when that URL is not registered."""
        service, base = plain_name(name), url.strip().rstrip("/")
        now = self._find(service, base)
        if now.key_field is None:
            raise self._not_registered(service, base)
        return RegistryPlan(service, base, now.key_field, now.since, removal=True)

    def register(self, plan: RegistryPlan) -> RegistryChange:
        stored = stored_registration(
            plan.health_path, plan.ttl_s, self._clock.now(), listens=plan.listens, before=plan.stored
        )
        details: dict[str, object] = {"healthCheck": plan.health_path, "ttl": plan.ttl_s}
        details |= {"listens": list(plan.listens)} if plan.listens else {}
        done = self._change(plan, "services.register", plan.url, stored, details)
        new = plan.key_field is None and done.number != 0
        return plan.as_result(RegistryOutcome.REGISTERED if new else RegistryOutcome.RENEWED)

    def deregister(self, plan: RegistryPlan) -> RegistryChange:
        """Raises NotFound when it is not there any more."""
        done = self._change(plan, "services.deregister", plan.key_field or plan.url, "", {})
        if done.word == "gone":
            raise self._not_registered(plan.name, plan.url)
        return plan.as_result(RegistryOutcome.DEREGISTERED)

    def _change(
        self, plan: RegistryPlan, action: str, field: bytes | str, stored: str, details: Mapping[str, object]
    ) -> Committed:
        """Write `field`, or with `stored` empty remove it, together with its audit entry.

        The same instance under another spelling (a trailing slash) goes: it must not be there twice.
        """
        change = Change(
            script("registry"),
            self._journal.draft(action=action, target=f"{plan.name} {without_credentials(plan.url)}", details=details),
            own_keys=[f"{REGISTRY_PREFIX}{plan.name}"],
            arguments=[field, stored, plan.key_field or b""],
            what=f"this change of the registration {without_credentials(plan.url)}",
            hint="when Redis is back: shema services list",
        )
        return self._journal.carry_out(change)

    def question(self, plan: RegistryPlan) -> Lines:
        """What is asked before the change."""
        told = f", registered {age((self._clock.now() - plan.since).total_seconds())} ago" if plan.since else ""
        if plan.removal:
            return f"Deregister 1 instance of {plan.name}: {plan.url}{told}?"
        verb = "Register" if plan.key_field is None else "Renew"
        return (
            f"{verb} 1 instance of {plan.name}: {plan.url}{told}?",
            "Calls to the service will go there too, and bear service tokens.",
        )

    def _find(self, service: str, url: str) -> _Standing:
        for key_field, stored in self._registry.fields(service).items():
            if key_field.decode("utf-8", "backslashreplace").rstrip("/") == url:
                found = parse_registration(service, key_field, stored)
                return _Standing(key_field, stored, found if isinstance(found, Registration) else None)
        return _Standing()

    def _not_registered(self, service: str, url: str) -> NotFound:
        configured = url in self._settings.service_urls().get(service, ())
        return NotFound(
            "not_registered",
            f"{without_credentials(url)} is not registered as an instance of {service}"
            + ("; it is configured" * configured),
            "shema services list",
        )


def _base_url(url: str) -> str:
    base = url.strip().rstrip("/")
    if problem := url_problem(base):
        raise InvalidUsage(
            "bad_url", f"{without_credentials(url)!r} is not a base URL: {problem}", "write it as http://host:3002"
        )
    return base
