"""`events publish`: checked, heard, published and audited in one step, or not at all (contract 2.4)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from shema_cli.store import keys
from tests.support.cli import Run, shema
from tests.support.http import HttpServer
from tests.support.signed_in import EMAIL, serve_identity, signed_in
from tests.support.subscriber import Audience, audience
from tests.support.trail import audited
from tests.support.valkey import Valkey

CHANNEL = "enrollment.approved"
DATA = '{"enrollmentId":"e1","studentId":"siswa é"}'
Publish = Callable[..., Run]


@pytest.fixture
def people(valkey: Valkey) -> Iterator[Audience]:
    with audience(valkey.port) as gathered:
        yield gathered


@pytest.fixture
def publish(valkey: Valkey, base_env: dict[str, str]) -> Iterator[Publish]:
    with HttpServer() as identity:
        serve_identity(identity)
        env = {**base_env, **signed_in(f"127.0.0.1:{identity.port}"), "REDIS_URL": valkey.url}

        def run(*argv: str, stdin: bytes = b"") -> Run:
            return shema("events", "publish", *argv, "-o", "json", env=env, stdin=stdin)

        yield run


def test_a_heard_event_is_published_and_audited(publish: Publish, redis_client: redis.Redis, people: Audience) -> None:
    service = people.service(channels=(CHANNEL.encode(),))
    people.tail(b"*")
    run = publish(CHANNEL, "--data", DATA, "--yes")
    assert (run.code, sorted(run.json)) == (0, ["channel", "event", "receivers"])
    assert (run.json["channel"], run.json["receivers"]) == (CHANNEL, 1)
    (heard,) = service.so_far()
    document = heard.document
    assert document == run.json["event"]
    assert list(document) == ["eventType", "eventId", "timestamp", "version", "data"]
    assert re.fullmatch(r"evt_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", document["eventId"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", document["timestamp"])
    assert "siswa é".encode() in heard.payload
    (entry,) = audited(redis_client)
    assert entry["action"] == "publish"
    assert entry["target"] == CHANNEL
    assert entry["eventId"] == document["eventId"]
    assert entry["actorEmail"] == EMAIL


def test_an_unheard_event_leaves_nothing(publish: Publish, redis_client: redis.Redis, people: Audience) -> None:
    people.tail(b"enrollment.*", b"*")
    people.service(patterns=(b"chat:session:*",))
    run = publish(CHANNEL, "--data", DATA, "--yes")
    assert (run.code, run.json["error"]["code"]) == (5, "unheard")
    assert audited(redis_client) == []


def test_an_unheard_event_is_no_gap_in_the_audit_trail(publish: Publish, redis_client: redis.Redis) -> None:
    publish(CHANNEL, "--data", DATA, "--yes", "--allow-unheard")
    publish(CHANNEL, "--data", DATA, "--yes")
    trail = redis_client.xinfo_stream(keys.AUDIT)
    assert (trail["length"], trail["entries-added"]) == (1, 1)


def test_unheard_may_be_allowed(publish: Publish, redis_client: redis.Redis) -> None:
    run = publish(CHANNEL, "--data", DATA, "--yes", "--allow-unheard")
    assert (run.code, run.json["receivers"]) == (0, 0)
    assert len(audited(redis_client)) == 1


def test_a_dry_run_publishes_nothing(publish: Publish, redis_client: redis.Redis, people: Audience) -> None:
    service = people.service(channels=(CHANNEL.encode(),))
    run = publish(CHANNEL, "--data", DATA, "--dry-run")
    assert (run.code, run.json["receivers"]) == (0, 1)
    assert service.so_far() == []
    assert audited(redis_client) == []


def test_a_dry_run_foretells_that_nobody_would_hear_it(publish: Publish, redis_client: redis.Redis) -> None:
    for words in (("--dry-run",), ("--yes",)):
        run = publish(CHANNEL, "--data", DATA, *words)
        assert (run.code, run.json["error"]["code"]) == (5, "unheard"), words
    allowed = publish(CHANNEL, "--data", DATA, "--dry-run", "--allow-unheard")
    assert (allowed.code, allowed.json["receivers"]) == (0, 0)
    assert audited(redis_client) == []


def test_a_server_that_cannot_write_publishes_nothing(
    publish: Publish, redis_client: redis.Redis, people: Audience
) -> None:
    service = people.service(channels=(CHANNEL.encode(),))
    redis_client.config_set("maxmemory", 1)
    try:
        run = publish(CHANNEL, "--data", DATA, "--yes")
    finally:
        redis_client.config_set("maxmemory", 0)
    assert (run.code, run.json["error"]["code"]) == (1, "audit_unwritable")
    assert service.so_far() == []


def test_many_at_once_are_all_published_and_the_trail_is_whole(
    publish: Publish, redis_client: redis.Redis, people: Audience
) -> None:
    from shema_cli.store.chain import entries_of

    people.service(channels=(CHANNEL.encode(),))
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: publish(CHANNEL, "--data", DATA, "--yes").code, range(16)))
    assert codes == [0] * 16
    entries = entries_of(redis_client.xrange(keys.AUDIT))
    assert [entry.prev for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]


def test_chat_goes_out_without_an_envelope(publish: Publish, people: Audience) -> None:
    service = people.service(patterns=(b"chat:session:*",))
    data = '{"senderId":"u1","senderRole":"admin","senderName":"Ani","message":"hai"}'
    run = publish("chat:session:a:b", "--data", data, "--yes")
    assert (run.code, run.json["receivers"]) == (0, 1)
    (heard,) = service.so_far()
    sent = heard.document
    assert (sent["type"], sent["sessionId"], sent["message"]) == ("new_message", "a:b", "hai")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((CHANNEL, "--data", '{"enrollmentId":"e1"}'), "studentId is missing"),
        ((CHANNEL, "--data", '{"enrollmentId":1,"studentId":"s"}'), "enrollmentId: input should be a valid string"),
        ((CHANNEL, "--data", '{"enrollmentId":"","studentId":"s"}'), "enrollmentId: "),
        ((CHANNEL, "--data", '{"enrollmentId":"e","studentId":"s","x":1}'), "unknown field x"),
        (("schedule.created", "--data", '{"startsAt":"soon"}'), "startsAt: must be an ISO-8601 time"),
        ((CHANNEL, "--data", "[1]"), "not a JSON object"),
        ((CHANNEL, "--data", "{"), "--data is not JSON"),
        ((CHANNEL, "--data", '{"enrollmentId":NaN}'), "NaN is not JSON"),
        ((CHANNEL, "--data", "[" * 100_000), "--data is not JSON"),
        ((CHANNEL, "--data", "@/no/such/file"), "cannot be read"),
        ((CHANNEL,), "--data is missing"),
        ((CHANNEL, "--data", DATA, "--event-version", "2.0"), "version '2.0' is not known"),
        (("enrolment.aproved", "--data", "{}"), "no event is published on 'enrolment.aproved'"),
        (("chat:session:", "--data", "{}"), "no event is published on 'chat:session:'"),
        (("chat:session:a", "--data", '{"sessionId":"b","message":"m"}'), "senderId is missing"),
    ],
)
def test_what_is_wrong_is_named(publish: Publish, redis_client: redis.Redis, argv: tuple[str, ...], said: str) -> None:
    run = publish(*argv, "--yes")
    assert (run.code, audited(redis_client)) == (2, [])
    assert said in run.json["error"]["message"]


def test_a_wrong_type_where_tails_register_is_no_missing_right(publish: Publish, redis_client: redis.Redis) -> None:
    redis_client.set(keys.TAILS, "x")
    error = publish(CHANNEL, "--data", DATA, "--yes").json["error"]
    assert error["code"] == "redis_error"
    assert f"{keys.TAILS} holds a string, where a hash is expected" in error["message"]
    assert f"RENAME {keys.TAILS} {keys.TAILS}.old" in error["hint"]


def test_the_nearest_channel_is_suggested(publish: Publish) -> None:
    assert "did you mean enrollment.approved?" in publish("enrolment.aproved", "--yes").json["error"]["hint"]
    assert "did you mean enrollment.approved?" in publish("ENROLLMENT_APPROVED", "--yes").json["error"]["hint"]


def test_version_1_1_may_add_fields(publish: Publish) -> None:
    data = '{"enrollmentId":"e1","studentId":"s1","note":"x"}'
    run = publish(CHANNEL, "--data", data, "--event-version", "1.1", "--yes", "--allow-unheard")
    assert (run.code, run.json["event"]["version"]) == (0, "1.1")
    assert run.json["event"]["data"] == json.loads(data)


def test_data_comes_from_a_file_or_from_stdin(publish: Publish, tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text(DATA)
    from_file = publish(CHANNEL, "--data", f"@{file}", "--yes", "--allow-unheard")
    from_stdin = publish(CHANNEL, "--data", "-", "--yes", "--allow-unheard", stdin=DATA.encode())
    assert from_file.json["event"]["data"] == from_stdin.json["event"]["data"] == json.loads(DATA)
    assert publish(CHANNEL, "--data", "-", "--yes", stdin=b"\xff").code == 2


def test_without_a_terminal_it_names_the_flag(publish: Publish) -> None:
    run = publish(CHANNEL, "--data", DATA)
    assert (run.code, "--yes" in run.json["error"]["hint"]) == (2, True)
