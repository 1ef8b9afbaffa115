"""The client of the services: one call, with its attempts, instances and circuits (contract 1.2)."""

from __future__ import annotations

import asyncio
import math
import random
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from shema_cli.calls.circuit import Breaker, Circuit, Permit, SharedState
from shema_cli.calls.discovery import Balancer, Discovery, Instance, open_discovery
from shema_cli.calls.health import HealthChecker
from shema_cli.calls.log import CallLog
from shema_cli.calls.registry import path_problem
from shema_cli.calls.reply import (
    AttemptFailed,
    BadAnswer,
    CallFacts,
    CircuitOpen,
    LocalFault,
    Received,
    Reply,
    ServiceUnavailable,
    Unacceptable,
    not_sent,
    retry_after_s,
)
from shema_cli.calls.request import (
    IDEMPOTENT,
    CallerHeaders,
    Outgoing,
    Timeout,
    new_request_id,
)
from shema_cli.calls.tokens import SHORTEST_SECRET, Actor, is_short
from shema_cli.calls.transport import Transport
from shema_cli.calls.waits import Waits
from shema_cli.clock import Clock
from shema_cli.errors import InvalidUsage
from shema_cli.frozen import dataclass
from shema_cli.json_text import not_utf8
from shema_cli.results import counted
from shema_cli.settings.values import CA_FILE, Settings
from shema_cli.shell import to_type
from shema_cli.state import StateDir

if TYPE_CHECKING:
    from shema_cli.store.connection import Store

ATTEMPTS = 3
FIRST_PAUSE_S = 0.1
JITTER = 0.5
LONGEST_RETRY_AFTER_S = 10.0
_METHOD = re.compile(r"[A-Za-z]{1,20}")

Sleep = Callable[[float], Awaitable[None]]


def open_client(
    settings: Settings,
    state: StateDir,
    clock: Clock,
    connect: Callable[[], Store],
    *,
    actor: Actor | None = None,
    warn: Callable[[str], None],
    log: CallLog | None = None,
    sleep: Sleep = asyncio.sleep,
    random: Callable[[], float] = random.random,
) -> ServiceClient:
    """The client of one command, to be used as an async context manager; nothing is connected before it is needed.

    `connect` gives the store, for the registry; `actor` is the admin in whose name calls are made; `log` gets the
    record of each attempt. A secret that is too short is warned of here.
    """
    secret = settings.get("SERVICE_JWT_SECRET")
    if secret and is_short(secret):
        warn(f"SERVICE_JWT_SECRET has fewer than {SHORTEST_SECRET} bytes: a secret that short can be guessed")
    discovery = open_discovery(settings, connect, clock, warn)
    headers = CallerHeaders.of(settings, clock, secret=secret, actor=actor)
    transport = Transport(clock, log, ca_file=settings.get(CA_FILE))
    checker = HealthChecker(transport, headers, discovery.registry, clock)
    shared = SharedState(state, warn)
    return ServiceClient(discovery, checker, headers, transport, shared, clock, sleep=sleep, random=random)


@dataclass
class CallInProgress:
    """How far a call has come: `attempt` counts those made, `failure` is the last one's, `unfit` a sick instance.

    `fault` is what went wrong on this machine; `answers` are statuses from 500 on that are an answer to this call.
    """

    service: str
    request: Outgoing
    limit_s: float
    started: float
    attempt: int = 0
    instance: Instance | None = None
    failure: AttemptFailed | None = None
    fault: LocalFault | None = None
    unfit: str | None = None
    answers: Collection[int] = ()


@dataclass(frozen=True)
class CallEnd:
    """The moment when a call ended. `circuit` is that of the instance tried last, or else of the first in the line.

    `open_for_s`: until the first of the open circuits lets a trial through.
    """

    duration_ms: int
    circuit: Circuit
    now: datetime
    open_for_s: float | None = None


