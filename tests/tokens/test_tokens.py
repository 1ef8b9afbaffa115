"""`shema tokens …` (contract 1.2, 2.3)."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from tests.support.cli import Run, shema
from tests.support.signed_in import EMAIL, UID, signed_in

SECRET = "a-secret-of-more-than-thirty-two-bytes"


@pytest.fixture
def env(base_env: dict[str, str]) -> dict[str, str]:
    return {**base_env, **signed_in(), "SERVICE_JWT_SECRET": SECRET, "SERVICE_NAME": "admin-desk"}


def token(**changes: Any) -> str:
    claims = {"service": "x", "scope": "internal", "iat": int(time.time()), "exp": 2**33, **changes}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, SECRET, algorithm="HS256")


def verify(env: dict[str, str], *argv: str, stdin: bytes = b"") -> Run:
    return shema("tokens", "verify", "-o", "json", *argv, env=env, stdin=stdin)


def test_issued_tokens_are_those_of_the_contract(env: dict[str, str]) -> None:
    run = shema("tokens", "issue", "-o", "json", env=env)
    assert run.code == 0
    assert set(run.json) == {"token", "claims"}
    claims = run.json["claims"]
    assert jwt.decode(run.json["token"], SECRET, algorithms=["HS256"]) == claims
    assert claims == {
        "service": "admin-desk",
        "scope": "internal",
        "iat": claims["iat"],
        "exp": claims["iat"] + 300,
        "act": {"sub": UID, "email": EMAIL},
    }


@pytest.mark.parametrize("terminal", [True, False])
def test_as_a_table_it_is_the_token_alone(env: dict[str, str], terminal: bool) -> None:
    run = shema("tokens", "issue", env=env, terminal=terminal)
    assert run.out.count("\n") == 1
    assert jwt.decode(run.out.strip(), SECRET, algorithms=["HS256"])["scope"] == "internal"


def test_an_issued_token_is_valid(env: dict[str, str]) -> None:
    issued = shema("tokens", "issue", env=env).out
    run = verify(env, "-", stdin=issued.encode())
    assert run.code == 0
    assert set(run.json) == {"valid", "claims", "status", "error"}
    assert (run.json["valid"], run.json["status"], run.json["error"]) == (True, 200, None)
    assert run.json["claims"]["service"] == "admin-desk"


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        ("", 401, "Service token required"),
        ("   ", 401, "Service token required"),
        ("Bearer ", 401, "Service token required"),
        ("rubbish", 401, "Invalid service token"),
        ("a.b.c", 401, "Invalid service token"),
        (token()[:-2], 401, "Invalid service token"),
        (token(exp=1), 401, "Invalid service token"),
        (token(scope="public"), 403, "Invalid token scope"),
        (token(scope=None), 403, "Invalid token scope"),
        (jwt.encode({"scope": "internal"}, "", algorithm="none"), 401, "Invalid service token"),
        (jwt.encode({"scope": "internal", "exp": 2**33}, "x" * 64, algorithm="HS512"), 401, "Invalid service token"),
        (jwt.encode({"scope": "internal", "exp": 2**33}, "another secret" * 4), 401, "Invalid service token"),
    ],
)
def test_what_services_answer_to_others(env: dict[str, str], text: str, status: int, error: str) -> None:
    for run in (verify(env, "--", text), verify(env, "-", stdin=text.encode())):
        assert run.code == 1
        assert (run.json["valid"], run.json["status"], run.json["error"]) == (False, status, error)


def test_bearer_in_front_is_no_part_of_the_token(env: dict[str, str]) -> None:
    assert verify(env, f"Bearer {token()}").code == 0


def test_rows(env: dict[str, str]) -> None:
    run = shema("tokens", "verify", token(), env=env)
    assert run.out.startswith("valid\tyes\nstatus\t200\nerror\t\nservice\tx\n")
    assert SECRET not in run.out + run.err


@pytest.mark.parametrize("argv", [["issue"], ["verify", "x"]])
def test_they_need_the_secret_and_an_admin(env: dict[str, str], argv: list[str]) -> None:
    assert shema("tokens", *argv, env={**env, "SERVICE_JWT_SECRET": ""}).code == 2
    assert shema("tokens", *argv, env={**env, "SHEMA_ID_TOKEN": ""}).code == 4
