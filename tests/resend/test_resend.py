"""What is resent by id: byte for byte, oldest first, once, and told (contract 3.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis

from shema_cli.dlq.letters.entry import replay_key
from shema_cli.store import keys
from tests.dlq.spawner import Spawner
from tests.dlq.support import LIST, RUNS, Service, Shema, letter, numbers, runs_of
from tests.resend.support import APPROVED, Resend, marks, payload, record, runs_events
from tests.support.cli import shema
from tests.support.registry import put
from tests.support.signed_in import EMAIL
from tests.support.subscriber import Heard, Listener
from tests.support.trail import audited, ended
from tests.support.valkey import Valkey

ODD: list[tuple[str | bytes, bytes]] = [
    (APPROVED, payload(1, n=12345678901234567890, f=1.50)),
    (APPROVED, b'{ "eventId" : "evt_b",\n"x":-0, "x": 1e400 }'),
    ("user.updated", b"\x00\xff not JSON \xc3("),
    ("chat:session:a:b", b'{"type":"new_message","sessionId":"a:b"}'),
    (b"\xff\xfe channel", b""),
]


def test_any_bytes_go_out_as_they_came_oldest_first(resend: Resend, redis_client: redis.Redis, valkey: Valkey) -> None:
    ids = record(redis_client, ODD)
    with Listener(valkey.port, *(one[0] for one in ODD)) as service:
        result = resend.json(*reversed(ids), "--yes")
        heard = service.so_far()
    assert (result["resent"], result["events"], result["remaining"], result["problems"]) == (5, 5, 0, [])
    assert [one.payload for one in heard] == [sent for _, sent in ODD]
    assert [one.channel for one in heard[:4]] == [channel for channel, _ in ODD[:4]]


def test_a_channel_of_any_bytes_is_told_and_audited(
    resend: Resend, redis_client: redis.Redis, valkey: Valkey, env: dict[str, str]
) -> None:
    ids = record(redis_client, [(b"\xff\xfe", payload(1)), (b"\xff\xfd", payload(2))])
    with Listener(valkey.port, b"\xff\xfe"):
        result = resend.json(*ids, "--yes", code=1)
        told = resend(*ids, "--dry-run")
    assert (result["resent"], result["unheard"]) == (1, 1)
    assert "\ufffd" in result["problems"][0]["message"] or "\\x" in result["problems"][0]["message"]
    assert (told.code, shema("audit", "verify", env=env).code) == (0, 0)
    (entry,) = [one for one in shema("audit", "list", "--json", env=env).json["entries"] if "receivers" in str(one)]
    assert list(entry["details"]["receivers"].values()) == [1]


def test_the_document_has_the_keys_of_a_replay(
    resend: Resend, redis_client: redis.Redis, service: Service, env: dict[str, str]
) -> None:
    (id,) = record(redis_client, [payload(1)])
    resent = resend.json(id, "--yes")
    redis_client.lpush(LIST, letter(2))
    replayed = Shema(env).json("replay", "--all", "--yes")
    assert ["resent" if key == "replayed" else key for key in replayed] == list(resent)


def test_what_was_resent_is_passed_over_unless_forced(
    resend: Resend, redis_client: redis.Redis, service: Service
) -> None:
    ids = record(redis_client, [payload(1), payload(2)])
    assert resend.json(ids[0], "--yes")["resent"] == 1
    again = resend(*ids, "--yes")
    assert again.code == 0
    assert "resent before, and passed over: 1 event; --force sends them again" in again.err
    nothing = resend.json(*ids, "--yes")
    assert (nothing["resent"], nothing["skipped"], nothing["remaining"]) == (0, 2, 0)
    assert numbers(service.payloads(2)) == [1, 2]
    assert resend.json(*ids, "--yes", "--force")["resent"] == 2
    assert numbers(service.payloads(4)) == [1, 2, 1, 2]


def test_by_event_id_and_what_is_recorded_twice_goes_out_once(
    resend: Resend, redis_client: redis.Redis, service: Service
) -> None:
    """A resend is recorded as well."""
    ids = record(redis_client, [payload(1), payload(2), payload(1)])
    assert resend.json("evt_00000001", "--yes")["resent"] == 1
    result = resend.json(*ids, "--yes")
    assert (result["resent"], result["skipped"]) == (1, 2)
    assert numbers(service.payloads(2)) == [1, 2]


def test_messages_without_an_id_are_told_apart_by_their_place(
    resend: Resend, redis_client: redis.Redis, service: Service
) -> None:
    ids = record(redis_client, [b"ping", b"ping"])
    assert resend.json(*ids, "--yes")["resent"] == 2
    assert resend.json(*ids, "--yes")["skipped"] == 2


def test_an_event_id_of_different_messages_is_ambiguous(
    resend: Resend, redis_client: redis.Redis, service: Service
) -> None:
    ids = record(redis_client, [payload(1), payload(1, other=True)])
    error = resend.json("evt_00000001", "--yes", code=2)["error"]
    assert error["code"] == "ambiguous_id"
    assert all(id in error["message"] for id in ids)
    assert not service.so_far()


def test_what_is_not_there_is_told_and_the_others_are_done(
    resend: Resend, redis_client: redis.Redis, service: Service
) -> None:
    (gap,) = record(redis_client, [], at_ms=500) or ["500-0"]
    redis_client.xadd(keys.HISTORY, {"kind": "gap", "from": 0, "to": 500, "cause": "x", "at": 500}, id=gap)
    (id,) = record(redis_client, [payload(1)])
    redis_client.hset(keys.HISTORY_STATE, "trimmed", 400)
    result = resend.json("300-0", "600-0", gap, "evt_none", id, "--yes", code=1)
    assert (result["resent"], result["invalid"]) == (1, 1)
    told = {one["id"]: (one["outcome"], one["message"]) for one in result["problems"]}
    assert told == {
        "300-0": ("not_found", "the history has no such entry any more: it was trimmed away"),
        "600-0": ("not_found", "the history has no such entry"),
        gap: ("invalid", "no message, but what the recorder noted"),
        "evt_none": ("not_found", "the history has no event of this id"),
    }
    error = resend.json("600-0", "--yes", code=1)["error"]
    assert (error["code"], "600-0" in error["message"]) == ("not_in_history", True)


def test_without_a_history_and_without_a_selection(resend: Resend, redis_client: redis.Redis) -> None:
    assert resend.json("1-0", "--yes", code=1)["error"]["code"] == "nothing_recorded"
    assert resend.json("--yes", code=2)["error"]["code"] == "no_selection"


def test_ids_from_a_file(resend: Resend, redis_client: redis.Redis, service: Service) -> None:
    ids = record(redis_client, [payload(n) for n in range(4)])
    text = f"# mine\n\n{ids[2]}\n  {ids[0]}\n".encode()
    assert resend.json("--ids-file", "-", "--yes", stdin=text)["resent"] == 2
    assert numbers(service.payloads(2)) == [0, 2]


# -- guards --------------------------------------------------------------------------------------------------------


def test_what_nobody_hears_is_not_resent_not_marked_and_not_audited(resend: Resend, redis_client: redis.Redis) -> None:
    (id,) = record(redis_client, [payload(1)])
    result = resend.json(id, "--yes", code=5)
    assert (result["resent"], result["unheard"], result["remaining"]) == (0, 1, 1)
    assert (marks(redis_client), audited(redis_client), redis_client.zcard(RUNS)) == (0, [], 0)
    assert resend.json(id, "--yes", "--allow-unheard")["resent"] == 1
    assert marks(redis_client) == 1


def test_a_mix_is_partly_done(resend: Resend, redis_client: redis.Redis, service: Service) -> None:
    ids = record(redis_client, [payload(1), ("user.updated", payload(2)), payload(3)])
    result = resend.json(*ids, "--yes", code=1)
    assert (result["resent"], result["unheard"], result["remaining"]) == (2, 1, 1)
    assert numbers(service.payloads(2)) == [1, 3]
    assert marks(redis_client) == 2


def test_required_listeners(resend: Resend, redis_client: redis.Redis, service: Service) -> None:
    put(redis_client, "http://127.0.0.1:9", "schedule", listens=[APPROVED])
    (id,) = record(redis_client, [payload(1)])
    result = resend.json(id, "--yes", "--require-listeners", code=5)
    assert (result["unheard"], result["problems"][0]["missing"]) == (1, ["schedule"])
    assert marks(redis_client) == 0
    result = resend.json(id, "--yes")
    assert result["problems"][0]["missing"] == ["schedule"]
    (entry,) = ended(redis_client)
    details = json.loads(entry["details"])
    assert (details["receivers"], details["missing"]) == ({APPROVED: 1}, ["schedule"])


def test_a_read_only_target_refuses_before_it_connects(resend: Resend, env: dict[str, str]) -> None:
    error = Resend({**env, "SHEMA_READ_ONLY": "1", "REDIS_URL": "redis://127.0.0.1:1"}).json("1-0", "--yes", code=5)
    assert error["error"]["code"] == "read_only"


def test_the_question_says_what_when_where_and_who_hears_it_again(
    resend: Resend, redis_client: redis.Redis, valkey: Valkey
) -> None:
    for name in ("user", "enrollment", "schedule"):
        put(redis_client, "http://127.0.0.1:9", name, listens=[APPROVED])
    ids = record(redis_client, [payload(1), payload(2), ("user.updated", payload(3))])
    with (
        Service(valkey.port),
        Service(valkey.port, name="user-service"),
        Service(valkey.port, name="somebody"),
    ):
        run = resend(*ids, stdin=b"n\n", terminal=True)
    assert run.code == 5
    for fact in (
        "Resend 2 events, the oldest 1h",
        f"2  {APPROVED}  (3 listeners; schedule is not there;",
        "enrollment, user and 1 more connection hear it a second time)",
        "1  user.updated  (nobody listens, left alone)",
        "Target: ",
    ):
        assert fact in run.err, run.err
    assert (marks(redis_client), redis_client.zcard(RUNS)) == (0, 0)


def test_without_a_terminal_it_names_the_flag(resend: Resend, redis_client: redis.Redis, service: Service) -> None:
    (id,) = record(redis_client, [payload(1)])
    run = resend(id)
    assert run.code == 2
    assert "--yes" in run.err
    assert not service.so_far()


def test_a_dry_run_foretells_and_changes_nothing(resend: Resend, redis_client: redis.Redis, service: Service) -> None:
    ids = record(redis_client, [payload(1), payload(2), ("user.updated", payload(3))])
    resend.json(ids[0], "--yes")
    plan: dict[str, Any] = resend.json(*ids, "--dry-run")["plan"]
    oldest, age = plan.pop("oldest"), plan.pop("oldest_age_s")
    assert (oldest[-1], age > 3000) == ("Z", True)
    assert plan == {
        "resend": 1,
        "service": None,
        "unheard": 1,
        "invalid": 0,
        "already": 1,
        "channels": {
            APPROVED: {"entries": 1, "listeners": 1, "again": {"services": [], "more": 1}},
            "user.updated": {"entries": 1, "listeners": 0, "again": {"services": [], "more": 0}},
        },
    }
    assert marks(redis_client) == 1
    told = resend(*ids, "--dry-run")
    assert told.code == 0
    assert "dry run: 1 event would be resent; nothing was changed" in told.err
    assert f"{APPROVED}: 1 more connection hears it a second time" in told.err
    assert "(1 event)" in told.err
    assert "nobody listens to what is unheard" not in told.err
    assert told.out.splitlines() == [f"{APPROVED}\t1\t1", "user.updated\t1\t0"]
    drawn = resend(*ids, "--dry-run", terminal=True, NO_COLOR="1").out
    assert drawn.split()[:3] == ["channel", "events", "listeners"]


def test_what_is_left_is_told_where_something_is(resend: Resend, redis_client: redis.Redis, service: Service) -> None:
    heard, unheard = record(redis_client, [payload(1), ("user.updated", payload(2))])
    assert "left" not in resend(heard, "--yes", terminal=True, NO_COLOR="1").out
    told = resend(unheard, "--yes", terminal=True, NO_COLOR="1")
    assert "1  of what was selected left" in told.out
    assert "what is unheard was not sent: start the service and run this again, or pass --allow-unheard" in told.err


# -- pace, canary, trail -------------------------------------------------------------------------------------------


def test_a_limit_counts_what_goes_out(resend: Resend, redis_client: redis.Redis, service: Service) -> None:
    ids = record(redis_client, [payload(n) for n in range(5)])
    for _ in range(2):
        assert resend.json(*ids, "--limit", "2", "--yes")["resent"] == 2
    assert numbers(service.payloads(4)) == [0, 1, 2, 3]


def test_a_canary_that_comes_back_stops_the_rest(resend: Resend, redis_client: redis.Redis, valkey: Valkey) -> None:
    ids = record(redis_client, [payload(n) for n in range(5)])
    with Service(valkey.port) as service:

        def fails(heard: Heard) -> None:
            redis_client.lpush(LIST, b'{"event":' + heard.payload + b',"error":"down"}')

        service.on_message = fails
        result = resend.json(*ids, "--canary", "2", "--verify", "5", "--yes", code=1)
        assert len(service.so_far()) == 2
    assert (result["resent"], result["bounced"], result["remaining"]) == (2, 2, 3)
    assert result["stopped"]["code"] == "canary_stopped"
    bounced = [one["message"] for one in result["problems"]]
    assert bounced == [f"came back after the resend of {id}: down" for id in ids[:2]]


def test_a_canary_that_does_not_come_back_lets_the_rest_follow(
    resend: Resend, redis_client: redis.Redis, service: Service
) -> None:
    ids = record(redis_client, [payload(n) for n in range(5)])
    assert resend.json(*ids, "--canary", "2", "--verify", "0.1", "--yes")["resent"] == 5
    assert numbers(service.payloads(5)) == list(range(5))


def test_it_is_in_the_trail_with_its_events(
    resend: Resend, redis_client: redis.Redis, service: Service, env: dict[str, str]
) -> None:
    ids = record(redis_client, [payload(1), payload(2), b"no event"])
    resend.json(*ids, "--yes")
    begun, entry = audited(redis_client)
    assert (begun["action"], entry["action"]) == ("events.resend.begun", "events.resend")
    assert begun["target"] == entry["target"] == keys.HISTORY
    details = json.loads(entry["details"])
    assert (details["resent"], details["selection"]) == (3, " ".join(ids))
    assert details["events"] == ["evt_00000001", "evt_00000002"]
    assert {replay_key("evt_00000001"), replay_key("evt_00000002")} < set(runs_events(redis_client))
    listed = shema("audit", "list", env=env).out
    assert "resent 3 · evt_00000001 and 2 more" in listed
    trace = shema("trace", "evt_00000002", "--json", env=env).json
    (resent,) = [one for one in trace["events"] if one["kind"] == "resend"]
    assert resent["summary"].startswith("events.resend evt_00000002 by admin@shema.test (resent 3")
    assert shema("audit", "verify", env=env).code == 0


def test_nothing_of_the_list_is_touched(resend: Resend, redis_client: redis.Redis, service: Service) -> None:
    redis_client.lpush(LIST, letter(1))
    ids = record(redis_client, [payload(n) for n in range(300)])
    resend.json(*ids, "--yes")
    assert redis_client.lrange(LIST, 0, -1) == [letter(1)]
    assert redis_client.zcard(RUNS) == 0


@pytest.mark.parametrize("rate", ["0", "-1", "inf"])
def test_a_rate_that_is_none(resend: Resend, rate: str) -> None:
    assert resend.json("1-0", "--rate", rate, "--yes", code=2)["error"]["code"] == "bad_rate"


def test_it_is_stopped_from_another_machine(
    env: dict[str, str], spawn: Spawner, redis_client: redis.Redis, service: Service
) -> None:
    ids = record(redis_client, [payload(n) for n in range(200)])
    process = spawn("events", "resend", *ids, "--yes", "--rate", "20", "-o", "json")
    service.payloads(3)
    (run,) = runs_of(redis_client)
    stopped = Shema(env).json("runs", "stop", run.decode(), "--yes")
    assert (stopped["outcome"], stopped["action"], stopped["of"]) == ("stopped", "events.resend", 200)
    assert process.wait() == 130
    result = process.json
    assert result["resent"] == stopped["done"] == len(service.payloads(stopped["done"])) == marks(redis_client)
    assert result["not_done"] == result["remaining"] == 200 - stopped["done"]
    assert result["stopped"]["message"] == f"stopped by {EMAIL}"
    assert result["stopped"]["hint"] == "see what was resent with shema audit list, then run the same command again"
