"""What `dlq stats`, `list` and `show` tell of families that are known, and of what is new."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.clock import iso
from shema_cli.dlq import show
from shema_cli.dlq.families.acknowledged import Acknowledged, read_acknowledged
from shema_cli.dlq.families.last_look import SITTING_S, Eyes, LastLook
from shema_cli.dlq.letters.selection import Filters
from shema_cli.dlq.results import EntryListing, Stats
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.dlq.show import listing
from shema_cli.dlq.stats import stats
from shema_cli.settings.target import Target
from shema_cli.state import StateDir
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.dlq.families.support import FULL, LATE, OF_FULL, OF_LATE, ago, failed, put
from tests.dlq.support import Shema, push
from tests.support.store import settings_for
from tests.support.valkey import Valkey
from tests.support.world import NOW, StillClock


def acknowledged(store: Store, clock: StillClock, name: str = OF_LATE, hours: float = 0, **told: object) -> None:
    """So many hours ago, when the newest of the family had just failed."""
    at = iso(clock.now() - timedelta(hours=hours))
    store.client.hset(
        keys.ACKNOWLEDGED, name, json.dumps({"at": at, "newest": at, "actorEmail": "dina@shema.test", **told})
    )


def told(store: Store, clock: StillClock, filters: Filters | None = None, since: float | None = None) -> Stats:
    return stats(DeadLetters(store), filters or Filters(), clock.now(), eyes=eyes(store, clock, since))


def listed(store: Store, clock: StillClock, limit: int = 50, since: float | None = None) -> EntryListing:
    return listing(DeadLetters(store), Filters(), limit, clock.now(), eyes(store, clock, since))


def plain(drawn: str) -> str:
    """What stands on a terminal, without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", drawn)


def eyes(store: Store, clock: StillClock, since: float | None) -> Eyes:
    """Of somebody who looked so many hours ago."""
    looked = None if since is None else clock.now() - timedelta(hours=since)
    return Eyes(read_acknowledged(store), clock.now(), looked)


# -- known families ------------------------------------------------------------------------------------------------


def test_stats_tell_how_each_family_stands_also_where_filters_leave_most_of_it_out(
    store: Store, clock: StillClock
) -> None:
    put(store, ago(clock, 20), ago(clock, 2), ago(clock, 1, FULL), b"junk")
    acknowledged(store, clock, hours=30, note="moved")
    acknowledged(store, clock, OF_FULL, hours=90)
    acknowledged(store, clock, "0" * 10, example="gone")
    for filters in (Filters(), Filters(since=clock.now() - timedelta(hours=3))):
        found = told(store, clock, filters)
        states = {family.fingerprint: family.state for family in found.by_error}
        assert states == {OF_LATE: "known", OF_FULL: "returned"}
        assert [one.acknowledgement.example for one in found.known.quiet] == ["gone"]
    assert [one.acknowledgement.example for one in told(store, clock, Filters(error="nothing")).known.quiet] == ["gone"]
    assert found.known.entries == 1
    (known,) = (one for one in found.document()["by_error"] if one["count"] == 1 and one["fingerprint"] == OF_LATE)  # type: ignore[attr-defined]
    assert known["acknowledged"]["note"] == "moved"
    rows = [list(row) for row in found.table().rows if row[0] == "error"]
    assert sorted(str(row[-1]) for row in rows) == ["known", "returned"]


def test_a_list_tells_it_of_each_entry_though_it_shows_few(store: Store, clock: StillClock) -> None:
    put(store, ago(clock, 30), ago(clock, 29), ago(clock, 10), ago(clock, 1), ago(clock, 0, FULL))
    acknowledged(store, clock, hours=30)
    for limit in (2, 50):
        rows = listed(store, clock, limit).rows
        assert [row.standing and row.standing.state for row in rows[:2]] == [None, "known"]
    store.client.lrem(keys.DEAD_LETTERS, 1, ago(clock, 10).decode())
    assert listed(store, clock, 2).rows[1].standing.state == "returned"  # type: ignore[union-attr]


def test_a_list_looks_through_a_bounded_part_and_claims_no_silence_of_the_rest(
    store: Store, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "MOST_LOOKED_THROUGH", 5)
    put(store, *(ago(clock, hours) for hours in range(60, 0, -1)))
    acknowledged(store, clock, hours=60)
    found = listed(store, clock, 1, since=61)
    assert found.rows[0].standing is not None
    assert found.rows[0].standing.known
    assert (found.total, found.news.count) == (60, 6)


def test_what_is_acknowledged_may_not_be_known(store: Store, clock: StillClock) -> None:
    put(store, ago(clock, 1))
    store.client.set(keys.ACKNOWLEDGED, "x")
    found: Any = told(store, clock).document()
    assert found["acknowledged"] is None
    assert "acknowledged" not in found["by_error"][0]
    assert "acknowledged" not in listed(store, clock).document()["entries"][0]  # type: ignore[index]


def test_as_it_is_typed(dlq: Shema, redis_client: redis.Redis) -> None:
    now = datetime.now(UTC)
    push(redis_client, [failed(now - timedelta(hours=1)), failed(now, FULL)])
    assert dlq("ack", OF_LATE, "--note", "being moved", "--yes").code == 0
    overview = dlq("stats", terminal=True).out
    assert "1 of families that are acknowledged" in overview
    assert "being moved" in plain(overview)
    assert f"known {LATE}" in plain(dlq("list", terminal=True).out)
    one = next(entry["id"] for entry in dlq.json("list")["entries"] if entry["acknowledged"])
    assert "acknowledged by" in dlq("show", one, terminal=True).out
    piped = dlq("list").out.splitlines()
    assert [line.split("\t")[9:11] for line in piped] == [[OF_FULL, ""], [OF_LATE, "known"]]


