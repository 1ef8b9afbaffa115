"""One pass over everything, in parallel, that ends in time whatever hangs (contract 3.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from shema_cli.admin import Admin
from shema_cli.calls.aside import REDIS, aside, load
from shema_cli.clock import Clock
from shema_cli.condition.facts import (
    AuditFacts,
    ChannelFacts,
    Condition,
    FirebaseFacts,
    HistoryFacts,
    LetterFacts,
    RedisFacts,
    RegistryFacts,
    ServiceFacts,
    SessionFacts,
    Unseen,
)
from shema_cli.errors import NotConfigured, ShemaError, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.settings.target import Target
from shema_cli.settings.values import ID_TOKEN, Settings

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.store.connection import Store
    from shema_cli.store.remembered import TrailMemory

Seen = TypeVar("Seen")

LIMIT_S = 3.0
"""All of it: with what a command takes besides, it ends within five seconds."""
SHARE_OF_REDIS = 0.4
"""How much of it is waited for the first answer of Redis; the services need the rest."""
LAST_WORDS_S = 0.25
HTTP = ("anyio._backends._asyncio", "anyio.lowlevel", "certifi", "email.contentmanager")
"""What asking by HTTP imports beside its own modules."""

REDIS_ITSELF, SERVICES, LETTERS, LISTENERS = "redis", "services", "dlq", "listeners"
HISTORY, AUDIT, SESSION, CLOCK, TARGET = "history", "audit", "session", "clock", "target"
EVERYTHING = frozenset({REDIS_ITSELF, SERVICES, LETTERS, LISTENERS, HISTORY, AUDIT, SESSION, CLOCK, TARGET})
WITHOUT_REDIS = frozenset({SESSION, CLOCK, TARGET})
_ASIDE = "shema_cli.status.redis_side"
USES = {
    REDIS_ITSELF: (),
    SERVICES: ("shema_cli.status.services", "shema_cli.calls.registered", *HTTP),
    LETTERS: ("shema_cli.dlq.glance",),
    LISTENERS: (_ASIDE,),
    HISTORY: ("shema_cli.status.history",),
    AUDIT: (_ASIDE, "shema_cli.store.remembered"),
    SESSION: (),
    CLOCK: ("shema_cli.auth.reach", *HTTP),
    TARGET: (),
}
"""What looking at each area imports: before anything is asked, or it would count as how long an answer took."""


@dataclass(frozen=True)
class Sight:
    """What looking takes. `store`, `services` and `trail` load what they need when they are called; `who` is signed
    in."""

    settings: Settings
    clock: Clock
    target: Target
    store: Callable[[], Store]
    services: Callable[[], ServiceClient]
    trail: Callable[[], TrailMemory]
    who: Admin | None


async def look(sight: Sight, areas: frozenset[str] = EVERYTHING, limit_s: float = LIMIT_S) -> Condition:
    """What is to be seen within `limit_s`; what does not answer by then is `Unseen`. Never raises a ShemaError."""
    _load(areas)
    return await _Pass(sight, areas, sight.clock.monotonic() + limit_s).made()


def _load(areas: frozenset[str]) -> None:
    redis = () if areas <= WITHOUT_REDIS else (*REDIS, _ASIDE)
    load((*redis, *(name for area in areas for name in USES[area])))


class _Pass:
    """One pass. Redis is asked first: when it is away, nothing that stands in it is waited for."""

    def __init__(self, sight: Sight, areas: frozenset[str], ends: float) -> None:
        self._sight = sight
        self._areas = areas
        self._ends = ends

    async def made(self) -> Condition:
        sight, clock = self._sight, self._sight.clock
        firebase = asyncio.ensure_future(self._firebase())
        redis = None if self._areas <= WITHOUT_REDIS else await self._redis()
        away = self._why_not(redis)
        services, registry, channels, letters, history, audit = await asyncio.gather(
            self._within(SERVICES, lambda: self._services(registry=away is None)),
            self._registry(redis, away),
            self._in_redis(LISTENERS, away, _listeners),
            self._in_redis(LETTERS, away, self._letters),
            self._in_redis(HISTORY, away, self._history),
            self._in_redis(AUDIT, away, self._trail),
        )
        return Condition(
            at=clock.now(),
            target=sight.target if TARGET in self._areas else None,
            redis=redis,
            registry=registry,
            services=services,
            channels=channels,
            letters=letters,
            history=history,
            audit=audit,
            session=session_of(sight.who, clock) if SESSION in self._areas else None,
            firebase=await firebase,
            no_secret=SERVICES in self._areas and sight.settings.get("SERVICE_JWT_SECRET") is None,
        )

    async def _redis(self) -> RedisFacts | Unseen:
        from shema_cli.status.redis_side import look_at_server

        sight = self._sight
        place = sight.target.redis or "(not set)"
        patience_s = SHARE_OF_REDIS * self._left()
        try:
            async with asyncio.timeout(patience_s):
                return await aside(lambda: look_at_server(sight.store(), sight.clock))
        except TimeoutError:
            return RedisFacts(place, f"no answer within {patience_s:.1f} s", hint="shema doctor")
        except NotConfigured as error:
            return Unseen(error.message, error.hint or "set REDIS_URL: shema config show")
        except ShemaError as error:
            refuses = not isinstance(error, Unreachable)
            return RedisFacts(place, error.message, refuses, error.hint or "shema doctor")

    def _why_not(self, redis: RedisFacts | Unseen | None) -> Unseen | None:
        if isinstance(redis, Unseen):
            return Unseen(redis.why, redis.next, because="redis")
        if redis is not None and redis.problem is not None:
            return Unseen("Redis does not answer", redis.hint, because="redis")
        return None

    async def _registry(self, redis: RedisFacts | Unseen | None, away: Unseen | None) -> RegistryFacts | Unseen | None:
        """Where no Redis is set there is no registry to be unknown."""
        if isinstance(redis, Unseen):
            return None
        return await self._in_redis(SERVICES, away, self._registered)

    async def _in_redis(self, area: str, away: Unseen | None, work: Callable[[Store], Seen]) -> Seen | Unseen | None:
        if area not in self._areas:
            return None
        return away or await self._within(area, lambda: aside(lambda: work(self._sight.store())))

    async def _services(self, *, registry: bool) -> tuple[ServiceFacts, ...]:
        from shema_cli.status.services import look_at_services

        settings = self._sight.settings
        secret = settings.get("SERVICE_JWT_SECRET") is not None
        left = self._left() - LAST_WORDS_S
        return await look_at_services(self._sight.services, self._sight.clock, left, registry=registry, probes=secret)

    def _registered(self, store: Store) -> RegistryFacts:
        from shema_cli.calls.registered import look_at_registry

        return look_at_registry(store, self._sight.clock.now())

    def _letters(self, store: Store) -> LetterFacts:
        from shema_cli.dlq.glance import glance

        return glance(store, self._sight.clock, self._sight.settings)

    def _history(self, store: Store) -> HistoryFacts:
        from shema_cli.status.history import look_at_history

        return look_at_history(store, self._sight.clock)

    def _trail(self, store: Store) -> AuditFacts:
        from shema_cli.status.redis_side import look_at_trail

        return look_at_trail(store, self._sight.trail())

    async def _within(self, area: str, work: Callable[[], Awaitable[Seen]]) -> Seen | Unseen | None:
        """What comes in time. What does not is left behind, and nobody waits for it."""
        if area not in self._areas:
            return None
        try:
            async with asyncio.timeout(self._left()):
                return await work()
        except TimeoutError:
            return Unseen("no answer in time", "shema doctor")
        except ShemaError as error:
            return Unseen(error.message, error.hint or "shema doctor")

    async def _firebase(self) -> FirebaseFacts | None:
        """Whether it answers, and its clock. An emulator has this machine's, and is told with the target."""
        settings = self._sight.settings
        if CLOCK not in self._areas or settings.get("FIREBASE_PROJECT_ID") is None:
            return None
        from shema_cli.auth.project import FirebaseProject
        from shema_cli.auth.reach import knock
        from shema_cli.calls.reply import NoUsableAnswer

        limit_s = self._left() - LAST_WORDS_S
        try:
            project = FirebaseProject.from_settings(settings)
            if project.emulator:
                return None
            received = await aside(lambda: knock(project, limit_s))
        except NoUsableAnswer as error:
            return FirebaseFacts(error.problem)
        except ShemaError as error:
            return FirebaseFacts(error.message)
        told = received.date
        return FirebaseFacts(skew_s=(told - self._sight.clock.now()).total_seconds() if told else None)

    def _left(self) -> float:
        return max(0.05, self._ends - self._sight.clock.monotonic())


def _listeners(store: Store) -> tuple[ChannelFacts, ...]:
    from shema_cli.status.redis_side import look_at_listeners

    return look_at_listeners(store)


def session_of(who: Admin | None, clock: Clock) -> SessionFacts | None:
    """A kept session and a service account get their next ID token by themselves; `SHEMA_ID_TOKEN` does not."""
    if who is None:
        return None
    left = (who.expires_at - clock.now()).total_seconds()
    return SessionFacts(who.email or who.uid, who.source, left, renewed=who.source != ID_TOKEN)
