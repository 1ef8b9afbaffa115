"""Nobody acts on the wrong system: what is refused, told and asked before a command acts (contract 3.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from shema_cli.store import keys
from tests.support.cli import Run, shema
from tests.support.http import Answer, HttpServer
from tests.support.registry import put
from tests.support.signed_in import EMAIL, PROJECT, serve_identity, signed_in
from tests.support.terminal import Terminal
from tests.support.trail import audited
from tests.support.valkey import Valkey

DEAD = json.dumps({"event": {"eventType": "USER_UPDATED", "eventId": "evt_1", "data": {}}, "error": "x"})
DISCARD = ("dlq", "discard", "--all", "--yes")


@pytest.fixture
def firebase() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield serve_identity(server)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, which may have a `.env`."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def env(base_env: dict[str, str], firebase: HttpServer, here: Path) -> dict[str, str]:
    return {**base_env, **signed_in(f"127.0.0.1:{firebase.port}")}


@pytest.fixture
def other(valkey: Valkey) -> Iterator[redis.Redis]:
    """Another Redis than the profile's: another database of the same server, with a dead letter in it."""
    with redis.Redis.from_url(at(valkey, 1)) as client:
        client.lpush(keys.DEAD_LETTERS, DEAD)
        yield client


def at(valkey: Valkey, database: int) -> str:
    return f"redis://127.0.0.1:{valkey.port}/{database}"


def profile(env: dict[str, str], name: str, **values: str) -> None:
    folder = Path(env["SHEMA_CONFIG_DIR"])
    folder.mkdir(exist_ok=True)
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in values.items()]
    (folder / "config.toml").write_text(f"[profiles.{name}]\n{''.join(lines)}")


