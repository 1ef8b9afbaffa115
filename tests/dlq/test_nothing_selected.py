"""What is said where nothing matches, and of what a filter leaves out without being asked to (contract 2.4)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.dlq.letters.fingerprint import fingerprint
from tests.dlq.support import Service, Shema, letter, push, stored


@pytest.mark.parametrize("command", ["replay", "discard"])
@pytest.mark.parametrize("words", [("--type", "enrolment.approved"), ("--error", "x"), ("--invalid",)])
@pytest.mark.parametrize("how", ["--yes", "--dry-run"])
def test_a_filter_that_matches_nothing_is_no_success(
    dlq: Shema, redis_client: redis.Redis, service: Service, command: str, words: tuple[str, ...], how: str
) -> None:
    raws = [letter(n) for n in range(15)]
    push(redis_client, raws)
    error = dlq.json(command, *words, how, code=1)["error"]
    assert (error["code"], error["message"]) == ("nothing_selected", f"none of 15 match: {' '.join(words)}")
    assert stored(redis_client) == raws
    assert not list(Path().glob("*.ndjson"))


def test_a_list_of_nothing_says_of_how_many(dlq: Shema, redis_client: redis.Redis) -> None:
    assert "no dead letters" in dlq("list", "--type", "user.updated").err
    push(redis_client, [letter(n) for n in range(15)])
    for command in ("list", "stats"):
        run = dlq(command, "--type", "user.updated")
        assert (run.code, "none of 15 match" in run.err) == (0, True)
        drawn = dlq(command, "--type", "user.updated", terminal=True)
        assert (drawn.out + drawn.err).count("none of 15 match") == 1
        assert dlq.json(command, "--type", "user.updated")["total"] == 0


def test_replaying_all_of_nothing_is_done(dlq: Shema) -> None:
    assert dlq.json("replay", "--all", "--yes")["replayed"] == 0
    assert dlq.json("discard", "--all", "--yes") == {"discarded": 0, "export": None}
    assert (
        dlq.json("replay", "--type", "user.updated", "--yes", code=1)["error"]["message"] == "there are no dead letters"
    )


@pytest.mark.parametrize("command", ["replay", "discard"])
@pytest.mark.parametrize("content", ["", "\n", "# none\n\n"])
def test_a_file_without_ids_selects_nothing(
    dlq: Shema, redis_client: redis.Redis, tmp_path: Path, command: str, content: str
) -> None:
    push(redis_client, [letter(1)])
    (tmp_path / "ids").write_text(content)
    for words in (("--ids-file", "ids"), ("--ids-file", "ids", "--type", "*"), ("--ids-file", "ids", "evt_00000001")):
        error = dlq.json(command, *words, "--yes", code=1)["error"]
        assert (error["code"], error["message"]) == ("no_ids", "--ids-file: ids names no ids; nothing was done")
    error = dlq.json(command, "--ids-file", "-", "--yes", code=1, stdin=content.encode())["error"]
    assert "stdin names no ids" in error["message"]
    assert stored(redis_client) == [letter(1)]


def test_a_type_of_no_catalogue_is_told_with_the_nearest(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(1)])
    assert "did you mean enrollment.approved?" in dlq("list", "--type", "enrolment.approved", "-o", "json").err
    for known in ("enrollment.approved", "ENROLLMENT_*", "*.approved", "chat:session:x", "new_message", "*"):
        assert "catalogue" not in dlq("list", "--type", known).err


def test_a_field_selects(dlq: Shema, redis_client: redis.Redis, service: Service) -> None:
    push(redis_client, [letter(n) for n in range(4)])
    for words in (("list",), ("stats",)):
        assert dlq.json(*words, "--where", "enrollmentId=enr_2")["total"] == 1
    assert (
        len(dlq("export", "-", "--where", "data.studentId=s1", "--where", "eventId=evt_00000003").out.splitlines()) == 1
    )
    assert dlq.json("discard", "--where", "enrollmentId=enr_1", "--yes")["discarded"] == 1
    assert dlq.json("replay", "--where", "enrollmentId=enr_2", "--yes")["replayed"] == 1
    error = dlq.json("replay", "--where", "enrollmentId=enr_2", "--yes", code=1)["error"]
    assert error["message"] == "none of 2 match: --where enrollmentId=enr_2"
    assert dlq("list", "--where", "x").code == 2


# -- fingerprints ----------------------------------------------------------------------------------------------------


def test_the_first_digits_of_a_fingerprint_select_as_those_of_an_id(
    dlq: Shema, redis_client: redis.Redis, service: Service
) -> None:
    first, other = fingerprint("late"), fingerprint("early")
    push(redis_client, [letter(1, error="late"), letter(2, error="early"), b"junk"])
    assert first[:4] != other[:4]
    assert dlq.json("list", "--fingerprint", first[:4].upper())["total"] == 1
    assert dlq.json("stats", "--fingerprint", first[:6])["by_error"][0]["fingerprint"] == first
    assert dlq.json("list", "--fingerprint", "0" * 9)["total"] == 0
    for short in (first[:3], "late"):
        assert dlq.json("list", "--fingerprint", short, code=2)["error"]["code"] == "short_fingerprint"
    assert dlq.json("replay", "--fingerprint", other[:5], "--yes")["replayed"] == 1
    assert stored(redis_client) == [letter(1, error="late"), b"junk"]


def test_digits_of_two_fingerprints_select_nothing_and_name_them(dlq: Shema, redis_client: redis.Redis) -> None:
    by_head: dict[str, str] = {}
    for word in (f"{a}{b}{c}" for a in "abcdefgh" for b in "ijklmnopq" for c in "rstuvwxy"):
        head = fingerprint(word)[:4]
        if head in by_head:
            break
        by_head[head] = word
    raws = [letter(1, error=by_head[head]), letter(2, error=word)]
    push(redis_client, raws)
    error = dlq.json("discard", "--fingerprint", head, "--yes", code=2)["error"]
    assert error["code"] == "ambiguous_fingerprint"
    assert fingerprint(word) in error["message"]
    assert stored(redis_client) == raws


# -- times -----------------------------------------------------------------------------------------------------------


def failed_at(when: Any) -> bytes:
    return json.dumps({"event": {"eventType": "USER_UPDATED"}, "error": "x", "failedAt": when}).encode()


def test_what_does_not_say_when_is_counted_where_a_time_leaves_it_out(
    dlq: Shema, redis_client: redis.Redis, service: Service
) -> None:
    read = [1795669200000, 1795669200, "1795669200", "Thu, 26 Nov 2026 05:00:00 GMT", "2026-11-26T05:00:00Z"]
    push(redis_client, [failed_at(when) for when in (*read, "yesterday", None, {"a": 1})] + [letter(1)])
    since = ("--since", "2026-11-26T04:00:00Z")
    for words in (("list",), ("stats",), ("discard", "--dry-run"), ("replay", "--dry-run", "--allow-unheard")):
        run = dlq(words[0], *since, *words[1:], "-o", "json")
        assert "leave out 3 entries whose failedAt is missing or cannot be read" in run.err, (words, run.err)
        assert "leave out" not in dlq(words[0], *words[1:], "--type", "user.updated").err
        assert "leave out" not in dlq(words[0], *since, "--type", "user.updated", "--error", "X", "--invalid").err
    assert dlq.json("list", *since)["total"] == 5
    assert {entry["age_s"] for entry in dlq.json("list", *since)["entries"]} != {None}
    assert dlq.json("stats")["newest"] == "2026-11-26T05:00:00.000Z"
