"""A small system with dead letters, and a triage of them on a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis

from shema_cli.clock import iso
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.settings.values import CORE_SERVICES, service_variable
from shema_cli.store import keys
from tests.dlq.support import event, push
from tests.support.http import Answer, HttpServer, Request
from tests.support.signed_in import signed_in
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey

TIMEOUT, REFUSED, NO_COLUMN = "Timeout after 5000ms", "connect ECONNREFUSED to user-service", "no such column"
NAMES = {"s1": "Budi Santoso", "s2": "Citra Suryani"}


def failed(
    number: int, error: str | None = TIMEOUT, *, ago_h: float = 5, kind: str = "ENROLLMENT_APPROVED", **data: Any
) -> bytes:
    """An entry that failed so many hours ago."""
    at = datetime.now(UTC) - timedelta(hours=ago_h)
    entry = {
        "event": event(number, kind, **data),
        **({"error": error} if error is not None else {}),
        "failedAt": iso(at),
    }
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()


def family(error: str | None = TIMEOUT) -> str:
    return fingerprint(error)


@dataclass
class Place:
    """The system. A path of its services that begins as `hanging` gives no answer until `server` is closed."""

    server: HttpServer
    valkey: Valkey
    env: Mapping[str, str]
    folder: Path
    names: dict[str, str] = field(default_factory=lambda: dict(NAMES))

    def push(self, *raws: bytes) -> None:
        with self.valkey.client() as client:
            push(client, raws)

    def triage(self, *argv: str, columns: int = 80, lines: int = 24, **env: str) -> Terminal:
        argv = argv if "--verify" in argv else (*argv, "--verify", "0.5")
        return Terminal("dlq", "triage", *argv, env={**self.env, **env}, columns=columns, lines=lines)

    def audited(self, field: str = "action") -> list[str]:
        with self.valkey.client() as client:
            found: Any = client.xrange(keys.AUDIT)
            return [entry[field.encode()].decode() for _, entry in found]

    def users(self, request: Request) -> Answer:
        ids = request.query.get("ids", "").split(",")
        users = [{"id": id, "name": self.names[id], "email": f"{id}@shema.test"} for id in ids if id in self.names]
        return Answer(json={"users": users})

    def user(self, request: Request) -> Answer:
        id = request.path.rpartition("/")[2]
        if id not in self.names:
            return Answer(404, json={"error": "nobody"})
        return Answer(json={"id": id, "name": self.names[id], "email": f"{id}@shema.test"})


def open_place(server: HttpServer, valkey: Valkey, base_env: Mapping[str, str], folder: Path) -> Place:
    env = {
        **base_env,
        **signed_in(f"127.0.0.1:{server.port}"),
        **{service_variable(name): server.url for name in CORE_SERVICES},
        "REDIS_URL": valkey.url,
        "SERVICE_JWT_SECRET": "a secret of at least thirty-two bytes",
        "HOME": str(folder),
    }
    place = Place(server, valkey, env, folder)
    server.on("GET", "/health", Answer(json={"status": "healthy"}))
    server.on("GET", "/api/users", place.users)
    for id in NAMES:
        server.on("GET", f"/api/users/{id}", place.user)
    return place


def listed(client: redis.Redis) -> Iterable[bytes]:
    found: Any = client.lrange(keys.DEAD_LETTERS, 0, -1)
    return list(found)
