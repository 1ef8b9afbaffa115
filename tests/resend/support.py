"""A history as a recorder leaves it, and what a resend of it is asked for and does."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from shema_cli.store import keys
from tests.dlq.support import event
from tests.support.cli import Run, shema

APPROVED = "enrollment.approved"
AN_HOUR_MS = 3_600_000


def payload(number: int, **data: Any) -> bytes:
    """An event as `JSON.stringify` writes it."""
    return json.dumps(event(number, **data), ensure_ascii=False, separators=(",", ":")).encode()


def record(
    client: redis.Redis,
    messages: Sequence[Any],
    *,
    at_ms: int | None = None,
    id: str | None = None,
) -> list[str]:
    """Messages (of `enrollment.approved`, or (channel, payload)) a millisecond apart, behind what is there. → ids"""
    at = int(time.time() * 1000) - AN_HOUR_MS if at_ms is None else at_ms
    newest: Any = client.xrevrange(keys.HISTORY, count=1)
    at = max([at, *(int(last.partition(b"-")[0]) + 1 for last, _ in newest)])
    ids = []
    with client.pipeline(transaction=False) as pipeline:
        pipeline.hset(keys.HISTORY_STATE, mapping={"epoch": "e1", "began": at, "heard": int(time.time() * 1000)})
        for number, one in enumerate(messages):
            channel, sent = one if isinstance(one, tuple) else (APPROVED, one)
            ids.append(id or f"{at + number}-0")
            pipeline.xadd(keys.HISTORY, {"channel": channel, "payload": sent, "at": at + number}, id=ids[-1])
        pipeline.execute()
    return ids


def runs_events(client: redis.Redis) -> list[bytes]:
    """What is remembered of runs, for `trace`: 8 bytes for each event that one of them published."""
    found: list[bytes] = []
    for key in client.scan_iter(f"{keys.RUN_EVENTS_PREFIX}*"):
        steps: Any = client.lrange(key, 0, -1)
        found += [step[at : at + 8] for step in steps for at in range(13, len(step), 8)]
    return found


def marks(client: redis.Redis) -> int:
    """How many publications are counted, of resends and of replays."""
    total = 0
    for key in client.scan_iter(f"{keys.REPLAYS_PREFIX}*:*"):
        if client.type(key) == b"hash":
            counts: Any = client.hgetall(key)
            total += sum(int(count) for count in counts.values() if count.isdigit())
    return total


@dataclass(frozen=True)
class Resend:
    """`shema events resend …` with a signed-in admin against one server."""

    env: Mapping[str, str]

    def __call__(self, *words: str, stdin: bytes = b"", terminal: bool = False, **env: str) -> Run:
        return shema("events", "resend", *words, env={**self.env, **env}, stdin=stdin, terminal=terminal)

    def json(self, *words: str, code: int = 0, stdin: bytes = b"") -> Any:
        run = self(*words, "-o", "json", stdin=stdin)
        assert run.code == code, (run.code, run.out, run.err)
        return run.json
