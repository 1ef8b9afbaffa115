"""Dead letters as the services push them, and what the tests look at afterwards."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import redis

from tests.support.cli import Run, shema

LIST = "events:dead_letter"
SHEMA = "{events:dead_letter}:shema:"
FLIGHT = f"{SHEMA}inflight"
RUNS = f"{SHEMA}runs"
KINDS = ("ENROLLMENT_APPROVED", "ENROLLMENT_APPROVED", "BOOKING_CREATED")  # nobody hears the last one


def event(number: int, kind: str = "ENROLLMENT_APPROVED", **data: Any) -> dict[str, Any]:
    return {
        "eventType": kind,
        "eventId": f"evt_{number:08d}",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "version": "1.0",
        "data": {"enrollmentId": f"enr_{number}", "studentId": "s1", **data},
    }


def letter(
    number: int, kind: str = "ENROLLMENT_APPROVED", error: str | None = "Timeout after 5000ms", **data: Any
) -> bytes:
    """An entry as `JSON.stringify` writes it."""
    entry: dict[str, Any] = {"event": event(number, kind, **data)}
    if error is not None:
        entry["error"] = error
    entry["failedAt"] = f"2026-01-02T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()


def push(client: redis.Redis, raws: Iterable[bytes]) -> None:
    """As the services do; the last becomes the newest."""
    raws = list(raws)
    for first in range(0, len(raws), 1000):
        client.lpush(LIST, *raws[first : first + 1000])


def stored(client: redis.Redis) -> list[bytes]:
    """Everything, oldest first, wherever it stands."""
    return [*reversed(client.lrange(LIST, 0, -1) + client.lrange(FLIGHT, 0, -1))]


def expire_leases(client: redis.Redis) -> None:
    """As if the time of the leases were over."""
    for run in client.zrange(RUNS, 0, -1):
        client.zadd(RUNS, {run: 1})


def until(condition: Callable[[], object], seconds: float = 15) -> None:
    """Wait for what must come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.002)


def entry_id(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:12]


def numbers(payloads: Iterable[bytes]) -> list[int]:
    return [int(json.loads(payload)["eventId"][4:]) for payload in payloads]


@dataclass
class Service:
    """A subscriber: the service that hears what is replayed."""

    port: int
    channels: tuple[str, ...] = ("enrollment.approved",)
    patterns: tuple[str, ...] = ()
    name: str = "enrollment-service"
    heard: list[tuple[str, bytes]] = field(default_factory=list)

    def __enter__(self) -> Service:
        self._client = redis.Redis(port=self.port, client_name=self.name)
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=True)
        if self.channels:
            self._pubsub.subscribe(*self.channels)
        if self.patterns:
            self._pubsub.psubscribe(*self.patterns)
        for _ in (*self.channels, *self.patterns):
            self._pubsub.get_message(timeout=5)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)
        self._pubsub.close()
        self._client.close()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                message = self._pubsub.get_message(timeout=0.05)
            except (redis.ConnectionError, OSError):
                self._stop.wait(0.02)
                continue
            if message:
                self.heard.append((message["channel"].decode(), message["data"]))

    def payloads(self, count: int, seconds: float = 5) -> list[bytes]:
        """What was heard, once there are `count` of it or the time is up."""
        waiter = threading.Event()
        for _ in range(int(seconds / 0.01)):
            if len(self.heard) >= count:
                break
            waiter.wait(0.01)
        waiter.wait(0.05)
        return [payload for _, payload in self.heard]


@dataclass(frozen=True)
class Shema:
    """`shema dlq …` with a signed-in admin against one server."""

    env: Mapping[str, str]

    def __call__(self, *words: str, stdin: bytes = b"", terminal: bool = False) -> Run:
        return shema("dlq", *words, env=self.env, stdin=stdin, terminal=terminal)

    def json(self, *words: str, code: int = 0, stdin: bytes = b"") -> Any:
        run = self(*words, "-o", "json", stdin=stdin)
        assert run.code == code, (run.code, run.out, run.err)
        return run.json
