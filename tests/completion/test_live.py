"""Values that live, from a real system; nothing at all when they cannot be had."""

from __future__ import annotations

import json
import re
import socket
import threading
from pathlib import Path

import pytest
import redis

from shema_cli.completion import live
from tests.completion.shells import bash, bash_raw, environment, offered, program
from tests.support.cli import Run, shema
from tests.support.sandbox import sandbox, sandbox_system

__all__ = ["sandbox", "sandbox_system"]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is for people; a busy machine that runs tests may take longer."""
    monkeypatch.setattr(live, "LIMIT_S", 10.0)


@pytest.fixture(autouse=True)
def forgotten(request: pytest.FixtureRequest) -> None:
    """What the test before was told is not kept for this one."""
    if "sandbox" in request.fixturenames:
        folder = Path(request.getfixturevalue("sandbox")["SHEMA_STATE_DIR"])
        for kept in folder.glob("completion-*.json"):
            kept.unlink()


def values(run: Run) -> dict[str, str]:
    assert run.code == 0
    assert run.err == ""
    return dict(line.partition("\t")[::2] for line in run.out.splitlines())


def ask(env: dict[str, str], kind: str, prefix: str = "", *options: str) -> dict[str, str]:
    return values(shema("_complete", *options, kind, prefix, env=env))


def test_pending_enrollments_with_student_and_course(sandbox: dict[str, str]) -> None:
    pending = shema("enrollments", "list", "--status", "pending", "--json", env=sandbox).json["enrollments"]
    found = ask(sandbox, "enrollments")
    assert set(found) == {e["id"] for e in pending}
    assert found[pending[0]["id"]] == f"{pending[0]['student_id']} for {pending[0]['course_id']}"


def test_dead_letters_with_type_and_age(sandbox: dict[str, str]) -> None:
    entries = shema("dlq", "list", "--json", env=sandbox).json["entries"]
    found = ask(sandbox, "dead-letters")
    assert set(found) == {e["id"] for e in entries}
    assert "ENROLLMENT_APPROVED, 9h" in found.values()
    assert "invalid" in found.values()
    one = entries[0]["id"]
    assert set(ask(sandbox, "dead-letters", one[:6])) == {one}


def test_services_channels_sessions_and_profiles(sandbox: dict[str, str]) -> None:
    client = redis.Redis.from_url(sandbox["REDIS_URL"])
    client.hset("{shema}:registry:gym", "http://127.0.0.1:1", "{}")
    with client.pubsub() as service:
        service.subscribe("chat:session:s:1", "piano.tuned", "shema-cli:tail:x")
        while service.get_message(timeout=0.2):
            pass
        assert {"course", "gym"} <= set(ask(sandbox, "services"))
        assert set(ask(sandbox, "channels", "p")) == {"piano.tuned"}
        assert not any(name.startswith("shema-cli:") for name in ask(sandbox, "channels"))
        assert ask(sandbox, "sessions") == {"s:1": "open now"}
    assert ask(sandbox, "profiles") == {"sandbox": "active"}
    client.delete("{shema}:registry:gym")
    client.close()


def test_the_answer_is_kept_for_a_moment_and_no_longer(sandbox: dict[str, str]) -> None:
    before = ask(sandbox, "dead-letters")
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        client.delete("events:dead_letter")
    assert ask(sandbox, "dead-letters") == before
    _forget_what_was_kept(sandbox)
    assert ask(sandbox, "dead-letters") == {}


def _forget_what_was_kept(sandbox: dict[str, str]) -> None:
    """As if its time were over."""
    for kept in Path(sandbox["SHEMA_STATE_DIR"]).glob("completion-*.json"):
        document = json.loads(kept.read_text())
        kept.write_text(json.dumps({**document, "at": document["at"] - live.FRESH_S}))


def test_signed_out_there_is_nothing_not_even_what_was_kept(sandbox: dict[str, str]) -> None:
    assert ask(sandbox, "dead-letters")
    shema("auth", "logout", env=sandbox)
    for kind in ("dead-letters", "enrollments", "services", "channels", "sessions"):
        assert ask(sandbox, kind) == {}


def test_out_of_reach_there_is_nothing(sandbox: dict[str, str]) -> None:
    away = {**sandbox, "REDIS_URL": "redis://127.0.0.1:1/0", "ENROLLMENT_SERVICE_URL": "http://127.0.0.1:1"}
    for kind in ("dead-letters", "enrollments", "channels", "sessions"):
        assert ask(away, kind) == {}


def test_a_server_that_never_answers_is_given_up(sandbox: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LIMIT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hung = {**sandbox, "REDIS_URL": f"redis://127.0.0.1:{silent.getsockname()[1]}/0"}
        assert ask(hung, "dead-letters") == {}


def test_what_takes_too_long_is_not_waited_for() -> None:
    released = threading.Event()
    with pytest.raises(live.TooSlow):
        live.within(0.01, lambda: [("late", "")] if released.wait(20) else [])
    released.set()


@pytest.mark.parametrize("words", [(), ("nonsense", ""), ("--profile", "nowhere", "profiles", ""), ("--profile",)])
def test_whatever_is_wrong_nothing_is_said(words: tuple[str, ...], base_env: dict[str, str]) -> None:
    assert values(shema("_complete", *words, env=base_env)) == {}


def test_what_comes_from_outside_cannot_command_the_terminal(sandbox: dict[str, str]) -> None:
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client, client.pubsub() as service:
        odd = ("piano\x1b[2J\n.tuned", b"piano\xff", "piano" * 100, "--env-file=piano", "-piano")
        service.subscribe("piano$(tuned)", *odd)
        service.get_message(timeout=1)
        assert list(ask(sandbox, "channels", "piano")) == ["piano$(tuned)"]
        assert not any(value.startswith("-") for value in ask(sandbox, "channels", ""))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_offers_them(shell: str, sandbox: dict[str, str], tmp_path: Path) -> None:
    env = environment(program(tmp_path / "bin"), sandbox)
    ids = set(ask(sandbox, "dead-letters"))
    assert set(offered(shell, "shema dlq replay --dry-run ", env)) & ids == ids
    assert set(offered(shell, "shema config use ", env)) == {"sandbox"}


def test_bash_tells_what_they_are_only_where_it_lists_them(sandbox: dict[str, str], tmp_path: Path) -> None:
    env = environment(program(tmp_path / "bin"), sandbox)
    ids = ask(sandbox, "dead-letters")
    one = next(iter(ids))
    assert any("(ENROLLMENT_APPROVED, " in line for line in bash_raw("shema dlq show ", env))
    assert bash_raw(f"shema dlq show {one[:8]}", env) == [one]
    assert set(bash_raw("shema dlq show ", env, menu=True)) == set(ids)


def test_the_profile_on_the_line_is_the_one_that_is_asked(base_env: dict[str, str], tmp_path: Path) -> None:
    config = Path(base_env["SHEMA_CONFIG_DIR"])
    config.mkdir()
    (config / "config.toml").write_text("[profiles.one]\n[profiles.two]\n")
    env = environment(program(tmp_path / "bin"), base_env)
    assert any("two  (active)" in line for line in bash_raw("shema --profile two config use ", env))
    assert set(bash("shema config use --profile=two ", env)) == {"one", "two"}


def test_options_have_values_that_live_too(sandbox: dict[str, str]) -> None:
    families = ask(sandbox, "fingerprints")
    assert "Timeout after" in " ".join(families.values())
    assert all(re.fullmatch("[0-9a-f]{10}", name) for name in families)
    assert ask(sandbox, "acknowledged") == {}
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        ack = json.dumps({"at": "2026-01-01T00:00:00Z", "note": "moved\x1b[2J"})
        client.hset("{shema}:acknowledged", mapping={"0e62ad21f8": ack, "junk": "junk"})
    _forget_what_was_kept(sandbox)
    assert list(ask(sandbox, "acknowledged")) == ["0e62ad21f8"]
    courses = ask(sandbox, "courses")
    assert all(re.fullmatch(r"\d+ pending enrollments?", about) for about in courses.values())
    assert set(courses) <= {about.rpartition(" ")[2] for about in ask(sandbox, "enrollments").values()}
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        client.xadd("{shema}:audit", {"actorEmail": "ana@shema.test", "action": "approve", "target": "enr-0001"})
    assert "ana@shema.test" in ask(sandbox, "actors")
    assert "approve" in ask(sandbox, "actions")
    assert "enr-0001" in ask(sandbox, "targets")
