"""Entries that are copies of one event: it goes out once, and all of them are taken out (contract 2.4)."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.dlq.letters.copies import MOST_NAMED, Copies, Covered, digest_of
from shema_cli.dlq.letters.entry import parse_entry
from tests.dlq.spawner import Spawner
from tests.dlq.support import SHEMA, Service, Shema, entry_id, expire_leases, letter, numbers, push, remove, stored
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

COPIES = f"{SHEMA}copies"


def copies_of(number: int, *services: int, **data: Any) -> list[bytes]:
    """What each of these services pushes when an event fails in it."""
    return [letter(number, error=f"service-{service} down", **data) for service in services]


def test_an_event_that_failed_in_five_services_is_published_once(
    dlq: Shema, redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [*copies_of(1, 1, 2, 3), letter(2), *copies_of(1, 4, 5)])
    result = dlq.json("replay", "--all", "--yes")
    assert (result["replayed"], result["events"], result["skipped"], result["remaining"]) == (6, 2, 0, 0)
    assert numbers(service.payloads(2, 0.3)) == [1, 2]
    assert not redis_client.exists(COPIES)


def test_the_replay_limit_counts_publications(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    for _ in range(3):
        push(redis_client, copies_of(1, 1, 2, 3, 4, 5))
        assert dlq.json("replay", "--all", "--yes")["events"] == 1
    push(redis_client, copies_of(1, 1, 2))
    assert dlq.json("list")["entries"][0]["replays"] == 3
    assert dlq.json("replay", "--all", "--yes", code=5)["skipped"] == 2
    assert len(service.payloads(3)) == 3


def test_each_publishes_every_copy(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, copies_of(1, 1, 2, 3, 4, 5))
    plan = dlq.json("replay", "--all", "--each", "--dry-run")["plan"]
    assert (plan["replay"], plan["events"], plan["at_limit"]) == (3, 3, 2)
    result = dlq.json("replay", "--all", "--each", "--force", "--yes")
    assert (result["replayed"], result["events"]) == (5, 5)
    assert numbers(service.payloads(5)) == [1] * 5


def test_another_event_with_the_same_id_is_no_copy(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(1), letter(1, more=1), letter(1), letter(1, more=2), letter(1, more=3)])
    plan = dlq.json("replay", "--all", "--dry-run")["plan"]
    assert (plan["replay"], plan["events"], plan["at_limit"]) == (4, 3, 1)
    result = dlq.json("replay", "--all", "--yes", code=1)
    assert (result["replayed"], result["events"], result["skipped"]) == (4, 3, 1)
    assert len(service.payloads(3)) == 3


def test_events_without_an_id_are_no_copies(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    raw = b'{"event":{"eventType":"ENROLLMENT_APPROVED","data":{}},"error":"x"}'
    push(redis_client, [raw, raw])
    assert dlq.json("replay", "--all", "--yes")["events"] == 2
    assert len(service.payloads(2)) == 2


def test_only_what_is_selected_is_taken_out(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    raws = copies_of(1, 1, 2, 3, 4)
    push(redis_client, raws)
    result = dlq.json("replay", "--all", "--limit", "2", "--yes")
    assert (result["replayed"], result["events"], result["remaining"]) == (2, 1, 2)
    assert dlq.json("replay", "--error", "service-3", "--yes")["events"] == 1
    assert stored(redis_client) == raws[3:]
    assert numbers(service.payloads(2)) == [1, 1]


def test_copies_that_nobody_hears_all_stay(dlq: Shema, redis_client: redis.Redis) -> None:
    raws = copies_of(1, 1, 2, 3)
    push(redis_client, raws)
    result = dlq.json("replay", "--all", "--yes", code=5)
    assert (result["unheard"], result["replayed"]) == (3, 0)
    assert stored(redis_client) == raws
    assert not redis_client.exists(COPIES)


def test_dry_run_question_and_result_say_both(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, copies_of(1, 1, 2, 3, 4, 5))
    assert "5 entries, 1 event" in dlq("replay", "--all", "--dry-run").err
    plan = dlq.json("replay", "--all", "--dry-run")["plan"]
    assert (plan["replay"], plan["events"]) == (5, 1)
    assert "5 entries, 1 event" in dlq("replay", "evt_00000001", stdin=b"n\n", terminal=True).err
    assert "5 entries, 1 event" in dlq("discard", "evt_00000001", stdin=b"n\n", terminal=True).err
    assert "5 entries, 1 event" in dlq("discard", "--all", "--dry-run").err
    assert "5 entries, 1 event" in dlq("replay", "evt_00000001", "--yes").err
    push(redis_client, copies_of(1, 1, 2, 3, 4, 5))
    assert "5 entries, 1 event" in dlq("discard", "evt_00000001", "--yes").err


def test_show_names_every_copy(dlq: Shema, redis_client: redis.Redis) -> None:
    raws = copies_of(1, 1, 2, 3)
    push(redis_client, [*raws, letter(2), letter(1, other=True), raws[0]])
    for word in (entry_id(raws[1]), entry_id(raws[2])):
        shown = dlq.json("show", word)
        assert (shown["id"], shown["copies"]) == (word, 4)
        others = [raw for raw in (raws[0], *reversed(raws)) if entry_id(raw) != word]
        assert [copy["id"] for copy in shown["others"]] == [entry_id(raw) for raw in others]
    told = dlq("show", entry_id(raws[1]), terminal=True)
    assert "4 entries, 1 event" in told.err
    assert entry_id(raws[2]) in told.out
    assert "service-3 down" in told.out
    assert dlq.json("show", entry_id(letter(2)))["others"] == []


def test_what_died_after_the_first_copy_does_not_publish_again(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    """However far apart the copies stand, and whichever of them is left."""
    raws = [raw for service_ in (1, 2, 3) for number in range(300) for raw in copies_of(number, service_)]
    push(redis_client, raws)
    process = spawn("dlq", "replay", "--all", "--yes", "--rate", "400")
    eventually(lambda: len(service.heard) > 100)
    process.kill()
    process.wait()
    out = len(service.payloads(len(raws) - len(stored(redis_client))))
    expire_leases(redis_client)
    plan = dlq.json("replay", "--all", "--dry-run")["plan"]
    assert (plan["replay"], plan["events"]) == (900 - out, 300 - out)
    result = dlq.json("replay", "--all", "--yes")
    assert (result["replayed"], result["events"]) == (900 - out, 300 - out)
    assert numbers(service.payloads(300)) == list(range(300))
    assert not redis_client.exists(COPIES)


def test_what_came_back_meanwhile_is_published_and_what_it_was_published_for_is_not(
    dlq: Shema, redis_client: redis.Redis, valkey: Valkey
) -> None:
    """A canary is bounced; of the copies that are left only the new one is still to go out."""
    push(redis_client, [*copies_of(1, 1, 2, 3), letter(2)])
    bounced = copies_of(1, 9)

    with Service(valkey.port) as service:
        service.on_message = lambda heard: push(redis_client, bounced) if numbers([heard.payload]) == [1] else None
        dlq.json("replay", "--all", "--yes", "--canary", "1", "--verify", "5", code=1)
        service.on_message = lambda heard: None
        assert dlq.json("replay", entry_id(bounced[0]), "--yes")["events"] == 1
        result = dlq.json("replay", "--all", "--yes")
        assert (result["replayed"], result["events"], result["remaining"]) == (3, 1, 0)
        assert numbers(service.payloads(3)) == [1, 1, 2]
    assert not redis_client.exists(COPIES)


def test_a_discarded_copy_that_is_put_back_is_a_dead_letter_again(
    dlq: Shema, redis_client: redis.Redis, service: Service
) -> None:
    raws = copies_of(1, 1, 2)
    push(redis_client, raws)
    dlq.json("replay", "--all", "--yes", "--allow-unheard", "--limit", "2", "--each")
    push(redis_client, raws)
    event = digest_of(parse_entry(raws[0]).event)
    redis_client.hset(COPIES, event, digest_of(raws[0]) + digest_of(raws[1]))
    dlq.json("discard", entry_id(raws[0]), "--yes")
    assert redis_client.hget(COPIES, event) == digest_of(raws[1]).encode()
    push(redis_client, [raws[0]])
    result = dlq.json("replay", "--all", "--yes")
    assert (result["replayed"], result["events"]) == (2, 1)
    assert not redis_client.exists(COPIES)


@pytest.mark.parametrize("rounds", [1, 4])
def test_several_operators_publish_each_event_once(
    spawn: Spawner, redis_client: redis.Redis, service: Service, rounds: int
) -> None:
    for first in range(0, 300 * rounds, 300):
        raws = [
            raw for service_ in (1, 2, 3, 4, 5) for n in range(first, first + 300) for raw in copies_of(n, service_)
        ]
        push(redis_client, raws)
        processes = [spawn("dlq", "replay", "--all", "--yes", "-o", "json") for _ in range(3)]
        for process in processes:
            process.wait()
        results = [process.json for process in processes]
        assert sum(result.get("replayed", 0) for result in results) == 1500
        assert sum(result.get("events", 0) for result in results) == 300
    assert Counter(numbers(service.payloads(300 * rounds))) == Counter(range(300 * rounds))
    assert not redis_client.exists(COPIES)


def test_more_copies_than_are_named_are_counted(
    dlq: Shema, spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    many = 20 * MOST_NAMED
    push(redis_client, copies_of(1, *range(many)))
    process = spawn("dlq", "replay", "--all", "--yes", "--rate", "400")
    eventually(partial(redis_client.hget, COPIES, digest_of(parse_entry(letter(1)).event)))
    process.kill()
    process.wait()
    expire_leases(redis_client)
    result = dlq.json("replay", "--all", "--yes")
    assert (result["events"], result["remaining"]) == (0, 0)
    assert numbers(service.payloads(1, 0.3)) == [1]
    assert not redis_client.exists(COPIES)


def test_what_others_took_under_a_run_is_counted(dlq: Shema, redis_client: redis.Redis, valkey: Valkey) -> None:
    raws = [letter(n) for n in range(1500)]
    push(redis_client, raws)

    with Service(valkey.port) as service:

        def trim(_: Any) -> None:
            if len(service.heard) == 10:
                redis_client.ltrim("events:dead_letter", -300, -1)

        service.on_message = trim
        result = dlq.json("replay", "--all", "--yes", "--rate", "2000", code=1)
    assert result["gone"] == 1500 - result["replayed"] > 0


def test_what_another_took_out_of_the_copies_is_no_reason_to_publish_twice(
    dlq: Shema, redis_client: redis.Redis, valkey: Valkey
) -> None:
    first, *others = copies_of(1, 1, 2, 3)
    push(redis_client, [letter(0), *(letter(n) for n in range(2, 400)), first, *others])
    with Service(valkey.port) as service:
        service.on_message = lambda heard: remove(redis_client, first) if numbers([heard.payload]) == [0] else None
        result = dlq.json("replay", "--all", "--yes", "--rate", "400", code=1)  # time enough to remove it
        assert (result["gone"], result["replayed"], result["events"]) == (1, 401, 400)
        assert Counter(numbers(service.payloads(400))) == Counter(range(400))


@given(st.lists(st.integers(0, 3), max_size=12))
def test_each_entry_is_struck_off_once(services: list[int]) -> None:
    raws = copies_of(1, *services)
    copies = Copies()
    for raw in raws:
        copies.add(parse_entry(raw))
    kept = copies.to_cover(parse_entry(letter(1)))
    assert len(kept) == 16 * len(raws)
    covered = Covered([(digest_of(parse_entry(letter(1)).event).encode(), kept)])
    assert not covered.take(parse_entry(letter(1)))
    assert not covered.take(parse_entry(letter(2)))
    assert all(covered.take(parse_entry(raw)) for raw in raws)
    assert not any(covered.take(parse_entry(raw)) for raw in raws)


def test_many_are_counted_and_not_named() -> None:
    copies = Copies()
    raws = copies_of(1, *range(MOST_NAMED + 1))
    for raw in raws:
        copies.add(parse_entry(raw))
    kept = copies.to_cover(parse_entry(raws[0]))
    assert kept == b"#65"
    covered = Covered([(digest_of(parse_entry(raws[0]).event).encode(), kept)])
    assert [covered.take(parse_entry(raw)) for raw in raws] == [True] * 65
    assert not covered.take(parse_entry(raws[0]))


@pytest.mark.parametrize("kept", [b"#", b"#x", b"x", b"\xff", b""])
def test_what_somebody_else_wrote_there_is_borne_with(kept: bytes) -> None:
    entry = parse_entry(letter(1))
    Covered([(digest_of(entry.event).encode(), kept), (b"\xff", b"x")]).take(entry)


def test_what_somebody_else_wrote_there_keeps_nothing_from_going_out_once(
    dlq: Shema, redis_client: redis.Redis, service: Service
) -> None:
    push(redis_client, [letter(1), *copies_of(1, 2)])
    redis_client.hset(COPIES, mapping={digest_of(parse_entry(letter(1)).event): "x" * 5, "other": "#junk"})
    assert dlq.json("replay", "--all", "--yes")["events"] == 1
    redis_client.delete(COPIES)
    redis_client.set(COPIES, "x")
    push(redis_client, [letter(3)])
    dlq.json("replay", "--all", "--yes", code=1)
    assert stored(redis_client) == [letter(3)]
    assert numbers(service.payloads(1)) == [1]
