"""What the benches that kill runs have in common: the stage, and kill -9 at random moments."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.dlq.spawner import Process, Spawner
from tests.dlq.support import Service
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey

DEFAULTS = (200, 1)
"""Rounds, and the seed."""


@dataclass
class Killer:
    """Kills some of the processes that are at work; `midway` of its `kills` came before the end."""

    chance: random.Random
    service: Service
    kills: int = 0
    midway: int = 0

    def kill_some_of(self, start: Callable[[], Process], *, patience_ms: int) -> None:
        """Start one to three, and kill some once something was heard, or at a moment before `patience_ms`."""
        before = len(self.service.heard)
        runs = [start() for _ in range(self.chance.randint(1, 3))]
        time.sleep(self.chance.random() * 0.02)
        for _ in range(int(self.chance.random() * patience_ms)):
            if len(self.service.heard) > before:
                break
            time.sleep(0.001)
        for run in self.chance.sample(runs, self.chance.randint(1, len(runs))):
            time.sleep(self.chance.random() * 0.05)
            run.kill()
            self.kills += 1
        self.midway += sum(code < 0 for code in [run.wait() for run in runs])


@dataclass(frozen=True)
class Stage:
    """A server, an admin, a service that hears, and processes."""

    client: redis.Redis
    env: Mapping[str, str]
    folder: Path
    spawn: Spawner
    service: Service
    killer: Killer
    began: float

    @property
    def told(self) -> str:
        return f"{self.killer.midway} of {self.killer.kills} kills before the end"

    @property
    def took(self) -> str:
        return f"({time.monotonic() - self.began:.0f} s)"


@contextmanager
def staged(chance: random.Random, channels: Sequence[str]) -> Iterator[Stage]:
    server = Valkey().start()
    try:
        with HttpServer() as identity, server.client() as client, tempfile.TemporaryDirectory() as folder:
            serve_identity(identity)
            places = {"SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": f"{folder}/state", "REDIS_URL": server.url}
            env = {**signed_in(f"127.0.0.1:{identity.port}"), **places}
            with Spawner(env) as spawn, Service(server.port, channels=tuple(channels)) as service:
                killer = Killer(chance, service)
                yield Stage(client, env, Path(folder), spawn, service, killer, time.monotonic())
    finally:
        server.stop()


def rounds_and_seed() -> tuple[int, int]:
    """As they were typed."""
    typed = tuple(int(word) for word in sys.argv[1:])
    rounds, seed = typed + DEFAULTS[len(typed) :]
    return rounds, seed