def dotenv(here: Path, **values: str) -> None:
    (here / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def code_of(run: Run) -> tuple[int, str]:
    return run.code, run.json["error"]["code"]


# -- mixed -----------------------------------------------------------------------------------------------------------


def test_a_dotenv_cannot_lead_a_profile_to_another_redis(
    env: dict[str, str], here: Path, valkey: Valkey, other: redis.Redis
) -> None:
    profile(env, "live", REDIS_URL=at(valkey, 0))
    dotenv(here, REDIS_URL=at(valkey, 1))
    refused = shema("--profile", "live", *DISCARD, "--json", env=env)
    assert code_of(refused) == (5, "mixed_target")
    assert "REDIS_URL" in refused.json["error"]["message"]
    assert "(.env)" in refused.json["error"]["message"]
    assert refused.json["error"]["hint"].startswith("take REDIS_URL out of .env, or choose the profile that is meant")
    assert other.llen(keys.DEAD_LETTERS) == 1
    assert not other.exists(keys.AUDIT)

    looked = shema("--profile", "live", "dlq", "list", env=env)
    assert looked.code == 0
    assert looked.err.count("warning: mixed target: REDIS_URL is redis://") == 1
    planned = shema("--profile", "live", *DISCARD, "--dry-run", env=env)
    assert planned.code == 0
    assert "warning: mixed target" in planned.err

    allowed = shema("--profile", "live", *DISCARD, "--allow-mixed-target", env=env)
    assert allowed.code == 0
    assert allowed.err.count("mixed target") == 1
    assert other.llen(keys.DEAD_LETTERS) == 0


@pytest.mark.parametrize("how", ["flag", "variable", "default"])
def test_however_the_profile_was_chosen(env: dict[str, str], valkey: Valkey, how: str) -> None:
    profile(env, "live", COURSE_SERVICE_URL="http://course.school.test")
    variables = {"REDIS_URL": valkey.url, "COURSE_SERVICE_URL": "http://127.0.0.1:9"}
    if how == "default":
        config = Path(env["SHEMA_CONFIG_DIR"]) / "config.toml"
        config.write_text('default_profile = "live"\n' + config.read_text())
    chosen = {"flag": ("--profile", "live"), "variable": (), "default": ()}[how]
    variables |= {"SHEMA_PROFILE": "live"} if how == "variable" else {}
    refused = shema(*chosen, *DISCARD, "--json", env={**env, **variables})
    assert code_of(refused) == (5, "mixed_target")
    assert "COURSE_SERVICE_URL is http://127.0.0.1:9 (environment)" in refused.json["error"]["message"]


def test_what_writes_through_a_service_is_refused_too(env: dict[str, str], firebase: HttpServer) -> None:
    profile(env, "live", COURSE_SERVICE_URL="http://course.school.test")
    variables = {**env, "COURSE_SERVICE_URL": firebase.url, "SERVICE_JWT_SECRET": "s" * 32}
    asked = ("--profile", "live", "api", "course", "/x", "--json")
    assert code_of(shema(*asked, "-X", "POST", "--yes", env=variables)) == (5, "mixed_target")
    assert firebase.requests == [], "not even Firebase was asked"
    assert "mixed target" in shema(*asked, env=variables).err


def test_signing_in_elsewhere_than_the_profile_says_is_warned_of(env: dict[str, str]) -> None:
    profile(env, "live", FIREBASE_PROJECT_ID="demo-other")
    for command in (("auth", "status"), ("config", "show")):
        told = shema("--profile", "live", *command, env=env)
        assert told.err.count("mixed target: FIREBASE_PROJECT_ID is demo-shema (environment), not demo-other") == 1
    assert "mixed" not in shema("--profile", "live", "config", "path", env=env).err


@pytest.mark.parametrize("why", ["mixed", "read_only", "emulator", None])
def test_what_reads_keeps_nothing_where_nothing_may_be_changed(
    env: dict[str, str], valkey: Valkey, firebase: HttpServer, redis_client: redis.Redis, why: str | None
) -> None:
    """What one system says of a user must not stand in the cache of another, which its services read."""
    firebase.on("GET", "/api/users/by-email", Answer(json={"id": "u", "email": "x@shema.test"}))
    firebase.on("GET", "/health", Answer(json={}))
    put(redis_client, firebase.url, service="course")
    before = redis_client.hgetall("{shema}:registry:course")
    profile(env, "live", REDIS_URL=at(valkey, 1 if why == "mixed" else 0))
    variables = {"REDIS_URL": at(valkey, 0), "USER_SERVICE_URL": firebase.url, "SERVICE_JWT_SECRET": "s" * 32}
    variables |= {"SHEMA_READ_ONLY": "1"} if why == "read_only" else {}
    variables |= {"CHAT_SERVICE_URL": "http://chat.school.test"} if why == "emulator" else {}
    for command in (("users", "show", "x@shema.test"), ("services", "health", "course")):
        assert shema("--profile", "live", *command, env={**env, **variables}).code == 0
    assert bool(redis_client.exists("user:email:x@shema.test")) is (why is None)
    assert (redis_client.hgetall("{shema}:registry:course") != before) is (why is None)


def test_the_same_address_written_otherwise_is_no_mixture(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    profile(env, "live", REDIS_URL=at(valkey, 0))
    redis_client.lpush(keys.DEAD_LETTERS, DEAD)
    done = shema("--profile", "live", *DISCARD, env={**env, "REDIS_URL": at(valkey, 0).removesuffix("0")})
    assert done.code == 0
    assert "mixed" not in done.err


# -- emulator --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"), [("REDIS_URL", "redis://cache.school.test"), ("CHAT_SERVICE_URL", "http://chat.school.test")]
)
def test_an_emulators_admin_changes_nothing_on_another_machine(
    env: dict[str, str], valkey: Valkey, firebase: HttpServer, name: str, value: str
) -> None:
    refused = shema(*DISCARD, "--json", env={**env, "REDIS_URL": valkey.url, name: value})
    assert code_of(refused) == (5, "emulator_target")
    assert value.partition("//")[2] in refused.json["error"]["message"]
    assert firebase.requests == [], "nothing was asked of anybody"


def test_nor_through_an_instance_that_registered_itself(
    env: dict[str, str], valkey: Valkey, firebase: HttpServer, redis_client: redis.Redis
) -> None:
    put(redis_client, "http://user.school.test:3002", service="user")
    variables = {**env, "REDIS_URL": valkey.url, "SERVICE_JWT_SECRET": "s" * 32}
    refused = shema("api", "user", "/x", "-X", "POST", "--yes", "--json", env=variables)
    assert code_of(refused) == (5, "emulator_target")
    assert "http://user.school.test:3002" in refused.json["error"]["message"]


def test_the_emulator_is_named_before_a_password_is_asked_for(env: dict[str, str], firebase: HttpServer) -> None:
    del env["SHEMA_ID_TOKEN"]
    refusal = Answer(400, json={"error": {"message": "INVALID_PASSWORD"}})
    firebase.on("POST", "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword", refusal)
    asked = shema("auth", "login", "--email", EMAIL, "--password-stdin", env=env, stdin=b"x\n")
    assert asked.code == 4
    assert asked.err.startswith(f"EMULATOR: signing in at 127.0.0.1:{firebase.port}, not at Firebase")
    nobody_there = shema("auth", "login", env=env)
    assert nobody_there.err.startswith("EMULATOR: ")


@pytest.mark.parametrize("options", [["--yes"], ["--dry-run"], ["--yes", "--dry-run"]])
def test_the_emulator_is_named_once_in_a_short_line_and_not_where_all_that_is_read_is_here(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, options: list[str]
) -> None:
    redis_client.lpush(keys.DEAD_LETTERS, DEAD)
    elsewhere = {"USER_SERVICE_URL": "http://user.school.test:3002"}
    for command, settings, told in (
        (["dlq", "list"], {}, 0),
        (["dlq", "list"], elsewhere, 1),
        (["dlq", "discard", "--all", *options], {}, 0 if "--dry-run" in options else 1),
    ):
        run = shema(*command, env={**env, "REDIS_URL": valkey.url, **settings})
        assert run.code == 0
        assert run.err.count("EMULATOR") == told
        assert all(len(line) <= 60 for line in run.err.splitlines() if line.startswith("EMULATOR"))


def test_the_emulator_is_named_once_where_a_question_is_asked(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    redis_client.lpush(keys.DEAD_LETTERS, DEAD)
    with Terminal("dlq", "discard", "--all", env={**env, "REDIS_URL": valkey.url}) as terminal:
        terminal.wait("Go on? [y/N]")
        assert terminal.text.count("EMULATOR") == 1


def test_a_trail_says_where_it_was_written_and_that_an_emulator_proves_nobody(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    redis_client.lpush(keys.DEAD_LETTERS, DEAD)
    assert shema(*DISCARD, env={**env, "REDIS_URL": at(valkey, 0).replace("//", "//:@")}).code == 0
    entry = audited(redis_client)[-1]
    place = f"127.0.0.1:{valkey.port}/0"
    assert (entry["profile"], entry["project"], entry["emulator"], entry["redis"]) == (
        "default",
        PROJECT,
        "true",
        place,
    )
    shown = shema("audit", "list", "--json", env={**env, "REDIS_URL": valkey.url}).json["entries"][0]
    assert (shown["project"], shown["emulator"], shown["redis"]) == (PROJECT, "true", place)


# -- what is told ----------------------------------------------------------------------------------------------------


def test_with_yes_the_target_is_told_on_a_terminal_and_off(
    env: dict[str, str], valkey: Valkey, redis_client: redis.Redis
) -> None:
    profile(env, "live", REDIS_URL=at(valkey, 0))
    project = f"Firebase {PROJECT} (EMULATOR {env['FIREBASE_AUTH_EMULATOR_HOST']})"
    line = f"Target: live · redis 127.0.0.1:{valkey.port}/0 · {project} · {EMAIL} (SHEMA_ID_TOKEN)\n"
    for terminal in (False, True):
        for command in (DISCARD, ("dlq", "recover", "--yes")):
            redis_client.lpush(keys.DEAD_LETTERS, DEAD)
            done = shema("--profile", "live", *command, env=env, terminal=terminal)
            assert done.code == 0
            assert done.err.count(line) == 1
    assert "Target:" not in shema("--profile", "live", *DISCARD, "--dry-run", env=env).err


def test_a_question_names_the_target(env: dict[str, str], valkey: Valkey, redis_client: redis.Redis) -> None:
    redis_client.lpush(keys.DEAD_LETTERS, DEAD)
    asked = shema("dlq", "discard", "--all", env={**env, "REDIS_URL": valkey.url, "NO_COLOR": "1"}, terminal=True)
    assert asked.code == 5
    assert f"Target: default · redis 127.0.0.1:{valkey.port}/0 · Firebase {PROJECT}" in asked.err


def test_a_dotenv_that_says_where_is_told_by_every_command(env: dict[str, str], here: Path, valkey: Valkey) -> None:
    dotenv(here, REDIS_URL=valkey.url, USER_SERVICE_URL="http://u", SERVICE_NAME="n")
    for command in (("dlq", "list"), ("config", "show"), ("dlq", "list", "--json")):
        told = shema(*command, env=env)
        assert told.err.count("using .env: REDIS_URL, USER_SERVICE_URL\n") == 1
        assert "using .env" not in told.out
    outranked = shema("dlq", "list", env={**env, "REDIS_URL": valkey.url, "USER_SERVICE_URL": "http://v"})
    assert "using .env" not in outranked.err


def test_no_secret_goes_where_a_dotenv_says(env: dict[str, str], here: Path) -> None:
    dotenv(here, SHEMA_STATE_DIR="./state", SHEMA_ID_TOKEN="x")
    del env["SHEMA_ID_TOKEN"]
    shown = shema("auth", "status", env=env)
    assert shown.err.count("warning: .env: SHEMA_STATE_DIR, SHEMA_ID_TOKEN ignored") == 1
    assert shema("config", "path", "--json", env=env).json["state"] == env["SHEMA_STATE_DIR"]
    assert shema("config", "path", "--json", "--env-file", ".env", env=base(env)).json["state"] == "state"
    assert not (here / "state").exists()


def base(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name != "SHEMA_STATE_DIR"}


# -- read-only -------------------------------------------------------------------------------------------------------

CHANGES = (
    DISCARD,
    ("dlq", "replay", "--all", "--yes"),
    ("dlq", "recover"),
    ("dlq", "import", "-", "--yes"),
    ("enrollments", "approve", "e1", "--yes"),
    ("enrollments", "reject", "e1", "--reason", "r", "--yes"),
    ("events", "publish", "user.updated", "--data", '{"userId":"u","changes":{}}', "--yes"),
    ("services", "register", "pay", "http://pay:1", "--yes"),
    ("services", "deregister", "pay", "http://pay:1", "--yes"),
    ("admins", "grant", "x@shema.test", "--yes"),
    ("admins", "revoke", "x@shema.test", "--yes"),
    ("api", "user", "/x", "-X", "DELETE", "--yes"),
)


@pytest.mark.parametrize("command", CHANGES, ids=" ".join)
@pytest.mark.parametrize("how", ["flag", "variable", "profile"])
def test_read_only_refuses_every_change_before_anything_connects(
    env: dict[str, str], firebase: HttpServer, command: tuple[str, ...], how: str
) -> None:
    profile(env, "live", **({"read_only": "true"} if how == "profile" else {}))
    flag = ("--read-only",) if how == "flag" else ()
    variables = {**env, **({"SHEMA_READ_ONLY": "1"} if how == "variable" else {}), "REDIS_URL": "redis://127.0.0.1:1"}
    refused = shema("--profile", "live", *flag, *command, "--json", env=variables)
    assert code_of(refused) == (5, "read_only")
    assert firebase.requests == []


def test_read_only_reads_and_tries(env: dict[str, str], valkey: Valkey, redis_client: redis.Redis) -> None:
    redis_client.lpush(keys.DEAD_LETTERS, DEAD)
    variables = {**env, "REDIS_URL": valkey.url}
    assert shema("dlq", "list", "--read-only", env=variables).code == 0
    assert shema(*DISCARD, "--dry-run", "--read-only", env=variables).code == 0
    assert redis_client.llen(keys.DEAD_LETTERS) == 1


# -- a protected profile ---------------------------------------------------------------------------------------------


@pytest.fixture
def protected(env: dict[str, str], valkey: Valkey, redis_client: redis.Redis) -> dict[str, str]:
    profile(env, "live", REDIS_URL=valkey.url, confirm="type-name")
    redis_client.lpush(keys.DEAD_LETTERS, DEAD)
    return {**env, "SHEMA_PROFILE": "live", "NO_COLOR": "1"}


@pytest.mark.parametrize("yes", [(), ("--yes",)])
def test_yes_is_not_enough_where_nobody_can_type(
    protected: dict[str, str], redis_client: redis.Redis, yes: tuple[str, ...]
) -> None:
    refused = shema("dlq", "discard", "--all", *yes, "--json", env=protected)
    assert refused.code == 2
    assert "to type the name of the protected profile live" in refused.json["error"]["message"]
    assert refused.json["error"]["hint"] == "pass --confirm live"
    assert redis_client.llen(keys.DEAD_LETTERS) == 1


@pytest.mark.parametrize(("typed", "code", "left"), [(b"y\n", 5, 1), (b"live\n", 0, 0)])
def test_yes_on_a_terminal_still_has_the_name_typed(
    protected: dict[str, str], redis_client: redis.Redis, typed: bytes, code: int, left: int
) -> None:
    done = shema(*DISCARD, env=protected, terminal=True, stdin=typed)
    assert "type live to go on" in done.err
    assert (done.code, redis_client.llen(keys.DEAD_LETTERS)) == (code, left)


@pytest.mark.parametrize("yes", [(), ("--yes",)])
@pytest.mark.parametrize(("name", "code", "left"), [("live", 0, 0), ("Live", 5, 1), ("staging", 5, 1)])
def test_the_name_as_a_flag_answers(
    protected: dict[str, str],
    redis_client: redis.Redis,
    yes: tuple[str, ...],
    name: str,
    code: int,
    left: int,
) -> None:
    done = shema("dlq", "discard", "--all", *yes, "--confirm", name, env=protected)
    assert (done.code, redis_client.llen(keys.DEAD_LETTERS)) == (code, left)
    assert ("Target: live" in done.err) is (code == 0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("confirm", "yes"),
        ("confirm", "Type-Name"),
        ("confirm", "type_name"),
        ("color", "mauve"),
        ("read_only", "perhaps"),
        ("names", "never"),
    ],
)
def test_a_guard_that_is_misspelt_is_refused_and_can_be_mended(
    env: dict[str, str], valkey: Valkey, key: str, value: str
) -> None:
    profile(env, "live", REDIS_URL=valkey.url, **{key: value})
    for command in (DISCARD, ("dlq", "list")):
        refused = shema("--profile", "live", *command, "--json", env=env)
        assert code_of(refused) == (2, "bad_profile_option")
        assert f'{key} = "{value}"' in refused.json["error"]["message"]
    shown = shema("--profile", "live", "config", "show", "--json", env=env)
    assert shown.code == 0
    assert {"name": key, "value": value, "source": "profile live"}.items() <= next(
        s for s in shown.json["settings"] if s["name"] == key
    ).items()
    right = {"confirm": "type-name", "color": "red", "read_only": "false", "names": "false"}[key]
    assert shema("config", "set", key, right, "--profile", "live", env=env).code == 0
    assert shema("--profile", "live", "dlq", "list", env=env).code == 0


def test_a_key_that_is_no_setting_is_warned_of_once(env: dict[str, str], valkey: Valkey) -> None:
    profile(env, "live", REDIS_URL=valkey.url, REDIS_ULR="x", colour="red")
    told = shema("--profile", "live", "dlq", "list", env=env)
    assert told.code == 0
    assert told.err.count("warning: profile live: 'REDIS_ULR' is not a setting; did you mean REDIS_URL?") == 1
    assert told.err.count("'colour' is not a setting; did you mean color?") == 1
