"""Several recorders: whichever dies, nothing that one of them heard is missing, and nothing stands twice."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from shema_cli.store import keys
from tests.events.history.publishing import publishing
from tests.events.history.recording import RecorderProcess, gaps, payloads, recorder_process, recording
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

KILLS = 3


def writer_among(recorders: list[RecorderProcess]) -> RecorderProcess:
    """The one that writes, as it says itself."""

    def found() -> RecorderProcess | None:
        return next((one for one in recorders if one.state == "recording"), None)

    what = lambda: f"one that writes among {[one.changes for one in recorders]}"  # noqa: E731
    writer = eventually(found, within_s=30, what=what)
    assert writer
    return writer


def killed_again_and_again(valkey: Valkey, folder: Path, same: bytes | None = None) -> int:
    """Kill whichever writes, start another; how many were published."""
    with ExitStack() as stack:

        def another() -> RecorderProcess:
            return stack.enter_context(recorder_process(url=valkey.url, folder=folder))

        recorders = [another(), another()]
        for one in recorders:
            one.until("recording", "standing_by")
        publisher = stack.enter_context(publishing(valkey.port, same))
        for _ in range(KILLS):
            written = len(payloads(valkey.url))
            eventually(lambda written=written: len(payloads(valkey.url)) > written + 50)  # type: ignore[misc]
            writer = writer_among(recorders)
            writer.kill()
            recorders.remove(writer)
            writer_among(recorders)
            recorders.append(another().until("standing_by"))
        publisher.stop.set()
        eventually(lambda: len(payloads(valkey.url)) >= publisher.sent, what=lambda: f"{publisher.sent} are written")
        return publisher.sent


def test_killed_writers_leave_no_hole_and_nothing_twice(valkey: Valkey, tmp_path: Path) -> None:
    sent = killed_again_and_again(valkey, tmp_path)
    assert payloads(valkey.url) == [b"%d" % number for number in range(sent)]
    assert [gap.cause for gap in gaps(valkey.url)] == ["nothing was recorded before"]


def test_messages_that_are_equal_to_the_byte_are_counted_right(valkey: Valkey, tmp_path: Path) -> None:
    sent = killed_again_and_again(valkey, tmp_path, b"the same")
    assert payloads(valkey.url) == [b"the same"] * sent


def test_a_second_one_says_that_it_stands_by_and_goes_on_when_the_first_ends(valkey: Valkey) -> None:
    with recording(valkey.url) as first, valkey.client() as client:
        first.until("recording")
        with recording(valkey.url) as second:
            second.until("standing by")
            client.publish("a.b", "1")
            first.end()
            second.until("recording")
            client.publish("a.b", "2")
            eventually(lambda: payloads(valkey.url) == [b"1", b"2"])
    assert len(gaps(valkey.url)) == 1


def test_one_that_was_cut_off_gives_way_to_one_that_heard_it_all(valkey: Valkey) -> None:
    with recording(valkey.url) as first, valkey.client() as client:
        first.until("recording")
        with recording(valkey.url) as second, publishing(valkey.port) as publisher:
            second.until("standing by")
            eventually(lambda: len(payloads(valkey.url)) > 20)
            writer = client.hget(keys.HISTORY_STATE, "writer")
            client.client_kill_filter(_id=min(int(one["id"]) for one in client.client_list(_type="pubsub")))
            eventually(lambda: client.hget(keys.HISTORY_STATE, "writer") not in (writer, b""))
            second.until("recording")
            first.until("standing by")
            publisher.stop.set()
            eventually(lambda: len(payloads(valkey.url)) >= publisher.sent)
    assert payloads(valkey.url) == [b"%d" % number for number in range(publisher.sent)]
    assert len(gaps(valkey.url)) == 1


def test_alone_it_writes_a_gap_for_the_time_that_it_was_cut_off(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        client.publish("a.b", "before")
        eventually(lambda: payloads(valkey.url))
        (tail,) = client.client_list(_type="pubsub")
        client.client_kill_filter(_id=tail["id"])
        eventually(lambda: len(gaps(valkey.url)) == 2)
        recorder.until("recording")
        client.publish("a.b", "behind")
        eventually(lambda: len(payloads(valkey.url)) == 2)
    gap = gaps(valkey.url)[1]
    assert gap.cause == "Redis closed the connection"
    assert 0 < gap.from_ms < gap.to_ms
    assert payloads(valkey.url) == [b"before", b"behind"]


def test_a_writer_that_is_stopped_for_long_has_been_replaced_and_writes_nothing_twice(
    valkey: Valkey, tmp_path: Path
) -> None:
    with recorder_process(url=valkey.url, folder=tmp_path) as first, ExitStack() as stack:
        first.until("recording")
        second = stack.enter_context(recording(valkey.url))
        second.until("standing by")
        publisher = stack.enter_context(publishing(valkey.port))
        eventually(lambda: len(payloads(valkey.url)) > 20)
        first.process.send_signal(signal.SIGSTOP)
        second.until("recording")
        first.process.send_signal(signal.SIGCONT)
        first.until("standing_by")
        publisher.stop.set()
        eventually(lambda: len(payloads(valkey.url)) >= publisher.sent)
        assert payloads(valkey.url) == [b"%d" % number for number in range(publisher.sent)]
        assert len(gaps(valkey.url)) == 1


@pytest.mark.parametrize("set_by_ms", [-3_600_000, 3_600_000])
def test_a_server_whose_clock_is_set_costs_nothing(set_by_ms: int, valkey: Valkey) -> None:
    """Seen from it, the lease ends an hour ago, or in an hour."""
    with recording(valkey.url) as first, valkey.client() as client:
        first.until("recording")
        with recording(valkey.url) as second, publishing(valkey.port) as publisher:
            second.until("standing by")
            for _ in range(20):
                client.hincrby(keys.HISTORY_STATE, "lease", -set_by_ms)
                said = publisher.sent
                eventually(lambda said=said: publisher.sent > said + 20)  # type: ignore[misc]
            publisher.stop.set()
            eventually(lambda: len(payloads(valkey.url)) >= publisher.sent)
            assert payloads(valkey.url) == [b"%d" % number for number in range(publisher.sent)]
            assert len(gaps(valkey.url)) == 1


def test_a_lease_that_ends_too_late_to_be_one_is_over(valkey: Valkey) -> None:
    with recording(valkey.url) as first:
        first.until("recording")
    with valkey.client() as client:
        in_an_hour = client.time()[0] * 1000 + 3_600_000
        client.hset(keys.HISTORY_STATE, mapping={"writer": "killed", "lease": in_an_hour})
    with recording(valkey.url) as second:
        second.until("recording")


def test_a_place_that_nobody_knows_is_gone_on_from_behind_a_new_mark(valkey: Valkey) -> None:
    """As one leaves it that was cut off, wrote on alone, and died: what it wrote is not written again."""
    with recording(valkey.url) as first, valkey.client() as client:
        first.until("recording")
        with recording(valkey.url) as second:
            second.until("standing by")
            first.end()
            second.until("recording")
            for word in ("1", "2"):
                client.publish("a.b", word)
            eventually(lambda: payloads(valkey.url) == [b"1", b"2"])
            client.hset(keys.HISTORY_STATE, mapping={"place": "nobodys 7 00000000", "writer": "killed"})
            eventually(lambda: len(gaps(valkey.url)) == 2)
            client.publish("a.b", "3")
            eventually(lambda: payloads(valkey.url) == [b"1", b"2", b"3"])
    assert gaps(valkey.url)[1].cause == "the recorder that wrote was lost, and no other had heard all of it"
