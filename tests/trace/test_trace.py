"""`shema trace` on a real server: what hangs together with one id, in order of time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shema_cli.context import AppContext
from shema_cli.enrollments.decide import DecisionMade, DecisionOrder
from shema_cli.enrollments.results import DecisionKind
from shema_cli.errors import NotFound
from shema_cli.trace.find import mentions
from shema_cli.trace.results import Trace
from tests.enrollments.school import decider_of
from tests.support.cli import shema
from tests.support.signed_in import signed_in
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey
from tests.support.world import app_on
from tests.trace.town import traced

DEAD_LETTERS = "events:dead_letter"


@pytest.fixture
def app(valkey: Valkey, tmp_path: Path) -> Iterator[AppContext]:
    with app_on(valkey, tmp_path) as opened:
        yield opened


@pytest.fixture
def env(valkey: Valkey, tmp_path: Path) -> dict[str, str]:
    folder = str(tmp_path / "state")
    return {"REDIS_URL": valkey.url, "SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": folder, **signed_in()}


@pytest.fixture
def event_id(app: AppContext) -> str:
    """An approval of enr-1 by request req_7, whose event became a dead letter, between others that do not matter."""
    decider = decider_of(app, allow_unheard=True)
    decider.decide(DecisionOrder("enr-10", "s10", DecisionKind.APPROVED, request_id="req_70"))
    done = decider.decide(DecisionOrder("enr-1", "s1", DecisionKind.APPROVED, request_id="req_7"))
    assert isinstance(done, DecisionMade)
    letter(app, {"enrollmentId": "enr-1", "studentId": "s1"}, done.event_id)
    letter(app, {"enrollmentId": "enr-10", "studentId": "s10"}, "evt_other")
    letter(app, {"bookingId": "b1", "firstChoiceSlotId": "enr-100"}, "evt_booking", kind="BOOKING_EXPIRED")
    app.store.client.lpush(DEAD_LETTERS, b"\xff enr-1 is no JSON")
    app.journal.append(action="replay", target="run_1", details={"event_ids": [done.event_id]})
    return done.event_id


def letter(app: AppContext, data: dict[str, str], event_id: str, kind: str = "ENROLLMENT_APPROVED") -> None:
    event = {"eventType": kind, "eventId": event_id, "timestamp": "2026-01-01T00:00:00.000Z", "data": data}
    entry = {"event": event, "error": "Timeout after 5000ms", "failedAt": "2031-01-01T00:00:00.000Z"}
    app.store.client.lpush(DEAD_LETTERS, json.dumps(entry))


def kinds(found: Trace) -> list[str]:
    return [event.kind for event in found.events]


@pytest.mark.parametrize("failed_at", ["1772352000000", '"Sun, 01 Mar 2026 15:00:00 +0700"', '"2026-03-01T08:00:00"'])
def test_a_dead_letter_stands_where_it_failed_however_its_client_wrote_that(app: AppContext, failed_at: str) -> None:
    event = json.dumps({"eventType": "USER_UPDATED", "eventId": "evt_1", "data": {}})
    app.store.client.lpush(DEAD_LETTERS, f'{{"event":{event},"error":"x","failedAt":{failed_at}}}')
    assert [step.at for step in traced(app.store, "evt_1").events] == ["2026-03-01T08:00:00.000Z"]


@pytest.mark.parametrize("by", ["enrollment", "event", "request"])
def test_any_of_its_ids_finds_the_whole(app: AppContext, event_id: str, by: str) -> None:
    id = {"enrollment": "enr-1", "event": event_id, "request": "req_7"}[by]
    found = traced(app.store, id)
    assert kinds(found) == ["decision", "audit", "audit", "dead_letter"]
    assert "enr-10" not in json.dumps(found.document())
    assert {event_id, "enr-1"} <= found.ids


def test_a_booking(app: AppContext, event_id: str) -> None:
    found = traced(app.store, "b1")
    assert kinds(found) == ["dead_letter"]
    assert found.ids == {"b1", "evt_booking"}


def test_nothing_known(app: AppContext, event_id: str) -> None:
    with pytest.raises(NotFound, match="nobody"):
        traced(app.store, "nobody")


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ("enr-1", True),
        ("enr-10", False),
        (["x", {"y": [{"z": "enr-1"}]}], True),
        ({"enr-1": "a key is no mention"}, False),
        ({"n": 1}, False),
        (None, False),
    ],
)
def test_mentions(document: Any, found: bool) -> None:
    assert mentions(document, {"enr-1"}) is found


def test_mentions_of_numbers_and_of_what_is_too_deep() -> None:
    assert mentions({"n": 12}, {"12"})
    deep: Any = "enr-1"
    for _ in range(5000):
        deep = [deep]
    assert mentions(deep, {"enr-1"}) is False


def test_the_command(app: AppContext, event_id: str, env: dict[str, str]) -> None:
    done = shema("trace", "enr-1", "--json", env=env)
    assert done.code == 0, done.err
    assert [event["kind"] for event in done.json["events"]] == ["decision", "audit", "audit", "dead_letter"]
    assert len(shema("trace", "enr-1", env=env).out.splitlines()) == 4
    assert shema("trace", "nobody", "--json", env=env).code == 1


def test_following_goes_on_with_live_events(
    valkey: Valkey, app: AppContext, event_id: str, env: dict[str, str], tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "shema_cli", "trace", "enr-1", "--follow", "-o", "json"],
        env=os.environ | env,
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    try:
        opening = json.loads(process.stdout.readline())
        assert (opening["subject"], opening["sources"]["history"]) == ("enr-1", "not_recorded")
        known = [json.loads(process.stdout.readline())["kind"] for _ in range(4)]
        assert known == ["decision", "audit", "audit", "dead_letter"]
        while "following" not in process.stderr.readline():
            pass
        app.store.client.publish("enrollment.approved", json.dumps({"data": {"enrollmentId": "enr-10"}}))
        app.store.client.publish(
            "schedule.created",
            json.dumps({"eventType": "SCHEDULE_CREATED", "data": {"enrollmentId": "enr-1", "scheduleId": "x"}}),
        )
        heard = json.loads(process.stdout.readline())
        assert (heard["source"], heard["kind"]) == ("live", "event")
        assert heard["summary"].startswith("class x of course")
    finally:
        process.terminate()
        process.communicate()


def test_a_decision_and_its_audit_entry_hang_together(valkey: Valkey, app: AppContext) -> None:
    with Listener(valkey.port, "enrollment.rejected"):
        decider_of(app).decide(DecisionOrder("é-9", "s", DecisionKind.REJECTED, reason="penuh"))
    found = traced(app.store, "é-9")
    assert kinds(found) == ["decision", "audit"]
    assert "penuh" in found.events[0].summary


def test_an_id_cannot_write_a_line_of_its_own() -> None:
    found = Trace("e1", (), {}, ids=frozenset({"e1", "evt_1\r\nerror: x"}))
    assert [*found.notes()] == ["also looked for: evt_1 error: x"]


@pytest.mark.parametrize("width", [40, 120])
@pytest.mark.usefixtures("event_id")
def test_on_a_terminal_each_step_says_when_where_and_what(
    env: dict[str, str], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = shema("trace", "enr-1", env=env | {"NO_COLOR": "1"}, terminal=True)
    assert shown.code == 0, shown.err
    for said in ("approved by", "failed in a service (ENROLLMENT_APPROVED)", "Timeout after 5000ms", "2031"):
        assert said in " ".join(shown.out.split())
    assert all(len(line) <= width for line in shown.out.splitlines())
