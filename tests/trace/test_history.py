"""What the history adds to a trace: what was heard and who was away, what was published again, and what comes live."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.clock import iso_of_ms, local_time, local_time_of_ms
from shema_cli.store import keys
from shema_cli.trace import look, recorded
from tests.events.history.writing import History, event
from tests.support.cli import shema
from tests.support.drawing import RAW
from tests.support.signed_in import signed_in
from tests.support.streaming import streaming
from tests.support.valkey import Valkey

PLANNED = datetime(2026, 1, 31, 8, tzinfo=UTC)
APPROVED = "enrollment.approved"


@pytest.fixture
def env(valkey: Valkey, tmp_path: Path) -> dict[str, str]:
    folder = str(tmp_path / "state")
    return {"REDIS_URL": valkey.url, "SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": folder, **signed_in()}


@pytest.fixture
def history(redis_client: redis.Redis) -> History:
    for name in ("booking", "schedule"):
        listens = json.dumps({"healthCheck": "/health", "listens": [APPROVED]})
        redis_client.hset(f"{{shema}}:registry:{name}", "http://127.0.0.1:1", listens)
    written = History(redis_client)
    written.begin(0)
    written.names_from_here(1, "booking-service", "schedule-service")
    return written


def events(id: str, env: dict[str, str], source: str = "history") -> list[dict[str, Any]]:
    run = shema("trace", id, "--json", env=env)
    assert run.json["sources"]["history"] == "answered", run.err
    return [one for one in run.json["events"] if one["source"] == source]


def decide(client: redis.Redis, history: History, second: float, number: int = 1) -> None:
    at = iso_of_ms(history.ms(second))
    record = {"decision": "approved", "eventId": f"evt_{number}", "actorEmail": "dina@school.test", "at": at}
    client.hset(keys.decision("e1"), mapping=record)  # type: ignore[arg-type]


def test_what_was_heard_and_who_was_away(env: dict[str, str], history: History) -> None:
    history.event(10, 1, enrollmentId="e1", studentId="s1")
    history.down(20, "schedule-service")
    id = history.event(30, 2, enrollmentId="e1", studentId="s1")
    history.event(31, 3, enrollmentId="e10", studentId="s1")
    history.present("booking-service")
    first, second = events("e1", env)
    assert first["summary"] == "enrollment e1 of student s1 approved; heard by 2 services"
    assert second["summary"].endswith("approved; heard by 1 of 2: schedule was away")
    assert (second["kind"], second["event_id"], second["id"]) == ("event", "evt_2", id)
    assert second["at"] == iso_of_ms(history.ms(30))


def test_an_entry_of_the_history_leads_to_its_enrollment(env: dict[str, str], history: History) -> None:
    id = history.event(10, 1, enrollmentId="e1", studentId="s1")
    history.event(11, 2, "schedule.created", enrollmentId="e1", scheduleId="l1", courseId="c1", startsAt="soon")
    history.event(12, 3, "attendance.marked", scheduleId="l1", studentId="s1", status="present")
    history.event(13, 4, "schedule.created", enrollmentId="e2", scheduleId="l2", courseId="c1", startsAt="soon")
    assert [one["event_id"] for one in events(id, env)] == ["evt_1", "evt_2", "evt_3"]
    assert [one["event_id"] for one in events("e1", env)] == ["evt_1", "evt_2", "evt_3"]


def test_a_conversation_and_what_is_no_event(env: dict[str, str], history: History) -> None:
    history.message(10, "chat:session:c:1", b'{"type":"new_message","senderName":"Budi","message":"hai"}')
    history.message(11, "chat:session:c:10", b'{"type":"new_message","senderName":"Ana","message":"no"}')
    history.message(12, "x", b'{"data":{"x":"c\\u003a1"}}')
    history.message(13, "x", b"c:1 is no json")
    for id in ("c:1", "chat:session:c:1"):
        assert [one["kind"] for one in events(id, env)] == ["chat", "invalid"]


def test_a_story(
    env: dict[str, str], history: History, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.event(5, 9, "enrollment.created", enrollmentId="e1", studentId="s1", experienceLevel="beginner")
    history.down(20, "schedule-service")
    decide(redis_client, history, 30)
    history.event(30.01, 1, enrollmentId="e1", studentId="s1")
    history.up(50, "schedule-service")
    history.event(60, 1, enrollmentId="e1", studentId="s1")
    history.event(61, 2, "schedule.created", enrollmentId="e1", scheduleId="l1", startsAt="2026-01-31T08:00:00.000Z")
    history.present("booking-service", "schedule-service")
    for columns in (40, 60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        run = shema("trace", "e1", env=env | {"NO_COLOR": "1", "SHEMA_PAGER": "cat"}, terminal=True)
        assert not RAW.search(run.out)
        assert all(len(line) <= columns for line in run.out.splitlines())
    told = [line.split(maxsplit=1)[1] for line in run.out.splitlines() if line.startswith("  ")]
    assert [" ".join(line.split()) for line in told] == [
        "applied, beginner evt_9",
        "approved by dina@school.test; heard by 1 of 2: schedule was away evt_1",
        "published again; heard by 2 services evt_1",
        f"lesson planned, starts {local_time(PLANNED)} evt_2",
    ]


def test_what_nobody_recorded_is_told(env: dict[str, str], history: History) -> None:
    history.event(10, 1, enrollmentId="e1", studentId="s1")
    history.gap(20, 80)
    history.event(90, 1, enrollmentId="e1", studentId="s1")
    said = shema("trace", "e1", env=env).err
    assert "history: nobody recorded from" in said
    assert "alone" not in said, "it was not there before"


def test_what_was_before_there_was_a_history_is_not_known(
    env: dict[str, str], history: History, redis_client: redis.Redis
) -> None:
    decide(redis_client, history, -60)
    assert f"history: recorded only since {local_time_of_ms(history.ms(0))}" in shema("trace", "e1", env=env).err


def test_of_very_many_messages_the_newest_are_told(
    env: dict[str, str], history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "MOST_EVENTS", 3)
    monkeypatch.setattr(recorded, "MOST", 5)
    for number in range(12):
        history.event(10 + number, number, enrollmentId="e1")
    assert [one["event_id"] for one in events("e1", env)] == ["evt_9", "evt_10", "evt_11"]
    assert "history: the newest 3 of 12" in shema("trace", "e1", env=env).err


def test_it_goes_on_where_the_history_ended(
    env: dict[str, str], history: History, redis_client: redis.Redis, tmp_path: Path
) -> None:
    history.event(10, 1, enrollmentId="e1", studentId="s1")
    history.event(11, 2, enrollmentId="e1", studentId="s1")
    with streaming("trace", "e1", "--follow", env=env, cwd=tmp_path) as follow:
        assert follow.line()["sources"]["history"] == "answered"
        assert [follow.line()["event_id"] for _ in range(2)] == ["evt_1", "evt_2"]
        follow.note("following")
        redis_client.publish("user.updated", event(4, "user.updated", userId="s2"))
        redis_client.publish(APPROVED, event(3, enrollmentId="e1", studentId="s1"))
        line = follow.until("event")
        assert (line["source"], line["event_id"]) == ("live", "evt_3")
        assert follow.interrupt() == 130
