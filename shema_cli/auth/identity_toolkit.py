"""Firebase Auth over HTTP: Google's Identity Toolkit and secure token service, or an emulator of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import UTC, datetime

from shema_cli.auth.project import EMULATOR_VARIABLE, FirebaseProject
from shema_cli.auth.token import names_admin
from shema_cli.calls.reply import NoUsableAnswer, Received, Unacceptable
from shema_cli.calls.request import Outgoing
from shema_cli.calls.transport import fetch
from shema_cli.errors import Failed, NotConfigured, Unreachable
from shema_cli.frozen import dataclass

PAGE = 1000


class FirebaseRejected(Failed):
    """Firebase answered with an error. `reason` is its word for it, such as `INVALID_LOGIN_CREDENTIALS`."""

    def __init__(self, reason: str) -> None:
        super().__init__("firebase_rejected", f"Firebase refused: {reason}", "shema doctor")
        self.reason = reason


@dataclass(frozen=True)
class Tokens:
    """What a sign-in yields."""

    id_token: str = field(repr=False)
    refresh_token: str = field(repr=False)


class IdentityToolkit:
    """The calls that `shema` makes. Each raises FirebaseRejected, Unreachable (no answer, 5xx) or NotConfigured."""

    def __init__(self, project: FirebaseProject) -> None:
        self._project = project

    def account(self, method: str, body: Mapping[str, object], *, version: str = "v1") -> dict[str, object]:
        """POST `accounts:<method>` with the web API key."""
        key = {"key": self._project.require_api_key()}
        return self._ask(self._toolkit, Outgoing.of_json(f"/{version}/accounts{method}", body, key))

    def as_owner(self, method: str, body: Mapping[str, object]) -> dict[str, object]:
        """POST to the project's administrative methods, which an emulator opens to the bearer `owner`."""
        if not self._project.emulator:
            raise AssertionError("only an emulator has an owner")
        path = f"/v1/{self._project.path}/accounts{method}"
        return self._ask(self._toolkit, Outgoing.of_json(path, body, {}, _OWNER))

    def all_accounts(self) -> list[dict[str, object]]:
        """Every account of an emulator's project."""
        path = f"/v1/{self._project.path}/accounts:batchGet"
        found: list[dict[str, object]] = []
        params = {"maxResults": str(PAGE)}
        while True:
            page = self._ask(self._toolkit, Outgoing("GET", path, _OWNER, params))
            users = users_of(page)
            found += users
            if not page.get("nextPageToken") or not users:
                return found
            params["nextPageToken"] = str(page["nextPageToken"])

    def of_key(self) -> dict[str, object]:
        """What the web API key alone is good for: `authorizedDomains` and the number of the key's own project.

        Nobody signs in by it. Raises NotConfigured (`bad_api_key`) for a key that there is not.
        """
        key = {"key": self._project.require_api_key()}
        return self._ask(self._toolkit, Outgoing("GET", "/v1/projects", {}, key))

    def lookup(self, id_token: str) -> dict[str, object]:
        """The account that an ID token belongs to."""
        users = users_of(self.account(":lookup", {"idToken": id_token}))
        if not users:
            raise FirebaseRejected("USER_NOT_FOUND")
        return users[0]

    def refresh(self, refresh_token: str) -> Tokens:
        """A new ID token (and perhaps a new refresh token)."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        key = {"key": self._project.require_api_key()}
        answer = self._ask(self._project.endpoints.secure_token, Outgoing.of_form("/v1/token", form, key))
        return Tokens(_text(answer, "id_token"), _text(answer, "refresh_token"))

    @property
    def _toolkit(self) -> str:
        return self._project.endpoints.identity_toolkit

    def _ask(self, base: str, request: Outgoing) -> dict[str, object]:
        try:
            return self._read(self._fetch(base, request))
        except Unacceptable as problem:
            raise self._not_firebases(problem.problem) from None
        except NoUsableAnswer as problem:
            said = problem.problem if problem.status else f"could not be reached: {problem.problem}"
            hint = problem.hint or "check the network, then run the command again"
            raise Unreachable("firebase_unreachable", f"{self._name} {said}", hint) from None

    def _fetch(self, base: str, request: Outgoing) -> Received:
        project = self._project
        sent = replace(request, address_in=EMULATOR_VARIABLE if project.emulator else "")
        return fetch(base, sent, proxied=not project.emulator, ca_file=project.ca_file)

    def _read(self, answer: Received) -> dict[str, object]:
        body = answer.json()
        if isinstance(body, dict) and answer.status == 200 and "error" not in body:
            return body
        reason = _reason(body)
        if reason is None:
            raise self._not_firebases(f"status {answer.status}")
        if reason in _BAD_KEY:
            raise NotConfigured(
                "bad_api_key", f"Firebase does not accept FIREBASE_API_KEY ({reason})", "shema config show"
            )
        raise FirebaseRejected(reason)

    @property
    def _name(self) -> str:
        return f"the Firebase emulator at {self._project.emulator_host}" if self._project.emulator else "Firebase"

    def _not_firebases(self, problem: str) -> Failed:
        return Failed("firebase_answer", f"{self._name} gave an answer that is not Firebase's: {problem}")


_OWNER = {"Authorization": "Bearer owner"}
_BAD_KEY = {"API key not valid. Please pass a valid API key.", "API_KEY_INVALID", "INVALID_API_KEY", "MISSING_API_KEY"}


def tokens_of(answer: Mapping[str, object]) -> Tokens:
    """The tokens in an answer of a sign-in method."""
    return Tokens(_text(answer, "idToken"), _text(answer, "refreshToken"))


def users_of(answer: Mapping[str, object]) -> list[dict[str, object]]:
    """The accounts in an answer; an answer without any has no such list."""
    users = answer.get("users")
    return [user for user in users if isinstance(user, dict)] if isinstance(users, list) else []


def _text(answer: Mapping[str, object], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise Failed("firebase_answer", f"Firebase's answer has no {name}")
    return value


def _reason(body: object) -> str | None:
    """`TOO_MANY_ATTEMPTS_TRY_LATER : Access to this account…` → `TOO_MANY_ATTEMPTS_TRY_LATER`."""
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    if not isinstance(message, str) or not message:
        return None
    return message.split(" : ", 1)[0].strip()[:100]


@dataclass(frozen=True)
class FirebaseAccount:
    """What Firebase says of an account now.

    `claims` are its custom claims. `valid_since`: tokens of sign-ins before it are revoked, epoch seconds.
    """

    uid: str
    email: str | None
    disabled: bool
    last_sign_in: datetime | None
    claims: Mapping[str, object] = field(default_factory=dict)
    valid_since: int = 0

    @property
    def is_admin(self) -> bool:
        return names_admin(self.claims)


def account_of(found: Mapping[str, object]) -> FirebaseAccount:
    """From an account as the Identity Toolkit writes it."""
    email = found.get("email")
    return FirebaseAccount(
        uid=str(found.get("localId", "")),
        email=email if isinstance(email, str) else None,
        disabled=found.get("disabled") is True,
        last_sign_in=moment(found.get("lastLoginAt")),
        claims=_custom_claims(found.get("customAttributes")),
        valid_since=_whole_seconds(found.get("validSince")),
    )


def moment(milliseconds: object) -> datetime | None:
    """Firebase's milliseconds since 1970, as text or number."""
    if not isinstance(milliseconds, (str, int, float)):
        return None
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _custom_claims(attributes: object) -> dict[str, object]:
    """Unreadable ones are none."""
    try:
        claims = json.loads(attributes) if isinstance(attributes, str) and attributes else {}
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _whole_seconds(value: object) -> int:
    try:
        return int(float(value)) if isinstance(value, (str, int, float)) else 0
    except (ValueError, OverflowError):
        return 0
