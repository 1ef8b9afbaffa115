"""What a tail shows of what was published, on a real server (contract 2.3)."""

from __future__ import annotations

import dataclasses
import json
import re
import signal
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest
import redis

from shema_cli.admin import Admin
from shema_cli.auth.gate import Gate
from shema_cli.chat import commands as chat_commands
from shema_cli.clock import SystemClock
from shema_cli.context import AppContext
from shema_cli.errors import AccessDenied, ExitCode, Unreachable
from shema_cli.events import commands as events_commands
from shema_cli.events.buffer import Batch, Buffer, Lost
from shema_cli.events.filters import Recorded, build_filter
from shema_cli.events.reader import Reader
from shema_cli.events.tail import Tail, TailOptions, tail
from shema_cli.output.sanitize import Lines
from shema_cli.output.sink import PipeClosed
from shema_cli.output.streams import Streams
from shema_cli.settings.sources import load_settings
from shema_cli.store import keys
from shema_cli.store.listeners import listeners
from shema_cli.store.presence import registered_tails
from shema_cli.trace import commands as trace_commands
from tests.events.tailing import FAST, ThreadedTail, event, tail_process
from tests.support.cli import CapturedStream, shema
from tests.support.signed_in import signed_in
from tests.support.store import store_at
from tests.support.subscriber import is_followed
from tests.support.valkey import Valkey, free_port
from tests.support.waiting import eventually

CHANNEL = "enrollment.approved"
NOW = datetime(2026, 1, 31, tzinfo=UTC)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def follow(valkey: Valkey, *patterns: bytes, output: str = "json", **options: object) -> ThreadedTail:
    chosen = TailOptions(patterns or (b"*",), **{"duration": 20.0, "pace": FAST, **options})  # type: ignore[arg-type]
    started = ThreadedTail(valkey.url, chosen, output=output)
    eventually(lambda: is_followed(valkey.port, (patterns or (b"*",))[-1]))
    return started


@pytest.mark.everywhere
def test_every_kind_has_its_shape(valkey: Valkey, redis_client: redis.Redis) -> None:
    tail = follow(valkey, limit=8)
    redis_client.publish(CHANNEL, event())
    redis_client.publish(CHANNEL, event())
    redis_client.publish(CHANNEL, event(event_id="evt_2", version="2.0"))
    redis_client.publish("course.renamed", event("COURSE_RENAMED", "evt_3"))
    redis_client.publish("chat:session:a:b", b'{"type":"new_message","sessionId":"a:b","message":"hai"}')
    redis_client.publish(CHANNEL, b"no json")
    redis_client.publish(CHANNEL, b'{"eventType":"X\xff\xfe"}')
    redis_client.publish(CHANNEL, b'{"eventType":"ENROLLMENT_APPROVED","eventId":"evt_9","data":7}')
    lines = tail.result()
    assert all(TIME.fullmatch(line.pop("received_at")) and line.pop("pattern") == "*" for line in lines)
    first = {"kind": "event", "channel": CHANNEL, "payload": json.loads(event())}
    assert lines[0] == first
    assert lines[1] == first | {"duplicate": True}
    assert lines[2] == first | {"payload": json.loads(event(event_id="evt_2", version="2.0")), "supported": False}
    assert (lines[3]["kind"], lines[3]["supported"]) == ("event", False)
    assert (lines[4]["kind"], lines[4]["payload"]["sessionId"]) == ("chat", "a:b")
    assert lines[5] == {"kind": "invalid", "channel": CHANNEL, "payload": "no json"}
    assert lines[6]["payload"] == '{"eventType":"X\\xff\\xfe"}'
    assert (lines[7]["kind"], lines[7]["payload"]["data"]) == ("invalid", 7)


UNTOUCHED = [
    event(data={"n": 9007199254740993}),
    event(event_id="evt_b", data={}).replace(
        b"{}", b'{"n":123456789012345678901234567890,"f":1e300,"g":1.10,"z":-0.0}'
    ),
    event(event_id="evt_c", data={}).replace(b"{}", b'{"s":"\\ud83c\\udfb5 \\u0000","a":[],"o":{},"k":1,"k":2}'),
    '{"eventType":"ENROLLMENT_APPROVED","eventId":"evt_d","data":{"naam":"Søren é 音楽 🎵"}}'.encode(),
]


