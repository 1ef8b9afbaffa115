"""Walks over the list while others change it, on a Redis in this process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.dlq.letters.entry import replay_key
from shema_cli.dlq.run import store as store_module
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import Unreachable
from shema_cli.settings.sources import load_settings
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.pages import LARGEST_CUT_PAGE, LARGEST_PAGE, PAGE_BYTES
from tests.dlq.support import FLIGHT, LIST, RUNS, SHEMA, push, remove
from tests.support.in_process import InProcessClient, in_process, store_in_process
from tests.support.valkey import Valkey

Entries = list[bytes]


def letters(client: InProcessClient, length: int, in_flight: int = 0) -> tuple[DeadLetters, Entries]:
    """A list of so many entries, the oldest of them in flight; and what they are, oldest first."""
    raws = [b"%d" % number for number in range(length)]
    if raws[:in_flight]:
        client.lpush(FLIGHT, *raws[:in_flight])
    push(client, raws[in_flight:])
    return DeadLetters(store_in_process(client)), raws


@pytest.fixture(autouse=True, scope="module")
def small_pages() -> Iterator[None]:
    """A walk over a few entries goes over several pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_module, "LARGEST_CUT_PAGE", 16)
        yield


def take_out(client: InProcessClient, raw: bytes) -> None:
    """As a run does it."""
    assert remove(client, raw) == 1
    client.hincrby(f"{SHEMA}gap", "taken", 1)


@settings(max_examples=25, deadline=None)
@given(length=st.integers(0, 300), in_flight=st.integers(0, 300))
def test_both_walks_pass_every_entry_once_wherever_the_gap_is(length: int, in_flight: int) -> None:
    store, raws = letters(in_process(), length, min(length, in_flight))
    assert list(store.oldest_first()) == list(enumerate(raws))
    newest = [(length - 1 - position, position, raw) for position, raw in enumerate(raws)]
    assert list(store.newest_first()) == newest[::-1]
    assert store.total() == length


@settings(max_examples=25, deadline=None)
@given(length=st.integers(1, 200), bound=st.integers(0, 250))
def test_a_bound_ends_the_walk(length: int, bound: int) -> None:
    store, raws = letters(in_process(), length)
    assert [raw for _, raw in store.oldest_first(bound)] == raws[:bound]


@settings(max_examples=25, deadline=None)
@given(length=st.integers(1, 120), data=st.data())
def test_what_others_take_out_meanwhile_hides_nothing_that_stays(length: int, data: Any) -> None:
    client = in_process()
    store, raws = letters(client, length)
    victims = data.draw(st.permutations(raws))
    seen: Entries = []
    for _, raw in store.oldest_first():
        seen.append(raw)
        if victims and data.draw(st.booleans()):
            take_out(client, victims.pop())
    assert set(client.lrange(LIST, 0, -1)) <= set(seen)


@pytest.mark.parametrize("newest_first", [False, True])
def test_what_arrives_meanwhile_is_for_the_next_walk(newest_first: bool) -> None:
    client = in_process()
    store, raws = letters(client, 100)
    found = []
    for *_, raw in store.newest_first() if newest_first else store.oldest_first():
        found.append(raw)
        push(client, [b"late"])
    assert found == (raws[::-1] if newest_first else raws)


def test_a_server_that_goes_away_between_two_pages_is_unreachable() -> None:
    client = in_process()
    store, raws = letters(client, 200)
    walk = store.oldest_first()
    next(walk)
    client.server.comes_back(leaves_after=0)
    with pytest.raises(Unreachable) as error:
        list(walk)
    assert error.value.code == "redis_unreachable"
    assert len(raws) == 200


def test_what_no_live_run_holds_is_abandoned() -> None:
    client = in_process()
    store, _ = letters(client, 20, 12)
    assert (store.look().in_flight, store.look().abandoned) == (12, 12)
    seconds, _ = client.time()
    client.zadd(RUNS, {"live": (seconds + 60) * 1000, "over": 1})
    client.hset(f"{keys.RUN_PREFIX}live", mapping={"state": "live", "frontier": 8})
    client.hset(f"{keys.RUN_PREFIX}over", mapping={"state": "live", "frontier": 11})
    look = store.look()
    assert (look.total, look.abandoned) == (20, 4)
    assert {run.run: (run.expired, run.holds) for run in look.runs} == {"live": (False, 8), "over": (True, 0)}


