"""An admin who no longer is one, in the middle of a run: what was in hand is finished, the rest is told as not done."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from shema_cli.dlq import transfer
from shema_cli.dlq.discard import discard
from shema_cli.dlq.letters.selection import EntrySelection
from shema_cli.dlq.publishing import ReplayOptions
from shema_cli.dlq.replay import replay
from shema_cli.dlq.transfer import encode_line, import_lines
from shema_cli.errors import AccessDenied, ShemaError, Unreachable
from shema_cli.store.connection import Store
from shema_cli.store.pages import FIRST_PAGE
from tests.dlq.operator import operator_on
from tests.dlq.spawner import Spawner
from tests.dlq.support import (
    FLIGHT,
    RUNS,
    SHEMA,
    Service,
    Shema,
    entry_id,
    letter,
    number_of,
    numbers,
    push,
    runs_of,
    stored,
)
from tests.support.http import HttpServer
from tests.support.in_process import in_process, store_in_process
from tests.support.signed_in import EMAIL, disable, serve_identity, signed_in
from tests.support.store import store_at
from tests.support.terminal import Terminal
from tests.support.trail import audited, ended, hash_at
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

ENDED = AccessDenied("session_ended", "the session has ended: the account is disabled", "shema auth login")
AWAY = Unreachable("firebase_unreachable", "Firebase answered 503")


@dataclass
class Until:
    """A `still_admin` that says no from the moment on at which something is so."""

    condition: Callable[[], object]
    says: ShemaError = ENDED

    def __call__(self, *, now: bool = False) -> None:
        if self.condition():
            raise self.says


@pytest.fixture
def store(valkey: Valkey) -> Iterator[Store]:
    with closing(store_at(valkey.url)) as one:
        yield one


def everything() -> EntrySelection:
    return EntrySelection(everything=True)


@pytest.mark.parametrize(("says", "code"), [(ENDED, 4), (AWAY, 3)])
def test_a_replay_finishes_its_batch_and_tells_the_rest(
    store: Store, redis_client: redis.Redis, says: ShemaError, code: int
) -> None:
    push(redis_client, [letter(n) for n in range(450)])
    operator = operator_on(store, still_admin=Until(lambda: len(stored(redis_client)) < 450, says))
    done = replay(operator, everything(), ReplayOptions(allow_unheard=True))
    rest = 450 - FIRST_PAGE
    assert (done.replayed, done.not_done, done.remaining, done.exit_code) == (FIRST_PAGE, rest, rest, code)
    assert {problem.outcome.value for problem in done.problems} == {"not_done"}
    assert [problem.id for problem in done.problems] == [entry_id(letter(n)) for n in range(FIRST_PAGE, 450)]
    assert done.document()["stopped"] == says.document()["error"]
    assert next(iter(done.notes())) == f"stopped: {says.message}; {rest} not done", "once, and not for each of them"
    assert len(stored(redis_client)) == rest
    (entry,) = ended(redis_client)
    assert f'"replayed": {FIRST_PAGE}' in entry["details"]
    assert redis_client.zcard(RUNS) == 0


@pytest.mark.parametrize("limit", [None, 10])
def test_what_was_done_when_the_admin_ceased_to_be_one_is_done(
    store: Store, redis_client: redis.Redis, limit: int | None, tmp_path: Path
) -> None:
    push(redis_client, [letter(n) for n in range(10)])
    gone = Until(lambda: not stored(redis_client))
    done = replay(operator_on(store, still_admin=gone), everything(), ReplayOptions(allow_unheard=True, limit=limit))
    assert (done.replayed, done.not_done, done.exit_code) == (10, 0, 0)
    push(redis_client, [letter(n) for n in range(10)])
    path = tmp_path / "gone.ndjson"
    dropped = discard(operator_on(store, still_admin=gone), everything(), limit=limit, export=path, dry_run=False)
    assert (dropped.discarded, dropped.not_done, dropped.exit_code) == (10, 0, 0)


def test_no_more_than_the_limit_is_told_as_not_done(store: Store, redis_client: redis.Redis) -> None:
    push(redis_client, [letter(n) for n in range(30)])
    operator = operator_on(store, still_admin=Until(lambda: True))
    done = replay(operator, everything(), ReplayOptions(allow_unheard=True, limit=7))
    assert (done.replayed, done.not_done, len(done.problems)) == (0, 7, 7)


def test_after_the_canary_was_watched_firebase_is_asked_at_once(store: Store, redis_client: redis.Redis) -> None:
    """Ten seconds are time enough to lose one's rights in."""
    push(redis_client, [letter(n) for n in range(30)])

    def still_admin(*, now: bool = False) -> None:
        if now:
            raise ENDED

    done = replay(
        operator_on(store, still_admin=still_admin), everything(), ReplayOptions(allow_unheard=True, canary=2)
    )
    assert (done.replayed, done.not_done, done.exit_code) == (2, 28, 4)


