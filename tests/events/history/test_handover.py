"""`tail --since` and gaps that the history fills: each publication once, in its order, and no hole that is not told."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.clock import iso_of_ms
from shema_cli.events.buffer import Buffer
from shema_cli.events.filters import build_filter
from shema_cli.events.history.track import Counter
from shema_cli.events.tail import TailOptions
from shema_cli.store import keys
from tests.events.history.recording import entries, payloads, recorder_process, recording
from tests.events.tailing import FAST, ThreadedTail, event, tail_process
from tests.support.cli import shema
from tests.support.history import Written
from tests.support.signed_in import signed_in
from tests.support.subscriber import is_followed
from tests.support.topologies import cluster
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

CHANNEL = "enrollment.approved"
AN_HOUR = timedelta(hours=1)


@dataclass
class Traffic:
    """Messages that are published one after another, in a thread, between others."""

    port: int
    same: bool = False
    channel: str = CHANNEL
    sent: int = 0

    def payload(self, number: int) -> bytes:
        return b"the same" if self.same else b"%d" % number

    @contextmanager
    def flowing(self) -> Iterator[Traffic]:
        over = threading.Event()
        thread = threading.Thread(target=self._publish, args=(over,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join(10)

    def publish(self, count: int = 1) -> None:
        with redis.Redis(port=self.port) as client:
            for _ in range(count):
                client.publish(self.channel, self.payload(self.sent))
                self.sent += 1

    def _publish(self, over: threading.Event) -> None:
        with redis.Redis(port=self.port) as client:
            while not over.wait(0.0005):
                with client.pipeline(transaction=False) as pipe:
                    for number in range(self.sent, self.sent + 10):
                        pipe.publish(self.channel, self.payload(number))
                        pipe.publish("other.channel", b"%d" % number)
                    pipe.execute()
                self.sent += 10


def follow(
    url: str, *patterns: bytes, since: timedelta | None = AN_HOUR, output: str = "json", **more: Any
) -> ThreadedTail:
    begun = datetime.now(UTC) - since if since else None
    buffer = more.pop("buffer", None)
    options = TailOptions(patterns or (b"*",), **{"since": begun, "duration": 60.0, "pace": FAST, **more})
    return ThreadedTail(url, options, output=output, buffer=buffer)


def shown(lines: list[Any], channel: str = CHANNEL) -> list[str]:
    return [str(line["payload"]) for line in lines if line["kind"] != "gap" and line["channel"] == channel]


def gaps(lines: list[Any]) -> list[Any]:
    """But for the time before the first recorder."""
    return [line for line in lines if line["kind"] == "gap" and line["from"] is not None]


def cut_off(url: str, count: int = 1) -> None:
    """Close the connections of tails of `enrollment.*`, and of no recorder."""
    with redis.Redis.from_url(url) as client:
        tails = [one for one in client.client_list(_type="pubsub") if one["name"] == keys.TAIL_NAME]
        newest = sorted(tails, key=lambda one: int(one["id"]))[-count:]
        for one in newest:
            client.client_kill_filter(_id=one["id"])


@pytest.mark.parametrize("same", [False, True], ids=["numbered", "equal payloads"])
def test_history_goes_over_into_what_is_heard_with_each_message_once(any_server: Valkey, same: bool) -> None:
    traffic = Traffic(any_server.port, same)
    with recording(any_server.url) as recorder:
        recorder.until("recording")
        traffic.publish(100)
        with traffic.flowing():
            tails = [follow(any_server.url, b"enrollment.*", limit=2000 + 500 * number) for number in range(3)]
            eventually(lambda: all(tail.outcome for tail in tails), within_s=60)
    for number, tail in enumerate(tails):
        lines = tail.result()
        wanted = [traffic.payload(one).decode() for one in range(2000 + 500 * number)]
        assert shown(lines) == (["the same"] * len(wanted) if same else wanted)
        assert gaps(lines) == []
        marked = [line.get("from_history", False) for line in lines]
        live = marked.index(False)
        assert all(marked[1:live]) or not marked[0]
        assert not any(marked[live:]) or lines[0]["kind"] == "gap"


def test_the_end_of_equal_payloads_is_exact(valkey: Valkey) -> None:
    """1,000 times the same bytes, and the tail ends when the last has come: one more or less would be seen."""
    traffic = Traffic(valkey.port, same=True)
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        with traffic.flowing():
            eventually(lambda: traffic.sent > 500)
            tail = follow(valkey.url, b"enrollment.*", idle=1.5)
            eventually(lambda: is_followed(valkey.port, b"enrollment.*"))
            eventually(lambda: traffic.sent > 1000)
        lines = tail.result()
    assert len(shown(lines)) == traffic.sent
    assert client is not None


def test_with_no_recorder_the_time_that_nobody_recorded_is_a_gap(valkey: Valkey, redis_client: redis.Redis) -> None:
    written = Written(redis_client)
    heard = written.now_ms - 60_000
    written.state(heard=heard)
    written.gap(0, heard - 100)
    written.message(heard - 50, event(event_id="evt_1"))
    tail = follow(valkey.url, limit=2)
    eventually(lambda: len(tail.lines) == 3)
    redis_client.publish(CHANNEL, event(event_id="evt_2"))
    before, recorded, gap, live = tail.result()
    assert (before["kind"], before["from"]) == ("gap", None)
    assert (recorded["payload"]["eventId"], recorded["from_history"]) == ("evt_1", True)
    assert (gap["kind"], gap["from"], gap["cause"]) == ("gap", iso_of_ms(heard), "no recorder is running")
    assert gap["seconds"] >= 60
    assert (live["payload"]["eventId"], "from_history" in live, "id" in live) == ("evt_2", False, False)


def test_where_nothing_was_ever_recorded_it_says_so_and_goes_on(valkey: Valkey, redis_client: redis.Redis) -> None:
    tail = follow(valkey.url, limit=1)
    eventually(lambda: tail.lines)
    redis_client.publish(CHANNEL, event())
    gap, live = tail.result()
    assert (gap["from"], gap["id"]) == (None, None)
    assert gap["cause"].startswith("nothing was ever recorded")
    assert live["kind"] == "event"
    assert [one.mark for one in entries(valkey.url) if hasattr(one, "mark")] == []


def test_a_recorder_that_does_not_hear_what_the_tail_hears_ends_in_a_gap(
    valkey: Valkey, redis_client: redis.Redis
) -> None:
    """As one of an older version, or on another server behind the same stream: it writes on, and never the mark."""
    written = Written(redis_client)
    written.state(heard=written.now_ms + 3_600_000)
    written.gap(0, written.now_ms - 5000)
    written.message(written.now_ms - 4000, event(event_id="evt_1"))
    tail = follow(valkey.url, limit=2)
    eventually(lambda: is_followed(valkey.port))
    written.message(written.now_ms + 50, event(event_id="evt_2"))
    redis_client.publish(CHANNEL, event(event_id="evt_2"))
    lines = tail.result()
    assert [line.get("payload", {}).get("eventId") for line in lines if line["kind"] == "event"] == ["evt_1", "evt_2"]
    assert gaps(lines)[0]["cause"] == "no recorder has written what came then"


def test_what_was_trimmed_away_is_told_first(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        traffic = Traffic(valkey.port)
        traffic.publish(3)
        eventually(lambda: len(payloads(valkey.url)) == 3)
        first, *_ = client.xrange(keys.HISTORY)
        client.hset(keys.HISTORY_STATE, "trimmed", first[0].partition(b"-")[0])
        client.xdel(keys.HISTORY, first[0])
        tail = follow(valkey.url, limit=3)
        lines = tail.result()
    assert (lines[0]["kind"], lines[0]["from"]) == ("gap", None)
    assert "removed" in lines[0]["cause"]
    assert shown(lines) == ["0", "1", "2"]


def test_a_recorder_that_is_killed_while_the_past_is_read_leaves_a_gap_and_no_doubt(
    valkey: Valkey, tmp_path: Path
) -> None:
    traffic = Traffic(valkey.port)
    with recorder_process(url=valkey.url, folder=tmp_path) as recorder:
        recorder.until("recording")
        with traffic.flowing():
            eventually(lambda: len(payloads(valkey.url)) > 500)
            recorder.process.send_signal(19)  # SIGSTOP: it hears nothing more, and does not say so
            recorded = sum(1 for one in payloads(valkey.url)) // 2
            tail = follow(valkey.url, b"enrollment.*", limit=recorded + 200)
            eventually(lambda: is_followed(valkey.port, b"enrollment.*"))
            recorder.kill()
            lines = tail.result()
    numbers = [int(number) for number in shown(lines)]
    assert numbers == sorted(set(numbers))
    (gap,) = gaps(lines)
    before = [int(line["payload"]) for line in lines[: lines.index(gap)] if line["kind"] == "invalid"]
    after = [int(line["payload"]) for line in lines[lines.index(gap) :] if line["kind"] == "invalid"]
    assert before == list(range(len(before)))
    assert after == list(range(after[0], after[0] + len(after)))


def test_what_does_not_fit_while_the_past_is_read_is_read_there_too(valkey: Valkey, monkeypatch: Any) -> None:
    """The buffer takes 50 messages, and hundreds come while the past is shown."""
    traffic = Traffic(valkey.port)
    with recording(valkey.url) as recorder:
        recorder.until("recording")
        traffic.publish(3000)
        buffer = Buffer(most_messages=50)
        overflowing = Overflowing(buffer, traffic)
        tail = follow(valkey.url, b"enrollment.*", limit=3600, buffer=overflowing)
        eventually(lambda: traffic.sent == 3400, within_s=30)
        while not tail.outcome:
            traffic.publish(1)
        lines = tail.result()
    assert shown(lines) == [str(number) for number in range(3600)]
    assert [line for line in lines if line["kind"] == "skipped"] == []
    assert overflowing.looked >= 2


class Overflowing(Buffer):
    """Fills up before it is looked at for the first time."""

    def __init__(self, like: Buffer, traffic: Traffic) -> None:
        super().__init__(most_messages=50)
        self.looked = 0
        self._traffic = traffic

    @property
    def has_passed_over(self) -> bool:
        self.looked += 1
        if self.looked == 1:
            self._traffic.publish(400)
            eventually(lambda: Buffer.has_passed_over.fget(self))  # type: ignore[attr-defined]
        return super().has_passed_over


def test_a_gap_that_the_history_covers_is_filled(any_server: Valkey) -> None:
    traffic = Traffic(any_server.port)
    with recording(any_server.url) as recorder:
        recorder.until("recording")
        tail = follow(any_server.url, b"enrollment.*", since=None, limit=1000, pace=replace(FAST, first_pause=0.2))
        eventually(lambda: is_followed(any_server.port, b"enrollment.*"))
        with traffic.flowing():
            eventually(lambda: len(tail.lines) > 100)
            cut_off(any_server.url)
            lines = tail.result()
    assert shown(lines) == [str(number) for number in range(1000)]
    (gap,) = gaps(lines)
    after = lines[lines.index(gap) + 1 :]
    assert gap["filled"] > 0
    filled = [line.get("from_history", False) for line in after]
    assert filled == [number < gap["filled"] for number in range(len(after))]


def test_a_gap_within_equal_payloads_is_filled_to_the_message(valkey: Valkey) -> None:
    traffic = Traffic(valkey.port, same=True)
    with recording(valkey.url) as recorder:
        recorder.until("recording")
        tail = follow(valkey.url, b"enrollment.*", b"*.approved", since=None, idle=1.5)
        eventually(lambda: is_followed(valkey.port, b"*.approved"))
        with traffic.flowing():
            for part in (1, 2):
                eventually(partial(lambda part: traffic.sent > 400 * part, part))
                cut_off(valkey.url)
                eventually(partial(lambda part: tail.text.count('"filled"') == part, part))
        lines = tail.result()
    assert len(shown(lines)) == traffic.sent
    assert [gap["filled"] > 0 for gap in gaps(lines)] == [True, True]


def test_on_a_cluster_a_tail_hears_in_the_order_of_recorders() -> None:
    """What is published on another node comes to each node in an order of its own."""
    with cluster() as nodes:
        home = nodes.node_of(keys.HISTORY)
        other = next(node for node in nodes.nodes if node is not home)
        traffic = Traffic(other.port, same=True)
        with recording(nodes.url) as recorder:
            recorder.until("recording")
            traffic.publish(50)
            with traffic.flowing():
                tail = follow(nodes.url, b"enrollment.*", idle=2.5)
                eventually(lambda: is_followed(home.port, b"enrollment.*"), within_s=20)
                eventually(lambda: traffic.sent > 800)
                cut_off(home.url)
                eventually(lambda: '"filled"' in tail.text, within_s=20)
            lines = tail.result()
    assert len(shown(lines)) == traffic.sent


def test_only_what_is_to_be_shown_is_filled_in(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        tail = follow(
            valkey.url,
            b"enrollment.*",
            since=None,
            limit=3,
            filter=build_filter(grep="evt_[13]"),
            pace=replace(FAST, first_pause=1.0),
        )
        eventually(lambda: is_followed(valkey.port, b"enrollment.*"))
        client.publish(CHANNEL, event(event_id="evt_1"))
        eventually(lambda: tail.lines)
        cut_off(valkey.url)
        for number in (2, 3, 4):
            client.publish(CHANNEL, event(event_id=f"evt_{number}"))
        client.publish("booking.created", event(event_id="evt_3"))
        eventually(lambda: len(tail.lines) == 3)
        client.publish(CHANNEL, event(event_id="evt_1"))
        first, gap, filled, last = tail.result()
    assert (gap["filled"], filled["payload"]["eventId"], filled["from_history"]) == (1, "evt_3", True)
    assert (first["payload"], last["duplicate"]) == (last["payload"], True)


def test_a_loss_while_nobody_records_is_a_gap_as_ever(valkey: Valkey, redis_client: redis.Redis) -> None:
    Written(redis_client).state(heard=1)
    tail = follow(valkey.url, since=None, limit=1)
    eventually(lambda: is_followed(valkey.port))
    cut_off(valkey.url)
    eventually(lambda: gaps(tail.lines))
    redis_client.publish(CHANNEL, event())
    gap, _ = tail.result()
    assert "filled" not in gap
    assert entries(valkey.url) == []  # and no mark was asked for


def test_a_hole_in_the_history_where_the_tail_was_is_not_guessed_over(valkey: Valkey) -> None:
    """The recorder did not hear all that the tail heard: the k-th message behind the mark is another one there."""
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        tail = follow(valkey.url, b"enrollment.*", since=None, limit=3, pace=replace(FAST, first_pause=1.0))
        eventually(lambda: is_followed(valkey.port, b"enrollment.*"))
        client.publish(CHANNEL, event(event_id="evt_1"))
        client.publish(CHANNEL, event(event_id="evt_2"))
        eventually(lambda: len(tail.lines) == 2 and len(payloads(valkey.url)) == 2)
        second = client.xrevrange(keys.HISTORY, count=1)[0][0]
        client.xdel(keys.HISTORY, second)
        cut_off(valkey.url)
        eventually(lambda: gaps(tail.lines), within_s=30)
        client.publish(CHANNEL, event(event_id="evt_3"))
        lines = tail.result()
    (gap,) = gaps(lines)
    assert "filled" not in gap
    assert [line["payload"]["eventId"] for line in lines if line["kind"] == "event"] == ["evt_1", "evt_2", "evt_3"]


def test_a_restart_of_redis_tells_what_nobody_heard(tmp_path: Path) -> None:
    server = Valkey(options=("--appendonly", "yes", "--appendfsync", "always")).start()
    traffic = Traffic(server.port)
    try:
        with recorder_process(url=server.url, folder=tmp_path) as recorder:
            recorder.until("recording")
            tail = follow(server.url, b"enrollment.*", limit=300, since=None)
            eventually(lambda: is_followed(server.port, b"enrollment.*"))
            traffic.publish(100)
            eventually(lambda: len(tail.lines) == 100 and len(payloads(server.url)) == 100)
            server.kill()
            server.start()
            eventually(lambda: is_followed(server.port, b"enrollment.*"))
            eventually(lambda: is_followed(server.port), what="that the recorder hears again")
            traffic.publish(100)
            eventually(lambda: len(shown(tail.lines)) == 200, within_s=30)
            eventually(lambda: len(payloads(server.url)) > 100, within_s=30)
            cut_off(server.url)
            eventually(lambda: is_followed(server.port, b"enrollment.*"))
            traffic.publish(100)
            lines = tail.result()
    finally:
        server.stop()
    assert shown(lines) == [str(number) for number in range(300)]
    assert gaps(lines)


def test_a_spy_that_repeats_a_mark_moves_no_place(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client, valkey.client() as other:
        recorder.until("recording")
        spy = other.pubsub()
        spy.psubscribe("shema-cli:tail:*")
        tail = follow(valkey.url, b"enrollment.*", since=None, limit=4, pace=replace(FAST, first_pause=1.0))
        said = None
        while said is None or not (isinstance(said["data"], bytes) and said["data"].startswith(b"mark ")):
            said = spy.get_message(timeout=10)
        eventually(lambda: is_followed(valkey.port, b"enrollment.*"))
        client.publish(CHANNEL, event(event_id="evt_1"))
        client.publish(said["channel"], said["data"])
        client.publish(said["channel"], b"mark another")
        client.publish(CHANNEL, event(event_id="evt_2"))
        eventually(lambda: len(tail.lines) == 2)
        cut_off(valkey.url)
        client.publish(CHANNEL, event(event_id="evt_3"))
        eventually(lambda: len(tail.lines) == 4, within_s=30)
        client.publish(CHANNEL, event(event_id="evt_4"))
        lines = tail.result()
        spy.close()
    assert [line["payload"]["eventId"] for line in lines if line["kind"] == "event"] == [
        f"evt_{n}" for n in (1, 2, 3, 4)
    ]


def test_the_other_forms_have_the_past_too(valkey: Valkey, base_env: dict[str, str], tmp_path: Path) -> None:
    env = {**base_env, **signed_in(), "REDIS_URL": valkey.url}
    said = b'{"type":"new_message","senderName":"Sari","message":"hai"}'
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        client.publish("chat:session:s1", said)
        client.publish("chat:session:s2", said)
        client.publish(CHANNEL, event())
        eventually(lambda: len(payloads(valkey.url)) == 3)
        raw = shema("events", "tail", CHANNEL, "--since", "1h", "--limit", "1", "--raw", env=env)
        assert raw.out == event().decode() + "\n"
        chat = shema("chat", "tail", "s1", "--since", "1h", "--limit", "1", "-o", "csv", env=env)
        rows = list(csv.reader(io.StringIO(chat.out)))
        assert [row[1:5] for row in rows[1:]] == [["", "", "gap", rows[1][4]], ["s1", "", "Sari", "hai"]]
        assert "first what was recorded since" in raw.err
        assert "--since 1h shows the last hour" in shema("events", "tail", "--for", "0.1", env=env).err


def test_ctrl_c_while_it_waits_for_a_recorder_is_quiet(
    valkey: Valkey, redis_client: redis.Redis, tmp_path: Path
) -> None:
    written = Written(redis_client)
    written.state(heard=written.now_ms)
    process = tail_process("events", "tail", "--since", "1h", "-o", "json", url=valkey.url, folder=tmp_path)
    eventually(lambda: is_followed(valkey.port))
    process.send_signal(2)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in err


def test_messages_are_counted_as_recorders_write_them() -> None:
    def reply(pattern: bytes, channel: bytes) -> list[bytes]:
        return [b"pmessage", pattern, channel, b""]

    one = Counter([b"*"])
    for _ in range(2):
        heard = [reply(b"*", channel) for channel in (b"a", b"shema-cli:tail:x", b"__keyspace@0__:k", b"a")]
        assert one.count(heard) == 2
        assert one.count([reply(b"*", b"a")] * 3) == 3
    several = Counter([b"a*", b"*"])
    assert several.count([reply(b"a*", b"ab"), reply(b"*", b"ab"), reply(b"*", b"b")]) == 2
    assert (several.counts(b"ab"), Counter([b"a*"]).counts(b"b")) == (True, False)
