"""Writing, listing and following the trail on a real server."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shema_cli.audit.read import list_entries
from shema_cli.audit.results import AuditFilter
from shema_cli.audit.verify import verify
from shema_cli.context import AppContext
from shema_cli.store import keys
from shema_cli.store.chain import FIELDS, entries_of
from tests.support.cli import shema
from tests.support.middleman import Middleman
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey
from tests.support.world import app_on


@pytest.fixture
def app(valkey: Valkey, tmp_path: Path) -> Iterator[AppContext]:
    with app_on(valkey, tmp_path) as opened:
        yield opened


@pytest.fixture
def env(valkey: Valkey, tmp_path: Path) -> dict[str, str]:
    folder = str(tmp_path / "state")
    return {"REDIS_URL": valkey.url, "SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": folder, **signed_in()}


class Ticking:
    """A clock that is an hour later each time it is asked."""

    def __init__(self) -> None:
        self._hours = itertools.count()

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=next(self._hours))

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        return None


def test_an_entry_has_the_fields_of_the_contract(app: AppContext) -> None:
    details = {"before": {"n": 2**60}, "after": None, "text": "é"}
    id = app.journal.append(
        action="approve", target="e1", event_id="evt_1", reason="why", request_id="req_1", details=details
    )
    (entry,) = entries_of(app.store.client.xrange(keys.AUDIT))
    document = entry.document()
    assert set(document) == {"id", "details", *FIELDS}
    assert document["id"] == id
    assert document["details"] == details
    assert (document["actor"], document["actorEmail"]) == ("uid-ana", "ana@shema.test")
    assert (document["profile"], document["command"]) == ("default", "enrollments approve")
    assert entry.sound


def _append(valkey: Valkey, folder: Path, barrier: Any) -> None:
    with app_on(valkey, folder) as app:
        barrier.wait()
        for n in range(20):
            app.journal.append(action="replay", target=str(n))


def test_many_writers_lose_nothing_and_fork_nothing(valkey: Valkey, tmp_path: Path, app: AppContext) -> None:
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(12)
    writers = [fork.Process(target=_append, args=(valkey, tmp_path, barrier)) for _ in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 12
    result = verify(app.store)
    assert (result.ok, result.checked) == (True, 240)


def test_a_lost_answer_adds_no_second_entry(valkey: Valkey, tmp_path: Path) -> None:
    with Middleman(valkey.port) as middleman, app_on(valkey, tmp_path, REDIS_URL=middleman.url) as app:
        lost: list[bytes] = []

        def lose_the_first(request: bytes) -> bool:
            if lost or b"ana@" not in request or b"EVALSHA" not in request:
                return True
            lost.append(request)
            return False

        middleman.after = lose_the_first
        app.journal.append(action="approve", target="e0")
        lost.clear()
        id = app.journal.append(action="approve", target="e1")
        assert lost
        assert [entry.id for entry in entries_of(app.store.client.xrange(keys.AUDIT))][-1] == id
        assert verify(app.store).checked == 2


def test_a_connection_that_broke_while_nobody_wrote_is_made_anew(valkey: Valkey, tmp_path: Path) -> None:
    with app_on(valkey, tmp_path) as app:
        app.journal.append(action="approve", target="e0")
        with valkey.client() as other:
            other.client_kill_filter(_type="normal", skipme=True)
        app.journal.append(action="approve", target="e1")
        assert verify(app.store).checked == 2


def test_listing_is_newest_first_and_filtered(valkey: Valkey, tmp_path: Path) -> None:
    with app_on(valkey, tmp_path, clock=Ticking()) as app:
        for n in range(6):
            app.journal.append(action="approve" if n % 2 else "reject", target=f"e{n}")

        def targets(wanted: AuditFilter, limit: int = 100) -> list[str]:
            return [entry.text("target") for entry in list_entries(app.store, wanted, limit).entries]

        assert targets(AuditFilter()) == ["e5", "e4", "e3", "e2", "e1", "e0"]
        assert targets(AuditFilter(), 2) == ["e5", "e4"]
        assert list_entries(app.store, AuditFilter(), 2).total == 6
        assert list_entries(app.store, AuditFilter(action="reject"), 2).total == 3
        assert targets(AuditFilter(action="approve")) == ["e5", "e3", "e1"]
        assert targets(AuditFilter(action="approve"), 1) == ["e5"]
        assert targets(AuditFilter(target="e3")) == ["e3"]
        assert targets(AuditFilter(actor="ANA@shema.test"), 1) == ["e5"]
        assert targets(AuditFilter(actor="uid-ana"), 1) == ["e5"]
        assert targets(AuditFilter(actor="uid-ben")) == []
        morning = datetime(2026, 3, 1, 2, tzinfo=UTC)
        assert targets(AuditFilter(since=morning)) == ["e5", "e4", "e3", "e2"]
        assert targets(AuditFilter(until=morning)) == ["e2", "e1", "e0"]


def test_the_commands(app: AppContext, env: dict[str, str]) -> None:
    for n in range(3):
        app.journal.append(action="publish", target=f"e{n}", reason="\x1b[31mred\u202e")
    done = shema("audit", "list", "-o", "json", env=env)
    assert done.code == 0, done.err
    assert [entry["target"] for entry in done.json["entries"]] == ["e2", "e1", "e0"]
    assert all(set(FIELDS) <= set(entry) for entry in done.json["entries"])
    assert shema("audit", "list", "--target", "e1", "--json", env=env).json["entries"][0]["target"] == "e1"
    assert len(shema("audit", "list", "--since", "1h", "--limit", "2", "--json", env=env).json["entries"]) == 2
    assert shema("audit", "list", "--until", "1h", "--json", env=env).json["entries"] == []
    assert shema("audit", "list", "--since", "soon", env=env).code == 2
    piped = shema("audit", "list", env=env)
    assert len(piped.out.splitlines()) == 3
    assert "\x1b" not in piped.out
    assert shema("audit", "verify", "--json", env=env).json["checked"] == 3
    newest = entries_of(app.store.client.xrevrange(keys.AUDIT, count=1))[0].id
    app.store.client.xdel(keys.AUDIT, newest)
    done = shema("audit", "verify", "--json", env=env)
    assert done.code == 1
    assert done.json["ok"] is False
    assert done.json["problems"][0]["entry"] == newest


def test_redis_out_of_reach_is_exit_3(env: dict[str, str]) -> None:
    for argv in (("audit", "list"), ("audit", "verify")):
        assert shema(*argv, "--json", env=env | {"REDIS_URL": "redis://127.0.0.1:9/0"}).code == 3


def test_following_gives_the_last_ones_and_then_each_new_one(
    app: AppContext, env: dict[str, str], tmp_path: Path
) -> None:
    for n in range(3):
        app.journal.append(action="approve", target=f"old{n}")
    process = subprocess.Popen(
        [sys.executable, "-m", "shema_cli", "audit", "list", "--follow", "--limit", "2", "-o", "json"],
        env=os.environ | env,
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout
    try:
        assert [json.loads(process.stdout.readline())["target"] for _ in range(2)] == ["old1", "old2"]
        for n in range(3):
            app.journal.append(action="approve", target=f"new{n}")
        assert [json.loads(process.stdout.readline())["target"] for _ in range(3)] == ["new0", "new1", "new2"]
    finally:
        process.terminate()
        process.communicate()


def test_following_goes_on_where_it_was_when_the_server_was_away(tmp_path: Path) -> None:
    """A stream keeps what was written while nobody was connected: nothing is missed, nothing is told twice."""
    from shema_cli.audit.read import follow

    own = Valkey(options=("--appendonly", "yes", "--appendfsync", "always")).start()
    try:
        with app_on(own, tmp_path) as app:
            app.journal.append(action="approve", target="e0")
            records = follow(app.store, app.clock, app.person, AuditFilter(), 10)
            assert next(records).entry.text("target") == "e0"
            own.kill()
            own.start()
            with app_on(own, tmp_path) as other:
                other.journal.append(action="approve", target="e1")
            assert next(records).entry.text("target") == "e1"
    finally:
        own.stop()


@pytest.mark.parametrize("width", [40, 100, 140])
def test_on_a_terminal_every_entry_says_who_did_what_to_whom_and_why(
    app: AppContext, env: dict[str, str], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    app.journal.append(action="approve", target="e1", event_id="evt_1")
    app.journal.append(action="reject", target="e2", reason="\x1b]0;penuh\x07")
    shown = shema("audit", "list", env=env | {"NO_COLOR": "1"}, terminal=True)
    assert shown.code == 0, shown.err
    for said in ("ana@shema.test", "approve", "e1", "reject", "e2", "penuh"):
        assert said in shown.out
    assert "\x1b]" not in shown.out
    assert all(len(line) <= width for line in shown.out.splitlines())
    assert ("evt_1" in shown.out) is (width >= 110)


def test_on_a_terminal_a_trail_is_whole_or_its_problems_are_named(app: AppContext, env: dict[str, str]) -> None:
    plain = env | {"NO_COLOR": "1"}
    none = shema("audit", "verify", env=plain, terminal=True)
    assert (none.code, none.out.strip()) == (0, "There is no trail.")
    for n in range(2):
        app.journal.append(action="publish", target=f"e{n}")
    whole = shema("audit", "verify", env=plain, terminal=True)
    assert (whole.code, "The audit trail is whole" in whole.out) == (0, True)
    assert (whole.out + whole.err).count("whole") == 1, "it is said once"
    newest = entries_of(app.store.client.xrevrange(keys.AUDIT, count=1))[0].id
    app.store.client.xdel(keys.AUDIT, newest)
    broken = shema("audit", "verify", env=plain, terminal=True)
    assert broken.code == 1
    assert newest in broken.out


def test_a_copy_as_json_has_all_and_a_cut_list_says_of_how_many(
    base_env: dict[str, str], valkey: Valkey, tmp_path: Path
) -> None:
    with app_on(valkey, tmp_path) as app:
        for number in range(130):
            app.journal.append(action="publish", target=f"e{number}")
    env = {**base_env, **signed_in(), "REDIS_URL": valkey.url}
    copy = shema("audit", "list", "--json", env=env).json
    assert (len(copy["entries"]), copy["total"]) == (130, 130)
    cut = shema("audit", "list", "--json", "--limit", "7", env=env).json
    assert (len(cut["entries"]), cut["total"]) == (7, 130)
    assert len(shema("audit", "list", "-o", "csv", env=env).out.splitlines()) == 131
    table = shema("audit", "list", env=env)
    assert len(table.out.splitlines()) == 100
    assert "the newest 100 of 130; more with --limit" in table.err
