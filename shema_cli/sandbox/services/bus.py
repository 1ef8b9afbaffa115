"""How a service of the sandbox publishes and hears events, with the seed's rule for events that it cannot handle."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field

import redis.asyncio
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from shema_cli.clock import Clock, iso
from shema_cli.events.envelope import encode_event, encode_json, event_type_of
from shema_cli.frozen import dataclass
from shema_cli.sandbox.system.logbook import Logbook
from shema_cli.store import keys

MAX_ATTEMPTS = 3
RECONNECT_S = 0.2
POLL_S = 1.0
CONFIRMED_WITHIN_S = 3.0

Event = Mapping[str, object]
"""What came over a channel: an event in its envelope (contract 1.3), or a chat message, which has none."""

Handler = Callable[[Event], Awaitable[None]]


@dataclass
class Bus:
    """One service's connections to Redis.

    `pause_s` is the unit of the pauses between the attempts at an event: 2^attempt × `pause_s` (contract 1.4: 1 s).
    `poisoned` are the event types that every attempt fails at, as long as they are in there.
    """

    url: str
    service: str
    clock: Clock
    logbook: Logbook
    pause_s: float = 1.0
    poisoned: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _listener: asyncio.Task[None] | None = None
    _listening: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
            self.url,
            client_name=f"{self.service}-service",
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )

    # -- publishing ---------------------------------------------------------------------------------------------

    async def publish(self, channel: str, data: Mapping[str, object], *, version: str | None = "1.0") -> bool:
        """Publish an event. As in the seed, a failure to do so is logged and does not break what led to it.

        `version` None leaves the key out, as the seed's booking service does.
        """
        event = encode_event(channel, data, version=version or "1.0", clock=self.clock)
        document = {name: value for name, value in event.document.items() if name != "version" or version is not None}
        return await self.publish_message(channel, document)

    async def publish_message(self, channel: str, document: Mapping[str, object]) -> bool:
        """Publish a message without an envelope (chat)."""
        try:
            await self.client.publish(channel, encode_json(document))
        except (RedisError, OSError) as error:
            self.logbook.problem(self.service, f"Failed to publish {channel}: {error}")
            return False
        self.logbook.published(self.service, channel)
        return True

    # -- hearing ------------------------------------------------------------------------------------------------

    async def listen(self, handlers: Mapping[str, Handler]) -> None:
        """Subscribe, and come back once Redis has confirmed it, or has not for a while: then it goes on trying.

        A key with a `*` is a pattern.
        """
        if handlers:
            self._listening.clear()
            self._listener = asyncio.create_task(self._listen_for_ever(handlers))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._listening.wait(), CONFIRMED_WITHIN_S)

    async def close(self) -> None:
        """Stop hearing; events in hand are dropped, as by a service that is switched off."""
        tasks = [task for task in (self._listener, *self._tasks) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener = None
        self._tasks.clear()
        with contextlib.suppress(RedisError, OSError):
            await self.client.aclose()

    @property
    def listens(self) -> bool:
        return self._listener is not None

    async def heard(self) -> None:
        """Come back once every subscription stands (again)."""
        if self._listener is not None:
            await self._listening.wait()

    async def _listen_for_ever(self, handlers: Mapping[str, Handler]) -> None:
        told = False
        while True:
            try:
                async with self.client.pubsub() as subscription:
                    await self._listen_once(subscription, handlers)
            except (RedisError, OSError) as error:
                told = told and not self._listening.is_set()
                self._listening.clear()
                if not told:
                    self.logbook.problem(self.service, f"lost Redis: {error}")
                told = True
            await asyncio.sleep(RECONNECT_S)

    async def _listen_once(self, subscription: PubSub, handlers: Mapping[str, Handler]) -> None:
        patterns = [name for name in handlers if "*" in name]
        channels = [name for name in handlers if "*" not in name]
        if patterns:
            await subscription.psubscribe(*patterns)
        if channels:
            await subscription.subscribe(*channels)
        confirmed = 0
        while True:
            message = await subscription.get_message(timeout=POLL_S)
            if message is None:
                continue
            if message["type"] in ("subscribe", "psubscribe"):
                confirmed += 1
                if confirmed == len(handlers):
                    self._listening.set()
            elif message["type"] in ("message", "pmessage"):
                heard = message["pattern"] or message["channel"]
                self._handle(message["channel"].decode(), message["data"], handlers[heard.decode()])

    def _handle(self, channel: str, payload: bytes, handler: Handler) -> None:
        task = asyncio.create_task(self._attempt(channel, payload, handler))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, channel: str, payload: bytes, handler: Handler) -> None:
        """Three attempts with growing pauses, then the dead letters (contract 1.4)."""
        try:
            event: object = json.loads(payload)
        except ValueError as error:
            self.logbook.problem(self.service, f"Failed to process {channel} event: {error}")
            return
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                self._refuse_poisoned(event, channel)
                await handler(json_object(event))
            except Exception as error:  # whatever a handler raises is what the rule is about
                text = str(error) or type(error).__name__
                self.logbook.problem(
                    self.service, f"Failed to process event (attempt {attempt}/{MAX_ATTEMPTS}): {text}"
                )
                if attempt == MAX_ATTEMPTS:
                    await self._bury(payload, text)
                else:
                    await asyncio.sleep(2**attempt * self.pause_s)
            else:
                event_id = event.get("eventId") if isinstance(event, dict) else None
                self.logbook.handled(self.service, channel, event_id if isinstance(event_id, str) else None)
                return

    def _refuse_poisoned(self, event: object, channel: str) -> None:
        event_type = event.get("eventType") if isinstance(event, dict) else None
        if self.poisoned & {event_type, event_type_of(channel), channel}:
            raise RuntimeError(f"{self.service} service cannot handle {event_type or channel} (fault: poison)")

    async def _bury(self, payload: bytes, error: str) -> None:
        """The event goes in as it came, byte for byte."""
        rest = encode_json({"error": error, "failedAt": iso(self.clock.now())})
        try:
            await self.client.lpush(keys.DEAD_LETTERS, b'{"event":' + payload + b"," + rest[1:])
        except (RedisError, OSError) as failure:
            self.logbook.problem(self.service, f"Failed to push a dead letter: {failure}")
        else:
            self.logbook.buried(self.service)


def json_object(document: object) -> Mapping[str, object]:
    """Raises TypeError for JSON that is not an object."""
    if not isinstance(document, dict):
        raise TypeError(f"{str(document)[:40]} is not a JSON object")
    return document


def data_of(event: Event) -> Mapping[str, object]:
    """The data of an event. Raises KeyError when it has none, TypeError when that is not an object."""
    return json_object(event["data"])


def by_version(logbook: Logbook, service: str, v1_0: Handler, v1_1: Handler | None = None) -> Handler:
    """A handler that gives each version of an event to its own; a missing version reads as 1.0 (contract 1.3)."""
    versions = {"1.0": v1_0, "1.1": v1_1 or v1_0}

    async def handle(event: Event) -> None:
        version = event.get("version", "1.0")
        handler = versions.get(version) if isinstance(version, str) else None
        if handler:
            await handler(event)
        else:
            logbook.problem(service, f"Unsupported event version: {version}")

    return handle
