"""What a service missed goes out to it, once, while it is there, and everybody else is named (contract 3.3)."""

from __future__ import annotations

import json

import pytest
import redis

from tests.dlq.support import RUNS, Service, numbers
from tests.events.history.writing import History
from tests.resend.support import APPROVED, Resend, marks, payload
from tests.support.registry import put
from tests.support.trail import audited, ended
from tests.support.valkey import Valkey

MISSED = ("--missed-by", "schedule")


@pytest.fixture
def history(redis_client: redis.Redis) -> History:
    """schedule was there, away while 2, 3 and 4 were published, and is back; 3 came where it does not listen."""
    put(redis_client, "http://127.0.0.1:9", "schedule", listens=[APPROVED])
    put(redis_client, "http://127.0.0.1:9", "user", listens=["enrollment.*"])
    history = History(redis_client)
    history.present("schedule-service")
    history.up(0, "schedule-service")
    history.message(10, APPROVED, payload(1))
    history.down(20, "schedule-service")
    history.message(30, APPROVED, payload(2))
    history.message(31, "user.updated", payload(3))
    history.message(32, APPROVED, payload(4))
    history.up(40, "schedule-service")
    history.message(50, APPROVED, payload(5))
    return history


@pytest.mark.usefixtures("history")
def test_what_was_missed_goes_out_once(resend: Resend, redis_client: redis.Redis, valkey: Valkey) -> None:
    with Service(valkey.port, name="schedule") as service:
        result = resend.json(*MISSED, "--yes")
        assert (result["resent"], result["remaining"]) == (2, 0)
        assert numbers(service.payloads(2)) == [2, 4]
        again = resend(*MISSED, "--yes")
        assert again.code == 0
        assert "resent before, and passed over: 2 events" in again.err
        assert len(service.so_far()) == 2
    (entry,) = ended(redis_client)
    details = json.loads(entry["details"])
    assert (details["service"], details["events"]) == ("schedule", ["evt_00000002", "evt_00000004"])
    assert details["selection"].startswith("--missed-by schedule --since 2")


@pytest.mark.usefixtures("history")
def test_what_was_resent_to_one_was_not_resent_to_another(resend: Resend, valkey: Valkey) -> None:
    with Service(valkey.port, name="schedule"):
        assert resend.json("evt_00000002", "--yes")["resent"] == 1
        assert resend.json(*MISSED, "--yes")["resent"] == 2
        assert resend.json("evt_00000002", "--yes")["skipped"] == 1


@pytest.mark.usefixtures("history")
def test_by_other_channels_than_it_has_declared(resend: Resend, valkey: Valkey) -> None:
    with Service(valkey.port, ("user.updated",), name="schedule") as service:
        assert resend.json(*MISSED, "--channel", "user.*", "--yes")["resent"] == 1
        assert numbers(service.payloads(1)) == [3]


@pytest.mark.parametrize("flags", [(), ("--channel", APPROVED)])
def test_nothing_goes_out_while_it_is_away(
    history: History, resend: Resend, redis_client: redis.Redis, valkey: Valkey, flags: tuple[str, ...]
) -> None:
    with Service(valkey.port, name="user-service") as other:
        result = resend.json(*MISSED, *flags, "--yes", code=5)
        assert (result["resent"], result["unheard"], result["remaining"]) == (0, 2, 2)
        assert {one["message"] for one in result["problems"]} == {"schedule is not there"}
        assert (marks(redis_client), audited(redis_client), other.so_far()) == (0, [], [])
        assert resend.json(*MISSED, *flags, "--yes", "--allow-unheard")["resent"] == 2
        assert numbers(other.payloads(2)) == [2, 4]


@pytest.mark.usefixtures("history")
def test_the_question_names_who_hears_it_a_second_time(
    resend: Resend, redis_client: redis.Redis, valkey: Valkey
) -> None:
    with Service(valkey.port, name="schedule"), Service(valkey.port, (), ("enrollment.*",), name="user-service"):
        run = resend(*MISSED, stdin=b"n\n", terminal=True)
        assert run.code == 5
        for fact in (
            "Resend 2 events to schedule, the oldest 59",
            f"2  {APPROVED}  (2 listeners; user hears it a second time)",
            "Target: ",
        ):
            assert fact in run.err, run.err
        plan = resend.json(*MISSED, "--dry-run")["plan"]
    assert (plan["service"], plan["channels"][APPROVED]["again"]) == ("schedule", {"services": ["user"], "more": 0})
    assert (marks(redis_client), redis_client.zcard(RUNS)) == (0, 0)


def test_where_nothing_was_missed_and_where_nobody_knows(
    history: History, resend: Resend, redis_client: redis.Redis, valkey: Valkey
) -> None:
    nothing = resend.json(*MISSED, "--since", "30m", "--yes", code=1)["error"]
    assert (nothing["code"], nothing["message"]) == ("nothing_missed", "nothing was missed by schedule")
    history.gap(60, 90)
    with Service(valkey.port, name="schedule"):
        run = resend(*MISSED, "--yes")
    assert run.code == 0
    assert "nobody recorded: nothing of it can be resent" in run.err


@pytest.mark.parametrize(
    "words", [("1-0", "--missed-by", "schedule"), ("1-0", "--since", "2h"), ("1-0", "--channel", "a")]
)
def test_what_makes_no_sense_together(resend: Resend, words: tuple[str, ...]) -> None:
    assert resend.json(*words, "--yes", code=2)["error"]["code"] == "bad_selection"
