from __future__ import annotations

import json
from typing import Any

import httpx2 as httpx
import pytest
import redis

from shema_cli.sandbox.system.assembly import System
from tests.support.cli import Run, shema
from tests.support.sandbox import event
from tests.support.waiting import eventually


@pytest.fixture
def fault(sandbox: dict[str, str]) -> Any:
    def set_fault(*argv: str) -> Run:
        return shema("sandbox", "fault", *argv, "--json", env=sandbox)

    return set_fault


def test_a_service_that_is_down_neither_answers_nor_hears(fault: Any, sandbox: dict[str, str]) -> None:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        before = int(client.publish("enrollment.approved", event("enrollment.approved", {"enrollmentId": "x"}, "9.9")))
        assert fault("schedule", "--down").json == {"target": "schedule", "fault": {"down": True}}
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{sandbox['SCHEDULE_SERVICE_URL']}/health")
        assert client.publish("enrollment.approved", event("enrollment.approved", {}, "9.9")) == before - 1
        assert fault("schedule", "--clear").code == 0
        assert httpx.get(f"{sandbox['SCHEDULE_SERVICE_URL']}/health").status_code == 200
        assert client.publish("enrollment.approved", event("enrollment.approved", {}, "9.9")) == before


def test_a_deaf_service_answers_and_hears_nothing_until_it_is_well_again(fault: Any, sandbox: dict[str, str]) -> None:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        before = int(client.publish("enrollment.approved", event("enrollment.approved", {"enrollmentId": "x"}, "9.9")))
        assert fault("schedule", "--deaf").json == {"target": "schedule", "fault": {"deaf": True}}
        assert httpx.get(f"{sandbox['SCHEDULE_SERVICE_URL']}/health").status_code == 200
        assert client.publish("enrollment.approved", event("enrollment.approved", {}, "9.9")) == before - 1
        assert fault("schedule", "--deaf").code == 0, "it is deaf already"
        fault("schedule", "--down")
        assert fault("schedule", "--clear").json["fault"] == {}
        assert client.publish("enrollment.approved", event("enrollment.approved", {}, "9.9")) == before
        assert fault("schedule", "--clear").code == 0, "nothing was wrong with it"
        assert client.publish("enrollment.approved", event("enrollment.approved", {}, "9.9")) == before


def test_garbage_errors_latency_and_hanging(fault: Any, sandbox: dict[str, str]) -> None:
    url = f"{sandbox['CHAT_SERVICE_URL']}/health"
    fault("chat", "--garbage")
    assert httpx.get(url).text.startswith("<html>")
    fault("chat", "--clear")
    fault("chat", "--error-rate", "1")
    assert httpx.get(url).status_code == 500
    fault("chat", "--clear")
    fault("chat", "--hang")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(url, timeout=0.3)
    fault("chat", "--clear")
    fault("chat", "--latency", "300")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(url, timeout=0.1)
    assert httpx.get(url, timeout=10).status_code == 200


def test_a_poisoned_event_goes_to_the_dead_letters_and_its_replay_is_handled(
    fault: Any, sandbox: dict[str, str]
) -> None:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        client.delete("events:dead_letter")
        fault("schedule", "--poison", "ENROLLMENT_APPROVED")
        pending = shema("enrollments", "list", "--status", "pending", "--limit", "1", "--json", env=sandbox)
        chosen = pending.json["enrollments"][0]["id"]
        assert shema("enrollments", "approve", chosen, "--yes", env=sandbox).code == 0
        eventually(lambda: client.llen("events:dead_letter") == 1)
        fault("schedule", "--clear")
        replayed = shema("dlq", "replay", "--all", "--yes", "--json", env=sandbox)
        assert (replayed.code, replayed.json["replayed"]) == (0, 1)
        eventually(lambda: upcoming(sandbox) == 43)
        assert client.llen("events:dead_letter") == 0


def upcoming(sandbox: dict[str, str]) -> int:
    return int(shema("dashboard", "--json", env=sandbox).json["stats"]["upcoming_classes"])


def test_redis_down_keeps_its_data_and_its_listeners_come_back(fault: Any, sandbox: dict[str, str]) -> None:
    with redis.Redis.from_url(sandbox["REDIS_URL"], protocol=2) as client:
        letters = client.lrange("events:dead_letter", 0, -1)
        listeners = client.pubsub_numsub("enrollment.approved"), client.pubsub_numpat()
        fault("redis", "--down")
        with pytest.raises(redis.ConnectionError):
            redis.Redis.from_url(sandbox["REDIS_URL"], retry=None).ping()
        fault("redis", "--clear")
        assert client.lrange("events:dead_letter", 0, -1) == letters
        assert (client.pubsub_numsub("enrollment.approved"), client.pubsub_numpat()) == listeners


