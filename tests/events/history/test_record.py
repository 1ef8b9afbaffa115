"""One recorder: what it writes, and how it begins and ends."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from shema_cli.errors import AccessDenied, ExitCode, InvalidUsage, Refused
from shema_cli.events.history.entries import RecordedMark, RecordedMessage
from shema_cli.events.history.log import Keep
from shema_cli.events.history.stream import state_of
from shema_cli.inputs import parse_size
from shema_cli.store import keys
from tests.events.history.recording import QUICK, entries, gaps, payloads, recorder_process, recording
from tests.events.tailing import tail_process
from tests.support.signed_in import signed_in
from tests.support.store import store_at
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey
from tests.support.waiting import eventually


@pytest.mark.everywhere
def test_what_is_published_is_recorded_to_the_byte_and_in_its_order(any_server: Valkey) -> None:
    sent = [b"%d \x00\xff \r\n" % number for number in range(300)]
    with recording(any_server.url) as recorder, any_server.client() as client:
        recorder.until("recording")
        for payload in sent:
            client.publish(b"chat:session:\xff", payload)
        eventually(lambda: len(payloads(any_server.url)) >= 300)

    messages = [one for one in entries(any_server.url) if isinstance(one, RecordedMessage)]
    assert [(one.channel, one.payload) for one in messages] == [(b"chat:session:\xff", payload) for payload in sent]
    assert [one.at_ms for one in messages] == sorted(one.at_ms for one in messages)
    (beginning,) = gaps(any_server.url)
    assert (beginning.from_ms, beginning.cause) == (0, "nothing was recorded before")
    assert entries(any_server.url)[0] == beginning


@pytest.mark.everywhere
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_with_everything_written(number: int, valkey: Valkey, tmp_path: Path) -> None:
    with recorder_process(url=valkey.url, folder=tmp_path) as recorder, valkey.client() as client:
        recorder.until("recording")
        for one in range(5000):
            client.publish("a.b", str(one))
        assert recorder.end(number) == ExitCode.DONE
        assert recorder.state == "ended"
    heard = payloads(valkey.url)
    assert heard == [b"%d" % one for one in range(len(heard))]
    assert len(heard) >= 4000  # what was still in the socket was not heard


@pytest.mark.parametrize("form", [(), ("-o", "json")])
def test_it_records_on_when_nobody_reads_any_more_what_it_says(
    form: tuple[str, ...], valkey: Valkey, tmp_path: Path
) -> None:
    process = tail_process("events", "record", *form, url=valkey.url, folder=tmp_path)
    with valkey.client() as client:
        eventually(lambda: client.hget(keys.HISTORY_STATE, "place"), within_s=20)
        for pipe in (process.stdout, process.stderr):
            assert pipe
            pipe.close()
        client.config_resetstat()
        client.config_set("maxmemory", "1")
        try:
            client.publish("a.b", "1")
            eventually(lambda: client.info("errorstats").get("errorstat_OOM"), within_s=20)
            eventually(lambda: client.info("errorstats")["errorstat_OOM"]["count"] > 1, within_s=20)
        finally:
            client.config_set("maxmemory", "0")
        eventually(lambda: payloads(valkey.url) == [b"1"], within_s=20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == ExitCode.DONE


def test_the_servers_own_channels_and_those_of_tails_are_left_out_but_for_marks(valkey: Valkey) -> None:
    with recording(valkey.url) as recorder, valkey.client() as client:
        recorder.until("recording")
        client.config_set("notify-keyspace-events", "KEA")
        client.publish("shema-cli:tail:x", "hold 1 2 3")
        client.publish("shema-cli:tail:x", "mark m-1")
        client.publish("shema-cli:tail:x", "mark with spaces")
        client.publish("a.b", "last")
        eventually(lambda: payloads(valkey.url) == [b"last"])
        client.config_set("notify-keyspace-events", "")
    assert [one.mark for one in entries(valkey.url) if isinstance(one, RecordedMark)] == ["m-1"]


def test_all_is_heard_up_to_a_moment_that_moves_on_while_nothing_happens(valkey: Valkey) -> None:
    store = store_at(valkey.url)
    with recording(valkey.url) as recorder:
        recorder.until("recording")

        def heard() -> int:
            state = state_of(store)
            assert state
            assert state.heard_ms <= state.now_ms
            return state.heard_ms

        first = heard()
        eventually(lambda: heard() > first + 500)
    store.close()


def test_a_restart_leaves_a_gap_from_what_was_heard_last(valkey: Valkey) -> None:
    for word in ("first", "second"):
        with recording(valkey.url) as recorder, valkey.client() as client:
            recorder.until("recording")
            client.publish("a.b", word)
            eventually(lambda word=word: word.encode() in payloads(valkey.url))  # type: ignore[misc]
    beginning, between = gaps(valkey.url)
    assert between.cause == "no recorder ran"
    assert beginning.to_ms <= between.from_ms < between.to_ms
    assert payloads(valkey.url) == [b"first", b"second"]


def test_a_redis_that_may_evict_it_is_refused(valkey: Valkey) -> None:
    with valkey.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            with recording(valkey.url) as recorder:
                refused = recorder.ended()
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert isinstance(refused, Refused)
    assert refused.exit_code == ExitCode.REFUSED
    assert not entries(valkey.url)


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        (("--appendonly", "yes"), ""),
        ((), "keeps nothing on disk"),
        (("--save", "900", "1"), "snapshots only"),
    ],
)
def test_a_redis_that_keeps_little_on_disk_is_warned_of(options: tuple[str, ...], warning: str) -> None:
    server = Valkey(options)
    try:
        with recording(server.start().url) as recorder:
            recorder.until("recording")
            assert bool(recorder.warned) is bool(warning)
            assert warning in "".join(recorder.warned)
    finally:
        server.stop()


def test_a_session_that_ends_ends_it_with_everything_written(valkey: Valkey) -> None:
    with recording(valkey.url, pace=replace(QUICK, check_admin=0.1)) as recorder, valkey.client() as client:
        recorder.until("recording")
        client.publish("a.b", "kept")
        eventually(lambda: payloads(valkey.url))
        recorder.admin_gone = AccessDenied("session_ended", "the session has ended")
        assert recorder.ended() is recorder.admin_gone
    assert payloads(valkey.url) == [b"kept"]


def test_only_what_is_to_be_kept_stays(valkey: Valkey) -> None:
    store = store_at(valkey.url)
    with recording(valkey.url, Keep(86_400, most_bytes=20_000)) as recorder, valkey.client() as client:
        recorder.until("recording")
        for one in range(2000):
            client.publish("a.b", f"{one:050}")

        def all_trimmed() -> bool:
            state = state_of(store)
            return bool(state and payloads(valkey.url)[-1:] == [b"%050d" % 1999] and state.size <= 20_000)

        eventually(all_trimmed)
    state = state_of(store)
    assert state
    stored = client.xrange(keys.HISTORY)
    assert state.size == sum(len(word) for _, fields in stored for pair in fields.items() for word in pair)
    assert state.entries == len(stored)
    assert state.trimmed_ms > 0
    store.close()


def test_on_a_terminal_one_line_says_how_it_goes(valkey: Valkey, base_env: dict[str, str]) -> None:
    env = {**base_env, **signed_in(), "REDIS_URL": valkey.url}
    with Terminal("events", "record", env=env, columns=100) as terminal, valkey.client() as client:
        terminal.wait("recording", "2 entries kept")
        client.publish("a.b", "1")
        terminal.wait("3 entries kept", "0 held")
        terminal.keys("\x03")
        assert terminal.end() == ExitCode.DONE
        assert "ended: all that was heard is written" in terminal.raw


def test_off_a_terminal_each_change_is_a_line_of_stderr(valkey: Valkey, tmp_path: Path) -> None:
    process = tail_process("events", "record", url=valkey.url, folder=tmp_path)
    assert process.stderr
    for line in process.stderr:
        if line == b"recording\n":
            break
    process.terminate()
    out, said = process.communicate(timeout=20)
    assert out == b""
    assert said == b"ended: all that was heard is written\n"


@pytest.mark.parametrize(("text", "size"), [("500MB", 500_000_000), ("2GiB", 2 << 30), ("1.5k", 1500), ("7", 7)])
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text, "--max-bytes") == size


@pytest.mark.parametrize("text", ["", "0", "-1", "5 apples", "1e9", "99999999TB"])
def test_what_is_no_size_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(InvalidUsage, match="--max-bytes"):
        parse_size(text, "--max-bytes")
