from __future__ import annotations

import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.auth.project import FirebaseProject, is_loopback
from shema_cli.auth.token import check_claims, decode, names_admin
from shema_cli.errors import AccessDenied
from tests.support.firebase import claims_of, unsigned
from tests.support.world import still

PROJECT = FirebaseProject("demo-shema", "127.0.0.1:9099")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["iss", "aud", "sub", "exp", "iat", "auth_time", "email", "admin", "role"])


@given(st.text() | st.lists(st.text(alphabet="aA0-_=.{}"), min_size=3, max_size=3).map(".".join))
def test_whatever_is_no_token_is_denied(text: str) -> None:
    with contextlib.suppress(AccessDenied):
        decode(text)


@given(st.dictionaries(NAMES, JSON, max_size=9))
def test_claims_of_any_kind_are_denied_or_hold(claims: dict[str, object]) -> None:
    body = base64.urlsafe_b64encode(json.dumps(claims_of("demo-shema", 1000.0) | claims).encode()).decode()
    try:
        token = decode(f"eyJhbGciOiJub25lIn0.{body.rstrip('=')}.")
        check_claims(token, PROJECT, still(2000.0).now())
    except AccessDenied:
        return
    assert token.claims["aud"] == "demo-shema"
    assert isinstance(token.claims["sub"], str)
    assert isinstance(token.claims["exp"], (int, float))
    assert token.claims["exp"] > 2000
    assert isinstance(token.email, str)


def test_a_deeply_nested_token_is_denied() -> None:
    body = base64.urlsafe_b64encode(b"[" * 9000).decode().rstrip("=")
    with pytest.raises(AccessDenied):
        decode(f"eyJhbGciOiJub25lIn0.{body}.")


def test_ten_seconds_of_skew_are_forgiven_and_no_more() -> None:
    token = decode(unsigned(claims_of("demo-shema", 2010.0)))
    check_claims(token, PROJECT, still(2000.0).now())
    with pytest.raises(AccessDenied, match="clock"):
        check_claims(token, PROJECT, still(1999.0).now())


@pytest.mark.parametrize(
    ("claims", "admin"),
    [
        ({"admin": True}, True),
        ({"role": "admin"}, True),
        ({"admin": False, "role": "admin"}, True),
        ({"admin": "true"}, False),
        ({"admin": 1}, False),
        ({"role": "Admin"}, False),
        ({"role": ["admin"]}, False),
        ({}, False),
        (None, False),
        ("admin", False),
    ],
)
def test_what_makes_an_admin(claims: object, admin: bool) -> None:
    assert names_admin(claims) is admin


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1:9099", True),
        ("127.9.9.9:1", True),
        ("localhost:9099", True),
        ("LOCALHOST:9099", True),
        ("[::1]:9099", True),
        ("127.0.0.1", False),
        ("127.0.0.1:0", False),
        ("127.0.0.1:70000", False),
        ("127.0.0.1.evil.test:9099", False),
        ("127.0.0.1:9099@evil.test", False),
        ("evil.test:9099", False),
        ("http://127.0.0.1:9099", False),
        ("127.0.0.1:9099/path", False),
        ("127.0.0.256:9099", False),
        ("localhost.evil.test:9099", False),
        ("0.0.0.0:9099", False),
        ("10.0.0.1:9099", False),
        ("[::]:9099", False),
        ("127.0.0.1:9099\n", False),
    ],
)
def test_what_is_on_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
