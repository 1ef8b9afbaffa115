"""What a service missed, as a real recorder has seen it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from shema_cli.clock import SystemClock
from shema_cli.errors import ExitCode
from shema_cli.events.history.entries import HistoryEntry, RecordedMessage, RecordedPresence
from shema_cli.events.history.missed import missed
from shema_cli.events.history.stream import state_of
from shema_cli.resend.missed import MissedBy
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.events.history.recording import entries, recorder_process, recording
from tests.events.history.writing import event
from tests.support.cli import shema
from tests.support.signed_in import signed_in
from tests.support.store import store_at
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

APPROVED = "enrollment.approved"


@pytest.fixture
def store(any_server: Valkey) -> Iterator[Store]:
    store = store_at(any_server.url)
    yield store
    store.close()


class Recorded:
    """Waits until the recorder has written what a test is about."""

    def __init__(self, server: Valkey) -> None:
        self._server = server

    def _until(self, holds: Callable[[HistoryEntry], bool], count: int, what: str) -> None:
        eventually(lambda: sum(map(holds, entries(self._server.url))) >= count, within_s=20, what=what)

    def presence(self, client: str, *, up: bool, count: int = 1) -> None:
        def told(entry: HistoryEntry) -> bool:
            return isinstance(entry, RecordedPresence) and (entry.client, entry.up) == (client, up)

        self._until(told, count, f"{client} {'up' if up else 'down'} {count} times")

    def publish(self, number: int, *, again: bool = False) -> None:
        payload = event(number).encode()
        with self._server.client() as client:
            client.publish(APPROVED, payload)
        self._until(
            lambda entry: isinstance(entry, RecordedMessage) and entry.payload == payload,
            2 if again else 1,
            f"{number}",
        )

    def look(self) -> None:
        """All that has happened so far is seen: what is published next is not between two looks."""
        with store_at(self._server.url).client as client:
            seconds, microseconds = client.time()
            now_ms = seconds * 1000 + microseconds // 1000
            eventually(lambda: int(client.hget(keys.HISTORY_STATE, "looked") or 0) > now_ms, within_s=20)


def test_a_service_that_is_stopped_and_started_has_missed_what_came_between(any_server: Valkey, store: Store) -> None:
    recorded = Recorded(any_server)
    with recording(any_server.url) as recorder:
        recorder.until("recording")
        with Listener(any_server.port, APPROVED, name="schedule-service"):
            recorded.presence("schedule-service", up=True)
            recorded.publish(1)
            recorded.look()
        recorded.presence("schedule-service", up=False)
        recorded.publish(2)
        recorded.publish(3)
        with Listener(any_server.port, APPROVED, name="schedule-service"):
            recorded.presence("schedule-service", up=True, count=2)
            recorded.publish(4)
            before = missed(store, "schedule", [APPROVED], clock=SystemClock())
            messages = [one.payload for one in MissedBy(store, SystemClock(), before).messages()]
            recorded.publish(2, again=True)
            after = missed(store, "schedule", [APPROVED], clock=SystemClock())

    assert [one.event_id for one in before.events] == ["evt_2", "evt_3"]
    assert messages == [event(2).encode(), event(3).encode()]
    assert len([span for span in before.away if span.seconds > 0]) >= 1
    assert [one.event_id for one in after.events] == ["evt_3"]


def test_a_restart_that_is_quicker_than_the_looks_is_seen_by_its_connections(any_server: Valkey) -> None:
    recorded = Recorded(any_server)
    with recording(any_server.url) as recorder:
        recorder.until("recording")
        for number in range(1, 4):
            with Listener(any_server.port, APPROVED, name="schedule"):
                recorded.presence("schedule", up=True, count=number)
        recorded.presence("schedule", up=False, count=3)


def test_a_recorder_that_may_not_see_names_tells_how_many_listen(any_server: Valkey, store: Store) -> None:
    with any_server.client() as admin:
        admin.execute_command("ACL", "SETUSER", "narrow", "on", ">pw", "~*", "&*", "+@all", "-client")
    try:
        with recording(any_server.url.replace("redis://", "redis://narrow:pw@")) as recorder:
            recorder.until("recording")
            with Listener(any_server.port, APPROVED, name="schedule"):
                eventually(lambda: (state := state_of(store)) and state.usual.get(APPROVED) == 1, within_s=20)
                Recorded(any_server).publish(1)
            eventually(lambda: (state := state_of(store)) and state.usual.get(APPROVED) == 0, within_s=20)
            Recorded(any_server).publish(2)
            found = missed(store, "schedule", [APPROVED], clock=SystemClock())
    finally:
        with any_server.client() as admin:
            admin.execute_command("ACL", "DELUSER", "narrow")

    assert (found.events, found.away, found.never_seen) == ((), (), False)
    assert found.unknown


def test_the_processes_themselves(base_env: dict[str, str], valkey: Valkey, tmp_path: Path) -> None:
    recorded = Recorded(valkey)
    with recorder_process(url=valkey.url, folder=tmp_path) as recorder:
        recorder.until("recording")
        with Listener(valkey.port, APPROVED, name="schedule"):
            recorded.presence("schedule", up=True)
        recorded.presence("schedule", up=False)
        recorded.publish(1)
        assert recorder.end() == ExitCode.DONE
    with redis.Redis(port=valkey.port) as client:
        client.publish(APPROVED, event(2))

    env = {**base_env, **signed_in(), "REDIS_URL": valkey.url}

    run = shema(*("events", "missed", "schedule", "--channel", APPROVED, "--json"), env=env)
    *_, last = shema("events", "history", "--json", env=env).lines

    assert run.code == ExitCode.FAILED
    assert [one["event_id"] for one in run.json["events"]] == ["evt_1"]
    assert run.json["unknown"], "what was published since it ended"
    assert (last["kind"], last["cause"]) == ("gap", "no recorder is running")
    assert "never_seen" not in run.json
