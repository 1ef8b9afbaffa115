"""Lines that change something: their rows before the question, and what came of each."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
import redis
from textual.events import Key

from shema_cli.store import keys
from shema_cli.ui.screens.act import ActScreen
from tests.ui.support import Seat, seated


def decided(sandbox: Mapping[str, str]) -> list[str]:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        return sorted(key.decode().rsplit(":", 1)[-1] for key in client.scan_iter(f"{keys.DECISION_PREFIX}*"))


def audited(sandbox: Mapping[str, str], action: str) -> int:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        return sum(fields[b"action"] == action.encode() for _, fields in client.xrange(keys.AUDIT))


def line_of(seat: Seat, beginning: str = "$ shema ") -> str:
    """The line that stands above, in one piece."""
    first = next(number for number, line in enumerate(seat.lines) if line.startswith(beginning))
    return " ".join(line.strip() for line in seat.lines[first : first + 2])


async def three_marked(seat: Seat) -> None:
    await seat.sees("enr-0314", "enr-0311")
    await seat.press("j", "j", "x", "x", "x")  # 0312, 0311, 0310
    await seat.sees("3 marked")


async def test_a_row_is_taken_out_and_the_line_of_the_others_is_asked_about_and_run(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await three_marked(seat)
        await seat.press("a")
        await seat.sees("Approve 3 enrollments", "Go on? [y/N]")
        await seat.press("down", "x")
        await seat.sees("$ shema enrollments approve enr-0312 enr-0310", "1 out", "plan it anew")
        await seat.press("y", "enter")  # no answer to the question about three
        await seat.sees("Approve 2 enrollments", "Go on? [y/N]", "1 out")
        assert decided(sandbox) == []
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("2 approved · 1 out", "Esc back")
        assert decided(sandbox) == ["enr-0310", "enr-0312"]
        assert audited(sandbox, "approve") == 2


async def test_what_was_taken_out_is_put_back_and_the_question_still_stands(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await three_marked(seat)
        await seat.press("a")
        await seat.sees("Approve 3 enrollments", "Go on? [y/N]")
        await seat.press("down", "space")
        await seat.sees("1 out", "plan it anew")
        await seat.press("end", "j", "j", "j", "x")
        await seat.sees("$ shema enrollments approve enr-0312 enr-0311 enr-0310", without="1 out")
        await seat.press("enter")
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("3 approved", "Esc back")
        assert len(decided(sandbox)) == 3


async def test_with_all_rows_out_there_is_nothing_to_go_on_with(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        await seat.press("a")
        await seat.sees("Go on? [y/N]")
        await seat.press("down", "x", "enter", "y", "enter")
        await seat.sees("1 out", "put back", "Esc leave it")
        await seat.press("escape")
        await seat.sees("nothing was changed", "Esc back")
        assert decided(sandbox) == []


async def test_a_reason_that_was_given_stands_in_the_line_and_is_kept_when_a_row_is_taken_out(
    sandbox: dict[str, str],
) -> None:
    async with seated(sandbox, begin="enrollments", columns=120, lines=40) as seat:
        await three_marked(seat)
        await seat.press("r")
        await seat.sees("Reason for the rejection")
        await seat.write("no teacher")
        await seat.press("enter")
        line = "$ shema enrollments reject enr-0312 enr-0311 enr-0310 --reason 'no teacher'"
        await seat.sees(line, "Reject 3 enrollments", "Go on? [y/N]")
        await seat.press("down", "down", "x", "enter")
        await seat.sees("Reject 2 enrollments (reason: no teacher)", "--reason 'no teacher'", "Go on? [y/N]")
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("2 rejected · 1 out")
        with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
            assert client.hget(keys.decision("enr-0312"), "reason") == b"no teacher"


async def test_what_is_refused_stands_apart_with_its_word_and_the_reason(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314", "enr-0313")
        await seat.press("x", "x", "a")  # 0313 is for a course that is full
        shown = await seat.sees("course_full", "Go on? [y/N]")
        assert shown.index("enr-0313", shown.index("WAITS")) > shown.index("enr-0314", shown.index("WAITS"))
        await seat.press("down", "down")
        await seat.sees("enr-0313: Biola Dasar is full")
        await seat.press("tab")
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("1 course_full", "1 approved", "Esc back")
        assert decided(sandbox) == ["enr-0314"]


@pytest.mark.parametrize("burst", ["aaaaaa", "aayy"])
async def test_keys_that_come_all_at_once_run_one_line_and_answer_nothing(sandbox: dict[str, str], burst: str) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        seat.burst(burst)
        await seat.sees("Go on? [y/N]")
        await seat.press("escape")
        await seat.sees("nothing was changed", "Esc back")
        await seat.press("escape")
        await seat.sees("ENROLLMENT", "enr-0314", "? keys")
        assert decided(sandbox) == []


async def test_enter_twice_runs_it_once(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        await seat.press("a")
        await seat.sees("Go on? [y/N]")
        await seat.press("y", "enter", "enter", "enter")
        await seat.sees("1 approved", "Esc back")
        assert audited(sandbox, "approve") == 1


async def test_a_replay_is_tried_first_and_its_rows_say_what_became_of_each(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        await seat.press("enter")
        await seat.sees("ENTRY", "ENROLLMENT_")
        await seat.press("x", "x", "R")
        await seat.sees("dry run: 2 dead letters would be replayed", "Go on? [y/N]", "2 replay")
        await seat.press("down", "x", "enter")
        await seat.sees("dry run: 1 dead letter would be replayed", "Go on? [y/N]", "1 replay · 1 out")
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("1 replayed · 1 out", "Esc back")
        assert audited(sandbox, "dlq.replay") == 1


async def test_where_nothing_is_to_be_replayed_it_is_said_without_a_question(sandbox: dict[str, str]) -> None:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        client.delete("events:dead_letter")
        client.lpush("events:dead_letter", "no event at all")
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("FAMILY", "1 entry", "cannot be replayed")
        await seat.press("a", "R")
        await seat.sees("there is nothing to replay here")
        await seat.press("enter")
        await seat.sees("(invalid)")
        await seat.press("R")
        await seat.sees("1 invalid", "Esc back", without="Go on?")


async def test_what_is_discarded_is_told_row_by_row(
    sandbox: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        await seat.press("enter")
        await seat.sees("ENTRY", "ENROLLMENT_")
        await seat.press("D")
        await seat.sees("Discard 1 dead letter", "1 discard", "Go on? [y/N]")
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("1 discarded", "Esc back")


async def test_what_is_for_one_row_is_not_begun_upon_several(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        await seat.press("x", "x", "R")
        await seat.sees("replay: one row at a time, and 2 are marked")


async def test_a_run_that_is_stopped_says_of_each_row_whether_it_was_done(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await three_marked(seat)
        await seat.press("a")
        await seat.sees("Approve 3 enrollments", "Go on? [y/N]")
        await seat.press("y")
        screen = seat.console.screen
        assert isinstance(screen, ActScreen)
        screen._stop.set()  # as Esc does behind the answer
        await seat.press("enter")
        await seat.sees("3 not done", "interrupted: the same command goes on", "Esc back")
        await seat.press("down")
        await seat.sees("not done: interrupted before its turn")
        assert decided(sandbox) == []


async def test_what_is_stopped_before_its_question_is_not_asked_about(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        seat.burst("a")
        seat.console.post_message(Key("escape", None))
        await seat.sees("nothing was changed", "Esc back")
        assert decided(sandbox) == []


def lets_the_first_come_back(sandbox: Mapping[str, str], listens: threading.Event) -> None:
    """What a service does that fails again at once."""
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client, client.pubsub(ignore_subscribe_messages=True) as heard:
        heard.subscribe("enrollment.approved")
        listens.set()
        event = json.loads(next(heard.listen())["data"])
        client.lpush("events:dead_letter", json.dumps({"event": event, "error": "no room again"}))


async def test_what_comes_back_is_told_while_the_others_are_still_watched(sandbox: dict[str, str]) -> None:
    listens = threading.Event()
    threading.Thread(target=lets_the_first_come_back, args=(sandbox, listens), daemon=True).start()
    assert await asyncio.to_thread(listens.wait, 20)
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        await seat.press("R")
        await seat.sees("--canary 5", "Go on? [y/N]")
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("1 came back; watching", "came back after the replay of", "no room again")
        await seat.press("escape")
        await seat.sees("Esc back")


async def test_what_is_marked_or_filtered_or_all_of_it_is_exported(sandbox: dict[str, str], tmp_path: Path) -> None:
    async with seated(sandbox, begin="dlq", columns=120, lines=40) as seat:
        await seat.sees("FAMILY", "Timeout")
        await seat.write(f":export {tmp_path}/all.jsonl")
        await seat.press("enter")
        await seat.sees(f"$ shema dlq export {tmp_path}/all.jsonl", "exported", "Esc back")
        await seat.press("escape", "enter")
        await seat.sees("ENTRY", "ENROLLMENT_")
        await seat.press("x", "x")
        await seat.write(f":export {tmp_path}/two.jsonl")
        await seat.press("enter")
        await seat.sees(f"$ shema dlq export {tmp_path}/two.jsonl ", "exported", "Esc back")
        await seat.press("escape", "escape", "escape")
        await seat.press("x", "x")
        await seat.write(":export of-two-families.jsonl")
        await seat.press("enter")
        await seat.sees("one family at a time")
    assert len((tmp_path / "all.jsonl").read_bytes().splitlines()) == 12
    assert len((tmp_path / "two.jsonl").read_bytes().splitlines()) == 2


async def test_where_nothing_can_be_exported_it_is_said(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="courses") as seat:
        await seat.sees("COURSE", "TITLE")
        await seat.write(":export courses.jsonl")
        await seat.press("enter")
        await seat.sees("go to their page")
