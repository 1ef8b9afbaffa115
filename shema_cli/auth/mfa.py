"""The second factor of a sign-in: a code of an authenticator app (TOTP), or one sent by SMS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import field

from shema_cli.auth.identity_toolkit import FirebaseRejected, IdentityToolkit, Tokens, tokens_of
from shema_cli.auth.project import Realm
from shema_cli.errors import AccessDenied, Failed, InvalidUsage, NotConfigured
from shema_cli.frozen import dataclass

FLAG = "--mfa-code"
ATTEMPTS = 3
SENT_CODE_LIFE_S = 300
_WRONG = {"INVALID_CODE", "INVALID_MFA_CODE", "MISSING_CODE", "INVALID_VERIFICATION_CODE"}
_CAPTCHA = {"MISSING_RECAPTCHA_TOKEN", "INVALID_RECAPTCHA_TOKEN", "CAPTCHA_CHECK_FAILED", "MISSING_CLIENT_IDENTIFIER"}


@dataclass(frozen=True)
class Answers:
    """Where the code comes from: `code` as given on the line, else `ask` (None where nobody can be asked)."""

    code: str | None = field(default=None, repr=False)
    ask: Callable[[str], str] | None = None


@dataclass(frozen=True)
class _Factor:
    enrollment_id: str
    totp: bool
    label: str


def complete(realm: Realm, answer: Mapping[str, object], answers: Answers) -> Tokens:
    """Finish a sign-in that asked for a second factor.

    An authenticator app is preferred to an SMS. Where a code was sent and nobody can be asked for it, the started
    sign-in is kept for five minutes, so that a second call can bring the code.
    Raises AccessDenied for a wrong code, and InvalidUsage naming the flag where one is needed.
    """
    pending = str(answer["mfaPendingCredential"])
    factor = _choose(answer.get("mfaInfo"))
    if factor.totp:
        return _attempts(realm, answers, f"Code of {factor.label}", lambda code: _totp(pending, factor, code))
    started = _SentCodes(realm)
    sent = started.take(factor.enrollment_id) if answers.code is not None else None
    if sent is None:
        sent = {"pending": pending, "session": _send_sms(realm, pending, factor)}
    if answers.code is None and answers.ask is None:
        started.keep(factor.enrollment_id, sent)
        raise _code_needed(f"a code was sent to {factor.label}")
    return _attempts(realm, answers, f"Code sent to {factor.label}", lambda code: _sms(sent, code))


def _choose(listed: object) -> _Factor:
    items = listed if isinstance(listed, list) else []
    factors = [_factor(item) for item in items if isinstance(item, dict) and item.get("mfaEnrollmentId")]
    if not factors:
        raise Failed("firebase_answer", "Firebase asks for a second factor but names none")
    return next((factor for factor in factors if factor.totp), factors[0])


def _factor(item: Mapping[str, object]) -> _Factor:
    totp = "totpInfo" in item
    label = item.get("displayName") or ("the authenticator app" if totp else item.get("phoneInfo") or "the phone")
    return _Factor(str(item["mfaEnrollmentId"]), totp, str(label))


def _totp(pending: str, factor: _Factor, code: str) -> dict[str, object]:
    return {
        "mfaPendingCredential": pending,
        "mfaEnrollmentId": factor.enrollment_id,
        "totpVerificationInfo": {"verificationCode": code},
    }


def _sms(sent: Mapping[str, str], code: str) -> dict[str, object]:
    return {
        "mfaPendingCredential": sent["pending"],
        "phoneVerificationInfo": {"sessionInfo": sent["session"], "code": code},
    }


def _send_sms(realm: Realm, pending: str, factor: _Factor) -> str:
    body = {"mfaPendingCredential": pending, "mfaEnrollmentId": factor.enrollment_id, "phoneSignInInfo": {}}
    try:
        answer = IdentityToolkit(realm.project).account("/mfaSignIn:start", body, version="v2")
    except FirebaseRejected as error:
        if error.reason in _CAPTCHA:
            raise AccessDenied(
                "sms_needs_a_browser",
                "Firebase sends this code only after a captcha, which a terminal cannot show",
                "enrol an authenticator app (TOTP), or use SHEMA_ID_TOKEN",
            ) from None
        raise
    info = answer.get("phoneResponseInfo")
    session = info.get("sessionInfo") if isinstance(info, dict) else None
    if not isinstance(session, str):
        raise Failed("firebase_answer", "Firebase's answer has no sessionInfo")
    return session


def _attempts(realm: Realm, answers: Answers, question: str, body: Callable[[str], dict[str, object]]) -> Tokens:
    toolkit = IdentityToolkit(realm.project)
    for _ in range(ATTEMPTS if answers.code is None else 1):
        code = answers.code
        if code is None:
            if answers.ask is None:
                raise _code_needed("this account has a second factor")
            code = answers.ask(question)
        try:
            return tokens_of(toolkit.account("/mfaSignIn:finalize", body(code.strip()), version="v2"))
        except FirebaseRejected as error:
            if error.reason not in _WRONG:
                raise
    raise AccessDenied("wrong_code", "the code of the second factor is not right", "shema auth login")


def _code_needed(why: str) -> InvalidUsage:
    return InvalidUsage("mfa_code_needed", f"{why}, and there is no terminal to ask for it", f"pass {FLAG}")


class _SentCodes:
    """A sign-in that waits for a code that was sent; 0600, gone once it is used."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._file = f"second-factor-{realm.name}.json"

    def keep(self, enrollment_id: str, sent: Mapping[str, str]) -> None:
        until = self._realm.now().timestamp() + SENT_CODE_LIFE_S
        self._realm.state.write(self._file, json.dumps({"for": enrollment_id, "until": until, **sent}).encode())

    def take(self, enrollment_id: str) -> dict[str, str] | None:
        try:
            kept = self._realm.state.read_object(self._file)
            self._realm.state.delete(self._file)
            if kept["for"] == enrollment_id and self._realm.now().timestamp() < kept["until"]:
                return {"pending": str(kept["pending"]), "session": str(kept["session"])}
        except (ValueError, KeyError, TypeError, OSError, NotConfigured):
            pass
        return None


def forget(realm: Realm) -> None:
    """Remove what a half-done sign-in left."""
    realm.state.delete(f"second-factor-{realm.name}.json")
