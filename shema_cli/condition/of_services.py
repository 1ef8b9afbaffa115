"""What is wrong with services and with who listens; whatever comes of a service that is not well is told with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from shema_cli.condition.facts import (
    ChannelFacts,
    Condition,
    HistoryFacts,
    InstanceFacts,
    LetterFacts,
    ServiceFacts,
    Unseen,
)
from shema_cli.condition.problems import Kind, Problem, Severity
from shema_cli.condition.words import how_long, named, short
from shema_cli.frozen import dataclass
from shema_cli.results import counted
from shema_cli.settings.values import service_variable
from shema_cli.shell import to_type

SLOW_S = 1.0


def of_services(seen: Condition) -> Iterator[Problem]:
    """Services, and who of them does not hear what it has declared to."""
    yield from _services(seen)
    yield from _listeners(seen)


@dataclass(frozen=True)
class _Consequences:
    """What comes of a service that is not well."""

    unheard: Sequence[str]
    letters: int
    missed: int

    def words(self) -> Iterator[str]:
        if self.unheard:
            yield f"does not hear {named(self.unheard)}"
        if self.letters:
            yield f"{counted(self.letters, 'dead letter')} {'names' if self.letters == 1 else 'name'} it"
        if self.missed:
            yield f"has missed {counted(self.missed, 'event')} meanwhile"


def _services(seen: Condition) -> Iterator[Problem]:
    services = seen.services
    if isinstance(services, Unseen):
        what = "the services could not be looked at"
        yield Problem(Severity.FAIL, "services", what, services.why, services.next, Kind.SERVICES_NOT_SEEN)
        return
    if services is None:
        return
    if seen.no_secret:
        what, cause = "no service can be called", "SERVICE_JWT_SECRET is not set"
        way_out = "set it to the services' secret: shema config show"
        yield Problem(Severity.FAIL, "services", what, cause, way_out, Kind.CANNOT_CALL)
    if not services and not isinstance(seen.registry, Unseen):
        what, cause = "no service is known", "none is configured or registered"
        yield Problem(Severity.FAIL, "services", what, cause, "shema services list", Kind.NO_SERVICE)
    refusing = [one.name for one in services if any(instance.refused for instance in one.instances)]
    if refusing:
        yield Problem(
            Severity.FAIL,
            "services",
            f"{named(refusing)} {'refuses' if len(refusing) == 1 else 'refuse'} our service token",
            "SERVICE_JWT_SECRET is not theirs, or the clocks differ",
            "shema config show",
            Kind.REFUSES_US,
            known={"SERVICE": refusing[0]},
        )
    if strange := [one for one in services if not one.known]:
        cause = next(iter(errors_of(strange[0])), "not told")
        what = f"{named([one.name for one in strange])} could not be asked, for a reason on this machine"
        yield Problem(Severity.FAIL, "services", what, cause, "shema doctor", Kind.NOT_ASKED)
    for one in services:
        if one.known:
            yield from _service(seen, one)


def _service(seen: Condition, service: ServiceFacts) -> Iterator[Problem]:
    if not service.instances:
        variable = service_variable(service.name)
        cause = f"{variable} is not set, and no instance is registered"
        what, way_out, kind = f"{service.name} is not configured", f"set {variable}", Kind.NOT_CONFIGURED
        known = {"SERVICE": service.name}
        yield Problem(Severity.WARN, "services", what, cause, way_out, kind, service.name, known)
        return
    sick = [one for one in service.live if not one.answers]
    wrong = [one for one in service.live if one.answers and one.wrong and not one.refused]
    if service.down and not service.live:
        yield _problem(seen, service, Kind.NO_INSTANCE, "has no instance left", ["every registration expired"])
    elif service.down:
        yield _problem(seen, service, Kind.SERVICE_DOWN, "is down", _why(sick))
    elif sick:
        part = f"has {len(sick)} of {len(service.live)} instances down"
        yield _problem(seen, service, Kind.PARTLY_DOWN, part, _why(sick))
    elif wrong:
        yield _problem(seen, service, Kind.ANSWERS_WRONGLY, "answers wrongly", [short(wrong[0].wrong or "")])
    elif open_ones := [one for one in service.live if one.circuit != "closed"]:
        what = f"is not called: its circuit is {open_ones[0].circuit.replace('_', '-')}"
        causes = ["it failed five times in a row, and answers now", *_circuits(open_ones)]
        yield _problem(seen, service, Kind.CIRCUIT_OPEN, what, causes)
    elif slow := [one for one in service.live if (one.latency_s or 0) > SLOW_S]:
        took = max(one.latency_s or 0 for one in slow)
        yield _problem(seen, service, Kind.SERVICE_SLOW, "is slow", [f"an answer takes {how_long(took)}"])


_FAILING = (Kind.NO_INSTANCE, Kind.SERVICE_DOWN, Kind.ANSWERS_WRONGLY)


def _problem(seen: Condition, service: ServiceFacts, kind: Kind, what: str, causes: Iterable[str]) -> Problem:
    severity = Severity.FAIL if kind in _FAILING else Severity.WARN
    way_out = to_type("shema services reset" if kind is Kind.CIRCUIT_OPEN else "shema services health", service.name)
    come_of_it = _consequences(seen, service.name)
    cause = "; ".join([*causes, *come_of_it.words()])
    if come_of_it.missed:
        way_out = f"{way_out}; {to_type('shema events missed', service.name)}"
    known = {"SERVICE": service.name}
    return Problem(severity, "services", f"{service.name} {what}", cause, way_out, kind, service.name, known)


def _why(sick: Sequence[InstanceFacts]) -> list[str]:
    """Why they are not well, each reason once, and how their circuits stand."""
    reasons = dict.fromkeys(short(one.error or "it does not answer") for one in sick)
    return [*list(reasons)[:2], *_circuits(sick)]


def _circuits(instances: Iterable[InstanceFacts]) -> list[str]:
    waits = [one.open_for_s for one in instances if one.circuit == "open" and one.open_for_s is not None]
    return [f"its circuit is open for {max(waits):.0f} s more"] if waits else []


def errors_of(service: ServiceFacts) -> list[str]:
    return [short(one.error) for one in service.instances if one.error]


def _consequences(seen: Condition, name: str) -> _Consequences:
    letters = seen.letters.from_services.get(name, 0) if isinstance(seen.letters, LetterFacts) else 0
    channels = seen.channels if isinstance(seen.channels, Sequence) else ()
    unheard = [one.channel for one in channels if name in (one.missing or ())]
    missed = seen.history.missed if isinstance(seen.history, HistoryFacts) else ()
    return _Consequences(unheard, letters, sum(one.events for one in missed if one.service == name))


def told_with_services(seen: Condition) -> set[str]:
    """The services of which a problem is told already, with whatever comes of it."""
    services = seen.services if isinstance(seen.services, Sequence) else ()
    return {one.name for one in services if one.known and any(True for _ in _service(seen, one))}


def _listeners(seen: Condition) -> Iterator[Problem]:
    channels = seen.channels
    if channels is None or isinstance(channels, Unseen):
        return
    told = told_with_services(seen)
    absent: dict[str, list[ChannelFacts]] = {}
    for channel in channels:
        for service in channel.missing or ():
            absent.setdefault(service, []).append(channel)
    explained = set(absent)
    for channel in channels:
        if channel.at_most == 0 and len(lost := _lost(channel, told)) > 1:
            yield _deserted(channel, lost)
            told = told.union(lost)
    for service, missing in absent.items():
        if service not in told:
            what = f"{service} does not hear {named([one.channel for one in missing])}"
            cause = "it has declared to listen, and no connection of its name is subscribed"
            known = {"SERVICE": service}
            yield Problem(Severity.WARN, "listeners", what, cause, _restart(service), Kind.HEARS_NOT, known=known)
    for channel in channels:
        if channel.at_most == 0 and not explained.intersection(channel.declared):
            what, cause = f"nobody hears {channel.channel}", "whatever is published there would be unheard"
            way_out = "start the services: shema services health"
            yield Problem(Severity.WARN, "listeners", what, cause, way_out, Kind.NOBODY_HEARS)


def _lost(channel: ChannelFacts, told: Collection[str]) -> list[str]:
    """Who has declared it and is not there, and of whom nothing else tells why."""
    return [service for service in channel.missing or () if service not in told]


def _deserted(channel: ChannelFacts, services: Sequence[str]) -> Problem:
    """Several services ought to hear it, and none does."""
    cause = f"{named(services)} have declared to listen, and none of them is subscribed: it would be unheard"
    way_out = "restart them; shema services health"
    return Problem(Severity.FAIL, "listeners", f"nobody hears {channel.channel}", cause, way_out, Kind.NOBODY_HEARS)


def _restart(service: str) -> str:
    return f"restart {service}; {to_type('shema services health', service)}"
