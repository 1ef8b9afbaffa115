"""What others do to the list in the middle of a run."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.dlq.script_act import ACT
from shema_cli.dlq.store import DeadLetters
from tests.dlq.letters import LIST, RUNS, SHEMA, Service, Shema, letter, push, stored
from tests.dlq.spawner import Spawner
from tests.support.valkey import Valkey


@pytest.fixture
def spawn(dlq_env: dict[str, str]) -> Iterator[Spawner]:
    with Spawner(dlq_env) as spawner:
        yield spawner


def take_out(client: redis.Redis, raw: bytes) -> None:
    """As another run does it with an entry that is newer than all that was read."""
    assert client.lrem(LIST, 1, raw) == 1
    client.hincrby(f"{SHEMA}gap", "taken", 1)
    for run in client.zrange(RUNS, 0, -1):
        client.hincrby(f"{SHEMA}run:{run.decode()}", "bound", -1)


def before_the_second_act(monkeypatch: pytest.MonkeyPatch, interfere: Any) -> None:
    original, acts = DeadLetters.begin, [0]

    def begin(self: DeadLetters, script: str, *arguments: Any) -> Any:
        acts[0] += script == ACT
        if script == ACT and acts[0] == 2:
            interfere()
        return original(self, script, *arguments)

    monkeypatch.setattr(DeadLetters, "begin", begin)


def test_the_export_of_a_discard_holds_what_was_discarded_and_nothing_twice(
    dlq: Shema, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    raws = [letter(n) for n in range(450)] + [letter(7)]
    push(redis_client, [*raws, letter(999)])
    before_the_second_act(monkeypatch, lambda: take_out(redis_client, letter(999)))
    file = tmp_path / "out"
    assert dlq.json("discard", "--all", "--yes", "--export", str(file))["discarded"] == 451
    lines = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert [line["raw"].encode() for line in lines] == raws
    assert [line.get("copy") for line in lines if "copy" in line] == [2]
    assert dlq.json("import", str(file), "--yes") == {"imported": 451, "duplicates": 0}
    assert stored(redis_client) == raws


def test_invalid_entries_are_counted_once_when_a_run_must_read_again_while_it_moves_to_its_place(
    dlq: Shema, redis_client: redis.Redis, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(redis_client, [b"junk"] * 4500 + [letter(1), letter(2)])
    original, acts = DeadLetters.call, [0]

    def call(self: DeadLetters, script: str, *arguments: Any) -> Any:
        waiting = int(redis_client.llen(f"{SHEMA}inflight")) > 0
        acts[0] += script == ACT and waiting
        if script == ACT and waiting and acts[0] == 1:
            take_out(redis_client, letter(2))
        return original(self, script, *arguments)

    monkeypatch.setattr(DeadLetters, "call", call)
    result = dlq.json("replay", "--all", "--yes")
    assert acts[0] > 1
    assert (result["replayed"], result["invalid"], result["remaining"]) == (1, 4500, 4500)


def test_a_storm_of_arrivals_does_not_keep_verify_from_ending(
    dlq: Shema, redis_client: redis.Redis, valkey: Valkey
) -> None:
    push(redis_client, [letter(1)])
    over = threading.Event()
    exhausted = threading.Event()

    def storm() -> None:
        block = [letter(2)] * 100
        with valkey.client() as client:
            for _ in range(8000):
                if over.is_set():
                    return
                client.lpush(LIST, *block)
        exhausted.set()

    class Storming(list):  # type: ignore[type-arg]
        def append(self, item: tuple[str, bytes]) -> None:
            super().append(item)
            thread.start()

    thread = threading.Thread(target=storm)
    with Service(valkey.port) as service:
        service.heard = Storming()
        try:
            result = dlq.json("replay", "--all", "--yes", "--verify", "0.3")
        finally:
            over.set()
        thread.join()
    assert result["replayed"] == 1
    assert not exhausted.is_set()
    redis_client.delete(LIST)
