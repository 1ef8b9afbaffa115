"""Secrets appear nowhere: not in output, logs, errors, help, tracebacks, nor on a command line."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.settings.values import CORE_SERVICES, service_variable
from tests.auth.robot import key_file
from tests.auth.tree import commands, lines
from tests.support.cli import shema
from tests.support.firebase import (
    CUSTOM_TOKEN,
    LOOKUP,
    MFA_FINALIZE,
    PASSWORD,
    REFRESH,
    SigningKey,
    account,
    claims_of,
    refreshed,
    rejection,
    signed_in,
    unsigned,
)
from tests.support.gate import kept
from tests.support.http import Answer, HttpServer
from tests.support.valkey import Valkey

TOOLKIT = "/identitytoolkit.googleapis.com"
REDIS_PASSWORD = "redis-pass-9f3a"
SECRETS = {
    "password": "login-pass-9f3a",
    "refresh token": "refresh-token-9f3a",
    "service secret": "service-secret-9f3a-service-secret",
    "redis password": REDIS_PASSWORD,
    "oauth secret": "oauth-secret-9f3a",
    "api key": "AIza-api-key-9f3a",
    "code": "917354",
}
PRINTS_ITS_SECRET = {"auth token"}
LEFT_OUT = ("events tail", "chat tail", "sandbox", "auth logout", "completions install")


@pytest.fixture
def identity() -> Iterator[HttpServer]:
    with HttpServer() as server:
        server.on("POST", f"{TOOLKIT}{LOOKUP}", account())
        yield server


@pytest.fixture
def services() -> Iterator[HttpServer]:
    """Services that refuse, and say so at length."""
    with HttpServer() as server:
        yield server


@pytest.fixture
def world(base_env: dict[str, str], identity: HttpServer, services: HttpServer, valkey: Valkey) -> dict[str, str]:
    """A Redis that knows no password, and services that know nothing: nearly everything fails, each in its way."""
    return base_env | {
        **{service_variable(name): services.url for name in CORE_SERVICES},
        "REDIS_URL": valkey.url.replace("redis://", f"redis://:{REDIS_PASSWORD}@"),
        "SERVICE_JWT_SECRET": SECRETS["service secret"],
        "SHEMA_OAUTH_CLIENT_ID": "client-1",
        "SHEMA_OAUTH_CLIENT_SECRET": SECRETS["oauth secret"],
        "FIREBASE_PROJECT_ID": "demo-shema",
        "FIREBASE_API_KEY": SECRETS["api key"],
        "FIREBASE_AUTH_EMULATOR_HOST": f"127.0.0.1:{identity.port}",
    }


@pytest.fixture
def id_token(world: dict[str, str]) -> str:
    """The ID token of a session that is kept."""
    token = unsigned(claims_of("demo-shema"))
    kept(world, token, time.time(), refresh_token=SECRETS["refresh token"])
    return token


@pytest.fixture
def debugging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEMA_DEBUG", "1")


class Listener:
    """Everything that was printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *more: str) -> None:
        self._capsys = capsys
        self._secrets = [*SECRETS.values(), *more]
        self.heard = 0

    def run(self, *argv: str, env: dict[str, str], stdin: bytes = b"", without: str = "") -> None:
        outcome = shema(*argv, env=env, stdin=stdin)
        traceback = self._capsys.readouterr()
        printed = outcome.out + outcome.err + traceback.out + traceback.err
        self.heard += len(printed)
        found = [secret for secret in self._secrets if secret != without and secret in printed]
        assert found == [], (argv, printed)


