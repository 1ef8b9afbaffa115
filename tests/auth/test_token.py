from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.auth.project import FirebaseProject
from shema_cli.auth.token import check_claims, decode, names_admin, require_admin, verify
from shema_cli.errors import AccessDenied
from shema_cli.settings.loopback import is_loopback
from shema_cli.state import StateDir
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


@given(st.integers(-(2**70), 2**70) | st.floats() | JSON, st.sampled_from(["exp", "iat", "auth_time"]))
def test_every_time_of_a_token_that_holds_can_be_told(time: object, name: str) -> None:
    """A year that no calendar has would end the command with a fault of ours once the token had been believed."""
    body = base64.urlsafe_b64encode(json.dumps(claims_of("demo-shema", 1000.0) | {name: time}).encode()).decode()
    with contextlib.suppress(AccessDenied):
        token = decode(f"eyJhbGciOiJub25lIn0.{body.rstrip('=')}.")
        check_claims(token, PROJECT, still(2000.0).now())
        assert token.expires_at.year >= 1970
        assert 0 <= token.auth_time <= 2010


@pytest.mark.parametrize("end", [253_402_300_799, 253_402_300_799.9])
def test_a_token_may_end_with_the_calendar(end: float) -> None:
    token = decode(unsigned(claims_of("demo-shema", 1000.0) | {"exp": end}))
    check_claims(token, PROJECT, still(2000.0).now())
    assert token.expires_at.year == 9999


@pytest.mark.parametrize("end", [253_402_300_800, 2**39, 2**40])
def test_a_token_that_ends_after_the_calendar_is_denied(end: int) -> None:
    token = decode(unsigned(claims_of("demo-shema", 1000.0) | {"exp": end}))
    with pytest.raises(AccessDenied, match="exp is missing or not a time"):
        check_claims(token, PROJECT, still(2000.0).now())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"iss": "https://securetoken.google.com/other"}, "not issued for the project"),
        ({"aud": "other"}, "not issued for the project"),
        ({"aud": ["demo-shema"]}, "not issued for the project"),
        ({"sub": ""}, "names nobody"),
        ({"sub": None}, "names nobody"),
        ({"sub": 7}, "names nobody"),
        ({"sub": "x" * 129}, "names nobody"),
        ({"iat": 2011}, "iat lies in the future"),
        ({"auth_time": 2011}, "auth_time lies in the future"),
        ({"auth_time": True}, "auth_time is missing"),
        ({"iat": "1000"}, "iat is missing"),
        ({"exp": -1}, "exp is missing"),
        ({"exp": 2000}, "has expired"),
    ],
)
def test_each_claim_that_does_not_hold_is_named(changed: dict[str, object], said: str) -> None:
    token = decode(unsigned(claims_of("demo-shema", 1000.0) | changed))
    with pytest.raises(AccessDenied, match=said) as told:
        check_claims(token, PROJECT, still(2000.0).now())
    assert told.value.hint == "shema auth login"


@pytest.mark.parametrize(("length", "holds"), [(1, True), (128, True), (129, False)])
def test_a_uid_is_as_long_as_firebase_makes_them(length: int, holds: bool) -> None:
    token = decode(unsigned(claims_of("demo-shema", 1000.0) | {"sub": "x" * length}))
    with contextlib.nullcontext() if holds else pytest.raises(AccessDenied):
        check_claims(token, PROJECT, still(2000.0).now())


@pytest.mark.parametrize(
    ("claims", "email", "of_robot"),
    [
        ({"email": "a@b.c"}, "a@b.c", False),
        ({"email": 7}, "", False),
        ({"email": None}, "", False),
        ({"sub": "service-account:robot@x"}, "ani@shema.test", True),
    ],
)
def test_what_a_token_says_of_its_user(claims: dict[str, object], email: str, of_robot: bool) -> None:
    token = decode(unsigned(claims_of("demo-shema", 1000.0) | {"email": "ani@shema.test"} | claims))
    assert (token.email, token.of_service_account) == (email, of_robot)


def test_nothing_of_a_token_is_in_its_repr() -> None:
    raw = unsigned(claims_of("demo-shema", 1000.0) | {"email": "ani@shema.test"})
    token = decode(raw)
    assert raw not in repr(token)
    assert "ani@shema.test" not in repr(token)


@pytest.mark.parametrize("changed", [{"alg": "RS256"}, {}])
def test_an_emulators_token_is_unsigned_in_header_and_in_fact(changed: dict[str, str], tmp_path: Path) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"} | changed).encode()).decode().rstrip("=")
    body, signature = unsigned(claims_of("demo-shema", 1000.0)).split(".")[1:]
    raw = f"{header}.{body}.{signature if changed else 'c2ln'}"
    with pytest.raises(AccessDenied, match="does not come from the emulator"):
        verify(raw, PROJECT, still(2000.0).now(), StateDir(tmp_path))


def test_whoever_is_no_admin_is_named_by_what_there_is() -> None:
    for claims, name in (({"email": "a@b.c"}, "a@b.c"), ({"email": None}, "uid-ani")):
        token = decode(unsigned({**claims_of("demo-shema", 1000.0), "sub": "uid-ani", "admin": False, **claims}))
        with pytest.raises(AccessDenied, match=f"{name} is not an admin") as told:
            require_admin(token)
        assert told.value.code == "not_admin"
