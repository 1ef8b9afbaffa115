"""Dead letters as the services push them, and what the tests look at afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import redis

from tests.support.cli import Run, shema
from tests.support.subscriber import Listener

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
    newest_first: Any = client.lrange(LIST, 0, -1) + client.lrange(FLIGHT, 0, -1)
    return [*reversed(newest_first)]


def runs_of(client: redis.Redis) -> list[bytes]:
    """The runs that have a lease."""
    names: Any = client.zrange(RUNS, 0, -1)
    return list(names)


def remove(client: redis.Redis, raw: bytes) -> int:
    """Take one entry out of the list, as another program might. (redis-py wants text there.)"""
    return int(client.execute_command("LREM", LIST, 1, raw))


def expire_leases(client: redis.Redis) -> None:
    """As if the time of the leases were over."""
    for run in runs_of(client):
        client.zadd(RUNS, {run: 1})


def entry_id(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:12]


def numbers(payloads: Iterable[bytes]) -> list[int]:
    return [int(json.loads(payload)["eventId"][4:]) for payload in payloads]


def number_of(raw: bytes) -> int:
    """The number that an entry was made with."""
    return int(json.loads(raw)["event"]["eventId"][4:])


class Service(Listener):
    """The service that hears what is replayed."""

    def __init__(
        self,
        port: int,
        channels: tuple[str, ...] = ("enrollment.approved",),
        patterns: tuple[str, ...] = (),
        name: str = "enrollment-service",
    ) -> None:
        super().__init__(port, *channels, patterns=patterns, name=name)

    def payloads(self, count: int, seconds: float = 5) -> list[bytes]:
        """What was heard, once there are `count` of it or the time is up."""
        with suppress(AssertionError):
            self.once(count, within_s=seconds)
        heard = self.so_far() if self._pubsub.subscribed else self.heard
        return [one.payload for one in heard]


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