@pytest.mark.parametrize("words", [("stats",), ("list",)])
def test_whoever_may_not_read_there_is_told_that_it_is_not_known(
    words: tuple[str, ...], dlq_env: dict[str, str], valkey: Valkey
) -> None:
    with valkey.client() as client:
        push(client, [failed(NOW)])
        client.hset(keys.ACKNOWLEDGED, OF_LATE, '{"at":"2026-01-01T00:00:00Z"}')
        rules = ("on", ">pass", "~events:dead_letter", "~{events:dead_letter}:shema:*", "&*", "+@all")
        client.execute_command("ACL", "SETUSER", "reader", "reset", *rules)
        try:
            reader = Shema({**dlq_env, "REDIS_URL": f"redis://reader:pass@127.0.0.1:{valkey.port}"})
            run = reader(*words, "--json")
            drawn = reader(*words, terminal=True)
        finally:
            client.execute_command("ACL", "DELUSER", "reader")
    assert (run.code, drawn.code) == (0, 0)
    for said in (run.err, drawn.err):
        assert "which families are acknowledged is not known" in said
        assert keys.ACKNOWLEDGED in said
    assert "acknowledged" not in (run.json["entries"] if "entries" in run.json else run.json["by_error"])[0]


# -- new since the last look ---------------------------------------------------------------------------------------


@pytest.fixture
def look(tmp_path: Path) -> LastLook:
    return LastLook(StateDir(tmp_path), Target.of(settings_for("redis://one:1/0")), "uid-dina")


def test_who_never_looked_is_told_nothing(store: Store, clock: StillClock) -> None:
    put(store, ago(clock, 1))
    found = told(store, clock)
    assert (found.news.count, found.news.told) == (None, "")
    assert "new" not in found.document()
    assert listed(store, clock).news.count is None


def test_what_failed_since_is_new_in_all_and_in_its_family(store: Store, clock: StillClock) -> None:
    put(store, ago(clock, 3), ago(clock, 1), ago(clock, 1, FULL), ago(clock, 0.5), failed("yesterday"), b"junk")
    found = told(store, clock, since=2)
    assert (found.news.count, found.news.told) == (3, "3 new since your last look, 2h ago")
    assert {family.fingerprint: family.new for family in found.by_error} == {OF_LATE: 2, OF_FULL: 1}
    shown = listed(store, clock, 3, since=2)
    assert [row.new for row in shown.rows] == [False, False, True]
    assert told(store, clock, since=0.25).news.told == "nothing new since your last look, 15m ago"


def test_a_list_counts_what_is_new_behind_what_it_shows(store: Store, clock: StillClock) -> None:
    put(store, *(ago(clock, hours / 10, number=hours) for hours in range(100, 0, -1)))
    assert listed(store, clock, 5, since=3.05).news.count == 30


def test_the_last_look_is_remembered_for_each_admin_and_target(look: LastLook, tmp_path: Path) -> None:
    state, here = StateDir(tmp_path), Target.of(settings_for("redis://one:1/0"))
    look.keep(NOW)
    later = NOW + timedelta(hours=1)
    assert look.since(later) == NOW
    assert LastLook(state, here, "uid-sari").since(later) is None
    assert LastLook(state, Target.of(settings_for("redis://two:1/0")), "uid-dina").since(later) is None
    assert look.since(NOW - timedelta(minutes=1)) is None  # the clock was set back


def test_looks_one_upon_the_other_are_one(look: LastLook) -> None:
    def at(seconds: float) -> datetime:
        return NOW + timedelta(seconds=seconds)

    look.keep(at(0))
    look.keep(at(7200))
    assert look.since(at(7200 + SITTING_S)) == at(0)
    look.keep(at(7200 + SITTING_S))
    assert look.since(at(7200 + SITTING_S + 1)) == at(7200 + SITTING_S)


@pytest.mark.parametrize("kept", [b"", b"[]", b"\xff", b'{"last": 7}', b'{"last": "x", "began": "y", "before": []}'])
def test_garbage_in_its_file_is_no_look(kept: bytes, look: LastLook, tmp_path: Path) -> None:
    look.keep(NOW)
    (file,) = tmp_path.glob("looked-*.json")
    file.write_bytes(kept)
    assert look.since(NOW) is None
    look.keep(NOW)
    assert look.since(NOW) == NOW


def test_only_a_look_at_all_at_a_terminal_counts(dlq: Shema, redis_client: redis.Redis) -> None:
    push(redis_client, [failed(datetime.now(UTC) - timedelta(hours=1))])
    for words in (("stats",), ("list",), ("stats", "--json")):
        dlq(*words)
    dlq("stats", "--type", "x", terminal=True)
    assert "new" not in dlq.json("stats")
    assert "since your last look" not in dlq("list", terminal=True).err
    assert dlq.json("stats")["new"] == 0
    push(redis_client, [failed(datetime.now(UTC) + timedelta(seconds=1))])
    assert [entry["new"] for entry in dlq.json("list")["entries"]] == [True, False]
    assert (dlq.json("stats")["new"], dlq.json("stats")["by_error"][0]["new"]) == (1, 1)
    assert "1 new since your last look" in dlq("list", terminal=True).err
    overview = dlq("stats", terminal=True).out
    assert "since your last look" in overview


def test_eyes_that_know_nothing_see_nothing_new() -> None:
    assert Eyes(Acknowledged(), NOW).since_s is None