def test_a_full_run_prints_none(
    world: dict[str, str], id_token: str, debugging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    listener = Listener(capsys, id_token)
    out_of_reach = world | {
        **{service_variable(name): "http://127.0.0.1:1" for name in CORE_SERVICES},
        "REDIS_URL": f"redis://:{REDIS_PASSWORD}@127.0.0.1:1/0",
    }
    for line in lines():
        if str(line).startswith(LEFT_OUT):
            continue
        own = id_token if str(line) in PRINTS_ITS_SECRET else ""
        for env in (world, out_of_reach):
            listener.run(*line.words, "-v", env=env, without=own)
        listener.run(*line.words, "--json", "--log-format", "json", env=world, without=own)
        listener.run(*line.words, "--help", env=world)
    assert listener.heard > 10_000


def test_signing_in_prints_none(
    world: dict[str, str], identity: HttpServer, debugging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    token = unsigned(claims_of("demo-shema"))
    listener = Listener(capsys, token)
    answers = [
        signed_in(token, SECRETS["refresh token"]),
        signed_in(unsigned(claims_of("demo-shema", admin=None)), SECRETS["refresh token"]),
        rejection("INVALID_LOGIN_CREDENTIALS"),
        rejection("TOO_MANY_ATTEMPTS_TRY_LATER"),
        Answer(503),
        Answer(body=b"<html>" + SECRETS["password"].encode()),
        Answer(json={"idToken": token}),
        Answer(json={"mfaPendingCredential": token, "mfaInfo": [{"mfaEnrollmentId": "1", "totpInfo": {}}]}),
    ]
    words = ["auth", "login", "--email", "ani@shema.test", "--password-stdin", "--mfa-code", SECRETS["code"]]
    for answer in answers:
        identity.on("POST", f"{TOOLKIT}{PASSWORD}", answer)
        for flags in ([], ["--json"], ["-v"]):
            listener.run(*words, *flags, env=world, stdin=SECRETS["password"].encode() + b"\n")
    identity.on("POST", f"{TOOLKIT}{MFA_FINALIZE}", rejection("INVALID_CODE"))
    listener.run(*words, env=world, stdin=SECRETS["password"].encode() + b"\n")
    gone = world | {"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1"}
    listener.run(*words, env=gone, stdin=SECRETS["password"].encode() + b"\n")
    listener.run("auth", "status", env=world)
    listener.run("auth", "logout", "--everywhere", env=world)


@pytest.mark.parametrize(
    "answer", [rejection("TOKEN_EXPIRED"), rejection("QUOTA_EXCEEDED"), Answer(500), Answer(json={"id_token": 1})]
)
def test_renewing_prints_none(
    world: dict[str, str],
    identity: HttpServer,
    debugging: None,
    capsys: pytest.CaptureFixture[str],
    answer: Answer,
) -> None:
    token = unsigned(claims_of("demo-shema", time.time() - 3700))
    kept(world, token, time.time() - 3700, refresh_token=SECRETS["refresh token"])
    identity.on("POST", f"/securetoken.googleapis.com{REFRESH}", answer)
    Listener(capsys, token).run("dlq", "stats", env=world)


def test_a_key_prints_none(
    world: dict[str, str],
    identity: HttpServer,
    other_key: SigningKey,
    tmp_path: Path,
    debugging: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = key_file(tmp_path, other_key)
    listener = Listener(capsys, *other_key.private_pem.splitlines()[1:-1])
    for answer in (rejection("CREDENTIAL_MISMATCH"), signed_in(unsigned(claims_of("demo-shema")))):
        identity.on("POST", f"{TOOLKIT}{CUSTOM_TOKEN}", answer)
        listener.run("auth", "login", "--service-account", path, env=world)
    content = json.loads(Path(path).read_text())
    content["private_key"] = content["private_key"][:400]
    Path(path).write_text(json.dumps(content))
    listener.run("auth", "login", "--service-account", path, env=world)


def test_a_token_in_the_environment_is_not_printed(
    world: dict[str, str], debugging: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for token in (unsigned(claims_of("demo-shema")), unsigned(claims_of("demo-other")), "forged-9f3a"):
        listener = Listener(capsys, token)
        for words in (["auth", "status"], ["config", "show"], ["dlq", "stats"], ["audit", "list"]):
            for output in ("table", "json", "csv"):
                listener.run(*words, "-o", output, env=world | {"SHEMA_ID_TOKEN": token})


def test_the_renewed_session_is_used_and_was_not_printed(
    world: dict[str, str], identity: HttpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = unsigned(claims_of("demo-shema", time.time() - 3700)), unsigned(claims_of("demo-shema"))
    kept(world, old, time.time() - 3700, refresh_token=SECRETS["refresh token"])
    identity.on("POST", f"/securetoken.googleapis.com{REFRESH}", refreshed(new, SECRETS["refresh token"]))
    Listener(capsys, old, new).run("auth", "status", "--json", env=world)
    assert len(identity.requests) == 1


def test_no_option_takes_a_secret() -> None:
    """A command line can be read by everybody on the machine."""
    suspicious = re.compile("pass|secret|token|credential|key|pin")
    found = {
        (node.path, name)
        for node in commands()
        for option in node.options
        for name in option.names
        if option.value and suspicious.search(name)
    }
    assert found == set()
