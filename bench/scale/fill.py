"""Much of everything that grows: dead letters, a history, a trail, registrations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

import redis

from bench.history.reading import fill as history
from shema_cli.audit.records import ALIKE
from shema_cli.store import keys
from shema_cli.store.chain import GENESIS, seal
from tests.dlq.support import LIST, letter

__all__ = ["accounts", "audit", "dead_letters", "history", "instances"]

AT_ONCE = 1000
HOSTS = "abcdefghijklmnopqrst"
FIRST_MS = 1_700_000_000_000


def dead_letters(client: redis.Redis, count: int) -> None:
    """Of twenty families of errors, evenly."""
    pipe = client.pipeline(transaction=False)
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        pipe.lpush(LIST, *(letter(n, error=f"no answer from {HOSTS[n % len(HOSTS)]}") for n in numbers))
        pipe.execute()


def audit(client: redis.Redis, count: int) -> None:
    """A sound chain of approvals, each with its decision, as the command line writes them."""
    entries = _chain(count)
    pipe = client.pipeline(transaction=False)
    while some := list(islice(entries, AT_ONCE)):
        for id, fields in some:
            pipe.xadd(keys.AUDIT, fields, id=id)  # type: ignore[arg-type]
            pipe.hset(keys.DECISION_PREFIX + fields[b"target"].decode(), mapping=_decision_of(fields))  # type: ignore[arg-type]
        pipe.execute()


def _decision_of(fields: dict[bytes, bytes]) -> dict[bytes, bytes]:
    names = [name for name in (b"eventId", *ALIKE) if name in fields]
    return {b"decision": b"approved"} | {name: fields[name] for name in names}


def _chain(count: int) -> Iterator[tuple[str, dict[bytes, bytes]]]:
    prev = GENESIS
    for number in range(count):
        draft = {
            "at": "2026-01-02T03:04:05.678Z",
            "actor": "uid-of-an-admin-of-28-letters",
            "actorEmail": "admin@shema.test",
            "profile": "production",
            "command": "enrollments approve",
            "action": "approve",
            "target": f"enr-{number}",
            "eventId": f"evt_{number:036d}",
            "reason": "",
            "requestId": f"req_{number}",
            "project": "shema-music",
            "redis": "redis.shema.test:6379/0",
        }
        fields = seal(draft, prev)
        prev = fields[b"hash"].decode()
        yield f"{FIRST_MS + number}-0", fields


def instances(client: redis.Redis, count: int, url: str) -> None:
    """So many registered instances of one service."""
    value = json.dumps(
        {"healthCheck": "/health", "registeredAt": "2026-01-01T00:00:00.000Z", "lastCheck": None, "ttl": None}
    )
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        client.hset(f"{keys.REGISTRY_PREFIX}course", mapping={f"{url}/i{n}": value for n in numbers})


def accounts(first: int, count: int) -> list[dict[str, object]]:
    """Of a Firebase project, one in a thousand an admin's."""
    return [
        {
            "localId": f"uid-{n}",
            "email": f"person{n}@shema.test",
            "createdAt": str(FIRST_MS),
            "customAttributes": json.dumps({"admin": True} if n % 1000 == 0 else {}),
        }
        for n in range(first, first + count)
    ]
