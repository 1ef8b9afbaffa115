"""Who comes and goes, as the writer of the history sees it, on every kind of server."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TypeVar

import pytest
import redis

from shema_cli.events.history.entries import HistoryEntry, RecordedCounts, RecordedPresence, read_entry
from shema_cli.events.history.presence import Look, Lookout
from shema_cli.events.history.stream import HistoryState, state_of
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.support.registry import put
from tests.support.store import store_at
from tests.support.subscriber import Listener, TailLike
from tests.support.topologies import cluster
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

Kind = TypeVar("Kind", bound=HistoryEntry)
Told = tuple[str, str, int, int]
"""Client, state, between and at of a presence entry."""


def told(look: Look) -> list[Told]:
    return [
        (e.client, "up" if e.up else "down", e.between_ms, e.at_ms - look.took_ms) for e in read(look, RecordedPresence)
    ]


def read(look: Look, kind: type[Kind]) -> list[Kind]:
    """The entries as whoever reads the stream will find them."""
    stored = (read_entry(b"1-0", {b"at": b"%d" % at_ms, **fields}) for at_ms, fields in look.entries)
    return [entry for entry in stored if isinstance(entry, kind)]


class Watch:
    """Looks at moments of our own; what it finds is kept."""

    def __init__(self, store: Store, state: HistoryState | None = None) -> None:
        self.lookout = Lookout(store, state)
        self.found: list[Told] = []

    def look(self, now_ms: int) -> list[Told]:
        look = self.lookout.look(now_ms)
        self.lookout.keep(look)
        return told(look)

    def until(self, now_ms: int, *expected: tuple[str, str]) -> list[Told]:
        """Look again, without keeping what is not all of it yet: the server learns of an end when it comes to it."""

        def seen() -> Look | None:
            look = self.lookout.look(now_ms)
            return look if [(name, state) for name, state, _, _ in told(look)] == list(expected) else None

        look = eventually(seen, what=f"{expected}")
        assert look
        self.lookout.keep(look)
        return told(look)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def store(any_server: Valkey) -> Iterator[Store]:
    store = store_at(any_server.url)
    yield store
    store.close()


def written(store: Store, look: Look) -> None:
    """As the writer does it."""
    if look.state:
        fields = {b"epoch": b"e1", b"heard": b"%d" % look.looked_ms, **look.state}
        store.client.hset(keys.HISTORY_STATE, mapping=fields)  # type: ignore[arg-type]


def test_the_first_look_tells_who_is_there_and_claims_nothing_of_before(
    any_server: Valkey, store: Store, stack: ExitStack
) -> None:
    stack.enter_context(Listener(any_server.port, "enrollment.approved", name="schedule"))
    stack.enter_context(Listener(any_server.port, patterns=("chat:*",), name="chat-service"))

    look = Lookout(store, None).look(1000)

    assert [entry.counts for entry in read(look, RecordedCounts)] == [{}]
    assert told(look) == [
        ("chat-service", "up", 1000 + look.took_ms, 1000),
        ("schedule", "up", 1000 + look.took_ms, 1000),
    ]
    assert look.state == {b"present": b'["chat-service", "schedule"]', b"usual": b"{}", b"looked": b"1000"}


def test_who_comes_and_goes_is_told_with_the_moment_before(any_server: Valkey, store: Store, stack: ExitStack) -> None:
    watch = Watch(store)
    watch.look(1000)
    with Listener(any_server.port, "enrollment.approved", name="schedule"):
        assert watch.look(2000) == [("schedule", "up", 1000, 2000)]
        assert watch.look(3000) == []
    assert watch.until(4000, ("schedule", "down")) == [("schedule", "down", 3000, 4000)]


def test_a_name_is_gone_when_its_last_connection_is(any_server: Valkey, store: Store, stack: ExitStack) -> None:
    watch = Watch(store)
    stack.enter_context(one := Listener(any_server.port, "enrollment.approved", name="schedule"))
    with Listener(any_server.port, "user.updated", name="schedule"):
        watch.look(1000)
    with any_server.client() as client:
        eventually(lambda: len(client.client_list(_type="pubsub")) == 1, what="one connection to be gone")
    assert watch.look(2000) == []
    assert one.so_far() == []


def test_tails_and_connections_without_a_name_are_nobody(any_server: Valkey, store: Store, stack: ExitStack) -> None:
    stack.enter_context(TailLike(any_server.port, b"*"))
    stack.enter_context(Listener(any_server.port, "enrollment.approved", name=""))
    stack.enter_context(redis.Redis(port=any_server.port, client_name="only-a-caller")).ping()

    assert Watch(store).look(1000) == []


def test_a_service_that_went_and_came_within_one_look_may_have_been_away(any_server: Valkey, store: Store) -> None:
    watch = Watch(store)
    with Listener(any_server.port, "enrollment.approved", name="schedule"):
        watch.look(1000)
    with Listener(any_server.port, "enrollment.approved", name="schedule"):
        found = watch.until(2000, ("schedule", "down"), ("schedule", "up"))
        assert found == [("schedule", "down", 1000, 2000), ("schedule", "up", 1000, 2000)]
        assert watch.look(3000) == []


def test_what_was_not_written_is_found_again(any_server: Valkey, store: Store, stack: ExitStack) -> None:
    watch = Watch(store)
    watch.look(1000)
    stack.enter_context(Listener(any_server.port, "enrollment.approved", name="schedule"))

    assert told(watch.lookout.look(2000)) == [("schedule", "up", 1000, 2000)]
    assert told(watch.lookout.look(3000)) == [("schedule", "up", 1000, 3000)]


def test_another_writer_goes_on_from_what_the_state_says(any_server: Valkey, store: Store, stack: ExitStack) -> None:
    seconds, _ = store.client.time()
    now_ms = seconds * 1000
    stack.enter_context(Listener(any_server.port, "enrollment.approved", name="new"))
    stack.enter_context(Listener(any_server.port, "enrollment.approved", name="again"))
    stack.enter_context(Listener(any_server.port, "enrollment.approved", name="stayed"))
    state = HistoryState("e1", 1, now_ms - 100, 0, now_ms, 9, 9, frozenset({"gone", "again"}), {}, now_ms - 60_000)

    found = Watch(store, state).look(now_ms)

    looked = now_ms - 60_000
    assert found == [
        ("gone", "down", looked, now_ms),
        ("again", "down", looked, now_ms),  # its connection is younger than the last look
        ("again", "up", looked, now_ms),
        ("new", "up", looked, now_ms),
        ("stayed", "up", looked, now_ms),
    ]


def test_a_service_that_is_older_than_the_last_look_was_there_all_the_time(
    any_server: Valkey, store: Store, stack: ExitStack
) -> None:
    stack.enter_context(Listener(any_server.port, "enrollment.approved", name="schedule"))
    first = Lookout(store, None).look(1000)
    written(store, first)
    state = state_of(store)
    assert state
    assert state.looked_ms == 1000

    assert Watch(store, state).look(-1500) == []  # 2.5 s before: older than that is whatever has just come


def test_without_client_list_only_numbers_are_told_and_only_what_changes(any_server: Valkey, stack: ExitStack) -> None:
    stack.enter_context(Listener(any_server.port, "enrollment.approved", name="schedule"))
    with narrow(any_server, "-client") as store:
        put(store.client, "http://stock:1", "stock", listens=["stock.low", "chat:*", "kind"])
        watch = Watch(store)
        first = watch.lookout.look(1000)
        watch.lookout.keep(first)
        (entry,) = read(first, RecordedCounts)
        assert entry.counts["enrollment.approved"] == 1
        assert entry.counts["stock.low"] == entry.counts["enrollment.rejected"] == 0
        assert not entry.counts.keys() & {"kind", "at", "chat:*"}
        assert watch.lookout.look(1500).entries == ()

        with Listener(any_server.port, "stock.low", name="stock"):
            second = watch.lookout.look(2000)
            assert read(second, RecordedCounts) == [RecordedCounts("1-0", 2000 + second.took_ms, {"stock.low": 1})]
        written(store, first)
        state = state_of(store)
        assert state
        assert state.present is None
        assert state.usual["enrollment.approved"] == 1
        assert Lookout(store, state).look(2500).entries == ()


def test_names_that_may_be_told_again_begin_anew(any_server: Valkey, stack: ExitStack) -> None:
    stack.enter_context(Listener(any_server.port, "enrollment.approved", name="schedule"))
    with narrow(any_server, "-client") as store:
        watch = Watch(store)
        watch.look(1000)
        with any_server.client() as admin:
            admin.execute_command("ACL", "SETUSER", "narrow", "+client")
        look = watch.lookout.look(2000)

    mark, up = read(look, HistoryEntry)
    assert mark == RecordedCounts("1-0", 2000 + look.took_ms, {})
    assert isinstance(up, RecordedPresence)
    assert up.between_ms == up.at_ms


class narrow:  # noqa: N801 - reads as the user that it makes
    """A store of a user with all rights but these."""

    def __init__(self, server: Valkey, *rules: str) -> None:
        self._server, self._rules = server, rules

    def __enter__(self) -> Store:
        with self._server.client() as admin:
            admin.execute_command("ACL", "SETUSER", "narrow", "on", ">pw", "~*", "&*", "+@all", *self._rules)
        self._store = store_at(self._server.url.replace("redis://", "redis://narrow:pw@"))
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close()
        with self._server.client() as admin:
            admin.execute_command("ACL", "DELUSER", "narrow")


def test_names_are_foreign_text(any_server: Valkey, store: Store, stack: ExitStack) -> None:
    names = ["]}'\"\\", "name=schedule", "x" * 100_000, "x" * 99_999, "--yes", "kind"]
    for name in names:
        stack.enter_context(Listener(any_server.port, "enrollment.approved", name=name))

    found = [client for client, *_ in Watch(store).look(1000)]

    assert len(found) == len(names)
    assert {"]}'\"\\", "name=schedule", "--yes", "kind"} < set(found)
    assert max(map(len, found)) < 250


@pytest.mark.parametrize(
    ("took_ms", "appended", "due"),
    [(1, True, [50, 60, 500]), (1, False, [500, 600]), (30, True, [300, 500]), (200, True, [1000]), (9, False, [500])],
)
def test_the_longer_a_look_takes_the_rarer_it_is(took_ms: int, appended: bool, due: Sequence[int]) -> None:
    lookout = Lookout(store_at("redis://127.0.0.1:1"), None)
    assert lookout.is_due(1, appended=False)
    lookout.keep(Look((), {}, 10_000, took_ms, {}, None))

    assert not lookout.is_due(10_000 + due[0] - 1, appended=appended)
    assert all(lookout.is_due(10_000 + passed, appended=appended) for passed in due)
    assert lookout.is_due(9_000, appended=appended), "the clock was set back"


def test_on_a_cluster_every_node_is_asked_and_one_that_hangs_holds_up_nothing() -> None:
    with cluster(3) as whole, ExitStack() as stack:
        store = store_at(whole.url)
        stack.callback(store.close)
        for number, node in enumerate(whole.nodes):
            stack.enter_context(Listener(node.port, "enrollment.approved", name=f"service-{number}"))
        watch = Watch(store)
        assert [name for name, *_ in watch.look(10_000)] == ["service-0", "service-1", "service-2"]

        hung = whole.nodes[2].process
        assert hung
        os.kill(hung.pid, signal.SIGSTOP)
        try:
            assert watch.look(11_000) == []
            assert watch.look(12_100) == [("service-2", "down", 10_000, 12_100)]
        finally:
            os.kill(hung.pid, signal.SIGCONT)
        assert watch.until(13_000, ("service-2", "up")) == [("service-2", "up", 12_100, 13_000)]


def test_a_redis_that_is_away_is_an_error_and_not_an_empty_house() -> None:
    server = Valkey().start()
    store = store_at(server.url)
    watch = Watch(store)
    watch.look(1000)
    server.stop()
    with pytest.raises(redis.ConnectionError):
        watch.look(2000)
    store.close()
