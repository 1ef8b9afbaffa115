"""Every page and every key, in a live sandbox."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping

import pytest
import redis

from shema_cli.errors import AccessDenied
from shema_cli.sandbox.system.assembly import System
from shema_cli.store import keys
from shema_cli.ui import app, listing
from shema_cli.ui.lines import Desk
from shema_cli.ui.listing import Row, Wanted
from tests.ui.support import Seat, seated

SIZES = [(60, 20), (80, 24), (120, 40)]


def decisions(sandbox: Mapping[str, str]) -> list[bytes]:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        return sorted(client.scan_iter(f"{keys.DECISION_PREFIX}*"))


@pytest.mark.parametrize(("columns", "lines"), SIZES)
async def test_home_shows_where_this_is_the_numbers_what_is_wrong_and_what_fails(
    sandbox: dict[str, str], columns: int, lines: int
) -> None:
    async with seated(sandbox, columns=columns, lines=lines) as seat:
        shown = await seat.sees("320", "What is wrong", "Dead letters", "FAMILY", "dlq")
        assert len(seat.lines) == lines
        assert max(map(len, seat.lines)) <= columns
        assert "? keys" in shown or columns < 80


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("enrollments", ["ENROLLMENT", "enr-0314", "pending"]),
        ("courses", ["COURSE", "crs-02", "SEATS"]),
        ("dlq", ["FAMILY", "ENTRIES"]),
        ("services", ["SERVICE", "enrollment", "healthy", "closed"]),
        ("audit", ["WHEN +00:00", "ACTION"]),
        ("events", ["TIME +00:00", "CHANNEL", "live"]),
        ("chat", ["WHO", "NEW", "live"]),
        ("find budi", ["FOUND", "person", "Budi Santoso", "enrollment"]),
        ("status", ["AREA", "WHAT", "dlq"]),
    ],
)
async def test_a_page_is_reached_by_its_name_or_the_beginning_of_it(
    sandbox: dict[str, str], place: str, wanted: list[str]
) -> None:
    async with seated(sandbox) as seat:
        await seat.sees("320")
        await seat.write(f":{place if ' ' in place else place[:2]}")
        await seat.press("enter")
        await seat.sees(*wanted)
        await seat.press("escape")
        await seat.sees("320")


async def test_a_name_that_is_none_is_told_with_those_that_are(sandbox: dict[str, str]) -> None:
    async with seated(sandbox) as seat:
        await seat.write(":nonsense")
        await seat.press("enter")
        await seat.sees("there is no page 'nonsense'")


async def test_a_filter_shows_what_has_its_words_and_escape_takes_it_away(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314", "enr-0312")
        await seat.write("/citra")
        await seat.sees("/citra: ", "enr-0312", without="enr-0314")
        await seat.press("enter", "escape")
        await seat.sees("enr-0314", without="/citra")


async def test_enter_leads_into_a_thing_and_escape_out_of_it(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        await seat.press("enter")
        await seat.sees("ENTRY", "TYPE", "REPLAYS", "ENROLLMENT_APPROVED")
        await seat.press("enter")
        await seat.sees("event id", "replays", "R replay")
        await seat.press("escape")
        await seat.sees("ENTRY")
        await seat.press("escape")
        await seat.sees("FAMILY")


async def test_marked_rows_are_approved_by_the_line_that_is_shown_after_its_question(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314", "enr-0312")
        await seat.press("x", "j", "x")
        await seat.sees("2 marked")
        await seat.press("a")
        await seat.sees("$ shema enrollments approve enr-0314 enr-0312", "Go on? [y/N]", "Target: ")
        assert decisions(sandbox) == []
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("2 approved", "Esc back")
        await seat.press("escape")
        await seat.sees("ENROLLMENT", without="enr-0314")
        assert len(decisions(sandbox)) == 2


async def test_a_key_that_repeats_runs_one_line(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        await seat.press(*"aaaa")
        await seat.sees("Go on? [y/N]")
        await seat.press("escape", "escape")
        await seat.sees("ENROLLMENT", "enr-0314")
        assert decisions(sandbox) == []


async def test_a_question_that_is_left_changes_nothing(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        await seat.press("a")
        await seat.sees("Go on? [y/N]")
        await seat.press("escape")
        await seat.sees("nothing was changed")
        await seat.press("escape")
        await seat.sees("ENROLLMENT", "enr-0314")
        assert decisions(sandbox) == []


async def test_a_key_that_is_held_answers_nothing(sandbox: dict[str, str]) -> None:
    """The answer is typed, as on the command line, so that what came before the question does not agree to it."""
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        await seat.press("a", *"yyyy", "enter")
        await seat.sees("Go on? [y/N]")
        await seat.press(*"yyyy", "enter")
        await seat.sees("nothing was changed")
        assert decisions(sandbox) == []


async def test_a_family_of_dead_letters_is_replayed_with_a_canary(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        await seat.press("R")
        await seat.sees("--canary 5", "Go on? [y/N]")
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("watching")
        await seat.press("escape")
        await seat.sees("replayed", "Esc back")


async def test_a_family_of_dead_letters_is_acknowledged_and_told_as_known(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("STATE", "Timeout", without="known")
        await seat.press("a")
        await seat.sees("shema dlq ack", "Go on? [y/N]")
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("acknowledged", "Esc back")
        await seat.press("escape")
        await seat.sees("STATE", "known")


async def test_columns_are_sorted_and_widened_by_keys(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314", without="DECISION")
        await seat.press("6", "6", "w")
        await seat.sees("LEVEL")


@pytest.mark.parametrize("typed", [":dlq", "/RRR", ":ev"])
async def test_what_is_typed_fast_behind_a_colon_is_no_key_of_the_rows(sandbox: dict[str, str], typed: str) -> None:
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        seat.burst(typed)
        await seat.sees(typed)
        assert decisions(sandbox) == []


async def test_a_problem_is_shown_whole_and_its_next_step_is_a_line(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="status") as seat:
        await seat.sees("AREA", "dead letters")
        await seat.write("/dead letters")  # on a busy machine others are worse
        await seat.press("enter", "enter")
        await seat.sees("because: ", "next:", "shema dlq stats")
        await seat.press("escape", "n")
        await seat.sees("$ shema dlq stats", "Esc back")


async def test_what_a_service_missed_is_one_key_away_and_so_is_sending_it_again(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="services") as seat:
        await seat.sees("enrollment", "healthy")
        await seat.press("m")
        await seat.sees("shema events missed auth")
        await seat.press("escape", "S")
        await seat.sees("$ shema events resend --missed-by auth --since 24h", "Esc back")


async def test_a_family_is_acknowledged(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        await seat.press("a")
        await seat.sees("$ shema dlq ack", "Go on? [y/N]")
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("Esc back")
        with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
            assert client.xrevrange(keys.AUDIT, count=1)[0][1][b"action"] == b"dlq.ack"


async def test_what_needs_the_terminal_for_itself_says_so_in_a_terminal_that_cannot_be_left(
    sandbox: dict[str, str],
) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        await seat.press("o")
        await seat.sees("not left: ")


async def test_every_key_is_told(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, lines=50, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        await seat.press("question_mark")
        await seat.sees("approve", "reject", "mark a row", "quit")
        await seat.press("escape")
        await seat.sees("ENROLLMENT")


async def test_where_redis_hangs_the_screen_moves_and_the_last_good_rows_stay(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
            client.client_pause(4500)
            await seat.press("ctrl+r")
            await seat.sees("no answer for", "Timeout")
            await seat.press("question_mark")
            await seat.sees("On this page", "Moving")
            await seat.press("escape")
        await seat.sees("FAMILY", without="no answer for")


async def test_a_session_that_ends_closes_it(sandbox: dict[str, str]) -> None:
    async with seated(sandbox) as seat:
        await seat.sees("320")
        seat.console.met(AccessDenied("session_ended", "your session ended"))
    assert isinstance(seat.console.return_value, AccessDenied)


async def test_the_session_is_asked_about_whatever_is_shown(
    sandbox: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "SIGNED_IN_EVERY_S", 0.05)

    def ended(_desk: Desk) -> None:
        raise AccessDenied("session_ended", "your session ended")

    async with seated(sandbox, begin="courses") as seat:
        await seat.sees("COURSE")
        monkeypatch.setattr(Desk, "stay_signed_in", ended)
        async with asyncio.timeout(10):
            while seat.console.return_value is None:
                await asyncio.sleep(0.02)
    assert isinstance(seat.console.return_value, AccessDenied)


async def test_read_only_is_told_and_hides_none_of_the_reading(sandbox: dict[str, str]) -> None:
    async with seated({**sandbox, "SHEMA_READ_ONLY": "1"}, begin="enrollments") as seat:
        await seat.sees("READ-ONLY", "enr-0314")
        assert "a approve" not in seat.text
        await seat.press("a")
        await seat.sees("no approve: it is read-only here (SHEMA_READ_ONLY, environment)")
        await seat.press("o")
        await seat.sees("no one by one: it is read-only here")
        await seat.press("t")
        await seat.sees("shema trace enr-0314")
        assert decisions(sandbox) == []


HOSTILE = "\x1b[2J\x1b]0;gone\x07\u202ebidi\ud800[red]bold[/red]" + "w" * 5000


def published(sandbox: Mapping[str, str], *payloads: dict[str, object]) -> None:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        for payload in payloads:
            client.publish("user.updated", json.dumps(payload))


def update(number: int, text: str = "Bandung") -> dict[str, object]:
    return {
        "eventType": "USER_UPDATED",
        "eventId": f"evt_{number:04}",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "version": "1.0",
        "data": {"userId": f"stu-{number:04}", "changes": {"city": text}},
    }


async def test_events_come_live_wait_while_it_is_paused_and_are_all_there_afterwards(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="events") as seat:
        await seat.sees("TIME", "live")
        await followed(seat, sandbox)
        await seat.press("p")
        await seat.sees("paused")
        published(sandbox, *map(update, range(1, 4)))
        shown = await seat.sees("paused, 3 wait")
        assert "stu-0001" not in shown
        await seat.press("p")
        await seat.sees("stu-0001", "stu-0002", "stu-0003", "live")
        await seat.press("enter")
        await seat.sees('"eventId": "evt_0003"', '"city": "Bandung"')


async def test_what_is_hostile_is_shown_and_not_obeyed(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="events") as seat:
        await followed(seat, sandbox)
        published(sandbox, update(7, HOSTILE) | {"eventId": HOSTILE})
        await seat.sees("stu-0007")
        await seat.press("enter")
        shown = await seat.sees("bidi")
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert max(map(len, seat.lines)) <= 80


async def test_a_time_that_nobody_recorded_stands_among_the_events(
    sandbox: dict[str, str], sandbox_system: System
) -> None:
    sandbox_system.call(sandbox_system.set_fault("history", {"down": True}), 10)
    sandbox_system.call(sandbox_system.set_fault("history", {}), 10)
    for page in ("events", "chat"):
        async with seated(sandbox, begin=page) as seat:
            await seat.sees("gap", "not recorded")


async def test_the_story_of_an_event_is_one_key_away(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="events") as seat:
        await followed(seat, sandbox)
        await seat.press("t")
        await seat.sees("shema trace evt_0000")


async def followed(seat: Seat, sandbox: Mapping[str, str]) -> None:
    """Wait until it hears."""
    for _ in range(200):
        published(sandbox, update(0))
        try:
            async with asyncio.timeout(0.5):
                await seat.sees("stu-0000")
            return
        except TimeoutError:
            continue
    raise AssertionError(seat.text)


async def test_a_fault_ends_it_without_telling_what_the_program_knows(sandbox: dict[str, str]) -> None:
    async with seated(sandbox) as seat:
        await seat.sees("320")
        seat.console._handle_exception(ZeroDivisionError())
        seat.console._exception = None  # which the test's own pilot would raise
    assert isinstance(seat.console.return_value, ZeroDivisionError)
    assert seat.console._exit_renderables == []


async def test_what_is_shown_whole_can_be_acted_upon_there(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        await seat.press("enter")
        await seat.sees("home › enrollments › enr-0314", "a approve")
        await seat.press("a")
        await seat.sees("$ shema enrollments approve enr-0314", "Go on? [y/N]")
        await seat.press("escape", "escape")
        await seat.sees("› enr-0314")
        assert decisions(sandbox) == []


async def test_a_dead_letter_tells_who_it_is_about_and_who_listens_and_its_event_has_colours(
    sandbox: dict[str, str],
) -> None:
    async with seated(sandbox, columns=120, lines=40, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        await seat.press("enter")
        await seat.sees("ENTRY", "ENROLLMENT_")
        await seat.press("enter")
        await seat.sees("goes to", "services listen: course, enrollment", "email", '"eventType": ', "D discard")
        assert seat.style('"eventType"').color != seat.style('"ENROLLMENT_APPROVED"').color


async def test_home_does_nothing_with_rows_but_lead_to_them(sandbox: dict[str, str]) -> None:
    async with seated(sandbox) as seat:
        await seat.sees("Timeout")
        await seat.press("tab", "R", "D")
        shown = await seat.sees("What is wrong")
        assert "Go on?" not in shown
        await seat.press("a")
        await seat.sees("home › audit")


async def test_what_is_found_is_shown_whole_and_its_story_is_one_key_away(sandbox: dict[str, str]) -> None:
    async with seated(sandbox) as seat:
        await seat.sees("320")
        await seat.write(":find enr-0314")
        await seat.press("enter")
        await seat.sees("found, the best first", "enr-0314", "exact")
        await seat.press("enter")
        await seat.sees("› enr-0314", "a approve")
        await seat.press("a")
        await seat.sees("$ shema enrollments approve enr-0314", "Go on? [y/N]")
        await seat.press("escape", "escape", "escape", "t")
        await seat.sees("shema trace enr-0314")


async def test_the_trail_is_verified_also_where_it_is_empty(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="audit") as seat:
        await seat.sees("the newest 0 of 0")
        await seat.press("V")
        await seat.sees("shema audit verify", "There is no trail.")


async def test_a_filter_of_the_trail_looks_into_all_that_an_entry_says(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="enrollments") as seat:
        await seat.sees("enr-0314")
        await seat.press("a")
        await seat.sees("Go on? [y/N]")
        await seat.write("y")
        await seat.press("enter")
        await seat.sees("1 approved")
        await seat.press("escape")
        await seat.write(":audit")
        await seat.press("enter")
        await seat.sees("approve", "enr-0314")
        await seat.write("/enrollments approve")
        await seat.sees("1 of 1")
        await seat.press("enter", "V")
        await seat.sees("The audit trail is whole")
        await seat.press("escape", "t")
        await seat.sees("shema trace enr-0314")


async def test_a_key_does_not_wait_for_many_rows_to_be_filtered(
    sandbox: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    arranged = Wanted.arranged

    def slowly(wanted: Wanted) -> list[Row]:
        begun.set()
        go_on.wait()
        return arranged(wanted)

    monkeypatch.setattr(listing, "AT_ONCE", 3)
    monkeypatch.setattr(Wanted, "arranged", slowly)
    async with seated(sandbox, begin="courses") as seat:
        await seat.sees("crs-14")
        await seat.write("/piano")
        await asyncio.to_thread(begun.wait)
        await seat.press("enter", "x")
        await seat.sees("/piano: …", "1 marked", "crs-14")
        go_on.set()
        await seat.sees("/piano: 2 of 14", "1 marked", without="crs-14")
