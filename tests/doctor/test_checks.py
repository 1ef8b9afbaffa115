"""Each check by itself, over a machine and a server that say what the test wants them to say."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import redis
from redis.exceptions import NoPermissionError, RedisError

from shema_cli.auth import reach
from shema_cli.auth.keyring import Vault
from shema_cli.calls.reply import NoUsableAnswer, Received
from shema_cli.clock import SystemClock
from shema_cli.doctor import machine, redis_server, sign_in, system, views
from shema_cli.doctor.bench import Bench, Check, Say, Skip
from shema_cli.doctor.results import Diagnosis, Finding, FindingState
from shema_cli.errors import AccessDenied, ExitCode, NotConfigured, ShemaError, Unreachable
from shema_cli.output.streams import Streams
from shema_cli.settings.sources import load_settings
from shema_cli.settings.values import CORE_SERVICES, service_variable
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.rights import acl_line
from tests.dlq.support import letter, push
from tests.support.canned import CannedRedis
from tests.support.cli import CapturedStream
from tests.support.drawing import drawn, flat
from tests.support.history import Written
from tests.support.in_process import in_process, store_in_process
from tests.support.servers import EVERY_SERVER, REDIS_6_2, VALKEY_9_1, ServerKind
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey
from tests.support.waiting import eventually
from tests.support.world import NOW, StillClock

REDIS = {"REDIS_URL": "redis://127.0.0.1:1/0"}
PROJECT = {"FIREBASE_PROJECT_ID": "shema-test", "FIREBASE_API_KEY": "key"}


@dataclass
class Server:
    """A Redis that says this; an exception is raised instead of answered."""

    info_of: Mapping[str, object] = field(default_factory=lambda: {"redis_version": "7.2.4", "role": "master"})
    config: Mapping[str, object] = field(default_factory=dict)
    answers: Mapping[str, object] = field(default_factory=dict)
    away: bool = False

    def knock(self) -> None:
        if self.away:
            raise Unreachable("redis_unreachable", "no answer from Redis", "start it")

    def execute_command(self, *words: str) -> object:
        if words[0] == "INFO":
            return self.info_of
        if words[0] == "CONFIG GET":
            return self._setting(words[1])
        found = self.answers.get(" ".join(words), self.answers.get(" ".join(words[:2]), self.answers.get(words[0])))
        if isinstance(found, Exception):
            raise found
        return found

    def _setting(self, name: str) -> object:
        if name not in self.config:
            raise NoPermissionError("no permission")
        return {name: self.config[name]}


class FakedBench(Bench):
    server: Server | Store

    @contextmanager
    def connect(self) -> Iterator[Store]:
        fake = self.server
        yield fake if isinstance(fake, Store) else cast(Store, SimpleNamespace(client=fake, knock=fake.knock))


def bench(
    folder: Path,
    server: Server | Store | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    stdout: CapturedStream | None = None,
) -> FakedBench:
    folders = {"SHEMA_CONFIG_DIR": str(folder / "config"), "SHEMA_STATE_DIR": str(folder / "state")}
    given = {**folders, **REDIS, **(environ or {})}
    streams = Streams(CapturedStream(), stdout or CapturedStream(), CapturedStream(), given)
    made = FakedBench(load_settings(environ=given, cwd=folder, any_profile=True), streams, StillClock())
    made.server = server or Server()
    return made


def real_bench(folder: Path, url: str) -> Bench:
    given = {"SHEMA_CONFIG_DIR": str(folder / "config"), "SHEMA_STATE_DIR": str(folder / "state"), "REDIS_URL": url}
    streams = Streams(CapturedStream(), CapturedStream(), CapturedStream(), given)
    return Bench(load_settings(environ=given, cwd=folder, any_profile=True), streams, SystemClock())


def found_by(check: Check, on: Bench) -> list[Finding]:
    return list(check(on, Say("area", "check")))


def told(check: Check, on: Bench) -> list[tuple[str, str]]:
    """State and message of each finding; whatever is not well says what to do."""
    findings = found_by(check, on)
    assert all(bool(one.advice) is (one.state is not FindingState.OK) for one in findings), findings
    return [(one.state.value, one.message) for one in findings]


def one(check: Check, on: Bench) -> tuple[str, str]:
    (finding,) = told(check, on)
    return finding


# -- the server ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "state", "said"),
    [
        ({"redis_version": "7.2.4"}, "ok", "Redis 7.2.4 at 127.0.0.1:1, single"),
        ({"redis_version": "7.2.4", "valkey_version": "8.0.1"}, "ok", "Valkey 8.0.1 at 127.0.0.1:1, single"),
        ({"redis_version": "6.2.0"}, "ok", "Redis 6.2.0"),
        ({"redis_version": "x.y"}, "ok", "Redis x.y"),
        ({}, "ok", "Redis ?"),
        ({"redis_version": "7.0.0", "role": "slave"}, "fail", "it is a replica"),
    ],
)
def test_what_the_server_is(tmp_path: Path, info: dict[str, object], state: str, said: str) -> None:
    found = one(redis_server.server, bench(tmp_path, Server(info)))
    assert found[0] == state
    assert said in found[1]


def test_a_server_that_is_away_is_told_by_one_check_and_asked_by_no_other(tmp_path: Path) -> None:
    on = bench(tmp_path, Server(away=True))
    assert one(redis_server.server, on) == ("fail", "no answer from Redis")
    for check in (redis_server.clock, redis_server.persistence, redis_server.rights, system.dead_letters):
        with pytest.raises(Skip):
            found_by(check, on)


@pytest.mark.parametrize(
    ("off_s", "state", "said"),
    [(0, "ok", "agrees"), (2, "ok", "agrees"), (-2, "ok", "agrees"), (3, "warn", "3s off"), (-7200, "warn", "2h off")],
)
def test_the_server_s_clock(tmp_path: Path, off_s: int, state: str, said: str) -> None:
    now = int(NOW.timestamp()) + off_s
    found = one(redis_server.clock, bench(tmp_path, Server(answers={"TIME": (now, 0)})))
    assert (found[0], said in found[1]) == (state, True)


@pytest.mark.parametrize(
    ("info", "save", "state", "said"),
    [
        ({"aof_enabled": 1}, "", "ok", "append-only file"),
        ({"aof_enabled": 1, "aof_last_write_status": "err"}, "", "fail", "cannot write its append-only file"),
        ({"aof_enabled": 1, "rdb_last_bgsave_status": "err"}, "", "fail", "last snapshot failed"),
        ({"aof_enabled": 0, "rdb_last_bgsave_status": "err"}, "3600 1", "fail", "last snapshot failed"),
        ({"aof_enabled": 0, "aof_last_write_status": "err"}, "3600 1", "warn", "snapshots only (save 3600 1)"),
        ({"aof_enabled": 0}, "", "warn", "keeps nothing on disk"),
        ({"aof_enabled": 0}, None, "ok", "may not be asked"),
    ],
)
def test_what_a_restart_would_forget(
    tmp_path: Path, info: dict[str, object], save: str | None, state: str, said: str
) -> None:
    config = {} if save is None else {"save": save}
    found = one(redis_server.persistence, bench(tmp_path, Server(info, config)))
    assert (found[0], said in found[1]) == (state, True)


@pytest.mark.parametrize(
    ("config", "state", "said"),
    [
        ({}, "ok", "may not be asked"),
        ({"maxmemory-policy": "noeviction", "maxmemory": "0"}, "ok", "no limit, maxmemory-policy noeviction"),
        ({"maxmemory-policy": b"noeviction", "maxmemory": b"100"}, "ok", "at most 100 bytes"),
        ({"maxmemory-policy": "allkeys-lru", "maxmemory": "0"}, "ok", "no limit"),
        ({"maxmemory-policy": "allkeys-lru"}, "ok", "no limit"),
        ({"maxmemory-policy": "allkeys-lru", "maxmemory": "100"}, "warn", "are thrown away"),
        ({"maxmemory-policy": "volatile-lru", "maxmemory": "100"}, "ok", "at most 100 bytes"),
    ],
)
def test_what_a_full_memory_throws_away(tmp_path: Path, config: dict[str, object], state: str, said: str) -> None:
    found = one(redis_server.memory, bench(tmp_path, Server(config=config)))
    assert (found[0], said in found[1]) == (state, True)


@pytest.mark.parametrize(
    ("limits", "state", "said"),
    [
        (None, "ok", "may not be asked"),
        ("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60", "ok", "pubsub 33554432 8388608 60"),
        ("normal 0 0 0 pubsub 8388608 1 1", "ok", "pubsub 8388608 1 1"),
        ("normal 0 0 0 pubsub 8388607 1 1", "warn", "is cut off"),
        ("pubsub 0 0 0", "ok", "pubsub 0 0 0"),
    ],
)
def test_how_soon_a_slow_service_is_cut_off(tmp_path: Path, limits: str | None, state: str, said: str) -> None:
    config = {} if limits is None else {"client-output-buffer-limit": limits}
    found = one(redis_server.output_buffer, bench(tmp_path, Server(config=config)))
    assert (found[0], said in found[1]) == (state, True)


def as_user(server: Valkey, folder: Path, *rules: str) -> Bench:
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "ana", "reset", "on", ">pw", *rules)
    return real_bench(folder, f"redis://ana:pw@127.0.0.1:{server.port}")


def test_whoever_may_do_all_is_told_the_line_that_makes_a_user_who_may_do_no_more(
    any_server: Valkey, tmp_path: Path
) -> None:
    state, said = one(redis_server.rights, real_bench(tmp_path, any_server.url))
    assert state == "ok"
    assert said.endswith(acl_line())


def test_a_right_that_is_missing_is_named_where_it_may_be_asked(any_server: Valkey, tmp_path: Path) -> None:
    on = as_user(any_server, tmp_path, "~*", "&*", "+@all", "-xadd", "-pubsub", "+pubsub|channels", "-acl")
    (finding,) = found_by(redis_server.rights, on)
    assert acl_line() in finding.advice
    if any_server.program == REDIS_6_2.program:
        assert finding.state is FindingState.WARN
        assert "from Redis 7.0 on" in finding.message
    else:
        assert finding.state is FindingState.FAIL
        missing = "PUBSUB NUMSUB, PUBSUB NUMPAT, XADD {shema}:audit, XADD {shema}:history"
        assert finding.message == f"the user 'ana' may not: {missing}"


def test_whoever_may_do_what_the_line_says_lacks_nothing(any_server: Valkey, tmp_path: Path) -> None:
    on = as_user(any_server, tmp_path, *acl_line().split()[6:])
    for check in (redis_server.server, redis_server.writes, redis_server.clock, redis_server.persistence):
        assert FindingState.FAIL not in {found.state for found in found_by(check, on)}
    for check in (
        redis_server.memory,
        redis_server.output_buffer,
        system.dead_letters,
        system.listening,
        system.history,
    ):
        assert FindingState.FAIL not in {found.state for found in found_by(check, on)}
    (finding,) = found_by(redis_server.rights, on)
    assert finding.state is (FindingState.WARN if any_server.program == REDIS_6_2.program else FindingState.OK)


def test_without_info_and_config_what_works_is_no_failure(any_server: Valkey, tmp_path: Path) -> None:
    on = as_user(any_server, tmp_path, "~*", "&*", "+@all", "-info", "-config", "-client")
    assert one(redis_server.server, on)[0] == "ok"
    for check in (redis_server.persistence, redis_server.memory, redis_server.output_buffer):
        state, said = one(check, on)
        assert (state, "may not be asked" in said) == ("ok", True)


def test_a_server_that_leaves_while_it_is_asked_is_no_missing_right(tmp_path: Path) -> None:
    with CannedRedis({"HELLO": b"*0\r\n", "EXISTS": b":0\r\n", "EVALSHA": b""}) as server, pytest.raises(Unreachable):
        found_by(redis_server.rights, real_bench(tmp_path, server.url))


@pytest.mark.parametrize("kind", EVERY_SERVER)
def test_a_full_server_is_told(tmp_path: Path, kind: ServerKind) -> None:
    with kind.started("--maxmemory", "1mb") as server, server.client() as client:
        for number in range(2000):
            with suppress(RedisError):
                client.set(f"filler:{number}", "x" * 1000)
        on = real_bench(tmp_path, server.url)
        assert "is full" in one(redis_server.writes, on)[1]
        state, said = one(redis_server.memory, on)
        assert (state, "takes nothing new" in said) == ("fail", True)
        assert one(redis_server.server, on)[0] == "ok"


def test_a_server_that_cannot_save_is_told_and_the_other_checks_go_on(tmp_path: Path) -> None:
    with VALKEY_9_1.started("--save", "1 1", "--enable-protected-configs", "yes") as server, server.client() as client:
        gone = tmp_path / "gone"
        gone.mkdir()
        client.config_set("dir", str(gone))
        gone.rmdir()
        client.set("x", "1")
        eventually(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")
        on = real_bench(tmp_path, server.url)
        assert one(redis_server.server, on)[0] == "ok"
        assert "cannot save" in one(redis_server.writes, on)[1]
        assert one(redis_server.persistence, on)[0] == "fail"
        assert one(system.dead_letters, on)[0] == "ok"


# -- what is on its way ----------------------------------------------------------------------------------------------


def test_what_waits_is_counted(tmp_path: Path) -> None:
    client = in_process()
    on = bench(tmp_path, store_in_process(client))
    assert told(system.dead_letters, on) == [("ok", "none")]
    push(client, [letter(1), letter(2)])
    assert told(system.dead_letters, on) == [("warn", "2 waiting")]
    client.rpoplpush("events:dead_letter", "{events:dead_letter}:shema:inflight")
    assert told(system.dead_letters, on) == [("warn", "1 in flight, left by a run that died"), ("warn", "2 waiting")]


def test_whether_anybody_hears_an_approval(tmp_path: Path) -> None:
    client = in_process()
    on = bench(tmp_path, store_in_process(client))
    assert one(system.listening, on)[0] == "warn"
    service = client.pubsub()
    service.subscribe(system.HEARD)
    assert one(system.listening, on) == ("ok", "1 service hears enrollment.approved")
    service.close()


def test_whether_what_is_published_is_recorded(redis_client: redis.Redis, tmp_path: Path, valkey: Valkey) -> None:
    on = real_bench(tmp_path, valkey.url)
    assert one(system.history, on)[0] == "ok"
    assert "no recorder has run" in one(system.history, on)[1]

    history = Written(redis_client)
    history.state(present='["schedule", "booking"]', size=1_500_000)
    history.message(history.now_ms, b"{}")
    state, said = one(system.history, on)
    assert (state, said) == ("ok", "a recorder runs, 0.0 s behind; 1 entry, 1.5 MB; 2 client names there")

    history.state(present="null")
    assert one(system.history, on)[0] == "warn"
    assert "CLIENT LIST" in one(system.history, on)[1]

    history.state(heard=history.now_ms - 7_200_000, present="[]")
    assert one(system.history, on)[0] == "warn"
    assert "no recorder has run for 2h" in one(system.history, on)[1]


def test_registrations_that_are_over_or_make_no_sense(tmp_path: Path) -> None:
    client = in_process()
    entry = {"healthCheck": "/health", "registeredAt": "2026-03-01T07:59:00.000Z", "lastCheck": None, "ttl": 90}
    for url, changed in (("http://a:1", {}), ("http://b:2", {"ttl": 30})):
        client.hset(f"{keys.REGISTRY_PREFIX}chat", url, json.dumps(entry | changed))
    client.hset(f"{keys.REGISTRY_PREFIX}chat", "nonsense", "{")
    states = told(system.registry, bench(tmp_path, store_in_process(client)))
    assert [state for state, _ in states] == ["warn", "warn", "ok"]
    assert "http://b:2 (chat) has expired" in states[0][1]
    assert states[2][1] == "2 instances are registered"


# -- this machine ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "environ", "findings"),
    [
        ("", REDIS | PROJECT, [("ok", "live · redis 127.0.0.1:1/0 · Firebase shema-test, from environment")]),
        (
            'REDIS_URL = "redis://cache"',
            REDIS,
            [("warn", "mixed target: REDIS_URL is redis://127.0.0.1:1/0 (environment), not redis://cache")],
        ),
        (
            "",
            {"REDIS_URL": "redis://cache", **signed_in()},
            [("warn", "an emulator proves nobody"), ("ok", "live · redis cache:6379/0")],
        ),
        ('confirm = "yes"', {}, [("fail", 'confirm = "yes" is not understood'), ("ok", "live")]),
        ("REDIS_ULR = 1", {}, [("warn", "did you mean REDIS_URL?"), ("ok", "live")]),
        ("read_only = true", {}, [("ok", "live"), ("ok", "read-only: profile live says so")]),
    ],
)
def test_where_commands_act(
    tmp_path: Path, profile: str, environ: dict[str, str], findings: list[tuple[str, str]]
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text(f"[profiles.live]\n{profile}\n")
    found = told(machine.target, bench(tmp_path, environ={"SHEMA_PROFILE": "live", **environ}))
    assert [state for state, _ in found] == [state for state, _ in findings]
    for (_, said), (_, wanted) in zip(found, findings, strict=True):
        assert wanted in said


@pytest.mark.parametrize(
    ("wanted", "config", "finding"),
    [
        (None, "", ("ok", "none; settings come from the environment and .env")),
        ("staging", "[profiles.staging]\n[profiles.b]\n", ("ok", "staging, one of 2")),
        ("nowhere", "[profiles.staging]\n", ("fail", "there is no profile 'nowhere'")),
        (None, 'default_profile = "gone"\n[profiles.a]\n', ("fail", "there is no profile 'gone'")),
    ],
)
def test_whether_the_profile_exists(tmp_path: Path, wanted: str | None, config: str, finding: tuple[str, str]) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text(config)
    on = bench(tmp_path, environ={"SHEMA_PROFILE": wanted} if wanted == "staging" else {})
    on.wanted_profile = wanted
    found = one(machine.profile, on)
    assert (found[0], finding[1] in found[1]) == (finding[0], True)


@pytest.mark.parametrize(("secret", "state"), [(None, "fail"), ("s" * 31, "warn"), ("é" * 16, None), ("s" * 32, None)])
def test_a_secret_that_can_be_guessed(tmp_path: Path, secret: str | None, state: str | None) -> None:
    environ = {"SERVICE_JWT_SECRET": secret} if secret else {}
    first, *rest = told(machine.values, bench(tmp_path, environ=environ))
    assert first[0] == "warn"
    assert "USER_SERVICE_URL" in first[1]
    assert [one[0] for one in rest] == ([state] if state else [])
    assert not any((secret or "?") in one[1] for one in rest)


def test_urls_that_are_all_set_are_well(tmp_path: Path) -> None:
    urls = {service_variable(name): "http://x" for name in CORE_SERVICES}
    state, message = one(machine.values, bench(tmp_path, environ={"SERVICE_JWT_SECRET": "s" * 32, **urls}))
    assert (state, message) == ("ok", f"{len(urls)} services have a URL")


def test_a_key_of_the_trail_that_is_none_is_told_before_a_change_is_refused(tmp_path: Path) -> None:
    environ = {"SERVICE_JWT_SECRET": "s" * 32, "SHEMA_AUDIT_KEY": "short"}
    with pytest.raises(NotConfigured, match="SHEMA_AUDIT_KEY is too short"):
        one(machine.values, bench(tmp_path, environ=environ))


def test_who_else_may_look_into_what_is_kept(tmp_path: Path) -> None:
    on, state = bench(tmp_path), tmp_path / "state"
    assert one(machine.state_folder, on)[0] == "ok"
    state.mkdir(mode=0o700)
    (state / "inner").mkdir(mode=0o700)
    (state / "inner" / "session.json").touch(mode=0o600)
    assert one(machine.state_folder, on) == ("ok", f"{state}, private")
    (state / "inner" / "session.json").chmod(0o604)
    assert told(machine.state_folder, on) == [("fail", f"others may read {state}/inner/session.json")]
    state.chmod(0o710)
    assert [found[0] for found in told(machine.state_folder, on)] == ["warn", "fail"]


def test_what_is_somebody_elses_in_the_state_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on, state = bench(tmp_path), tmp_path / "state"
    state.mkdir(mode=0o700)
    real = Path.lstat

    def left_by_sudo(path: Path) -> os.stat_result:
        fields = list(real(path))
        fields[4] = fields[4] if path == state else fields[4] + 987_654
        return os.stat_result(fields)

    (state / "circuits.db").write_bytes(b"")
    (state / "circuits.db").chmod(0o600)
    monkeypatch.setattr(Path, "lstat", left_by_sudo)
    assert told(machine.state_folder, on) == [("fail", f"{state}/circuits.db belongs to somebody else and is not used")]
    monkeypatch.setattr("shema_cli.state.os.geteuid", lambda: 987_654)
    ((result, said),) = told(machine.state_folder, on)
    assert result == "fail"
    assert f"the state folder {state} belongs to" in said


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    assert one(machine.state_folder, bench(tmp_path))[0] == "fail"


@pytest.mark.parametrize(("mode", "states"), [(0o600, ["ok"]), (0o640, ["warn"]), (0o604, ["warn"])])
@pytest.mark.parametrize("where", ["config", "env", "key"])
def test_secrets_that_lie_open(
    tmp_path: Path, where: str, mode: int, states: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = {"config": tmp_path / "config" / "config.toml", "env": tmp_path / ".env", "key": tmp_path / "key.json"}[
        where
    ]
    file.parent.mkdir(exist_ok=True)
    environ = {"config": {"SHEMA_PROFILE": "p"}, "env": {}, "key": {"GOOGLE_APPLICATION_CREDENTIALS": str(file)}}[where]
    content = {
        "config": f'[profiles.p]\nSERVICE_JWT_SECRET = "{"s" * 32}"\n',
        "env": f"SERVICE_JWT_SECRET={'s' * 32}\n",
    }
    file.write_text(content.get(where, "{}"))
    file.chmod(mode)
    assert [found[0] for found in told(machine.secret_files, bench(tmp_path, environ=environ))] == states


def test_a_key_file_that_is_none(tmp_path: Path) -> None:
    on = bench(tmp_path, environ={"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "none")})
    assert [found[0] for found in told(machine.secret_files, on)] == ["fail", "ok"]


@pytest.mark.parametrize(
    ("terminal", "columns", "encoding", "states"),
    [
        (False, 80, "utf-8", ["ok"]),
        (True, 80, "utf-8", ["ok"]),
        (True, 39, "utf-8", ["warn"]),
        (True, 80, "latin-1", ["warn", "ok"]),
        (True, 40, "UTF8", ["ok"]),
    ],
)
def test_what_the_terminal_can_show(
    tmp_path: Path, terminal: bool, columns: int, encoding: str, states: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Streams, "width", columns)
    stdout = CapturedStream(terminal=terminal)
    stdout.reconfigure(encoding=encoding)
    assert [found[0] for found in told(machine.terminal, bench(tmp_path, stdout=stdout))] == states


# -- signing in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("available", [True, False])
def test_where_the_refresh_token_is_kept(tmp_path: Path, available: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Vault, "available", staticmethod(lambda: available))
    state, message = one(sign_in.keyring, bench(tmp_path))
    assert (state, ("no keyring" in message)) == ("ok", not available)


def firebase(monkeypatch: pytest.MonkeyPatch, answer: Received | NoUsableAnswer) -> None:
    def fetch(*_: object, **__: object) -> Received:
        if isinstance(answer, NoUsableAnswer):
            raise answer
        return answer

    monkeypatch.setattr(reach, "fetch", fetch)


def at(moment: datetime) -> dict[str, str]:
    return {"date": f"{moment:%a, %d %b %Y %H:%M:%S} GMT"}


@pytest.mark.parametrize(
    ("answer", "environ", "states"),
    [
        (Received(200, at(NOW), b"{}"), PROJECT, ["ok"]),
        (Received(200, {}, b"{}"), PROJECT, ["ok"]),
        (Received(200, at(NOW + timedelta(seconds=5)), b"{}"), PROJECT, ["ok"]),
        (Received(200, at(NOW + timedelta(seconds=6)), b"{}"), PROJECT, ["fail"]),
        (Received(200, at(NOW - timedelta(hours=1)), b"{}"), PROJECT, ["fail"]),
        (Received(503, at(NOW), b""), PROJECT, ["fail", "ok"]),
        (Received(200, at(NOW), b"{}"), {"FIREBASE_PROJECT_ID": "shema-test"}, ["fail", "ok"]),
        (
            Received(200, at(NOW), b"{}"),
            {"FIREBASE_PROJECT_ID": "demo-x", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9"},
            ["warn", "ok"],
        ),
    ],
)
def test_whether_firebase_answers_and_the_clocks_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Received, environ: dict[str, str], states: list[str]
) -> None:
    firebase(monkeypatch, answer)
    assert [found[0] for found in told(sign_in.firebase, bench(tmp_path, environ=environ))] == states


def test_whether_this_session_would_do(tmp_path: Path) -> None:
    with pytest.raises(Skip):
        found_by(sign_in.session, bench(tmp_path))
    with pytest.raises(AccessDenied, match="nobody is signed in"):
        found_by(sign_in.session, bench(tmp_path, environ=PROJECT))
    until = int(NOW.timestamp())
    fresh: dict[str, Any] = {"exp": until + 3600, "iat": until - 60, "auth_time": until - 60}
    state, message = one(sign_in.session, bench(tmp_path, environ=signed_in(**fresh)))
    assert (state, message.endswith("is good for 1h more")) == ("ok", True)
    for wrong in ({"admin": False}, {"exp": until - 1}, {"aud": "another"}):
        with pytest.raises(ShemaError):
            found_by(sign_in.session, bench(tmp_path, environ=signed_in(**{**fresh, **wrong})))
    assert not (tmp_path / "state").exists()


# -- the whole -------------------------------------------------------------------------------------------------------


def diagnosis(*states: FindingState) -> Diagnosis:
    return Diagnosis(
        tuple(Finding("area", f"check {n}", state, f"message {n}", "do it") for n, state in enumerate(states))
    )


OK, WARN, FAIL = FindingState.OK, FindingState.WARN, FindingState.FAIL


@pytest.mark.parametrize(
    ("states", "code"),
    [((), ExitCode.DONE), ((OK, WARN), ExitCode.DONE), ((FAIL,), ExitCode.FAILED), ((OK, FAIL, WARN), ExitCode.FAILED)],
)
def test_what_failed_fails_the_whole_and_a_warning_does_not(states: tuple[FindingState, ...], code: ExitCode) -> None:
    result = diagnosis(*states)
    assert (result.exit_code, result.document()["ok"]) == (code, code is ExitCode.DONE)
    assert list(result.notes()) == [f"{states.count(OK)} ok, {states.count(WARN)} warn, {states.count(FAIL)} fail"]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_every_finding_is_there_at_every_width(width: int) -> None:
    shown = flat(views.diagnosis(diagnosis(OK, WARN, FAIL), width), width)
    for number, state in enumerate(("ok", "warn", "fail")):
        assert f"area:check{number}message{number}try:doit" in shown
        assert state in shown
    hostile = Diagnosis((Finding("a", "b", FAIL, "\x1b[2J\x9b\u202e", "\x1b[2J"),))
    assert drawn(views.diagnosis(hostile, width), width)
