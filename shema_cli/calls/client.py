"""The client of the services: one call, with its attempts, instances and circuits (contract 1.2)."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from shema_cli.calls.attempt import AttemptFailed, Outgoing, Received, Unacceptable
from shema_cli.calls.backoff import LONGEST_RETRY_AFTER_S, attempts_for, pause_after, retry_after_s
from shema_cli.calls.balancer import Balancer
from shema_cli.calls.call import Call, End, bad_answer, reply_of, unavailable
from shema_cli.calls.caller import Caller
from shema_cli.calls.circuit import Breaker, Circuit, Permit
from shema_cli.calls.discovery import Discovery
from shema_cli.calls.health import HealthChecker
from shema_cli.calls.instances import Instance, path_problem
from shema_cli.calls.lease import kept
from shema_cli.calls.log import call_record
from shema_cli.calls.registry import Registry
from shema_cli.calls.reply import Reply
from shema_cli.calls.request_id import new_request_id, new_trace_id
from shema_cli.calls.shared_state import SharedState
from shema_cli.calls.timeouts import Timeout
from shema_cli.calls.tokens import SHORTEST_SECRET, is_short
from shema_cli.calls.transport import Transport
from shema_cli.clock import Clock
from shema_cli.errors import InvalidUsage

if TYPE_CHECKING:
    from shema_cli.context import AppContext

_METHOD = re.compile(r"[A-Za-z]{1,20}")


class ServiceClient:
    """Calls services. Use it as an async context manager; calls may run concurrently."""

    def __init__(
        self,
        *,
        discovery: Discovery,
        breaker: Breaker,
        balancer: Balancer,
        caller: Caller,
        checker: HealthChecker,
        transport: Transport,
        clock: Clock,
        log: Callable[[dict[str, object]], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.discovery = discovery
        self.breaker = breaker
        self.balancer = balancer
        self.checker = checker
        self._caller = caller
        self._transport = transport
        self._clock = clock
        self._log = log
        self._sleep = sleep
        self._random = random

    @classmethod
    def from_app(cls, app: AppContext) -> ServiceClient:
        """The client of one command: its settings, admin, clock, Redis and log."""
        secret = app.settings.get("SERVICE_JWT_SECRET")
        if secret and is_short(secret):
            app.output.warn(
                f"SERVICE_JWT_SECRET has fewer than {SHORTEST_SECRET} bytes: a secret that short can be guessed"
            )
        shared = SharedState(app.state, app.output.warn)
        app.on_close(shared.close)
        registry = Registry(lambda: app.redis) if app.settings.get("REDIS_URL") else None
        caller = Caller(app.settings.get("SERVICE_NAME") or "shema-cli", secret, app.admin, app.clock)
        transport = Transport()
        return cls(
            discovery=Discovery(app.settings, registry, app.clock, app.output.warn),
            breaker=Breaker(shared, app.clock),
            balancer=Balancer(shared),
            caller=caller,
            checker=HealthChecker(transport, caller, registry, app.clock, app.log_service_call),
            transport=transport,
            clock=app.clock,
            log=app.log_service_call,
        )

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.__aexit__()

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
    ) -> Reply:
        """Make a call and return its answer, whatever its status up to 499.

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
        request_id, trace_id = request_id or new_request_id(self._clock), new_trace_id()
        outgoing = Outgoing(
            method.upper(), path, self._caller.headers(request_id, trace_id, headers), params=params, body=body
        )
        live = await self._live(service)
        for instance in live:
            await self._transport.ready(instance.url)
        # The service's own time is told: neither the look-up of its instances nor our start-up counts.
        call = Call(service, outgoing, request_id, timeout.seconds, self._clock.monotonic())
        return await self._try(call, self.balancer.line_up(service, live))

    async def choose(self, service: str) -> Instance:
        """The instance that the next call would go to. Raises what `request` raises when there is none."""
        live = await self._live(service)
        call = Call(service, Outgoing("GET", "/", {}), new_request_id(self._clock), 0.0, self._clock.monotonic())
        chosen = await self._next(call, self.balancer.line_up(service, live))
        if chosen is None:
            raise unavailable(call, live, self._end(call, live))
        instance, permit = chosen
        self.breaker.abandoned(permit)
        return instance

    async def _live(self, service: str) -> list[Instance]:
        found = await self.discovery.instances(service)
        return [instance for instance in found if not instance.expired(self._clock.now())]

    async def _try(self, call: Call, waiting: list[Instance]) -> Reply:
        attempts = attempts_for(call.request.method)
        while call.attempt < attempts and (chosen := await self._next(call, waiting)):
            call.attempt += 1
            call.instance, permit = chosen
            try:
                received = await self._attempt(call, call.instance, permit)
            except AttemptFailed as failure:
                call.failure = failure
            else:
                return reply_of(call, received, self._end(call, waiting))
            if call.attempt == attempts or not self._any_left(waiting) or not await self._pause(call):
                break
        raise unavailable(call, waiting, self._end(call, waiting))

    async def _next(self, call: Call, waiting: list[Instance]) -> tuple[Instance, Permit] | None:
        """The next instance in the line that may be called; those looked at go to its end."""
        for _ in range(len(waiting)):
            instance = waiting.pop(0)
            waiting.append(instance)
            if self.breaker.state(instance.url) is Circuit.OPEN:
                continue
            check = await self.checker.fit_for_use(instance)
            if check is not None:
                call.unfit = f"{instance.url} is unhealthy ({check.error})"
            elif permit := self.breaker.admit(instance.url):
                return instance, permit
        return None

    def _any_left(self, waiting: list[Instance]) -> bool:
        return any(self.breaker.state(instance.url) is not Circuit.OPEN for instance in waiting)

    async def _pause(self, call: Call) -> bool:
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

    async def _attempt(self, call: Call, instance: Instance, permit: Permit) -> Received:
        """One attempt: its outcome told to the circuit, its line to the log."""
        started, at = self._clock.monotonic(), self._clock.now()
        status: int | None = None
        try:
            async with kept(self.breaker, permit):
                received = await self._transport.send(instance.url, call.request.with_new_span(), call.limit_s)
            status = received.status
            self.breaker.succeeded(permit)
            return received
        except AttemptFailed as failure:
            status = failure.received.status if failure.received else None
            self.breaker.failed(permit)
            raise
        except Unacceptable as problem:
            status = problem.status
            self.breaker.succeeded(permit)
            raise bad_answer(call, problem, self._end(call, [instance])) from None
        except BaseException:
            self.breaker.abandoned(permit)
            raise
        finally:
            self._log(
                call_record(
                    service=call.service,
                    endpoint=call.request.path,
                    duration_ms=round((self._clock.monotonic() - started) * 1000),
                    status=status,
                    at=at,
                    request_id=call.request_id,
                    attempt=call.attempt,
                    instance=instance.url,
                )
            )

    def _end(self, call: Call, instances: list[Instance]) -> End:
        instance = call.instance or (instances[0] if instances else None)
        return End(
            duration_ms=round((self._clock.monotonic() - call.started) * 1000),
            circuit=self.breaker.state(instance.url) if instance else Circuit.CLOSED,
            now=self._clock.now(),
        )
