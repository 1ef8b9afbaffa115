"""What this machine has seen of a trail: one that is gone, shorter or rewritten is told (contract 1.5)."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from shema_cli.store import keys
from shema_cli.store.chain import GENESIS, digest, entries_of
from shema_cli.store.remembered import forget_all
from tests.support.cli import shema
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey
from tests.support.world import StillClock, app_on

COUNT = 5
Break = Callable[[redis.Redis], None]


@pytest.fixture
def env(base_env: dict[str, str], valkey: Valkey, tmp_path: Path) -> dict[str, str]:
    return {**base_env, **signed_in(), "REDIS_URL": valkey.url, "SHEMA_STATE_DIR": str(tmp_path)}


def entered(valkey: Valkey, folder: Path, count: int = COUNT) -> None:
    """As one command enters it, which remembers the newest when it ends."""
    with app_on(valkey, folder, clock=StillClock(), FIREBASE_PROJECT_ID="demo-shema") as app:
        for number in range(count):
            app.journal.append(action="publish", target=f"e{number}")


def rewrite(client: redis.Redis, change: Callable[[list[dict[bytes, bytes]]], None]) -> None:
    entries = entries_of(client.xrange(keys.AUDIT))
    left = [dict(entry.stored) for entry in entries]
    change(left)
    client.delete(keys.AUDIT)
    prev = GENESIS.encode()
    for entry, fields in zip(entries, left, strict=False):
        fields[b"prev"] = prev
        prev = fields[b"hash"] = digest(fields).encode()
        stored: Any = fields
        client.xadd(keys.AUDIT, stored, id=entry.id)


def gone(client: redis.Redis) -> None:
    client.delete(keys.AUDIT)


def cut(client: redis.Redis) -> None:
    rewrite(client, lambda entries: entries.__delitem__(-1))


def changed(client: redis.Redis) -> None:
    rewrite(client, lambda entries: entries[1].update({b"actor": b"somebody else"}))


def swapped(client: redis.Redis) -> None:
    rewrite(client, list.reverse)


@pytest.mark.parametrize(
    ("broken", "said"),
    [(gone, "there is no trail"), (cut, "is gone"), (changed, "another"), (swapped, "another")],
)
def test_a_trail_that_is_not_the_one_that_was_seen(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, tmp_path: Path, broken: Break, said: str
) -> None:
    entered(valkey, tmp_path)
    assert shema("audit", "verify", env=env).code == 0
    broken(redis_client)
    for _ in range(2):
        run = shema("audit", "verify", "--json", env=env)
        assert run.code == 1
        (problem,) = run.json["problems"]
        assert said in problem["problem"]
        assert "5 entries" in problem["problem"]
        assert "26" in problem["problem"], "when it was seen"
    listed = shema("audit", "list", "--json", env=env)
    assert (listed.code, said in listed.err, "shema audit verify" in listed.err) == (0, True, True)
    assert shema("audit", "verify", "--accept", env=env).code == 0
    assert shema("audit", "verify", env=env).code == 0


def test_what_is_written_after_it_does_not_make_it_forget(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, tmp_path: Path
) -> None:
    entered(valkey, tmp_path)
    redis_client.delete(keys.AUDIT)
    entered(valkey, tmp_path, 7)
    assert shema("audit", "verify", env=env).code == 1


def test_a_machine_that_never_saw_it_compares_nothing(env: dict[str, str], valkey: Valkey, tmp_path: Path) -> None:
    entered(valkey, tmp_path / "other")
    assert shema("audit", "verify", env=env).code == 0


def test_what_it_lists_it_remembers(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, tmp_path: Path
) -> None:
    entered(valkey, tmp_path / "other")
    assert shema("audit", "list", env=env).code == 0
    redis_client.delete(keys.AUDIT)
    assert shema("audit", "verify", env=env).code == 1


def test_each_target_has_a_memory_of_its_own(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, tmp_path: Path
) -> None:
    entered(valkey, tmp_path)
    elsewhere = env | {"REDIS_URL": valkey.url.rpartition("/")[0] + "/5"}
    assert shema("audit", "verify", env=elsewhere).code == 0
    assert shema("audit", "verify", env=env).code == 0


@pytest.mark.parametrize("content", [b"", b"[]", b'{"id": 7}', b"\xff", b"null", b"[" * 100_000])
def test_a_memory_that_cannot_be_read_costs_nothing(
    env: dict[str, str], valkey: Valkey, tmp_path: Path, content: bytes
) -> None:
    entered(valkey, tmp_path)
    (kept,) = tmp_path.glob("trail-*.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_bytes())["count"] == COUNT
    kept.write_bytes(content)
    assert shema("audit", "verify", env=env).code == 0


def test_a_state_folder_that_cannot_be_written_costs_the_memory_alone(valkey: Valkey, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    entered(valkey, tmp_path, 1)
    with app_on(valkey, tmp_path, SHEMA_STATE_DIR=str(blocked)) as app:
        id = app.journal.append(action="publish", target="e")
        assert app.store.client.xrange(keys.AUDIT, id, id)
    assert blocked.read_text() == "a file"


@pytest.mark.parametrize("whose", ["the folder", "the file"])
def test_a_memory_of_somebody_else_costs_the_memory_alone(
    env: dict[str, str], valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    """What was entered is entered: no command ends in an error for what it only wanted to remember."""
    entered(valkey, tmp_path)
    if whose == "the folder":
        monkeypatch.setattr("shema_cli.state.os.geteuid", lambda: 987_654)
    else:
        (kept,) = tmp_path.glob("trail-*.json")
        kept.chmod(0o666)
    entered(valkey, tmp_path, 1)
    assert shema("audit", "list", env=env).code == 0


def test_a_sandbox_that_begins_anew_forgets(env: dict[str, str], valkey: Valkey, tmp_path: Path) -> None:
    with app_on(valkey, tmp_path) as app:
        app.journal.append(action="publish", target="e")
    assert list(tmp_path.glob("trail-*.json"))
    forget_all(app.state, "another")
    assert list(tmp_path.glob("trail-*.json"))
    forget_all(app.state, app.target.profile)
    assert not list(tmp_path.glob("trail-*.json"))