def test_redis_that_hangs(fault: Any, sandbox: dict[str, str]) -> None:
    fault("redis", "--hang")
    with pytest.raises(redis.TimeoutError):
        redis.Redis.from_url(sandbox["REDIS_URL"], socket_timeout=0.3, retry=None).ping()
    fault("redis", "--clear")
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        assert client.ping()


def test_a_service_that_comes_back_before_redis_hears_again_when_that_is_back(
    fault: Any, sandbox: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shema_cli.sandbox.services.bus.CONFIRMED_WITHIN_S", 0.2)
    fault("redis", "--down")
    fault("schedule", "--down")
    assert fault("schedule", "--clear").code == 0
    assert fault("redis", "--clear").code == 0
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        subscribed = client.execute_command("CLIENT", "LIST", "TYPE", "PUBSUB")
    assert b"name=schedule-service" in subscribed


def test_everything_goes_down_and_comes_back_with_its_data(fault: Any, sandbox: dict[str, str]) -> None:
    with redis.Redis.from_url(sandbox["REDIS_URL"], protocol=2) as client:
        before = client.pubsub_numsub("enrollment.approved"), client.pubsub_numpat(), client.llen("events:dead_letter")
    assert fault("all", "--down").json == {"target": "all", "fault": {"down": True}}
    assert shema("status", "--json", env=sandbox).json["problems"][0]["what"].startswith("neither Redis nor any of 8")
    assert fault("all", "--clear").json == {"target": "all", "fault": {}}
    status = shema("sandbox", "status", "--json", env=sandbox).json
    assert not any(
        part["fault"] or not part["up"] for part in (*status["services"], status["redis"], status["history"])
    )
    with redis.Redis.from_url(sandbox["REDIS_URL"], protocol=2) as client:
        after = client.pubsub_numsub("enrollment.approved"), client.pubsub_numpat(), client.llen("events:dead_letter")
    assert after == before


def test_firebase_down(fault: Any, sandbox: dict[str, str]) -> None:
    fault("firebase", "--down")
    assert shema("enrollments", "approve", "enr-0001", "--yes", env=sandbox).code == 3
    fault("firebase", "--clear")
    assert httpx.get(f"http://{sandbox['FIREBASE_AUTH_EMULATOR_HOST']}/").json()["authEmulator"]["ready"] is True


@pytest.mark.parametrize(
    "argv", [("user",), ("user", "--down", "--clear"), ("redis", "--garbage"), ("firebase", "--poison", "X")]
)
def test_a_fault_that_makes_no_sense_is_a_usage_error(fault: Any, argv: tuple[str, ...]) -> None:
    assert fault(*argv).code == 2


def test_an_unknown_part_is_told(fault: Any) -> None:
    ended = fault("payment", "--down")
    assert ended.code == 1
    assert "payment" in ended.json["error"]["message"]


def test_status_shows_every_fault_and_reset_clears_them(fault: Any, sandbox: dict[str, str]) -> None:
    fault("user", "--latency", "5", "--error-rate", "0.25")
    fault("booking", "--poison", "A", "--poison", "B")
    status = shema("sandbox", "status", "--json", env=sandbox).json
    shown = {service["name"]: service["fault"] for service in status["services"] if service["fault"]}
    assert shown == {"user": {"latency_ms": 5, "error_rate": 0.25}, "booking": {"poison": ["A", "B"]}}
    drawn = shema("sandbox", "status", env=sandbox | {"NO_COLOR": "1"}, terminal=True).out
    assert "latency 5 ms, fails 25%" in " ".join(drawn.split())
    assert shema("sandbox", "reset", env=sandbox).code == 0
    status = shema("sandbox", "status", "--json", env=sandbox).json
    assert not any(service["fault"] for service in status["services"])


def test_reset_brings_the_data_back(sandbox: dict[str, str]) -> None:
    listing = shema("enrollments", "list", "--status", "pending", "--limit", "1", "--json", env=sandbox).json
    chosen = listing["enrollments"][0]["id"]
    shema("enrollments", "approve", chosen, "--yes", env=sandbox)
    shema("sandbox", "reset", env=sandbox)
    stats = shema("dashboard", "--json", env=sandbox).json["stats"]
    assert stats == {
        "total_students": 320,
        "pending_enrollments": 24,
        "active_chats": 9,
        "total_courses": 14,
        "upcoming_classes": 42,
    }
    assert "decision" not in shema("enrollments", "show", chosen, "--json", env=sandbox).json
    assert shema("dlq", "stats", "--json", env=sandbox).json["total"] == 12


def test_the_control_is_closed_to_others(sandbox_system: System) -> None:
    assert httpx.get(f"{sandbox_system.control.url}/status").status_code == 401
    assert json.loads(httpx.post(f"{sandbox_system.control.url}/reset").text)["error"]
