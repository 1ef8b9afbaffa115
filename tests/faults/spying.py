"""Tails that really run, and whoever listens in on their channels."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

import redis

from shema_cli.store import keys
from tests.events.tailing import tail_process
from tests.support.subscriber import is_followed
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

SPY = ("reset", "on", ">pw", "-@all", "+subscribe", "&shema-cli:tail:*")


class RunningTail:
    """`shema events tail` as a process."""

    def __init__(self, url: str, folder: Path, *patterns: str) -> None:
        words = ("events", "tail", *patterns, "-o", "json")
        self.process = tail_process(*words, url=url, folder=folder)
        self._shown = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)
        for pipe in (self.process.stdout, self.stderr):
            assert pipe
            pipe.close()

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(20)

    @property
    def stderr(self) -> IO[bytes]:
        assert self.process.stderr
        return self.process.stderr

    def shown_until(self, event_id: str) -> list[str]:
        """The ids of the events that it has shown since the last call, up to this one."""
        assert self.process.stdout
        while event_id.encode() not in self._shown or not self._shown.endswith(b"\n"):
            assert select.select([self.process.stdout], [], [], 20)[0], (self._shown, event_id)
            self._shown += os.read(self.process.stdout.fileno(), 1 << 16)
        shown, self._shown = self._shown, b""
        return [json.loads(line)["payload"]["eventId"] for line in shown.splitlines()]


@contextmanager
def following(server: Valkey, folder: Path, *patterns: str, url: str = "") -> Iterator[RunningTail]:
    with RunningTail(url or server.url, folder, *patterns) as tail:
        eventually(lambda: is_followed(server.port, (patterns or ("*",))[-1].encode()), what="the tail")
        yield tail


def spy_on(server: Valkey, *channels: str) -> redis.client.PubSub:
    """Somebody who may only subscribe, to the channels of tails."""
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "spy", *SPY)
    spy = redis.Redis(port=server.port, username="spy", password="pw").pubsub()
    names = dict.fromkeys(channels)
    spy.subscribe(*names)
    for _ in names:
        eventually(lambda: spy.get_message(timeout=0.1))
    return spy


def tokens(server: Valkey) -> list[str]:
    with server.client() as client:
        return [channel.decode() for channel in client.pubsub_channels(f"{keys.PRESENCE_PREFIX}*")]
