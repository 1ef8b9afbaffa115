"""The accounts of the sandbox's identity endpoint, and the unsigned tokens that it issues."""

from __future__ import annotations

import base64
import json
import secrets
import string
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime

from shema_cli.clock import Clock, SystemClock
from shema_cli.frozen import dataclass

ID_TOKEN_S = 3600
Claims = Mapping[str, object]
_ALPHABET = string.ascii_letters + string.digits


class IdentityError(Exception):
    """An answer of the identity endpoint that is an error: `message` is Firebase's code for it."""

    def __init__(self, message: str, status: int = 400, reason: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason


@dataclass
class SandboxAccount:
    """One user. Moments are epoch seconds; `claims` are the custom claims."""

    uid: str
    email: str
    password: str | None = field(default=None, repr=False)
    display_name: str | None = None
    claims: Claims = field(default_factory=dict)
    email_verified: bool = True
    disabled: bool = False
    valid_since: int = 0
    created_at: float = 0.0
    last_login_at: float | None = None
    providers: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """As `accounts:lookup` shows it. The emulator shows the password here; this does not."""
        optional = {
            "displayName": self.display_name,
            "lastLoginAt": _milliseconds(self.last_login_at),
            "customAttributes": json.dumps(self.claims, separators=(",", ":")) if self.claims else None,
            "passwordHash": "hidden" if self.password is not None else None,
        }
        return {
            "localId": self.uid,
            "email": self.email,
            "emailVerified": self.email_verified,
            "disabled": self.disabled,
            "validSince": str(self.valid_since),
            "createdAt": _milliseconds(self.created_at),
            "providerUserInfo": self._providers(),
        } | {name: value for name, value in optional.items() if value is not None}

    def _providers(self) -> list[dict[str, str]]:
        own = {"password": self.email} if self.password is not None else {}
        return [
            {"providerId": provider, "rawId": raw, "federatedId": raw, "email": self.email}
            for provider, raw in (own | self.providers).items()
        ]


@dataclass(frozen=True)
class _Session:
    """What a refresh token stands for; `auth_time` is in epoch seconds."""

    uid: str
    provider: str
    auth_time: int
    claims: Claims


class Accounts:
    """All accounts of one project."""

    def __init__(self, project: str, clock: Clock | None = None) -> None:
        self.project = project
        self.clock = clock or SystemClock()
        self._by_uid: dict[str, SandboxAccount] = {}
        self._sessions: dict[str, _Session] = {}

    def __iter__(self) -> Iterator[SandboxAccount]:
        return iter(sorted(self._by_uid.values(), key=lambda account: account.uid))

    def now(self) -> datetime:
        return self.clock.now()

    def clear(self) -> None:
        self._by_uid.clear()
        self._sessions.clear()

    def add(
        self,
        email: str,
        password: str | None = None,
        *,
        uid: str | None = None,
        display_name: str | None = None,
        claims: Claims | None = None,
        email_verified: bool = True,
    ) -> SandboxAccount:
        """Raises IdentityError `EMAIL_EXISTS` or `DUPLICATE_LOCAL_ID`."""
        if email and self.by_email(email):
            raise IdentityError("EMAIL_EXISTS")
        uid = uid or "".join(secrets.choice(_ALPHABET) for _ in range(28))
        if uid in self._by_uid:
            raise IdentityError("DUPLICATE_LOCAL_ID")
        now = self.now().timestamp()
        account = SandboxAccount(
            uid,
            email.lower(),
            password,
            display_name,
            claims or {},
            email_verified,
            created_at=now,
            valid_since=int(now),
        )
        self._by_uid[uid] = account
        return account

    def get(self, uid: str) -> SandboxAccount | None:
        return self._by_uid.get(uid)

    def by_email(self, email: str) -> SandboxAccount | None:
        return next((a for a in self._by_uid.values() if a.email == email.lower()), None)

    def by_provider(self, provider: str, raw_id: str) -> SandboxAccount | None:
        return next((a for a in self._by_uid.values() if a.providers.get(provider) == raw_id), None)

    def delete(self, uid: str) -> bool:
        return self._by_uid.pop(uid, None) is not None

    def revoke(self, account: SandboxAccount) -> None:
        """Every token issued before this second is void, as `revoke_sessions` does it."""
        account.valid_since = int(self.now().timestamp())

    def sign_in(self, account: SandboxAccount, provider: str, extra: Claims | None = None) -> dict[str, str]:
        """`idToken`, `refreshToken` and `expiresIn` of a new session. Raises IdentityError `USER_DISABLED`."""
        if account.disabled:
            raise IdentityError("USER_DISABLED")
        account.last_login_at = self.now().timestamp()
        session = _Session(account.uid, provider, int(account.last_login_at), dict(extra or {}))
        refresh = secrets.token_urlsafe(48)
        self._sessions[refresh] = session
        token = self.id_token(account, provider, auth_time=session.auth_time, extra=session.claims)
        return {"idToken": token, "refreshToken": refresh, "expiresIn": str(ID_TOKEN_S)}

    def refresh(self, refresh_token: str) -> tuple[SandboxAccount, str]:
        """The account and a new ID token.

        Raises IdentityError `INVALID_REFRESH_TOKEN`, `USER_NOT_FOUND`, `USER_DISABLED` or `TOKEN_EXPIRED` (revoked).
        """
        session = self._sessions.get(refresh_token)
        if session is None:
            raise IdentityError("INVALID_REFRESH_TOKEN")
        account = self.get(session.uid)
        if account is None:
            raise IdentityError("USER_NOT_FOUND")
        if account.disabled:
            raise IdentityError("USER_DISABLED")
        if session.auth_time < account.valid_since:
            raise IdentityError("TOKEN_EXPIRED")
        return account, self.id_token(account, session.provider, auth_time=session.auth_time, extra=session.claims)

    def id_token(
        self,
        account: SandboxAccount,
        provider: str = "password",
        *,
        auth_time: int,
        extra: Claims | None = None,
    ) -> str:
        """An unsigned ID token (`alg` none) as the Auth emulator issues it."""
        now = int(self.now().timestamp())
        identities = {"email": [account.email]} if account.email else {}
        claims: Claims = {
            **({"name": account.display_name} if account.display_name else {}),
            **account.claims,
            **(extra or {}),
            "email": account.email,
            "email_verified": account.email_verified,
            "auth_time": auth_time,
            "user_id": account.uid,
            "firebase": {"identities": identities, "sign_in_provider": provider},
            "iat": now,
            "exp": now + ID_TOKEN_S,
            "aud": self.project,
            "iss": f"https://securetoken.google.com/{self.project}",
            "sub": account.uid,
        }
        return unsigned_jwt(claims)

    def from_id_token(self, token: str) -> SandboxAccount:
        """The account behind an ID token.

        Raises IdentityError `INVALID_ID_TOKEN`, `USER_NOT_FOUND`, `TOKEN_EXPIRED` or `USER_DISABLED`.
        """
        claims = read_jwt(token)
        if claims is None or claims.get("aud") != self.project:
            raise IdentityError("INVALID_ID_TOKEN")
        account = self.get(str(claims.get("user_id") or claims.get("sub")))
        if account is None:
            raise IdentityError("USER_NOT_FOUND")
        if (
            _seconds(claims.get("exp")) <= self.now().timestamp()
            or _seconds(claims.get("auth_time")) < account.valid_since
        ):
            raise IdentityError("TOKEN_EXPIRED")
        if account.disabled:
            raise IdentityError("USER_DISABLED")
        return account


def unsigned_jwt(claims: Claims) -> str:
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(claims)}."


def read_jwt(token: str) -> dict[str, object] | None:
    """The claims of a JWT, unverified; also of the bare JSON that the emulator takes for one. None: neither."""
    try:
        if token.lstrip().startswith("{"):
            claims = json.loads(token)
        else:
            payload = token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def _seconds(claim: object) -> float:
    """A moment of a token; 0 when it names none."""
    return claim if isinstance(claim, (int, float)) else 0


def _segment(value: Claims) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _milliseconds(moment: float | None) -> str | None:
    return None if moment is None else str(int(moment * 1000))
