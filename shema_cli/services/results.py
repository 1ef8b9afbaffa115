"""What the `services` commands hand back (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from shema_cli.calls.discovery import Instance
from shema_cli.clock import age
from shema_cli.errors import ExitCode, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table, counted
from shema_cli.settings.values import CORE_SERVICES, service_variable


class HealthState(StrEnum):
    """How an instance or a service is; `expired` is an instance's registration, `degraded` a service's alone.

    `unknown`: it could not be asked, for a reason on this machine.
    """

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class RegistryOutcome(StrEnum):
    """What became of a change to the registry."""

    PLANNED = "planned"
    REGISTERED = "registered"
    RENEWED = "renewed"
    DEREGISTERED = "deregistered"


@dataclass(frozen=True)
class ServiceList(Result):
    """The eight core services and every other that is known, configured or not. `error`: the registry's, if any."""

    is_list = True

    instances: Mapping[str, Sequence[Instance]]
    now: datetime
    error: ShemaError | None = None

    @property
    def exit_code(self) -> ExitCode:
        return self.error.exit_code if self.error else ExitCode.DONE

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys([*CORE_SERVICES, *self.instances]))

    def document(self) -> dict[str, object]:
        return {"services": [self._service(name) for name in self.names]}

    def table(self) -> Table:
        rows: list[Sequence[object]] = []
        for name in self.names:
            found = self.instances.get(name, ())
            rows += [(name, i.url, i.source, expires_in_s(i, self.now), service_variable(name)) for i in found]
            rows += [] if found else [(name, None, None, None, service_variable(name))]
        return Table(("name", "url", "source", "expires_in_s", "variable"), rows)

    def notes(self) -> Iterable[str]:
        missing = [service_variable(name) for name in self.names if not self.instances.get(name)]
        if missing:
            yield f"not configured: {len(missing)} of {len(self.names)} services; set {', '.join(missing)}"

    def _service(self, name: str) -> dict[str, object]:
        found = self.instances.get(name, ())
        return {
            "name": name,
            "configured": bool(found),
            "variable": service_variable(name),
            "instances": [{"url": i.url, "source": i.source, "expires_in_s": expires_in_s(i, self.now)} for i in found],
        }


def expires_in_s(instance: Instance, now: datetime) -> float | None:
    """Seconds until a registration expires, negative when it has; None for what does not expire."""
    if instance.source == "config" or instance.registration is None:
        return None
    left = instance.registration.expires_in_s(now)
    return None if left is None else round(left, 1)


@dataclass(frozen=True)
class ResolvedInstance(Result):
    """The instance that the next call to a service goes to."""

    instance: Instance

    def document(self) -> dict[str, object]:
        return {"name": self.instance.service, "url": self.instance.url, "source": self.instance.source}

    def table(self) -> Table:
        return Table(("name", "url", "source"), [tuple(self.document().values())])


@dataclass(frozen=True)
class InstanceHealth:
    """`state` is healthy, unhealthy, expired or unknown; `skew_s` is how far its clock is ahead of ours.

    `open_for_s`: seconds until its open circuit lets a trial through; None for one that is not open.
    """

    url: str
    state: HealthState
    status: int | None
    latency_ms: int | None
    circuit: str
    source: str
    error: str | None
    skew_s: float | None = None
    open_for_s: float | None = None

    @property
    def told_circuit(self) -> str:
        """`closed`, `half-open`, `open, 42 s more`"""
        circuit = self.circuit.replace("_", "-")
        return circuit if self.open_for_s is None else f"{circuit}, {self.open_for_s:.0f} s more"

    def document(self) -> dict[str, object]:
        return {
            "url": self.url,
            "state": self.state,
            "status": self.status,
            "latency_ms": self.latency_ms,
            "circuit": self.circuit,
            "source": self.source,
            "error": self.error,
            "open_for_s": None if self.open_for_s is None else round(self.open_for_s, 1),
        }


