from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.calls.tokens import is_short, issue, verify
from tests.support.calls import SECRET, admin
from tests.support.world import NOW

ISSUED_AT = int(NOW.timestamp())


def signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=algorithm)


def test_the_claims_are_exact() -> None:
    token, claims = issue(SECRET, "shema-cli", None, NOW)
    assert claims == {"service": "shema-cli", "scope": "internal", "iat": ISSUED_AT, "exp": ISSUED_AT + 300}
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_the_admin_is_the_actor() -> None:
    _, claims = issue(SECRET, "shema-cli", admin("u1", "a@b.c"), NOW)
    assert claims["act"] == {"sub": "u1", "email": "a@b.c"}


@given(service=st.text(min_size=1), email=st.text(), secret=st.text(min_size=32, max_size=80))
def test_what_is_issued_verifies_with_another_implementation(service: str, email: str, secret: str) -> None:
    if any(0xD800 <= ord(c) <= 0xDFFF for c in service + email + secret):
        return
    token, claims = issue(secret, service, admin("u", email), NOW)
    decoded = jwt.decode(token, secret, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False})
    assert decoded == claims


def test_a_good_token() -> None:
    token, claims = issue(SECRET, "shema-cli", None, NOW)
    verdict = verify(token, SECRET, NOW)
    assert (verdict.valid, verdict.claims, verdict.status, verdict.error) == (True, claims, 200, None)


@pytest.mark.parametrize("token", ["", "  \n"])
def test_no_token(token: str) -> None:
    verdict = verify(token, SECRET, NOW)
    assert (verdict.valid, verdict.status, verdict.error) == (False, 401, "Service token required")


@pytest.mark.parametrize("scope", ["public", None, "", "Internal", ["internal"]])
def test_another_scope_is_forbidden(scope: object) -> None:
    token = signed({"service": "x", "scope": scope, "iat": ISSUED_AT, "exp": ISSUED_AT + 300})
    verdict = verify(token, SECRET, NOW)
    assert (verdict.valid, verdict.status, verdict.error) == (False, 403, "Invalid token scope")


GOOD = {"service": "x", "scope": "internal", "iat": ISSUED_AT, "exp": ISSUED_AT + 300}


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "a.b.c",
        signed(GOOD, "another-secret-of-more-than-32-bytes!"),
        jwt.encode(GOOD, "", algorithm="none"),
        signed({**GOOD, "exp": ISSUED_AT - 1}),
        signed({**GOOD, "nbf": ISSUED_AT + 60}),
        signed({"service": "x", "scope": "internal", "iat": ISSUED_AT}),
        signed({**GOOD, "exp": str(ISSUED_AT + 300)}),
        signed({**GOOD, "scope": "public", "exp": ISSUED_AT - 1}),
        "\x00.\xff.é",
    ],
)
def test_anything_else_wrong_is_invalid(token: str) -> None:
    verdict = verify(token, SECRET, NOW)
    assert (verdict.valid, verdict.status, verdict.error) == (False, 401, "Invalid service token")


def test_another_algorithm_with_our_secret_is_invalid() -> None:
    verdict = verify(signed(GOOD, SECRET * 2, algorithm="HS512"), SECRET * 2, NOW)
    assert (verdict.status, verdict.error, verdict.claims) == (401, "Invalid service token", None)


def test_claims_are_shown_only_when_the_signature_holds() -> None:
    assert verify(signed(GOOD, "another-secret-of-more-than-32-bytes!"), SECRET, NOW).claims is None
    assert verify(signed(GOOD), SECRET, NOW + timedelta(seconds=301)).claims == GOOD


def test_it_ends_after_300_seconds() -> None:
    token, _ = issue(SECRET, "x", None, NOW)
    assert verify(token, SECRET, NOW + timedelta(seconds=299)).valid
    assert not verify(token, SECRET, NOW + timedelta(seconds=300)).valid


@given(st.text(max_size=200))
def test_no_text_is_an_exception(text: str) -> None:
    assert verify(text, SECRET, NOW).status in (401, 403)


def test_a_short_secret_is_ours_to_speak_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        token, _ = issue("short", "x", None, NOW)
        assert verify(token, "short", NOW).valid
    assert is_short("short")
    assert is_short("é" * 15)
    assert not is_short("é" * 16)