@pytest.mark.parametrize("payload", UNTOUCHED)
def test_the_payload_is_not_re_encoded(valkey: Valkey, redis_client: redis.Redis, payload: bytes) -> None:
    tail = follow(valkey, limit=2)
    redis_client.publish(CHANNEL, event(event_id="evt_first"))  # the second on a channel takes the short way
    redis_client.publish(CHANNEL, payload)
    tail.result()
    assert tail.text.splitlines()[1].endswith(f'"payload":{payload.decode()}}}')


def test_hostile_payloads_are_shown_whole_and_safe(valkey: Valkey, redis_client: redis.Redis) -> None:
    hostile = "\x9b31m \u202e \x7f \u2028 [bold]x[/]"
    payloads = [
        json.dumps({"eventType": "X", "data": hostile}, ensure_ascii=False).encode(),
        b'\n{\r\n"eventType": "X"}\n',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"eventType":"X","data":' + b"[" * 700 + b"]" * 700 + b"}",
        b"NaN",
        b"",
        event(data={"big": "x" * 10_000_000}),
    ]
    tail = follow(valkey, limit=len(payloads) + 1)
    for payload in payloads:
        redis_client.publish(CHANNEL, payload)
    redis_client.publish(b"chan\xff\x1b[2Jnel", event(event_id="evt_2"))
    lines = tail.result()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", tail.text)
    assert [line["kind"] for line in lines] == ["event", "event", *["invalid"] * 4, "event", "event"]
    assert lines[0]["payload"]["data"] == hostile
    assert lines[2]["payload"] == payloads[2].decode()
    assert lines[4]["payload"] == "NaN"
    assert len(lines[6]["payload"]["data"]["big"]) == 10_000_000
    assert lines[7]["channel"] == "chan\\xff\x1b[2Jnel"


def test_overlapping_patterns_show_a_message_once(valkey: Valkey, redis_client: redis.Redis) -> None:
    tail = follow(valkey, b"enrollment.*", b"*.approved", b"*", limit=3)
    redis_client.publish(CHANNEL, event())
    redis_client.publish("booking.approved", event("BOOKING_APPROVED", "evt_2"))
    redis_client.publish("x", event("X", "evt_3"))
    lines = tail.result()
    assert [(line["channel"], line["pattern"]) for line in lines] == [
        (CHANNEL, "enrollment.*"),
        ("booking.approved", "*.approved"),
        ("x", "*"),
    ]
    assert not any("duplicate" in line for line in lines)


def test_the_servers_own_channels_are_left_out_unless_asked_for(valkey: Valkey, redis_client: redis.Redis) -> None:
    everything = follow(valkey, limit=1)
    asked = follow(valkey, b"__keyspace@0__:*", limit=1)
    redis_client.publish("__keyspace@0__:k", b"set")
    redis_client.publish(CHANNEL, event())
    assert everything.result()[0]["channel"] == CHANNEL
    assert asked.result()[0]["channel"] == "__keyspace@0__:k"


def test_a_tail_is_no_service(valkey: Valkey, redis_client: redis.Redis) -> None:
    tail = follow(valkey, b"enrollment.*", b"*", limit=1)
    store = store_at(valkey.url)
    found = listeners(store, CHANNEL)
    store.close()
    assert (found.services, found.tails) == (0, 1)
    names = [client["name"] for client in redis_client.client_list(_type="pubsub")]
    assert names == [keys.TAIL_NAME]
    redis_client.publish(CHANNEL, event())
    tail.result()


