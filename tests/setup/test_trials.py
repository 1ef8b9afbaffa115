"""What comes of trying a value: ok, failed with what to do, or unknown where nobody could tell (contract 2.1)."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shema_cli.auth import project
from shema_cli.settings.sources import settings_of_profile
from shema_cli.store import keys
from shema_cli.store.seal import KEY_ID, Sealer
from tests.auth.robot import key_file
from tests.setup.school import SECRET, lines_of, set_up, tried, why
from tests.support.firebase import LOOKUP, SigningKey, rejection
from tests.support.http import Answer, HttpServer
from tests.support.proxy import Fault, FaultProxy
from tests.support.topologies import cluster, sentinel_set, tls_server
from tests.support.valkey import Valkey, free_port

PROJECTS = "/v1/projects"
KEY = "AIza-api-key-9f3a-9f3a-9f3a-9f3a-9f3a"


def told(env: dict[str, str], name: str, value: str, **others: str) -> tuple[str, str]:
    """How a value ended, and why."""
    done = set_up(env, lines_of({**others, name: f"'{value}'"}), "--dry-run")
    return tried(done)[name], why(done, name)


# -- Redis ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://h", "known schemes"),
        ("redis://h:6379/x", "the database must be a number"),
        ("redis://nowhere.invalid:6379", "is not known"),
        ("redis://{school}", "does not answer as Redis does"),
        ("redis+cluster://{valkey}", "not a node of a cluster"),
        ("redis+sentinel://{valkey}/mymaster", "mymaster"),
        ("rediss://{valkey}", "write redis:// instead of rediss://"),
        ("redis://ani:wrong@{valkey}", "does not accept the credentials"),
        ("unix:///nowhere/redis.sock", "there is no socket"),
    ],
)
def test_a_wrong_redis_url_has_failed_and_says_why(
    base_env: dict[str, str], valkey: Valkey, school: HttpServer, url: str, words: str
) -> None:
    there = {"valkey": f"127.0.0.1:{valkey.port}", "school": f"127.0.0.1:{school.port}"}
    state, said = told(base_env, "REDIS_URL", url.format(**there))
    assert state == "failed"
    assert words in said


@pytest.mark.slow
def test_of_every_topology_the_right_url_holds_and_the_wrong_one_is_told(
    base_env: dict[str, str], tmp_path: Path
) -> None:
    with cluster() as nodes:
        assert told(base_env, "REDIS_URL", nodes.url)[0] == "ok"
        state, said = told(base_env, "REDIS_URL", nodes.nodes[0].url)
        assert state == "failed"
        assert "redis+cluster://" in said
    with sentinel_set() as watched:
        assert told(base_env, "REDIS_URL", watched.url)[0] == "ok"
        state, said = told(base_env, "REDIS_URL", f"redis://127.0.0.1:{watched.sentinels[0].port}")
        assert state == "failed"
        assert "redis+sentinel://" in said
        state, said = told(base_env, "REDIS_URL", f"redis://127.0.0.1:{watched.replica.port}")
        assert state == "failed"
        assert "replica" in said
    with tls_server(tmp_path) as server:
        state, said = told(base_env, "REDIS_URL", server.url_without_authority)
        assert state == "failed"
        assert "SHEMA_CA_FILE" in said
        assert told(base_env, "REDIS_URL", server.url_without_authority, SHEMA_CA_FILE=str(server.authority))[0] == "ok"


def test_a_user_who_may_not_do_all_is_told_what(base_env: dict[str, str], valkey: Valkey) -> None:
    with valkey.client() as client:
        client.execute_command("ACL", "SETUSER", "poor", "reset", "on", ">pass-9f3a", "~*", "&*", "+@all", "-publish")
        try:
            state, said = told(base_env, "REDIS_URL", f"redis://poor:pass-9f3a@127.0.0.1:{valkey.port}")
        finally:
            client.execute_command("ACL", "DELUSER", "poor")
    assert (state, "may not: PUBLISH" in said, "shema doctor" in said) == ("failed", True, True)


@pytest.mark.slow
def test_a_redis_that_takes_the_connection_and_says_nothing_ends_in_time(
    base_env: dict[str, str], valkey: Valkey
) -> None:
    with FaultProxy(valkey.port) as proxy:
        proxy.fault = Fault.BLACK_HOLE
        assert told(base_env, "REDIS_URL", f"redis://127.0.0.1:{proxy.port}")[0] == "failed"


def test_where_no_name_server_answers_nobody_knows_of_the_url(
    base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", away)
    for name, url in (("REDIS_URL", "redis://cache.school.test"), ("CHAT_SERVICE_URL", "http://chat.school.test")):
        state, said = told(base_env, name, url)
        assert (state, "no name server answers" in said) == ("unknown", True)


# -- services and their secret ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(body=b"<html>", headers={"Content-Type": "text/html; charset=utf-8"}), "a web page (text/html)"),
        (Answer(404), "answered 404"),
        (Answer(503), "answered 503"),
        (Answer(302, headers={"Location": "https://login.example"}), "redirect"),
    ],
)
def test_what_does_not_answer_as_a_service_has_failed(
    base_env: dict[str, str], school: HttpServer, answer: Answer, words: str
) -> None:
    school.on("GET", "/health", answer)
    state, said = told(base_env, "CHAT_SERVICE_URL", school.url)
    assert (state, words in said) == ("failed", True), said


def test_of_several_instances_the_one_that_is_wrong_is_named(base_env: dict[str, str], school: HttpServer) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    state, said = told(base_env, "CHAT_SERVICE_URL", f"{school.url},{away}")
    assert state == "failed"
    assert away in said
    assert school.url not in said
    assert told(base_env, "CHAT_SERVICE_URL", f"{school.url}, {school.url}/")[0] == "ok"


@pytest.mark.parametrize("url", ["chat:3005", "ftp://h", "http://ani:pass@h", "http://h:0", "http://"])
def test_what_is_no_url_of_a_service_has_failed(base_env: dict[str, str], url: str) -> None:
    assert told(base_env, "CHAT_SERVICE_URL", url)[0] == "failed"


def test_a_secret_counts_only_when_a_service_has_taken_it(base_env: dict[str, str], school: HttpServer) -> None:
    assert told(base_env, "SERVICE_JWT_SECRET", SECRET, CHAT_SERVICE_URL=school.url) == ("ok", "chat takes it ")
    state, said = told(base_env, "SERVICE_JWT_SECRET", "x" * 40, CHAT_SERVICE_URL=school.url)
    assert (state, said.startswith("chat refuses it")) == ("failed", True)
    assert told(base_env, "SERVICE_JWT_SECRET", SECRET)[0] == "unknown"
    away = f"http://127.0.0.1:{free_port()}"
    assert told(base_env, "SERVICE_JWT_SECRET", SECRET, CHAT_SERVICE_URL=away)[0] == "unknown"
    state, said = told(base_env, "SERVICE_JWT_SECRET", "short")
    assert (state, "fewer than 32 bytes" in said) == ("unknown", True)


def test_a_health_check_bears_no_token(base_env: dict[str, str], school: HttpServer) -> None:
    set_up(base_env, lines_of({"AUTH_SERVICE_URL": school.url, "SERVICE_JWT_SECRET": SECRET}), "--dry-run")
    assert [request.headers.get("authorization") for request in school.seen("/health")] == [None]


# -- Firebase ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    """Where the Identity Toolkit is reached."""
    with HttpServer() as server:
        monkeypatch.setattr(project, "GOOGLE", project.Endpoints(server.url, server.url, f"{server.url}/robot/x"))
        yield server


def key_of(*projects: str) -> Answer:
    domains = ["localhost", *(f"{name}{end}" for name in projects for end in (".firebaseapp.com", ".web.app"))]
    return Answer(json={"projectId": "1234567890", "authorizedDomains": domains})


INVALID = rejection("API key not valid. Please pass a valid API key.")
BLOCKED = rejection("Requests from referer <empty> are blocked.", 403)
NOT_FOUND = rejection("NOT_FOUND", 404)


@pytest.mark.parametrize(
    ("by_key", "by_token", "states", "words"),
    [
        (key_of("shema-music"), None, ("ok", "ok"), "takes it for shema-music"),
        (key_of("other-school"), None, ("failed", "unknown"), "another project (other-school)"),
        (key_of(), None, ("ok", "unknown"), "was not told"),
        (INVALID, None, ("failed", "unknown"), "does not accept FIREBASE_API_KEY"),
        (BLOCKED, BLOCKED, ("failed", "unknown"), "referer"),
        (NOT_FOUND, rejection("INVALID_ID_TOKEN"), ("ok", "unknown"), "was not told"),
        (NOT_FOUND, INVALID, ("failed", "unknown"), "does not accept FIREBASE_API_KEY"),
        (Answer(503), None, ("unknown", "unknown"), "503"),
        (Answer(body=b"<html>"), None, ("unknown", "unknown"), "not Firebase's"),
    ],
)
def test_a_key_is_judged_by_firebase_and_names_its_project(
    base_env: dict[str, str],
    google: HttpServer,
    by_key: Answer,
    by_token: Answer | None,
    states: tuple[str, str],
    words: str,
) -> None:
    google.on("GET", PROJECTS, by_key)
    if by_token:
        google.on("POST", LOOKUP, by_token)
    values = {"FIREBASE_PROJECT_ID": "shema-music", "FIREBASE_API_KEY": KEY}
    done = set_up(base_env, lines_of(values), "--dry-run")
    assert (tried(done)["FIREBASE_API_KEY"], tried(done)["FIREBASE_PROJECT_ID"]) == states
    assert words in why(done, "FIREBASE_API_KEY")
    assert {request.query.get("key") for request in google.requests} == {KEY}
    assert KEY not in done.out + done.err


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "socks5://127.0.0.1:1", "http://[::1"])
def test_a_broken_proxy_says_nothing_of_the_key(
    base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    state, said = told(base_env, "FIREBASE_API_KEY", KEY, FIREBASE_PROJECT_ID="shema-music")
    assert state == "unknown"
    assert "HTTPS_PROXY" in said


def test_an_emulator_is_one_or_it_has_failed(
    base_env: dict[str, str], emulator: HttpServer, school: HttpServer
) -> None:
    demo = {"FIREBASE_PROJECT_ID": "demo-shema"}
    assert told(base_env, "FIREBASE_AUTH_EMULATOR_HOST", f"127.0.0.1:{emulator.port}", **demo)[0] == "ok"
    for host in (f"127.0.0.1:{school.port}", f"127.0.0.1:{free_port()}", "evil.test:9099"):
        assert told(base_env, "FIREBASE_AUTH_EMULATOR_HOST", host, **demo)[0] == "failed"
    real = {"FIREBASE_PROJECT_ID": "shema-music"}
    assert told(base_env, "FIREBASE_AUTH_EMULATOR_HOST", f"127.0.0.1:{emulator.port}", **real)[0] == "failed"


# -- files and keys ---------------------------------------------------------------------------------------------------


def _without_key(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "private_key": "none"}))


@pytest.mark.parametrize(
    ("spoil", "project_id", "state", "words"),
    [
        (lambda path: path.chmod(0o600), "shema-music", "ok", "of shema-music"),
        (lambda path: path.chmod(0o644), "shema-music", "failed", "others may read it"),
        (lambda path: path.chmod(0o600), "other", "failed", "of the project shema-music, not of other"),
        (lambda path: path.unlink(), "shema-music", "failed", "No such file"),
        (lambda path: path.write_text("{}"), "shema-music", "failed", "not a service account's key file"),
        (_without_key, "shema-music", "failed", "cannot be used"),
    ],
)
def test_a_key_file_is_read_and_signed_with_and_is_of_the_project(
    base_env: dict[str, str],
    tmp_path: Path,
    google: HttpServer,
    robot_key: SigningKey,
    spoil: Callable[[Path], Any],
    project_id: str,
    state: str,
    words: str,
) -> None:
    path = Path(key_file(tmp_path, robot_key))
    spoil(path)
    found, said = told(base_env, "GOOGLE_APPLICATION_CREDENTIALS", str(path), FIREBASE_PROJECT_ID=project_id)
    assert (found, words in said) == (state, True), said


def test_a_path_is_written_so_that_it_leads_there_from_anywhere(
    base_env: dict[str, str], tmp_path: Path, robot_key: SigningKey, google: HttpServer
) -> None:
    path = Path(key_file(tmp_path, robot_key))
    path.chmod(0o600)
    done = set_up(base_env, f"GOOGLE_APPLICATION_CREDENTIALS={path.name}\n".encode(), "--dry-run")
    assert done.json["values"][0]["value"] == str(path)


def test_a_file_of_certificates_is_looked_into(base_env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    assert told(base_env, "SHEMA_CA_FILE", str(tmp_path / "none.pem"))[0] == "failed"
    assert told(base_env, "SHEMA_CA_FILE", str(tmp_path / "missing.pem"))[0] == "failed"


def test_an_audit_key_is_compared_with_the_newest_entry(base_env: dict[str, str], valkey: Valkey) -> None:
    ours, theirs = "our-audit-key-" * 3, "their-audit-key-" * 3
    assert told(base_env, "SHEMA_AUDIT_KEY", "short")[0] == "failed"
    assert told(base_env, "SHEMA_AUDIT_KEY", ours, REDIS_URL=valkey.url)[0] == "unknown"
    sealer = Sealer.from_settings(settings_of_profile("p", {"SHEMA_AUDIT_KEY": ours}, Path(), Path()))
    with valkey.client() as client:
        client.xadd(keys.AUDIT, {KEY_ID: sealer.own_id or b""})
    assert told(base_env, "SHEMA_AUDIT_KEY", ours, REDIS_URL=valkey.url)[0] == "ok"
    assert told(base_env, "SHEMA_AUDIT_KEY", f"{theirs},{ours}", REDIS_URL=valkey.url)[0] == "ok"
    state, said = told(base_env, "SHEMA_AUDIT_KEY", theirs, REDIS_URL=valkey.url)
    assert (state, "another key" in said) == ("failed", True)


def test_what_only_its_use_can_tell_is_unknown(base_env: dict[str, str]) -> None:
    assert told(base_env, "SHEMA_OAUTH_CLIENT_SECRET", "x")[0] == "unknown"


@pytest.mark.parametrize(
    ("name", "value", "state"),
    [
        ("confirm", "type-name", "ok"),
        ("confirm", "yes", "failed"),
        ("color", "mauve", "failed"),
        ("read_only", "true", "ok"),
        ("SHEMA_READ_ONLY", "perhaps", "failed"),
        ("SHEMA_OUTPUT", "csv", "ok"),
        ("SERVICE_NAME", "caf\u00e9", "failed"),
    ],
)
def test_what_is_no_address_and_no_secret(base_env: dict[str, str], name: str, value: str, state: str) -> None:
    assert told(base_env, name, value)[0] == state
