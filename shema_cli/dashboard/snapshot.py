"""One snapshot out of many services: all are asked at once, and none waits for, or falls with, another."""

from __future__ import annotations

import asyncio
from asyncio import Task
from typing import TYPE_CHECKING, Any, Protocol

from shema_cli.calls.aside import aside
from shema_cli.calls.reply import Reply
from shema_cli.clock import Clock
from shema_cli.dashboard.lastgood import LastGood
from shema_cli.dashboard.models import SOURCES, Answer, Problem, Snapshot, Source
from shema_cli.dashboard.session import Session
from shema_cli.dashboard.surroundings import look_around
from shema_cli.errors import NotConfigured, ShemaError

if TYPE_CHECKING:
    from shema_cli.context import AppContext

SOURCE_LIMIT_S = 17.0  # three attempts of 5 s and their pauses; whatever a service does, no longer
PATIENCE_S = 1.5
NOT_CONFIGURED = "not_configured"


class Caller(Protocol):
    """As much of the `ServiceClient` as is used here."""

    async def request(self, service: str, method: str, path: str, /) -> Reply: ...


async def take(app: AppContext, max_stale_s: float, *, looked_at: bool) -> Snapshot:
    """Ask every service once. With `looked_at` a person sees it: the surroundings and the last look belong to it.

    Raises NotConfigured without SERVICE_JWT_SECRET; whatever goes wrong with a service is in its reading.
    """
    require_secret(app)
    store = LastGood(app.state, app.settings)
    async with app.services() as client:
        asking = ask_all(client, app.clock)  # from here on the requests are on their way
        memory, around = await asyncio.gather(
            aside(lambda: store.load(app.clock.now())), look_around(app) if looked_at else _nothing()
        )
        if looked_at:
            await _tell_who_is_slow(app, asking)
        answers = [await one for one in asking]
    session = Session(memory, max_stale_s, app.settings.profile_label)
    session.surroundings = around
    session.hear_all(answers, app.clock.monotonic())
    session.warn(store.save(answers, seen=looked_at))
    return session.snapshot(app.clock.now())


def require_secret(app: AppContext) -> None:
    """Raises NotConfigured where no service could be called at all."""
    app.settings.require("SERVICE_JWT_SECRET", "calls to services")


def ask_all(client: Caller, clock: Clock) -> list[Task[Answer]]:
    """One answer of each service to come, in the order of `SOURCES`; all are asked at once, beginning now."""
    return [asyncio.ensure_future(ask(client, source, clock)) for source in SOURCES]


async def _tell_who_is_slow(app: AppContext, asking: list[Task[Answer]]) -> None:
    """A person who waits is told for whom."""
    done, _ = await asyncio.wait(asking, timeout=PATIENCE_S)
    slow = [source.service for source, task in zip(SOURCES, asking, strict=True) if task not in done]
    if slow:
        app.output.note(f"waiting for {', '.join(slow)} …")


async def ask(client: Caller, source: Source, clock: Clock) -> Answer:
    """What one service answers, within its own time limit; never raises."""
    started = clock.monotonic()
    try:
        async with asyncio.timeout(SOURCE_LIMIT_S):
            reply = await client.request(source.service, "GET", source.path)
        return _answer(reply, source, clock)
    except TimeoutError:
        problem = Problem("timeout", f"{source.service} gave no answer within {SOURCE_LIMIT_S:g} s")
        return Answer(source, clock.now(), problem=problem, duration_ms=_elapsed_ms(clock, started))
    except ShemaError as error:
        return _failure(error, source, clock, _elapsed_ms(clock, started))
    except Exception as error:  # a fault in one call must not take the other four numbers with it
        problem = Problem("internal", f"{type(error).__name__}: {error}")
        return Answer(source, clock.now(), problem=problem, duration_ms=_elapsed_ms(clock, started))


def _answer(reply: Reply, source: Source, clock: Clock) -> Answer:
    value = count(reply.raise_for_status().json(), source.field)
    if value is None:
        raise reply.bad_answer(f"{source.field} must be an integer of 0 or more")
    return Answer(
        source,
        clock.now(),
        value=value,
        duration_ms=reply.duration_ms,
        request_id=reply.request_id,
        circuit=reply.circuit,
        instance=reply.instance,
    )


def count(body: Any, field: str) -> int | None:
    """The count in a service's answer; None for anything that is not an integer of 0 or more (contract 1.2)."""
    value = body.get(field) if isinstance(body, dict) else None
    return value if type(value) is int and value >= 0 else None


def _failure(error: ShemaError, source: Source, clock: Clock, elapsed_ms: float) -> Answer:
    code = NOT_CONFIGURED if isinstance(error, NotConfigured) else error.code
    return Answer(
        source,
        clock.now(),
        problem=Problem(code, error.message),
        duration_ms=getattr(error, "duration_ms", None) or elapsed_ms,
        request_id=getattr(error, "request_id", None) or None,
        circuit=getattr(error, "circuit", None) or "closed",
    )


def _elapsed_ms(clock: Clock, started: float) -> float:
    return (clock.monotonic() - started) * 1000


async def _nothing() -> None:
    return None