@pytest.mark.everywhere
def test_a_restarted_server_is_one_gap() -> None:
    server = Valkey().start()
    patient = replace(FAST, answer_within=30)  # the end of the connection is seen, not a silence
    try:
        tail = follow(server, limit=2, pace=patient)
        with server.client() as client:
            client.publish(CHANNEL, event())
        eventually(lambda: tail.lines)
        server.kill()
        eventually(lambda: b"was lost" in tail.stderr.bytes)
        server.start()
        eventually(lambda: is_followed(server.port))
        with server.client() as client:
            store = store_at(server.url)
            assert listeners(store, CHANNEL).services == 0  # announced again
            store.close()
            client.publish(CHANNEL, event(event_id="evt_2"))
        before, gap, after = tail.result()
    finally:
        server.stop()
    assert (before["payload"]["eventId"], after["payload"]["eventId"]) == ("evt_1", "evt_2")
    assert list(gap) == ["kind", "from", "to", "seconds", "cause"]
    assert gap["from"] < gap["to"]
    assert gap["seconds"] > 0
    assert "closed" in gap["cause"] or "reset" in gap["cause"]


def test_a_silent_death_is_seen_and_told() -> None:
    server = Valkey().start()
    try:
        tail = follow(server, limit=1)
        assert server.process
        server.process.send_signal(signal.SIGSTOP)
        eventually(lambda: b"was lost (no answer for" in tail.stderr.bytes)
        server.process.send_signal(signal.SIGCONT)
        eventually(lambda: is_followed(server.port))
        with server.client() as client:
            client.publish(CHANNEL, event())
        gap, after = tail.result()
    finally:
        server.stop()
    assert gap["kind"] == "gap"
    assert gap["cause"].startswith("no answer for")
    assert after["kind"] == "event"


def test_quiet_is_not_death(valkey: Valkey, redis_client: redis.Redis) -> None:
    tail = follow(valkey, limit=1)
    time.sleep(2 * (FAST.ping_after + FAST.answer_within))
    redis_client.publish(CHANNEL, event())
    assert [line["kind"] for line in tail.result()] == ["event"]


def test_a_gap_that_is_not_over_is_told_at_the_end() -> None:
    server = Valkey().start()
    tail = follow(server, duration=1.0)
    server.stop()
    assert [line["kind"] for line in tail.result()] == ["gap"]


def test_a_server_that_is_away_at_the_start_is_an_error(tmp_path: Path) -> None:
    url = f"redis://:secret@127.0.0.1:{free_port()}"
    run = shema("events", "tail", "-o", "json", env={**env(tmp_path, url), **signed_in()})
    assert (run.code, run.json["error"]["code"]) == (Unreachable.exit_code, "redis_unreachable")
    assert "secret" not in run.out + run.err


def env(tmp_path: Path, url: str) -> dict[str, str]:
    return {"SHEMA_CONFIG_DIR": str(tmp_path / "c"), "SHEMA_STATE_DIR": str(tmp_path / "s"), "REDIS_URL": url}


def test_filters_hide_messages_and_never_a_loss() -> None:
    server = Valkey().start()
    try:
        chosen = build_filter(["enrollment.rejected"], ["data.reason=full"], "e[0-9]+")
        tail = follow(server, limit=1, filter=chosen)
        with server.client() as client:
            client.publish(CHANNEL, event())
        server.kill()
        eventually(lambda: b"was lost" in tail.stderr.bytes)
        server.start()
        eventually(lambda: is_followed(server.port))
        with server.client() as client:
            data = {"enrollmentId": "e1", "studentId": "s", "reason": "full"}
            client.publish("enrollment.rejected", event("ENROLLMENT_REJECTED", "evt_7", data=data))
        assert [line["kind"] for line in tail.result()] == ["gap", "event"]
    finally:
        server.stop()


def test_it_ends_when_nothing_came_for_so_long(valkey: Valkey, tmp_path: Path) -> None:
    run = shema("events", "tail", "--idle-exit", "200ms", "--json", env={**env(tmp_path, valkey.url), **signed_in()})
    assert (run.code, run.out) == (0, "")
    assert "Pub/Sub has no past" in run.err


@pytest.mark.parametrize(
    "argv", [("--grep", "("), ("--where", "courseId"), ("--where", "=1"), ("--for", "soon"), ("--limit", "0")]
)
def test_what_cannot_be_understood_is_a_usage_error(valkey: Valkey, tmp_path: Path, argv: tuple[str, str]) -> None:
    run = shema("events", "tail", *argv, env={**env(tmp_path, valkey.url), **signed_in()})
    assert run.code == 2
    assert argv[0] in run.err