def test_replays_are_counted_over_this_period_and_the_one_before() -> None:
    client = in_process()
    store, _ = letters(client, 0)
    seconds, _ = client.time()
    period = int(seconds) // (14 * 86400)
    once, twice, long_ago = b"\0\1......", b"\4\2......", b"\0\3......"
    client.hset(f"{keys.REPLAYS_PREFIX}{period}:1", once, 1)
    client.hset(f"{keys.REPLAYS_PREFIX}{period}:2", twice, 1)  # 0x0402 in one of 1,024 shards
    client.hset(f"{keys.REPLAYS_PREFIX}{period - 1}:2", twice, 1)
    client.setbit(f"{keys.REPLAYS_PREFIX}{period - 1}", 2, 1)  # which shards there are
    client.hset(f"{keys.REPLAYS_PREFIX}{period - 2}:3", long_ago, 1)
    assert store.replays([once, twice, long_ago]) == [1, 2, 0]
    assert store.replays([once] * (LARGEST_PAGE + 1)) == [1] * (LARGEST_PAGE + 1)


def test_attempts_are_those_of_one_key() -> None:
    client = in_process()
    store, _ = letters(client, 0)
    client.lpush(keys.REPLAY_HISTORY, b"AAAAAAAA1000 a@x", b"BBBBBBBB2000 b@x", b"AAAAAAAA3000 ")
    assert store.attempts(b"AAAAAAAA") == [(3000, ""), (1000, "a@x")]


def test_a_walk_reads_pages_and_not_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "LARGEST_CUT_PAGE", LARGEST_CUT_PAGE)
    client = in_process()
    store, _ = letters(client, 2000)
    client.server.comes_back(leaves_after=10)
    assert sum(1 for _ in zip(store.oldest_first(), count(), strict=False)) == 2000


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 400), max_size=150),
    in_flight=st.integers(0, 150),
    first=st.integers(0, 160),
    most=st.integers(1, 4000),
)
def test_a_page_is_cut_after_so_many_bytes_and_begins_where_it_was_asked_for(
    sizes: list[int], in_flight: int, first: int, most: int
) -> None:
    client = in_process()
    raws = [b"%d" % n + b"x" * size for n, size in enumerate(sizes)]
    if flying := raws[: min(len(raws), in_flight)]:
        client.lpush(FLIGHT, *flying)
    if waiting := raws[len(flying) :]:
        push(client, waiting)
    store = DeadLetters(store_in_process(client))
    page = store.page(first, 100, most).raws
    assert page == raws[first : first + 100][: len(page)]
    whole = raws[first : first + 100]
    if len(page) < len(whole):
        assert sum(map(len, page)) >= most
    lengths = [len(raw) for raw in page]
    assert sum(lengths[:-64]) < most or not lengths[:-64]
    assert store.page(first, 100).raws == whole
    assert [raw for _, raw in store.oldest_first()] == raws


def test_large_entries_come_a_few_at_a_time() -> None:
    store, _ = letters(client := in_process(), 0)
    push(client, [b"%d" % n + b"x" * 300_000 for n in range(60)])
    assert [len(store.page(first, 4000, PAGE_BYTES).raws) for first in (0, 50)] == [16, 10]
    push(client, [b"x" * 100] * 2000)
    assert len(store.page(60, 4000, PAGE_BYTES).raws) == 2000
    assert len(store.page(40, 4000, PAGE_BYTES).raws) == 16


def test_threads_that_ask_at_once_get_their_own_answers(valkey: Valkey) -> None:
    with closing(Store(load_settings(environ={"REDIS_URL": valkey.url}))) as redis:
        store = DeadLetters(redis)

        def ask(length: int) -> None:
            wanted = [replay_key(f"{number}") for number in range(length)]
            for _ in range(200):
                assert len(store.replays(wanted)) == length

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(ask, (1, 5, 50, 200)))
