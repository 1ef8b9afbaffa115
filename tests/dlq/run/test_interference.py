"""What others do to the list in the middle of a run."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.clock import SystemClock
from shema_cli.dlq.run.run import DROP, EntryBatch, Run, Wanted
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.settings.sources import load_settings
from shema_cli.store.connection import Store
from tests.dlq.support import LIST, SHEMA, Service, Shema, letter, numbers, push, remove, runs_of, stored
from tests.support.valkey import Valkey
from tests.support.waiting import eventually


def take_out(client: redis.Redis, raw: bytes) -> None:
    """As another run does it with an entry that is newer than all that was read."""
    assert remove(client, raw) == 1
    client.hincrby(f"{SHEMA}gap", "taken", 1)
    for run in runs_of(client):
        client.hincrby(f"{SHEMA}run:{run.decode()}", "bound", -1)


def before_the_second_act(monkeypatch: pytest.MonkeyPatch, interfere: Any) -> None:
    original, acts = DeadLetters.begin_step, [0]

    def begin_step(self: DeadLetters, *arguments: Any, **read: Any) -> Any:
        acts[0] += 1
        if acts[0] == 2:
            interfere()
        return original(self, *arguments, **read)

    monkeypatch.setattr(DeadLetters, "begin_step", begin_step)


def test_the_export_of_a_discard_holds_what_was_discarded_and_nothing_twice(
    dlq: Shema, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    raws = [letter(n) for n in range(450)] + [letter(7)]
    push(redis_client, [*raws, letter(999)])
    before_the_second_act(monkeypatch, lambda: take_out(redis_client, letter(999)))
    file = tmp_path / "out"
    result = dlq.json("discard", "--all", "--yes", "--export", str(file), code=1)
    assert (result["discarded"], result["gone"]) == (451, 1)
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
        acts[0] += script == "dlq_act" and waiting
        if script == "dlq_act" and waiting and acts[0] == 1:
            take_out(redis_client, letter(2))
        return original(self, script, *arguments)

    monkeypatch.setattr(DeadLetters, "call", call)
    result = dlq.json("replay", "--all", "--yes", code=1)
    assert acts[0] > 1
    assert (result["replayed"], result["invalid"], result["gone"], result["remaining"]) == (1, 4500, 1, 4500)


def test_what_another_program_removed_is_noticed_and_nothing_else_published_in_its_place(
    dlq: Shema, redis_client: redis.Redis, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(redis_client, [letter(n, filler="x" * n) for n in range(450)])
    removed: list[Any] = []
    before_the_second_act(monkeypatch, lambda: removed.append(redis_client.rpop(LIST)))
    result = dlq.json("replay", "--all", "--yes", code=1)
    assert (result["replayed"], result["gone"]) == (449, 1)
    assert numbers(service.payloads(449)) == [n for n in range(450) if letter(n, filler="x" * n) not in removed]


def test_a_run_follows_what_others_take_out_below_and_above_its_place(
    redis_client: redis.Redis, valkey: Valkey
) -> None:
    raws = [letter(n) for n in range(10)]
    push(redis_client, raws)
    redis_url = load_settings(environ={"REDIS_URL": valkey.url})
    with (
        closing(Store(redis_url)) as redis_store,
        Run(DeadLetters(redis_store), SystemClock()) as ours,
        Run(DeadLetters(redis_store), SystemClock()) as other,
    ):
        ours.join({}, lambda: None)
        other.join({}, lambda: None)
        assert ours.step(EntryBatch(5, [])) == ""
        push(redis_client, [letter(10)])
        for skip, raw in ((2, raws[2]), (4, raws[7])):
            assert other.step(EntryBatch(skip, [raw], [Wanted(0, 0, 0, DROP, bytes(8))])) == "d"
        ours.refresh()
        assert (ours.frontier, ours.bound) == (4, 8)
        assert ours.store.page(ours.frontier, 1).raws == [raws[5]]
        assert ours.store.page(ours.bound, 1).raws == [letter(10)]


def test_arrivals_without_end_do_not_keep_verify_from_ending(
    dlq: Shema, redis_client: redis.Redis, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(redis_client, [letter(1)])
    original, pages = DeadLetters.page, [0]

    def page(self: DeadLetters, first: int, count: int, most_bytes: int = 0) -> Any:
        if service.heard:
            redis_client.lpush(LIST, letter(2))
            pages[0] += 1
            assert pages[0] < 500, "it never looks at the clock"
        return original(self, first, count, most_bytes)

    monkeypatch.setattr(DeadLetters, "page", page)
    assert dlq.json("replay", "--all", "--yes", "--verify", "0.3")["replayed"] == 1
    assert pages[0] > 0


def test_what_is_read_with_a_step_was_there_before_it(redis_client: redis.Redis, valkey: Valkey) -> None:
    raws = [letter(n) for n in range(40)]
    push(redis_client, raws)
    with (
        closing(Store(load_settings(environ={"REDIS_URL": valkey.url}))) as store,
        Run(DeadLetters(store), SystemClock()) as run,
    ):
        run.join({}, lambda: None)
        run.store.page(0, 0)
        for at in (0, 1):  # at first the server does not have the script
            begun = run.begin(EntryBatch(0, [raws[at]], [Wanted(0, 0, 0, DROP, bytes(8))]), (5 - at, 3))
            assert begun.entries() == raws[5:8]
            assert begun.codes() == "d"
        lost = run.begin(EntryBatch(0, [raws[2]], [Wanted(0, 0, 0, DROP, bytes(8))]), (3, 3))
        eventually(lambda: redis_client.llen(LIST) == 37)
        store.client.connection_pool.disconnect()
        assert (lost.entries(), lost.codes(), run.done) == ([], "d", 3)
    assert stored(redis_client) == raws[3:]
