"""An ID token taken apart, and the claims that must hold (contract 2.4)."""

from __future__ import annotations

import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shema_cli.auth.project import FirebaseProject
from shema_cli.errors import AccessDenied

CLOCK_SKEW_S = 10
LONGEST_TOKEN = 16_384
LONGEST_UID = 128


@dataclass(frozen=True, eq=False)
class IdToken:
    """A decoded, not yet verified, ID token."""

    raw: str = field(repr=False)
    header: dict[str, Any]
    claims: dict[str, Any] = field(repr=False)
    signature: str = field(repr=False)

    @property
    def uid(self) -> str:
        return str(self.claims["sub"])

    @property
    def email(self) -> str:
        email = self.claims.get("email")
        return email if isinstance(email, str) else ""

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.claims["exp"], UTC)

    @property
    def auth_time(self) -> int:
        return int(self.claims["auth_time"])

    @property
    def is_admin(self) -> bool:
        return names_admin(self.claims)


def names_admin(claims: Any) -> bool:
    """Whether custom claims make an admin: `admin: true` or `role: "admin"`."""
    return isinstance(claims, dict) and (claims.get("admin") is True or claims.get("role") == "admin")


def decode(raw: str) -> IdToken:
    """Take a token apart without believing it. Raises AccessDenied for what is not a JWT."""
    parts = raw.split(".")
    if len(parts) != 3 or len(raw) > LONGEST_TOKEN:
        raise bad_token("it is not a JWT")
    return IdToken(raw, _part(parts[0]), _part(parts[1]), parts[2])


def _part(text: str) -> dict[str, Any]:
    try:
        standard = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
        decoded = json.loads(binascii.a2b_base64(standard, strict_mode=True))
    except (ValueError, RecursionError):
        raise bad_token("it is not a JWT") from None
    if not isinstance(decoded, dict):
        raise bad_token("it is not a JWT")
    return decoded


def check_claims(token: IdToken, project: FirebaseProject, now: datetime) -> None:
    """Raises AccessDenied unless `iss`, `aud`, `exp`, `iat`, `auth_time` and `sub` hold at `now`."""
    claims, moment = token.claims, now.timestamp()
    if claims.get("iss") != project.issuer or claims.get("aud") != project.id:
        raise bad_token(f"it was not issued for the project {project.id}")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_UID:
        raise bad_token("it names nobody (sub)")
    for name in ("exp", "iat", "auth_time"):
        if not _is_time(claims.get(name)):
            raise bad_token(f"its {name} is missing or not a time")
    for name in ("iat", "auth_time"):
        if claims[name] > moment + CLOCK_SKEW_S:
            raise bad_token(f"its {name} lies in the future (is this machine's clock right?)")
    if claims["exp"] <= moment:
        raise AccessDenied("token_expired", "the ID token has expired", "shema auth login")


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 2**40


def require_admin(token: IdToken) -> None:
    """Raises AccessDenied unless the token's claims make an admin."""
    if not token.is_admin:
        raise AccessDenied(
            "not_admin",
            f"{token.email or token.uid} is not an admin",
            "ask an admin to run `shema admins grant EMAIL`, then sign in again",
        )


def bad_token(problem: str) -> AccessDenied:
    return AccessDenied("bad_token", f"the ID token is not valid: {problem}", "shema auth login")
