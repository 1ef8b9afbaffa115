"""With a recorder that runs: a service goes, comes back, is resent what it missed, and has missed nothing then."""

from __future__ import annotations

import redis

from shema_cli.events.history.entries import RecordedPresence
from tests.dlq.support import Service, numbers
from tests.events.history.recording import entries, payloads, recording
from tests.resend.support import APPROVED, Resend, payload
from tests.support.cli import shema
from tests.support.registry import put
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

COUNT = 40


def seen(url: str, client: str) -> list[bool]:
    """As what a client was seen, one after another."""
    return [one.up for one in entries(url) if isinstance(one, RecordedPresence) and one.client == client]


def test_what_a_service_missed_reaches_it_once_and_is_missed_no_more(
    resend: Resend, env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    put(redis_client, "http://127.0.0.1:9", "schedule", listens=[APPROVED])
    put(redis_client, "http://127.0.0.1:9", "user", listens=[APPROVED])
    with recording(valkey.url) as recorder, Service(valkey.port, name="user-service") as user:
        recorder.until("recording")
        with Service(valkey.port, name="schedule-service"):
            eventually(lambda: seen(valkey.url, "schedule-service") == [True], within_s=20)
        eventually(lambda: seen(valkey.url, "schedule-service") == [True, False], within_s=20)
        for n in range(COUNT):
            redis_client.publish(APPROVED, payload(n))
        eventually(lambda: len(payloads(valkey.url)) == COUNT, within_s=20)
        assert resend.json("--missed-by", "schedule", "--yes", code=5)["unheard"] == COUNT
        with Service(valkey.port, name="schedule-service") as schedule:
            eventually(lambda: seen(valkey.url, "schedule-service") == [True, False, True], within_s=20)
            asked = resend("--missed-by", "schedule", "--since", "1h", stdin=b"y\n", terminal=True)
            assert asked.code == 0, asked.err
            assert f"Resend {COUNT} events to schedule" in asked.err
            assert "user hears it a second time" in asked.err
            assert numbers(schedule.payloads(COUNT)) == list(range(COUNT))
            assert numbers(user.payloads(2 * COUNT)) == [*range(COUNT), *range(COUNT)]
            eventually(lambda: len(payloads(valkey.url)) == 2 * COUNT, within_s=20)
            assert shema("events", "missed", "schedule", env=env).code == 0
            assert resend.json("--missed-by", "schedule", "--yes", code=1)["error"]["code"] == "nothing_missed"