def test_raw_is_the_bytes_and_nothing_else(valkey: Valkey, redis_client: redis.Redis) -> None:
    tail = follow(valkey, limit=2, raw=True)
    redis_client.publish(CHANNEL, b"\xff\x1b[2J ")
    redis_client.publish(CHANNEL, event())
    eventually(lambda: tail.outcome)
    assert tail.stdout.bytes == b"\xff\x1b[2J \n" + event() + b"\n"


def test_in_a_pipe_lines_are_tab_separated_and_csv_has_a_header(valkey: Valkey, redis_client: redis.Redis) -> None:
    piped = follow(valkey, limit=2, output="table")
    csv = follow(valkey, b"enrollment.*", limit=2, output="csv")
    for number in (1, 2):
        redis_client.publish(
            CHANNEL, event(event_id=f"evt_{number}", data={"enrollmentId": "=e1\t\x1b", "studentId": "s"})
        )
    eventually(lambda: piped.outcome and csv.outcome)
    rows = [line.split("\t") for line in piped.text.splitlines()]
    assert rows[0][1:] == ["event", CHANNEL, "enrollment =e1\\t\\x1b of student s approved", "evt_1", "", ""]
    assert csv.text.splitlines()[0] == "received_at,kind,channel,what,event_id,student_name,course_title"
    assert len(csv.text.splitlines()) == 3


def test_a_reader_that_stops_never_costs_the_connection(tmp_path: Path) -> None:
    """A pipe that nobody reads fills up; Redis would close a subscriber that is 8 MB behind, of the 100 that come."""
    server = Valkey(options=("--client-output-buffer-limit", "pubsub 8mb 4mb 10")).start()
    process = tail_process("events", "tail", "-o", "json", "--idle-exit", "2", url=server.url, folder=tmp_path)
    published, filler = 20_000, "x" * 5000
    try:
        eventually(lambda: is_followed(server.port))
        with server.client() as client:
            before = client.client_list(_type="pubsub")[0]["id"]
            for first in range(0, published, 200):
                with client.pipeline(transaction=False) as pipe:
                    for number in range(first, first + 200):
                        pipe.publish(CHANNEL, event(event_id=f"evt_{number}", data={"filler": filler}))
                    pipe.execute()
                eventually(lambda: int(client.client_list(_type="pubsub")[0]["omem"]) < 1_000_000)
            assert client.client_list(_type="pubsub")[0]["id"] == before
        assert process.stdout
        lines = [json.loads(line) for line in process.stdout]
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()
        server.stop()
    skipped = [line for line in lines if line["kind"] == "skipped"]
    assert sorted(skipped[0]) == ["count", "kind", "since"]
    assert sum(line["count"] for line in skipped) + len(lines) - len(skipped) == published
    assert not [line for line in lines if line["kind"] == "gap"]


@pytest.mark.everywhere
def test_ctrl_c_is_130_and_quiet(valkey: Valkey, tmp_path: Path) -> None:
    process = tail_process("events", "tail", "-o", "json", url=valkey.url, folder=tmp_path)
    eventually(lambda: is_followed(valkey.port))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert b"error" not in err


def test_a_ctrl_c_while_it_begins_leaves_no_registration(valkey: Valkey) -> None:
    class Interrupted(Kept):
        def note(self, said: Lines) -> None:
            raise KeyboardInterrupt

    store = store_at(valkey.url)
    with closing(store):
        ended = tail(store, TailOptions((b"*",)), Interrupted(), clock=SystemClock(), still_admin=lambda: None)
        assert ended is ExitCode.INTERRUPTED
        assert registered_tails(store) == []


def test_a_closed_pipe_is_success_even_when_nothing_comes(valkey: Valkey, tmp_path: Path) -> None:
    process = tail_process("events", "tail", url=valkey.url, folder=tmp_path)
    eventually(lambda: is_followed(valkey.port))
    assert process.stdout
    process.stdout.close()
    assert process.wait(10) == 0
    assert process.stderr
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()


