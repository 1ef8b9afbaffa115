"""What looks like a secret is masked wherever it stands in a text for people."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.errors import Failed
from shema_cli.masking import MASK, masked, without_credentials
from tests.support.cli import shema
from tests.support.texts import ANY_TEXT

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----\n"
KEY_FILE = json.dumps(
    {
        "type": "service_account",
        "project_id": "shema-prod",
        "private_key_id": "0123456789abcdef0123456789abcdef01234567",
        "private_key": PEM,
        "client_email": "x@shema-prod.iam.gserviceaccount.com",
    },
    indent=2,
)
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJlLW9mLXRoaXM"
API_KEY = "AIzaSyA1234567890abcdefghijklmnopqrstuv"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{KEY_FILE}: File name too long", f"{MASK}: File name too long"),
        (f"{KEY_FILE[:200]!r}", f"'{MASK}"),
        (f"key {PEM} end", f"key {MASK}\n end"),
        (f"key {PEM[:60]}", f"key {MASK}"),
        (f"token {JWT}, expired", f"token {MASK}, expired"),
        (f"id_token%3D{JWT}", f"id_token%3D{MASK}"),
        (f"Authorization: Bearer {JWT}", f"Authorization: Bearer {MASK}"),
        ("authorization: bearer abc123456", f"authorization: bearer {MASK}"),
        (f"key={API_KEY} is bad", f"key={MASK} is bad"),
        ("redis://ana:pa55@cache:6379/0 is away", f"redis://{MASK}@cache:6379/0 is away"),
        ("redis://:pa/ss#w@rd@cache: refused", f"redis://{MASK}@cache: refused"),
        ("'http://u:p@h/x', 'http://v:q@i/y'", f"'http://{MASK}@h/x', 'http://{MASK}@i/y'"),
        ("GET http://h/x?token=abc&course=c1 200", f"GET http://h/x?token={MASK}&course=c1 200"),
        ("/x?a=1&client_secret=s", f"/x?a=1&client_secret={MASK}"),
        ('{"path":"/x?api_key=1","status":200}', f'{{"path":"/x?api_key={MASK}","status":200}}'),
    ],
)
def test_it_is_masked_in_the_middle_of_a_text(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "dina@school.test is an admin",
        "http://user:3002/api/users/by-email?email=ani@shema.test",
        "redis+cluster://node:6379, http://[::1]:3002/x",
        "write them in HTTPS_PROXY: http://user:password@proxy:3128",
        "is this a token? yes=no",
        "evt_0199c2de-0000-7000-8000-000000000000",
        "a private key is wanted: {}",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert masked(text) == text


@given(ANY_TEXT, st.sampled_from([JWT, API_KEY, "-----BEGIN PRIVATE KEY-----\nMII"]), st.sampled_from(" \n'\"=,;("))
def test_whatever_stands_around_a_secret(before: str, secret: str, sign: str) -> None:
    assert secret not in masked(f"{before}{sign}{secret}")
    assert secret not in Failed("x", f"{before}{sign}{secret}", secret).message


def test_no_text_takes_longer_than_it_is_long() -> None:
    hostile = [
        "://",
        "?",
        "&a",
        "eyJ",
        "eyJaaaaa.",
        "%3DeyJ",
        "{",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "AIza",
        "@",
        "?token",
    ]
    code = (
        "import sys; from shema_cli.masking import masked, without_credentials\n"
        "for piece in sys.argv[1:]: masked(piece * 40_000); without_credentials(piece * 40_000)\n"
    )
    subprocess.run([sys.executable, "-c", code, *hostile], check=True, timeout=120)


def test_of_a_url_more_is_masked_than_in_a_text() -> None:
    """A setting that holds a URL may have a password that looks like a port, or like a path."""
    assert without_credentials("redis://ana:12/3@cache") == f"redis://{MASK}@cache"
    assert without_credentials("redis://cache?password=a@b&db=1") == f"redis://{MASK}&db=1"


@pytest.mark.parametrize("name", ["FIREBASE_PROJECT_ID", "SHEMA_STATE_DIR", "SERVICE_NAME", "SHEMA_PROFILE"])
@pytest.mark.parametrize("value", [JWT, API_KEY, PEM])
def test_whichever_setting_a_secret_landed_in(name: str, value: str, base_env: dict[str, str]) -> None:
    env = {**base_env, "FIREBASE_PROJECT_ID": "demo-shema", "SHEMA_STATE_DIR": base_env["SHEMA_STATE_DIR"], name: value}
    for words in (("auth", "status"), ("config", "show"), ("config", "path"), ("dashboard",)):
        for form in ("table", "json"):
            run = shema(*words, "-o", form, env=env)
            assert value[8:] not in run.out + run.err
            assert "MIIEv" not in run.out + run.err


@pytest.mark.parametrize(
    "words",
    [
        ("dashboard",),
        ("auth", "status"),
        ("auth", "login"),
        ("auth", "login", "--service-account", KEY_FILE),
        ("doctor",),
        ("config", "show"),
        ("admins", "list"),
    ],
)
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_key_where_its_path_should_be_is_shown_by_no_command(
    words: tuple[str, ...], form: str, base_env: dict[str, str]
) -> None:
    env = {**base_env, "GOOGLE_APPLICATION_CREDENTIALS": KEY_FILE, "FIREBASE_PROJECT_ID": "shema-prod"}
    run = shema(*words, "-o", form, env=env)
    for secret in ("MIIEv", "BEGIN PRIVATE", "0123456789abcdef"):
        assert secret not in run.out + run.err
    assert run.code != 0 or words == ("config", "show")