@dataclass(frozen=True)
class ServiceHealth:
    """A service is as well as its instances; an expired registration stands for one that is gone, not that is down."""

    name: str
    instances: Sequence[InstanceHealth]

    @property
    def state(self) -> HealthState:
        states = [instance.state for instance in self.instances if instance.state != HealthState.EXPIRED]
        if HealthState.UNKNOWN in states:
            return HealthState.UNKNOWN
        if not states or all(state == HealthState.UNHEALTHY for state in states):
            return HealthState.UNHEALTHY
        return HealthState.HEALTHY if all(state == HealthState.HEALTHY for state in states) else HealthState.DEGRADED


@dataclass(frozen=True)
class HealthReport(Result):
    """One look at services. `error` is the registry's: without its answer nobody can say that all are well."""

    services: Sequence[ServiceHealth]
    error: ShemaError | None = None

    @property
    def healthy(self) -> bool:
        return self.error is None and all(service.state == HealthState.HEALTHY for service in self.services)

    @property
    def exit_code(self) -> ExitCode:
        if self.error is not None:
            return self.error.exit_code
        if self.count(HealthState.UNKNOWN):
            return ExitCode.UNREACHABLE
        return ExitCode.DONE if self.healthy else ExitCode.FAILED

    def count(self, state: HealthState) -> int:
        return sum(service.state == state for service in self.services)

    def document(self) -> dict[str, object]:
        return {
            "healthy": self.healthy,
            "services": [
                {"name": s.name, "state": s.state, "instances": [i.document() for i in s.instances]}
                for s in self.services
            ],
        }

    def table(self) -> Table:
        columns = ("name", "service", "url", "state", "status", "latency_ms", "circuit", "source", "error")
        rows = [
            (s.name, s.state, *(told for key, told in one.document().items() if key in columns))
            for s in self.services
            for one in s.instances
        ]
        return Table(columns, rows)

    def line(self) -> str:
        """One look on one line, for `--watch` into a pipe."""
        return "\t".join(f"{service.name}={service.state}" for service in self.services)

    def summary(self) -> str:
        parts = [f"{self.count(state)} {state}" for state in HealthState if self.count(state)]
        return f"{counted(len(self.services), 'service')}: {', '.join(parts)}"

    def warnings(self) -> Iterable[str]:
        """What is wrong without being a matter of health."""
        if self.error is not None:
            yield f"{self.error.message.rstrip('.')}: services that are only registered are not in this answer"
        instances = [instance for service in self.services for instance in service.instances]
        for reason in dict.fromkeys(i.error for i in instances if i.state == HealthState.UNKNOWN):
            yield f"some instances could not be asked, which says nothing of them: {reason}"
        for instance in (i for i in instances if i.skew_s):
            skew = instance.skew_s or 0.0
            way = "ahead of" if skew > 0 else "behind"
            yield f"the clock of {instance.url} is {age(abs(skew))} {way} ours; tokens are good for 5 minutes"


@dataclass(frozen=True)
class CircuitReset:
    """How the circuit of an instance stood before it was closed: `closed`, `open` or `half_open`."""

    url: str
    was: str


@dataclass(frozen=True)
class ResetCircuits(Result):
    """What `services reset` did."""

    name: str
    circuits: tuple[CircuitReset, ...]

    def document(self) -> dict[str, object]:
        return {"name": self.name, "instances": [{"url": one.url, "was": one.was} for one in self.circuits]}

    def table(self) -> Table:
        return Table(("name", "url", "was"), [(self.name, one.url, one.was) for one in self.circuits])


@dataclass(frozen=True)
class RegistryChange(Result):
    """What `register` or `deregister` did or, of a dry run, would do. `ttl_s` None: it does not expire."""

    name: str
    url: str
    outcome: RegistryOutcome
    health_path: str | None = None
    ttl_s: float | None = None
    listens: tuple[str, ...] = ()

    def document(self) -> dict[str, object]:
        values: dict[str, object] = {"name": self.name, "url": self.url, "outcome": self.outcome}
        if self.health_path is not None:
            values |= {"healthCheck": self.health_path, "ttl": self.ttl_s}
        return values | ({"listens": list(self.listens)} if self.listens else {})

    def table(self) -> Table:
        document = self.document()
        return Table(tuple(document), [tuple(document.values())])
