"""Services tried: whether each instance answers as a service does, and whether they take our secret."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import closing

from shema_cli.calls.discovery import Instance, open_discovery
from shema_cli.calls.health import HealthCheck, HealthChecker
from shema_cli.calls.reply import NoUsableAnswer
from shema_cli.calls.request import CallerHeaders
from shema_cli.calls.tokens import SHORTEST_SECRET, is_short
from shema_cli.calls.transport import Transport
from shema_cli.clock import Clock
from shema_cli.dashboard.sources import SOURCES
from shema_cli.errors import NotConfigured, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.settings.values import CA_FILE, Settings, service_variable
from shema_cli.setup.results import Tried, TriedValues
from shema_cli.store.connection import Store

SECRET = "SERVICE_JWT_SECRET"  # noqa: S105 - the name of the variable
ANSWER_S = 4.0
_STATISTICS = {source.service: source.path for source in SOURCES}
_LONGER = f"it has fewer than {SHORTEST_SECRET} bytes and can be guessed: use a longer one everywhere"


def try_services(settings: Settings, names: Sequence[str], clock: Clock) -> TriedValues:
    """What came of asking the instances of these variables for their health, all at once, without our secret."""
    urls = settings.service_urls()
    of_variable = {service_variable(service): service for service in urls}
    asked = {name: of_variable[name] for name in names if name in of_variable}
    return asyncio.run(
        _health(settings, clock, {name: [Instance(s, u, "config") for u in urls[s]] for name, s in asked.items()})
    )


async def _health(settings: Settings, clock: Clock, wanted: Mapping[str, Sequence[Instance]]) -> TriedValues:
    headers = CallerHeaders.of(settings, clock)
    async with Transport(ca_file=settings.get(CA_FILE)) as transport:
        checker = HealthChecker(transport, headers, None, clock)

        async def of_variable(name: str, instances: Sequence[Instance]) -> Tried:
            try:
                checks = await asyncio.gather(*(checker.check(instance, ANSWER_S) for instance in instances))
            except NotConfigured as error:  # SERVICE_NAME cannot be sent
                return Tried.unknown(error.message, error.hint)
            return _judged(name, list(zip(instances, checks, strict=True)))

        tried = await asyncio.gather(*(of_variable(name, instances) for name, instances in wanted.items()))
    return dict(zip(wanted, tried, strict=True))


def _judged(name: str, checks: Sequence[tuple[Instance, HealthCheck]]) -> Tried:
    problems = [(instance, problem) for instance, check in checks if (problem := _problem(check))]
    if not problems:
        slowest = max(check.latency_ms for _, check in checks)
        return Tried.ok(f"{'healthy' if len(checks) == 1 else f'all {len(checks)} are healthy'}, {slowest} ms")
    told = "; ".join(f"{instance.url} {problem}" for instance, problem in problems)
    if all(check.fault for _, check in checks if _problem(check)):
        fault = next(check.fault for _, check in checks if check.fault)
        return Tried.unknown(told, fault.hint)
    return Tried.failed(told, f"correct {name}, or start that service")


def _problem(check: HealthCheck) -> str | None:
    if not check.healthy:
        return f"{'' if (check.error or '').startswith('answered') else 'is not healthy: '}{check.error}"
    if check.content_type.split(";")[0].strip().lower() in ("text/html", "application/xhtml+xml"):
        return f"answers with a web page ({check.content_type.split(';')[0]}), not as a service does"
    return None


# -- the secret -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Answered:
    """How a service took our token: `taken` None where its answer says nothing of that."""

    service: str
    taken: bool | None


def try_secret(settings: Settings, clock: Clock) -> Tried:
    """Whether the services that are configured or registered take a token that is signed with it."""
    secret = settings.require(SECRET, "service tokens")
    short = _LONGER if is_short(secret) else ""
    answers = asyncio.run(_asked(settings, secret, clock))
    refused, taken = (sorted({a.service for a in answers if a.taken is one}) for one in (False, True))
    if refused:
        told = f"{_listed(refused)} {'refuses' if len(refused) == 1 else 'refuse'} it"
        also = f", though {_listed(taken)} {'takes' if len(taken) == 1 else 'take'} it" if taken else ""
        return Tried.failed(told + also, "take the SERVICE_JWT_SECRET that those services have")
    if taken:
        return Tried.ok(
            f"{_listed(taken)} {'takes' if len(taken) == 1 else 'take'} it" + (f"; {short}" if short else "")
        )
    why = "no service could be asked whether it takes it" if answers else "no service is known that could be asked"
    return Tried.unknown(why + (f"; {short}" if short else ""))


async def _asked(settings: Settings, secret: str, clock: Clock) -> list[_Answered]:
    headers = CallerHeaders.of(settings, clock, secret=secret)
    try:
        instances = await _instances(settings, clock)
        async with Transport(ca_file=settings.get(CA_FILE)) as transport:
            checker = HealthChecker(transport, headers, None, clock)
            return list(await asyncio.gather(*(_ask(checker, instance) for instance in instances)))
    except ShemaError:
        return []


async def _instances(settings: Settings, clock: Clock) -> list[Instance]:
    """Those that know of a number which only who has the secret is told."""
    with closing(Store(settings)) as store:
        known = await open_discovery(settings, lambda: store, clock, lambda _: None).known()
    found = [one for service in _STATISTICS for one in known.instances.get(service, ())]
    return [instance for instance in found if not instance.expired(clock.now())]


async def _ask(checker: HealthChecker, instance: Instance) -> _Answered:
    try:
        received = await checker.look(instance, _STATISTICS[instance.service], ANSWER_S)
    except NoUsableAnswer:
        return _Answered(instance.service, None)
    if received.status in (401, 403):
        return _Answered(instance.service, False)
    took = 200 <= received.status < 300 and received.json() is not None
    return _Answered(instance.service, True if took else None)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