class ServiceClient:
    """Calls services. Use it as an async context manager; calls may run concurrently."""

    def __init__(
        self,
        discovery: Discovery,
        checker: HealthChecker,
        headers: CallerHeaders,
        transport: Transport,
        shared: SharedState,
        clock: Clock,
        *,
        sleep: Sleep,
        random: Callable[[], float],
    ) -> None:
        self.discovery = discovery
        self.checker = checker
        self.breaker = Breaker(shared, clock)
        self._balancer = Balancer(shared)
        self._headers = headers
        self._transport = transport
        self._shared = shared
        self._clock = clock
        self._sleep = sleep
        self._random = random

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.__aexit__()
        self._shared.close()

    def tell_waits(self, tell: Callable[[str], None]) -> None:
        """Have what hangs told, a line at a time that takes the place of the one before (`calls/waits.py`)."""
        self._transport.waits = Waits(self._clock, tell)

    async def get_json(
        self,
        service: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        timeout: Timeout = Timeout.DEFAULT,  # noqa: ASYNC109 - of each attempt, not of this function
    ) -> Any:
        """The decoded JSON of a 2xx answer.

        Raises what `request` raises, ServiceNotFound, ServiceRejected, and BadAnswer when the body is not JSON.
        """
        reply = await self.request(service, "GET", path, params=params, timeout=timeout)
        return reply.raise_for_status().json()

    async def request(
        self,
        service: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: Timeout = Timeout.DEFAULT,  # noqa: ASYNC109 - of each attempt, not of this function
        request_id: str | None = None,
        answers: Collection[int] = (),
    ) -> Reply:
        """Make a call and return its answer, whatever its status up to 499, or one of `answers`.

        `timeout` bounds each attempt; `request_id` is for a call that was announced under an id. Raises
        ServiceUnavailable (CircuitOpen) after the last attempt, BadAnswer for a redirect or a body that cannot be
        read, NotConfigured, and InvalidUsage for a path or header that cannot be sent.
        """
        if not _METHOD.fullmatch(method):
            raise InvalidUsage("bad_method", f"{method!r} is not an HTTP method", "use GET, POST, PUT, PATCH or DELETE")
        if problem := path_problem(path):
            raise InvalidUsage(
                "bad_path", f"{path!r} is not a path: {problem}", "write a path such as /api/users/stats"
            )
        for name, value in (params or {}).items():
            if not_utf8(value):
                raise InvalidUsage("bad_text", f"{name}: {value!r} is not UTF-8 and cannot be sent", "type it in UTF-8")
        sent = self._headers.of_call(request_id or new_request_id(self._clock), headers)
        outgoing = Outgoing(method.upper(), path, sent, params, body, service)
        live = await self._live(service)
        for instance in live:
            await self._transport.ready(instance.url)
        # The service's own time is told: neither the look-up of its instances nor our start-up counts.
        call = CallInProgress(service, outgoing, timeout.seconds, self._clock.monotonic(), answers=answers)
        return await self._try(call, self._balancer.line_up(service, live))

    async def choose(self, service: str) -> Instance:
        """The instance that the next call would go to. Raises what `request` raises when there is none."""
        live = await self._live(service)
        request = Outgoing("GET", "/", {"X-Request-ID": new_request_id(self._clock)}, service=service)
        call = CallInProgress(service, request, 0.0, self._clock.monotonic())
        chosen = await self._next(call, self._balancer.line_up(service, live))
        if chosen is None:
            raise _unavailable(call, live, self._end(call, live))
        instance, permit = chosen
        self.breaker.abandoned(permit)
        return instance

    async def _live(self, service: str) -> list[Instance]:
        found = await self.discovery.instances(service)
        return [instance for instance in found if not instance.expired(self._clock.now())]

    async def _try(self, call: CallInProgress, waiting: list[Instance]) -> Reply:
        attempts = attempts_for(call.request.method)
        while call.attempt < attempts and (chosen := await self._next(call, waiting)):
            call.attempt += 1
            call.instance, permit = chosen
            try:
                received = await self._attempt(call, call.instance, permit)
            except LocalFault as fault:
                call.fault, call.attempt = fault, call.attempt - 1
                waiting.remove(call.instance)  # nothing that goes wrong here is tried again
                continue
            except AttemptFailed as failure:
                call.failure = failure
            else:
                return _reply(call, received, call.instance, self._end(call, waiting))
            if call.attempt == attempts or not self._any_left(waiting) or not await self._pause(call):
                break
        raise _unavailable(call, waiting, self._end(call, waiting))

    async def _next(self, call: CallInProgress, waiting: list[Instance]) -> tuple[Instance, Permit] | None:
        """The next instance in the line that may be called; those looked at go to its end."""
        for _ in range(len(waiting)):
            instance = waiting.pop(0)
            waiting.append(instance)
            if self.breaker.state(instance.url) is Circuit.OPEN:
                continue
            check = await self.checker.fit_for_use(instance)
            if check is not None and check.fault:
                call.fault = check.fault
            elif check is not None:
                call.unfit = f"{instance.url} is unhealthy ({check.error})"
            elif permit := self.breaker.admit(instance.url):
                return instance, permit
        return None

    def _any_left(self, waiting: list[Instance]) -> bool:
        return any(self.breaker.state(instance.url) is not Circuit.OPEN for instance in waiting)

    async def _pause(self, call: CallInProgress) -> bool:
        """Wait before the next attempt; False when the service asks for a longer wait than is made."""
        pause = pause_after(call.attempt, self._random)
        received = call.failure.received if call.failure else None
        if received is not None and received.status == 503:
            asked = retry_after_s(received.headers.get("retry-after"), self._clock.now())
            if asked is not None and asked > LONGEST_RETRY_AFTER_S:
                return False
            pause = max(pause, asked or 0.0)
        await self._sleep(pause)
        return True

    async def _attempt(self, call: CallInProgress, instance: Instance, permit: Permit) -> Received:
        """One attempt, its outcome told to the circuit."""
        try:
            async with self.breaker.kept(permit):
                request = call.request.as_attempt(call.attempt, instance.told_by)
                received = await self._transport.send(instance.url, request, call.limit_s)
            self.breaker.succeeded(permit)
            return received
        except AttemptFailed as failure:
            if failure.received is not None and failure.received.status in call.answers:
                self.breaker.succeeded(permit)
                return failure.received
            self.breaker.failed(permit)
            raise
        except Unacceptable as problem:
            self.breaker.succeeded(permit)
            raise _bad_answer(call, problem, instance, self._end(call, [instance])) from None
        except BaseException:
            self.breaker.abandoned(permit)
            raise

    def _end(self, call: CallInProgress, instances: list[Instance]) -> CallEnd:
        instance = call.instance or (instances[0] if instances else None)
        circuit = self.breaker.state(instance.url) if instance else Circuit.CLOSED
        waits = [self.breaker.open_for_s(one.url) for one in instances] if circuit is Circuit.OPEN else []
        return CallEnd(
            duration_ms=round((self._clock.monotonic() - call.started) * 1000),
            circuit=circuit,
            now=self._clock.now(),
            open_for_s=min((seconds for seconds in waits if seconds is not None), default=None),
        )