def test_a_small_buffer_skips_and_counts(valkey: Valkey, redis_client: redis.Redis) -> None:
    """The stdout of this tail takes a line only when the test lets it."""
    buffer = Buffer(most_messages=10)
    options = TailOptions((b"*",), duration=20, idle=1.0, pace=FAST)
    tail = ThreadedTail(valkey.url, options, buffer=buffer)
    eventually(lambda: is_followed(valkey.port))
    with redis_client.pipeline(transaction=True) as pipe:
        for number in range(500):
            pipe.publish(CHANNEL, event(event_id=f"evt_{number}"))
        pipe.execute()
    lines = tail.result()
    assert sum(line.get("count", 1) for line in lines) == 500


def test_a_tail_ends_when_its_admin_is_no_longer_signed_in(valkey: Valkey) -> None:
    def no_longer() -> None:
        raise AccessDenied("not_signed_in", "nobody is signed in", "shema auth login")

    options = TailOptions((b"*",), duration=20.0, pace=dataclasses.replace(FAST, check_admin=0.1))
    tail = ThreadedTail(valkey.url, options, still_admin=no_longer)
    eventually(lambda: tail.outcome)
    assert isinstance(tail.outcome[0], AccessDenied)
    eventually(lambda: is_followed(valkey.port, b"*", count=0))


class Kept:
    """A printer that keeps what it is handed, and says nothing to anybody."""

    draws = False

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.rooms: list[int | None] = []
        self.notices: list[object] = []
        self.gone = False

    def batch(self, batch: Batch | Recorded, room: int | None) -> int:
        assert isinstance(batch, Batch)
        shown = [reply[3] for reply in batch.messages][:room]
        self.payloads += shown
        self.rooms.append(room)
        return len(shown)

    def count(self, batch: Recorded) -> int:
        raise AssertionError(batch)

    def notice(self, notice: object) -> None:
        self.notices.append(notice)

    def note(self, said: Lines) -> None:
        self.greeting = said

    def warn(self, text: str) -> None:
        raise AssertionError(text)

    def check_is_read(self) -> None:
        if self.gone:
            raise PipeClosed


def test_a_limit_ends_it_in_the_middle_of_a_batch() -> None:
    printer, buffer = Kept(), Buffer()
    for payloads in ([b"1", b"2"], [b"3", b"4"], [b"5"]):
        buffer.put(Batch([[b"pmessage", b"*", b"c", payload] for payload in payloads], NOW, 1))
    buffer.put_notice(Lost("x"))
    run = Tail(TailOptions((b"*",), limit=3), printer, buffer, SystemClock(), lambda: None)
    run.follow(Mock(spec=Reader))
    assert printer.payloads == [b"1", b"2", b"3"]
    assert printer.rooms == [3, 1]
    assert printer.notices == [Lost("x")]  # what was lost is told all the same


def test_a_reader_of_stdout_that_went_away_is_noticed_while_nothing_comes() -> None:
    printer = Kept()
    printer.gone = True
    run = Tail(TailOptions((b"*",), idle=0.01), printer, Buffer(), SystemClock(), lambda: None)
    with pytest.raises(PipeClosed):
        run.follow(Mock(spec=Reader))


class Leaping(SystemClock):
    """A clock of which 30 s pass in 30 ms."""

    def monotonic(self) -> float:
        return super().monotonic() * 1000


@pytest.mark.parametrize(
    "command",
    [
        lambda app: events_commands.tail(app, events_commands.MessageFilters()),
        chat_commands.tail,
        lambda app: trace_commands.trace(app, "enr-1", follow=True),
    ],
    ids=["events tail", "chat tail", "trace --follow"],
)
def test_every_command_that_tails_hands_in_the_question_whether_its_admin_still_is_one(
    valkey: Valkey, tmp_path: Path, command: Callable[[AppContext], object]
) -> None:
    streams = Streams(CapturedStream(), CapturedStream(), CapturedStream(), {**env(tmp_path, valkey.url)})
    app = AppContext(load_settings(environ=streams.environ, cwd=tmp_path), streams, clock=Leaping(), open_gate=Gate)
    app.admin = Admin("uid", "ana@shema.test", "token", NOW, False, "session")  # of which nothing is left on disk
    try:
        with pytest.raises(AccessDenied):
            command(app)
    finally:
        app.close()