def test_a_discard_drops_nothing_more_and_its_export_holds_what_it_dropped(
    store: Store, redis_client: redis.Redis, tmp_path: Path
) -> None:
    push(redis_client, [letter(n) for n in range(450)])
    path = tmp_path / "gone.ndjson"
    operator = operator_on(store, still_admin=Until(lambda: path.exists() and path.stat().st_size))
    done = discard(operator, everything(), limit=None, export=path, dry_run=False)
    assert (done.discarded, done.not_done, done.exit_code) == (FIRST_PAGE, 450 - FIRST_PAGE, 4)
    assert len(path.read_text().splitlines()) == FIRST_PAGE
    assert len(stored(redis_client)) == 450 - FIRST_PAGE
    assert done.document()["stopped"] == ENDED.document()["error"]


def test_an_import_pushes_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PUSH_COUNT", 10)
    client = in_process()
    source = io.BytesIO(b"".join(encode_line(letter(n)) for n in range(25)))
    operator = operator_on(store_in_process(client), still_admin=Until(lambda: len(stored(client)) == 20))
    done = import_lines(operator, source, yes_to=lambda _: None, dry_run=False)
    assert (done.imported, done.new, done.duplicates, done.ended) == (20, 25, 0, ENDED)
    assert len(stored(client)) == 20


def at_work(client: redis.Redis) -> int:
    """How many runs have taken out something."""
    return sum(int(hash_at(client, f"{SHEMA}run:{run.decode()}").get("done", 0)) > 0 for run in runs_of(client))


# -- by the commands, with a Firebase that changes its mind --------------------------------------------------------


@pytest.fixture
def changeable(identity: HttpServer) -> Iterator[HttpServer]:
    yield identity
    serve_identity(identity)


def test_an_account_that_is_disabled_stops_a_slow_replay(
    dlq: Shema, redis_client: redis.Redis, service: Service, spawn: Spawner, changeable: HttpServer
) -> None:
    push(redis_client, [letter(n) for n in range(400)])
    asked = len(changeable.requests)
    process = spawn("dlq", "replay", "--all", "--rate", "20", "--yes", "--json")
    service.payloads(10)
    disable(changeable)
    assert process.wait() == 4, process.err
    result = process.json
    assert result["replayed"] + result["not_done"] == 400
    assert result["remaining"] == result["not_done"] == len(result["problems"]) > 0
    assert result["stopped"]["code"] == "session_ended"
    assert len(service.heard) == result["replayed"]
    assert len(changeable.requests) - asked < 10, "asked now and then, not for each entry"
    (entry,) = ended(redis_client)
    assert f'"replayed": {result["replayed"]}' in entry["details"]


def test_what_two_replays_leave_when_the_account_is_disabled_another_admin_finishes(
    dlq_env: dict[str, str],
    redis_client: redis.Redis,
    service: Service,
    spawn: Spawner,
    changeable: HttpServer,
) -> None:
    push(redis_client, [letter(n) for n in range(1000)])
    both = [spawn("dlq", "replay", "--all", "--rate", "20", "--yes", "--json") for _ in range(2)]
    eventually(lambda: at_work(redis_client) == 2)
    disable(changeable)
    assert [process.wait() for process in both] == [4, 4], [process.err for process in both]
    results = [process.json for process in both]
    assert [result["stopped"]["code"] for result in results] == ["session_ended"] * 2
    done = sum(result["replayed"] for result in results)
    left = [number_of(raw) for raw in stored(redis_client)]
    assert len(left) == 1000 - done
    assert sorted(numbers(service.payloads(done)) + left) == list(range(1000))
    assert not redis_client.exists(FLIGHT)
    assert redis_client.zcard(RUNS) == 0
    uid, email = "second-uid", "second@shema.test"
    serve_identity(changeable, uid=uid, email=email)
    second = signed_in(f"127.0.0.1:{changeable.port}", sub=uid, user_id=uid, email=email)
    rest = Shema(dlq_env | second).json("replay", "--all", "--yes")
    assert (rest["replayed"], rest["remaining"]) == (1000 - done, 0)
    assert sorted(numbers(service.payloads(1000))) == list(range(1000))
    audits = [(entry["actorEmail"], json.loads(entry["details"])["replayed"]) for entry in ended(redis_client)]
    assert audits[-1] == (email, 1000 - done)
    assert sorted(audits[:-1]) == sorted((EMAIL, result["replayed"]) for result in results)


@pytest.mark.parametrize("words", [("replay", "--all"), ("discard", "--all")], ids=str)
def test_an_account_that_is_disabled_while_the_question_stands_changes_nothing(
    words: tuple[str, ...],
    redis_client: redis.Redis,
    service: Service,
    dlq_env: dict[str, str],
    changeable: HttpServer,
    tmp_path: Path,
) -> None:
    push(redis_client, [letter(n) for n in range(5)])
    with Terminal("dlq", *words, env=dlq_env | {"HOME": str(tmp_path)}) as screen:
        screen.wait("Go on? [y/N]")
        disable(changeable)
        screen.keys("y\r")
        assert screen.end() == 4
        assert "the account is disabled" in screen.text
    assert len(stored(redis_client)) == 5
    assert not service.heard
    assert audited(redis_client) == []
