"""What a sandbox remembers of itself, and what is taken away when it has gone."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from shema_cli.sandbox.process import folder, guard
from shema_cli.sandbox.system.logbook import EVENTS_KEPT, KEPT, Logbook


def test_everything_is_counted_by_its_service() -> None:
    log = Logbook()
    log.published("chat", "chat:session:a")
    log.published("chat", "chat:session:b")
    log.published("user", "user.updated")
    log.handled("user", "chat.session.closed")
    log.buried("user")
    log.problem("user", "no")
    assert log.of("chat") == {"published": 2}
    assert log.of("user") == {"published": 1, "handled": 1, "dead_letters": 1, "problems": 1}
    assert log.channels == {"chat:session:*": 2, "user.updated": 1}
    assert list(log.problems) == ["user: no"]
    assert log.of("nobody") == {}
    assert "nobody" not in log.counts


def test_it_is_as_at_the_start_once_it_is_cleared() -> None:
    log = Logbook()
    log.problem("user", "no")
    log.published("user", "user.updated")
    log.clear()
    assert log == Logbook()


def test_the_last_problems_are_kept_and_all_are_counted() -> None:
    log = Logbook()
    for number in range(KEPT + 5):
        log.problem("user", str(number))
    assert (len(log.problems), log.problems[0], log.of("user")["problems"]) == (KEPT, "user: 5", KEPT + 5)


def test_who_has_handled_an_event_how_often_is_remembered_of_the_newest() -> None:
    log = Logbook()
    for event in ("a", "b", "a"):
        log.handled("user", "user.updated", event)
    log.handled("chat", "user.updated", "b")
    assert (log.times("a"), log.times("b"), log.times("c")) == ({"user": 2}, {"user": 1, "chat": 1}, {})
    for number in range(EVENTS_KEPT - 1):
        log.handled("user", "user.updated", str(number))
    assert (log.times("b"), log.times("a")) == ({"chat": 1}, {"user": 2})
    assert len(log.events["user"]) == EVENTS_KEPT


# -- what is left of one ---------------------------------------------------------------------------------------------


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The folder of a sandbox that has ended, with something in it."""
    (tmp_path / "box" / "redis").mkdir(parents=True)
    (tmp_path / "box" / "redis" / "dump.rdb").write_text("x")
    return tmp_path / "box"


def test_the_folder_and_what_its_plan_names_go(box: Path, tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    for place in (own, shared):
        place.mkdir()
        (place / "sandbox.json").write_text("{}")
    (shared / "config.toml").write_text("somebody's")
    plan = {
        "files": [str(own / "sandbox.json"), str(shared / "sandbox.json"), str(tmp_path / "never")],
        "folders": [str(own), str(shared), str(tmp_path / "nowhere")],
    }
    (box / guard.PLAN).write_text(json.dumps(plan))
    guard.clean(box)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shared"]
    assert [path.name for path in shared.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("plan", [None, "", "{", "\xff"])
def test_without_a_plan_the_folder_goes_all_the_same(box: Path, plan: str | None) -> None:
    if plan is not None:
        (box / guard.PLAN).write_text(plan, encoding="latin-1")
    guard.clean(box)
    assert not box.exists()


def test_processes_of_the_plan_are_ended_only_right_after_their_owner(
    box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later their numbers may be somebody else's."""
    signalled: list[set[int]] = []
    monkeypatch.setattr(guard, "_signal", lambda pids, number: signalled.append(pids))
    monkeypatch.setattr(guard, "started", lambda pid: f"{pid} at noon")
    (box / guard.PLAN).write_text(json.dumps({"pids": [[4194000, "4194000 at noon"]]}))
    guard.clean(box)
    assert {4194000} not in signalled
    box.mkdir()
    (box / guard.PLAN).write_text(json.dumps({"pids": [[4194000, "4194000 at noon"]]}))
    guard.clean(box, at_once=True)
    assert signalled.count({4194000}) == 1


def test_a_guard_never_ends_itself(box: Path) -> None:
    """Who asks is not among the processes of the sandbox, whatever its own environment says."""
    assert os.getpid() not in guard.marked(box)


def test_a_sandbox_lives_as_long_as_its_lock_is_held(box: Path) -> None:
    assert not folder.is_alive(box)
    handle = folder._hold_lock(box)
    assert folder.is_alive(box)
    assert not (box / f"{folder.LOCK}.part").exists()
    os.close(handle)
    assert not folder.is_alive(box)


def test_one_that_starts_at_this_moment_is_not_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    name = f"{folder.PREFIX}{os.getuid()}-"
    young, dead, alive, other = (tmp_path / f"{name}{word}" for word in ("young", "dead", "alive", "other"))
    for path in (young, dead, alive, other):
        path.mkdir()
    (tmp_path / "shema-sandbox-of-nobody").mkdir()
    (tmp_path / f"{name}link").symlink_to(tmp_path / "shema-sandbox-of-nobody")
    for path in (dead, alive):
        (path / folder.LOCK).touch()
    os.utime(other, (1, 1))  # half made, and long ago
    with (alive / folder.LOCK).open("rb+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert sorted(path.name for path in folder.sweep()) == [f"{name}dead", f"{name}other"]
    left = {f"{name}young", f"{name}alive", f"{name}link", "shema-sandbox-of-nobody"}
    assert {path.name for path in tmp_path.iterdir()} == left
