"""What Redis holds, as plain values: redis-py's types leave open what a client answers, which is bytes here."""

from __future__ import annotations

import json
from typing import Any

import redis

from shema_cli.store import keys

AT_ONCE = ("dlq.ack", "dlq.unack")
"""What is done in one step on dead letters, and is no run."""


def audited(client: redis.Redis) -> list[dict[str, str]]:
    """The fields of each entry of the audit trail, the oldest first."""
    entries: Any = client.xrange(keys.AUDIT)
    return [_text(fields) for _, fields in entries]


def ended(client: redis.Redis) -> list[dict[str, str]]:
    """The entries of what has ended. A `dlq.replay` has its `dlq.replay.begun` before it."""
    begun: set[str] = set()
    ends = []
    for entry in audited(client):
        run = json.loads(entry.get("details", "{}")).get("run", "").partition(".")[0]
        if entry["action"].endswith(".begun"):
            assert run not in begun
            begun.add(run)
        else:
            assert not entry["action"].startswith("dlq.") or entry["action"] in AT_ONCE or run in begun
            ends.append(entry)
    return ends


def hash_at(client: redis.Redis, key: str | bytes) -> dict[str, str]:
    """A hash as text."""
    found: Any = client.hgetall(key)
    return _text(found)


def _text(fields: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in fields.items()}
