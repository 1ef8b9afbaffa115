"""Second factors: SMS on the official emulator, authenticator apps in the documented shapes."""

from __future__ import annotations

import sys

import httpx2
import pexpect
import pytest

from tests.support.cli import shema
from tests.support.firebase import (
    MFA_FINALIZE,
    MFA_START,
    PASSWORD,
    EmulatedProject,
    Production,
    rejection,
    second_factor_needed,
    signed_in,
)
from tests.support.gate import EMAIL, login, traces
from tests.support.http import Answer

PHONE = {"mfaEnrollmentId": "factor-sms", "displayName": "", "phoneInfo": "+62********11", "enrolledAt": "2026-01-01"}
TOTP = {"mfaEnrollmentId": "factor-totp", "displayName": "Ani's phone", "totpInfo": {}, "enrolledAt": "2026-01-01"}


@pytest.fixture
def with_phone(firebase: EmulatedProject) -> EmulatedProject:
    firebase.enable_sms_factor()
    enrolment = {"enrollments": [{"phoneInfo": "+628123456711", "displayName": "work"}]}
    firebase.create(EMAIL, claims={"admin": True}, emailVerified=True, mfaInfo=enrolment["enrollments"])
    return firebase


def test_a_code_by_sms_typed_at_the_prompt(with_phone: EmulatedProject, env: dict[str, str]) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "shema_cli", "auth", "login", "--email", EMAIL],
        env=env | {"TERM": "xterm", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
        encoding="utf-8",
        timeout=20,
    )
    child.expect("Password of")
    child.sendline("pass-word-1")
    child.expect("Code sent to work: ")
    child.sendline("000000" if with_phone.sms_code() != "000000" else "000001")
    child.expect("Code sent to work: ")
    child.sendline(with_phone.sms_code())
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert shema("auth", "status", env=env).code == 0


def test_a_script_brings_the_code_in_a_second_call(with_phone: EmulatedProject, env: dict[str, str]) -> None:
    first = login(env)
    assert first.code == 2
    assert "--mfa-code" in first.err
    assert shema("auth", "status", env=env).code == 4
    assert login(env, "--mfa-code", with_phone.sms_code()).code == 0
    assert traces(env) == ["session", "session"]


def test_signing_out_forgets_a_half_done_sign_in(with_phone: EmulatedProject, env: dict[str, str]) -> None:
    assert login(env).code == 2
    assert traces(env) == ["second"]
    shema("auth", "logout", env=env)
    assert traces(env) == []


def test_an_authenticator_app_is_preferred(production: Production, production_env: dict[str, str]) -> None:
    production.answer(PASSWORD, second_factor_needed(PHONE, TOTP))
    production.answer(MFA_FINALIZE, Answer(json={"idToken": production.token(), "refreshToken": "r"}))
    assert login(production_env, "--mfa-code", " 123456 ").code == 0
    assert production.asked(MFA_START) == []
    (asked,) = production.asked(MFA_FINALIZE)
    assert asked.json == {
        "mfaPendingCredential": "pending-credential",
        "mfaEnrollmentId": "factor-totp",
        "totpVerificationInfo": {"verificationCode": "123456"},
    }


@pytest.mark.parametrize("reason", ["INVALID_CODE", "INVALID_MFA_CODE : wrong"])
def test_a_wrong_code_keeps_nothing(production: Production, production_env: dict[str, str], reason: str) -> None:
    production.answer(PASSWORD, second_factor_needed(TOTP))
    production.answer(MFA_FINALIZE, rejection(reason))
    run = login(production_env, "--mfa-code", "123456")
    assert (run.code, traces(production_env)) == (4, [])
    assert "123456" not in run.err
    assert len(production.asked(MFA_FINALIZE)) == 1


def test_a_second_factor_does_not_make_an_admin(production: Production, production_env: dict[str, str]) -> None:
    production.answer(PASSWORD, second_factor_needed(TOTP))
    production.answer(MFA_FINALIZE, signed_in(production.token(admin=None)))
    assert login(production_env, "--mfa-code", "123456").code == 4
    assert "session" not in traces(production_env)


def test_without_a_code_the_flag_is_named(production: Production, production_env: dict[str, str]) -> None:
    production.answer(PASSWORD, second_factor_needed(TOTP))
    run = login(production_env)
    assert (run.code, "--mfa-code" in run.err) == (2, True)


def test_an_sms_that_needs_a_captcha_says_what_else_there_is(
    production: Production, production_env: dict[str, str]
) -> None:
    production.answer(PASSWORD, second_factor_needed(PHONE))
    production.answer(MFA_START, rejection("MISSING_RECAPTCHA_TOKEN"))
    run = login(production_env)
    assert run.code == 4
    assert "TOTP" in run.err


def test_factors_that_cannot_be_read(production: Production, production_env: dict[str, str]) -> None:
    strange: list[object] = [[], None, ["x"], [{}]]
    for listed in strange:
        production.answer(PASSWORD, Answer(json={"mfaPendingCredential": "p", "mfaInfo": listed}))
        assert login(production_env).code == 1


def test_the_emulator_is_really_asking(with_phone: EmulatedProject) -> None:
    with pytest.raises(KeyError):
        with_phone.sign_in(EMAIL)["idToken"]
    assert httpx2.get(f"http://{with_phone.host}/", trust_env=False).status_code == 200