def attempts_for(method: str) -> int:
    """Three for what may be repeated, one for what may not (contract 1.2)."""
    return ATTEMPTS if method.upper() in IDEMPOTENT else 1


def pause_after(attempt: int, random: Callable[[], float]) -> float:
    """Seconds after the failed attempt number `attempt` (from 1): 0.2, 0.4, plus up to half of that (contract 1.2)."""
    return float(FIRST_PAUSE_S * 2**attempt * (1 + JITTER * random()))


# -- what a call ends in -------------------------------------------------------------------------------------------


def _reply(call: CallInProgress, received: Received, instance: Instance, end: CallEnd) -> Reply:
    return Reply(
        service=call.service,
        status=received.status,
        headers=received.headers,
        body=received.body,
        content_type=received.content_type,
        request_id=call.request.request_id,
        duration_ms=end.duration_ms,
        instance=instance.url,
        circuit=end.circuit.value,
    )


def _bad_answer(call: CallInProgress, problem: Unacceptable, instance: Instance, end: CallEnd) -> BadAnswer:
    said = problem.problem if problem.problem.startswith("answered") else f"cannot be understood: {problem.problem}"
    return BadAnswer(
        problem.code,
        f"{call.service} at {instance.url} {said} (request {call.request.request_id})",
        _hint(call),
        _facts(call, end, instance, status=problem.status),
    )


def _unavailable(call: CallInProgress, instances: Sequence[Instance], end: CallEnd) -> ServiceUnavailable:
    """The error of a call that got no usable answer, or that could not even be tried."""
    if call.fault is not None:
        return not_sent(call.fault, _facts(call, end, call.instance))
    if call.failure is not None and call.instance is not None:
        return _failed(call, call.failure, call.instance, end)
    return _not_tried(call, instances, end)


def _failed(call: CallInProgress, failure: AttemptFailed, instance: Instance, end: CallEnd) -> ServiceUnavailable:
    received = failure.received
    told = f"{counted(call.attempt, 'attempt')}, request {call.request.request_id}"
    message = f"{call.service} at {instance.url}: {failure.problem} ({told})"
    if received is not None and received.status == 503:
        asked = retry_after_s(received.headers.get("retry-after"), end.now)
        message += f"; it asks to wait for {asked:.0f} s" if asked else ""
    if end.circuit is Circuit.OPEN:
        message += f"; its circuit is open now{_for_how_long(end)}"
    reply = _reply(call, received, instance, end) if received else None
    facts = _facts(call, end, instance, status=failure.status, reply=reply)
    return ServiceUnavailable(f"service_{failure.code}", message, failure.hint or _hint(call), facts)


def _not_tried(call: CallInProgress, instances: Sequence[Instance], end: CallEnd) -> ServiceUnavailable:
    facts = _facts(call, end, instances[0] if instances else None)
    if not instances:
        message = f"{call.service} was not called: every registration of it has expired"
        return ServiceUnavailable("service_expired", message, _hint(call), facts)
    if call.unfit:
        message = f"{call.service} was not called: {call.unfit}"
        return ServiceUnavailable("service_unhealthy", message, _hint(call), facts)
    if end.circuit is Circuit.HALF_OPEN:
        what = "its circuit is half open, and another command is making the trial call"
    elif len(instances) == 1:
        what = f"the circuit of {instances[0].url} is open{_for_how_long(end)} after too many failures"
    else:
        what = f"the circuits of its {len(instances)} instances are open{_for_how_long(end)} after too many failures"
    hint = f"wait for it, or close it: {to_type('shema services reset', call.service)}"
    return CircuitOpen("circuit_open", f"{call.service} was not called: {what}", hint, facts)


def _for_how_long(end: CallEnd) -> str:
    return "" if end.open_for_s is None else f" for {math.ceil(end.open_for_s)} s more"


def _facts(
    call: CallInProgress,
    end: CallEnd,
    instance: Instance | None,
    *,
    status: int | None = None,
    reply: Reply | None = None,
) -> CallFacts:
    return CallFacts(
        service=call.service,
        request_id=call.request.request_id,
        duration_ms=end.duration_ms,
        circuit=end.circuit.value,
        status=status,
        instance=instance.url if instance else None,
        reply=reply,
    )


def _hint(call: CallInProgress) -> str:
    return to_type("shema services health", call.service)
