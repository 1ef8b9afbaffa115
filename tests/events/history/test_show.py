"""`events history`: the past as a tail would have shown it, and no time that was not recorded passed over."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.clock import iso_of_ms
from shema_cli.store import keys
from tests.events.tailing import event, tail_process
from tests.support.cli import shema
from tests.support.history import Written
from tests.support.servers import EVERY_SERVER, ServerKind
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey, free_port
from tests.support.zone import in_zone

T = 1_790_000_000_000
"""A moment long ago, on a whole second."""


@pytest.fixture
def written(redis_client: redis.Redis) -> Written:
    return Written(redis_client)


@pytest.fixture
def env(base_env: dict[str, str], valkey: Valkey) -> dict[str, str]:
    return {**base_env, **signed_in(), "REDIS_URL": valkey.url}


def history(env: dict[str, str], *argv: str) -> list[Any]:
    run = shema("events", "history", *argv, "-o", "json", env=env)
    assert run.code == 0, run.err
    return run.lines


def test_where_nothing_was_ever_recorded_that_is_an_error(env: dict[str, str]) -> None:
    run = shema("events", "history", "-o", "json", env=env)
    assert (run.code, run.json["error"]["code"]) == (1, "nothing_recorded")
    assert "shema events record" in run.json["error"]["hint"]


def test_every_kind_has_the_shape_that_a_tail_gives_it(env: dict[str, str], written: Written) -> None:
    written.state()
    written.gap(0, T, "no recorder ran before")
    first = written.message(T + 1, event())
    again = written.message(T + 2, event())
    written.message(T + 3, event(event_id="evt_2", version="2.0"))
    written.presence(T + 3, "schedule-service")
    written.mark(T + 4, "m1")
    written.message(T + 4, b'{"type":"new_message","message":"hai"}', b"chat:session:a:b")
    written.message(T + 5, b"\xff")
    gap = written.gap(T + 6, T + 8006)

    lines = history(env)

    shown = {"kind": "event", "channel": "enrollment.approved", "pattern": "*", "payload": json.loads(event())}
    assert lines[0] == {
        "kind": "gap",
        "id": f"{T}-0",
        "received_at": iso_of_ms(T),
        "from": None,
        "to": iso_of_ms(T),
        "seconds": None,
        "cause": "no recorder ran before",
    }
    assert lines[1] == shown | {"id": first, "received_at": iso_of_ms(T + 1)}
    assert lines[2] == shown | {"id": again, "received_at": iso_of_ms(T + 2), "duplicate": True}
    assert lines[3]["supported"] is False
    assert (lines[4]["kind"], lines[4]["payload"]["message"]) == ("chat", "hai")
    assert (lines[5]["kind"], lines[5]["payload"]) == ("invalid", "\\xff")
    assert lines[6]["id"] == gap
    assert (lines[6]["from"], lines[6]["seconds"]) == (iso_of_ms(T + 6), 8.0)
    assert len(lines) == 7


def test_the_time_since_the_last_recorder_ended_is_a_gap(env: dict[str, str], written: Written) -> None:
    heard = written.now_ms - 60_000
    written.state(heard=heard)
    written.gap(0, heard - 10)
    written.message(heard - 5, event())

    *_, last = history(env)

    assert (last["kind"], last["from"], last["id"]) == ("gap", iso_of_ms(heard), None)
    assert last["cause"] == "no recorder is running"
    assert last["seconds"] >= 60


@pytest.mark.parametrize(
    ("since_ms", "kinds"), [(T - 1, ["gap", "event"]), (T, ["gap", "event"]), (T + 1, ["event"]), (T + 5, [])]
)
def test_what_was_trimmed_away_is_told_where_it_was_asked_for(
    env: dict[str, str], written: Written, since_ms: int, kinds: list[str]
) -> None:
    written.state(trimmed=T)
    written.message(T + 4, event())

    assert [line["kind"] for line in history(env, "--since", iso_of_ms(since_ms))] == kinds


def test_a_history_that_somebody_has_emptied_or_cut_says_so(env: dict[str, str], written: Written) -> None:
    written.state(began=T)
    (emptied,) = history(env)
    assert (emptied["kind"], emptied["from"]) == ("gap", None)

    written.message(T + 9, event())
    cut, message = history(env)
    assert (cut["from"], cut["to"], message["kind"]) == (None, iso_of_ms(T + 9), "event")


def test_what_somebody_has_removed_while_no_recorder_ran_is_told_besides_what_was_trimmed(
    env: dict[str, str], written: Written
) -> None:
    written.state(trimmed=T, heard=T + 20, entries=3)
    written.message(T + 9, event())
    cut, *_ = history(env)
    assert (cut["kind"], cut["to"]) == ("gap", iso_of_ms(T + 9))

    written.client.delete(keys.HISTORY)
    emptied, *_ = history(env)
    assert (emptied["kind"], emptied["to"]) == ("gap", iso_of_ms(T + 20))


def test_a_window_has_both_its_ends_and_a_gap_over_either(env: dict[str, str], written: Written) -> None:
    written.state()
    written.gap(0, T)
    written.message(T + 1000, event(event_id="evt_1"))
    written.gap(T + 2000, T + 3000)
    written.message(T + 4000, event(event_id="evt_2"))
    written.message(T + 5000, event(event_id="evt_3"))
    written.gap(T + 6000, T + 9000)

    def found(since_ms: int, until_ms: int) -> list[str]:
        lines = history(env, "--since", iso_of_ms(since_ms), "--until", iso_of_ms(until_ms))
        return [line["payload"]["eventId"] if line["kind"] == "event" else line["from"] for line in lines]

    assert found(T + 4000, T + 5000) == ["evt_2", "evt_3"]
    assert found(T + 2500, T + 4500) == [iso_of_ms(T + 2000), "evt_2"]
    assert found(T + 1000, T + 2500) == ["evt_1", iso_of_ms(T + 2000)]
    assert found(T + 6100, T + 6200) == [iso_of_ms(T + 6000)]
    assert found(T + 5001, T + 5500) == []


def test_filters_hide_messages_and_never_a_gap(env: dict[str, str], written: Written) -> None:
    written.state()
    written.gap(0, T)
    for number in range(3):
        data = {"enrollmentId": f"e{number}", "studentId": "s", "sessionId": f"x{number}"}
        written.message(T + number, event(event_id=f"evt_{number}", data=data))
    written.message(T + 5, event("BOOKING_CREATED", "evt_b", data={"bookingId": "b"}), b"booking.created")

    def ids(*argv: str) -> list[str]:
        gap, *rest = history(env, *argv)
        assert gap["kind"] == "gap"
        return [line["payload"]["eventId"] for line in rest]

    assert ids("booking.*") == ["evt_b"]
    assert ids("booking.*", "*") == ["evt_0", "evt_1", "evt_2", "evt_b"]
    assert ids("--type", "booking.created") == ["evt_b"]
    assert ids("--where", "enrollmentId=e1") == ["evt_1"]
    assert ids("--grep", "enrollment e2 of") == ["evt_2"]
    assert ids("--session", "x0") == ["evt_0"]
    assert ids("--limit", "2") == ["evt_0", "evt_1"]
    assert ids("--limit", "1", "--where", "enrollmentId=e2") == ["evt_2"]


def test_nothing_that_matches_is_no_failure_and_says_what_was_looked_through(
    env: dict[str, str], written: Written
) -> None:
    written.state()
    written.gap(0, T)
    for number in range(1200):
        written.message(T + number, event())
    run = shema("events", "history", "--since", iso_of_ms(T + 1), "--type", "booking.created", "--json", env=env)
    assert (run.code, run.out) == (0, "")
    assert "none of 1,199 messages recorded since 2026-" in run.err

    none = shema("events", "history", "--since", "1m", "--json", env=env)
    assert (none.code, none.out) == (0, "")
    assert "no message was recorded since 20" in none.err


def test_raw_is_the_bytes_one_a_line_and_gaps_go_to_stderr(env: dict[str, str], written: Written) -> None:
    written.state()
    written.gap(0, T, "nobody\x1b[2J ran")
    written.message(T, b"\xff\x1b[2J ")
    written.message(T, event())
    with subprocess.Popen(
        [sys.executable, "-m", "shema_cli", "events", "history", "--raw"],
        env={**env, "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        out, err = process.communicate(timeout=60)
    assert out == b"\xff\x1b[2J \n" + event() + b"\n"
    assert b"not recorded until" in err
    assert b"\x1b" not in err


def test_rows_are_those_of_a_tail_with_the_id_behind_them(env: dict[str, str], written: Written) -> None:
    written.state()
    written.gap(0, T, "=a\tcause")
    id = written.message(T, event(data={"enrollmentId": "=e1\t\x1b", "studentId": "s"}))

    table = csv.reader(io.StringIO(shema("events", "history", "-o", "csv", env=env).out))
    head, gap, message = table
    assert head[:6] == ["received_at", "kind", "channel", "what", "event_id", "id"]
    assert gap[:3] == [iso_of_ms(T), "gap", ""]
    assert gap[3] == f"not recorded until {iso_of_ms(T)}: =a\tcause".replace("\t", "\\t")
    assert message[1:6] == ["event", "enrollment.approved", "enrollment =e1\\t\\x1b of student s approved", "evt_1", id]
    piped = shema("events", "history", env=env).out.splitlines()
    assert [line.split("\t")[1] for line in piped] == ["gap", "event"]


def test_hostile_text_is_shown_and_does_nothing(env: dict[str, str], written: Written) -> None:
    written.state()
    written.gap(0, T, b"\xff\x1b]0;x\x07 [bold]\xe2\x80\xae")
    written.message(T, b'{"eventType":"X","data":"\xc2\x9b31m"}', b"chan\xff\x1b[2Jnel")
    written.client.xadd(keys.HISTORY, {"at": "9" * 15, "channel": "late", "payload": "x"}, id=f"{T + 1}-0")
    written.client.xadd(keys.HISTORY, {"kind": "what\x1b"}, id=f"{T + 2}-0")

    run = shema("events", "history", "-o", "json", env=env)
    assert run.code == 0
    assert [line["kind"] for line in run.lines] == ["gap", "event", "invalid"]
    for text in (run.out, shema("events", "history", env=env, terminal=True).out, run.err):
        assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in _uncoloured(text))
    assert "1 entry of the history could not be read" in run.err


def _uncoloured(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_lines_of_several_days_stand_below_their_day(env: dict[str, str], written: Written) -> None:
    written.state()
    written.gap(0, T)
    written.message(T + 1000, event(event_id="evt_1"))
    written.message(T + 2000, event(event_id="evt_2"))
    written.message(T + 86_400_000, event(event_id="evt_3"))
    with in_zone("Asia/Jakarta"):
        run = shema("events", "history", env={**env, "NO_COLOR": "1", "COLUMNS": "100"}, terminal=True)
    days = [line for line in run.out.splitlines() if line.startswith("2026")]
    assert days == ["2026-09-21", "2026-09-22"]
    assert "not recorded until 2026-09-21 21:13:20 +07:00" in run.out


def test_what_is_recorded_while_it_reads_is_not_chased(env: dict[str, str], written: Written) -> None:
    """It ends with what was there when it began: with each page it reads, more comes than it has read."""
    written.state()
    written.gap(0, T)
    for number in range(5000):
        written.message(T + 1 + number, event(event_id=f"evt_{number}"))
    process = subprocess.Popen(
        [sys.executable, "-m", "shema_cli", "events", "history", "-o", "json"],
        env={**env, "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        assert process.stdout
        lines = [process.stdout.readline()]
        written.message(T + 100_000, event(event_id="evt_late"))
        lines += process.stdout.readlines()
        assert process.wait(30) == 0
    assert len(lines) == 5001
    assert "evt_late" not in lines[-1].decode()


@pytest.fixture
def dying() -> Iterator[Valkey]:
    server = Valkey().start()
    yield server
    server.stop()


def test_redis_that_goes_away_in_the_middle_is_told_behind_what_was_shown(dying: Valkey, tmp_path: Path) -> None:
    with dying.client() as client:
        written = Written(client)
        written.state()
        written.gap(0, T)
        payload = event(data={"filler": "x" * 100_000})
        with client.pipeline() as pipe:
            for number in range(500):
                pipe.xadd(keys.HISTORY, {"channel": "c", "payload": payload, "at": T}, id=f"{T + 1}-{number}")
            pipe.execute()
    process = tail_process("events", "history", "-o", "json", url=dying.url, folder=tmp_path)
    assert process.stdout
    first = process.stdout.readline()
    dying.kill()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, json.loads(first)["kind"]) == (3, "gap"), err
    assert json.loads(out.splitlines()[-1])["error"]["code"].startswith("redis")
    assert b"Traceback" not in err


def test_redis_away_is_an_error(tmp_path: Path, base_env: dict[str, str]) -> None:
    env = {**base_env, **signed_in(), "REDIS_URL": f"redis://127.0.0.1:{free_port()}"}
    run = shema("events", "history", "--json", env=env)
    assert (run.code, run.json["error"]["code"]) == (3, "redis_unreachable")


def test_a_closed_pipe_and_ctrl_c_end_it_quietly(written: Written, valkey: Valkey, tmp_path: Path) -> None:
    written.state()
    payload = event(data={"filler": "x" * 100_000})
    for number in range(200):
        written.message(T + number, payload)
    closed = tail_process("events", "history", "-o", "json", url=valkey.url, folder=tmp_path)
    with closed:
        assert closed.stdout
        assert closed.stderr
        closed.stdout.readline()
        closed.stdout.close()
        assert (closed.wait(30), quiet(closed.stderr.read())) == (0, True)
    stopped = tail_process("events", "history", "-o", "json", url=valkey.url, folder=tmp_path)
    assert stopped.stdout
    stopped.stdout.readline()
    stopped.send_signal(signal.SIGINT)
    _, err = stopped.communicate(timeout=30)
    assert (stopped.returncode, quiet(err)) == (130, True)


def quiet(err: bytes) -> bool:
    return all(line.startswith(b"EMULATOR") for line in err.splitlines())


@pytest.mark.parametrize("kind", EVERY_SERVER)
def test_every_server_gives_the_history(kind: ServerKind, base_env: dict[str, str]) -> None:
    with kind.started() as server, server.client() as client:
        written = Written(client)
        written.state()
        written.gap(0, T)
        written.message(T + 1, event())
        lines = history({**base_env, **signed_in(), "REDIS_URL": server.url}, "--since", iso_of_ms(T))
    assert [line["kind"] for line in lines] == ["gap", "event"]
