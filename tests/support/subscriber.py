"""What "a service that listens" is to a test: a subscriber on a real server, and what it has heard."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self

import redis

from shema_cli.clock import SystemClock
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.presence import Presence, TailRegistration
from shema_cli.store.subscriber import Subscriber
from tests.support.waiting import eventually

Name = str | bytes


@dataclass(frozen=True)
class Heard:
    """One message."""

    channel: str
    payload: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.payload)


class Listener:
    """A context manager: subscribed when the block begins, and again after a loss. It listens in a thread.

    `on_message` is called there with each message, before it counts as heard; it may be set at any time.
    """

    def __init__(
        self,
        port: int,
        *channels: Name,
        patterns: tuple[Name, ...] = (),
        name: str = "some-service",
        on_message: Callable[[Heard], object] = lambda heard: None,
    ) -> None:
        self.heard: list[Heard] = []
        self._told = 0
        self._names = (channels, patterns)
        self.on_message = on_message
        self._client = redis.Redis(port=port, client_name=name, protocol=2)
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=True)
        self._pings = 0
        self._pong = b""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        channels, patterns = self._names
        if channels:
            self._pubsub.subscribe(*channels)
        if patterns:
            self._pubsub.psubscribe(*patterns)
        self._thread.start()
        self.so_far()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)
        self._pubsub.close()
        self._client.close()

    def so_far(self) -> list[Heard]:
        """All that was published on its server before this call: nothing is waited for but the server's own answer."""
        eventually(self._ponged, what="an answer to PING")
        return list(self.heard)

    def new(self) -> list[Heard]:
        """`so_far`, without what an earlier call of this method returned."""
        found = self.so_far()
        first, self._told = self._told, len(found)
        return found[first:]

    def events(self) -> list[Any]:
        """`new`, as the documents that were published."""
        return [heard.document for heard in self.new()]

    def once(self, count: int, *, within_s: float = 10.0) -> list[Heard]:
        """All that was heard, as soon as that are `count` messages: for what is published elsewhere, or later."""
        eventually(lambda: len(self.heard) >= count, within_s=within_s, what=f"{count} messages")
        return list(self.heard)

    def _ponged(self) -> bool:
        """Whether the answer to a new PING has come: one that is late does not pass for the next."""
        self._pings += 1
        word = b"%d" % self._pings
        with suppress(redis.RedisError, OSError, AssertionError):
            self._pubsub.ping(word)
            eventually(lambda: self._pong == word, within_s=2)
        return self._pong == word

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                message = self._next()
            except (redis.RedisError, OSError):
                self._over.wait(0.02)
                continue
            if message and message["type"] == "pong":
                self._pong = message["data"]
            elif message:
                heard = Heard(message["channel"].decode("utf-8", "backslashreplace"), message["data"])
                self.on_message(heard)
                self.heard.append(heard)

    def _next(self) -> Any:
        """The next message; None where none begins within 20 ms.

        One that has begun is waited for: where it breaks off redis-py connects anew, and what is published meanwhile is
        lost without a word. A busy Redis may stop for that long in the middle of one.
        """
        connection, begun = self._pubsub.connection, True
        if connection is None or not self._pubsub.subscribed:
            return self._pubsub.get_message(timeout=0.02)
        with suppress(redis.RedisError, OSError):  # `get_message` connects anew
            begun = connection.can_read(timeout=0.02)
        return self._pubsub.get_message(timeout=2) if begun else None


class TailLike(Listener):
    """A subscriber that registers as a tail of `patterns` does, and so is no service."""

    def __init__(self, port: int, *patterns: bytes) -> None:
        self.token, self.secret = secrets.token_hex(16), secrets.token_hex(16)
        self._patterns = patterns
        super().__init__(port, f"{keys.PRESENCE_PREFIX}{self.token}", patterns=patterns, name=keys.TAIL_NAME)

    def __enter__(self) -> Self:
        super().__enter__()
        host, port = self._pubsub.connection._sock.getsockname()
        server = self._client.get_connection_kwargs()["port"]
        with redis.Redis(port=server) as client:
            (own,) = (one for one in client.client_list(_type="pubsub") if one["addr"] == f"{host}:{port}")
        words = (self.secret, "1", own["id"], own["addr"], *(pattern.hex() for pattern in self._patterns))
        for key in (keys.TAILS, keys.TAILS_OF_DEAD_LETTERS):
            at_home(server, "HSET", key, self.token, " ".join(words))
        return self


def at_home(port: int, *words: str) -> Any:
    """Where the key is, if this is a node of a cluster."""
    try:
        with redis.Redis(port=port, socket_timeout=1) as client:
            return client.execute_command(*words)
    except redis.exceptions.MovedError as error:
        return at_home(error.port, *words)


@dataclass
class Audience:
    """Subscribers of one server, that come one after another and leave together."""

    port: int
    stack: ExitStack = field(default_factory=ExitStack)

    def service(self, *, channels: tuple[Name, ...] = (), patterns: tuple[Name, ...] = ()) -> Listener:
        return self.stack.enter_context(Listener(self.port, *channels, patterns=patterns))

    def tail(self, *patterns: bytes) -> TailLike:
        return self.stack.enter_context(TailLike(self.port, *patterns))


def subscriber_of(store: Store, *patterns: bytes) -> Subscriber:
    """What a tail of these patterns connects with."""
    return Subscriber(store.address, patterns, Presence(store, patterns), SystemClock())


@contextmanager
def audience(port: int) -> Iterator[Audience]:
    gathered = Audience(port)
    with gathered.stack:
        yield gathered


def is_followed(port: int, pattern: bytes = b"*", count: int = 1) -> bool:
    """Whether so many tails follow `pattern` on this server; not while the server is away."""
    with suppress(redis.RedisError, OSError), redis.Redis(port=port, socket_timeout=1) as client:
        stored = at_home(port, "HGETALL", keys.TAILS)
        tails = (TailRegistration.read(*pair) for pair in stored.items())
        channels = [f"{keys.PRESENCE_PREFIX}{tail.token}" for tail in tails if tail and pattern in tail.patterns]
        present = client.execute_command("PUBSUB", "NUMSUB", *channels)[1::2] if channels else []
        return sum(map(bool, present)) == count
    return False
