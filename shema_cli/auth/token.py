"""ID tokens: taken apart, their claims, their signature (contract 2.4).

Only a signature that must be checked loads cryptography.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime

from shema_cli.auth.project import FirebaseProject
from shema_cli.errors import AccessDenied
from shema_cli.frozen import dataclass
from shema_cli.state import StateDir

CLOCK_SKEW_S = 10
LONGEST_TOKEN = 16_384
LONGEST_UID = 128
SHORTEST_SIGNATURE = 2048 // 8 * 4 // 3  # an RSA key of 2048 bits, in base64
END_OF_TIME = 253_402_300_800  # the year 10000, which no datetime has
SERVICE_ACCOUNT_UID = "service-account:"
"""How the uid of a service account's own user begins: only the holder of a key can make one of this form."""


@dataclass(frozen=True, eq=False)
class IdToken:
    """A decoded, not yet verified, ID token."""

    raw: str = field(repr=False)
    header: Mapping[str, object]
    claims: Mapping[str, object] = field(repr=False)
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
        return datetime.fromtimestamp(_time(self.claims, "exp"), UTC)

    @property
    def auth_time(self) -> int:
        return int(_time(self.claims, "auth_time"))

    @property
    def is_admin(self) -> bool:
        return names_admin(self.claims)

    @property
    def of_service_account(self) -> bool:
        return self.uid.startswith(SERVICE_ACCOUNT_UID)


def names_admin(claims: object) -> bool:
    """Whether custom claims make an admin: `admin: true` or `role: "admin"`."""
    return isinstance(claims, dict) and (claims.get("admin") is True or claims.get("role") == "admin")


def decode(raw: str) -> IdToken:
    """Take a token apart without believing it. Raises AccessDenied for what is not a JWT."""
    parts = raw.split(".")
    if len(parts) != 3 or len(raw) > LONGEST_TOKEN:
        raise bad_token("it is not a JWT")
    return IdToken(raw, _part(parts[0]), _part(parts[1]), parts[2])


def _part(text: str) -> dict[str, object]:
    try:
        standard = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
        decoded = json.loads(binascii.a2b_base64(standard, strict_mode=True))
    except (ValueError, RecursionError):
        raise bad_token("it is not a JWT") from None
    if not isinstance(decoded, dict):
        raise bad_token("it is not a JWT")
    return decoded


def verify(raw: str, project: FirebaseProject, now: datetime, state: StateDir, *, verified: bool = False) -> IdToken:
    """The token, once its signature and claims hold. Admin or not is not looked at.

    `verified` saves checking a signature again that was checked on this machine before (`seal.py`); the claims are
    always checked. Raises AccessDenied, or Unreachable when Google's certificates are needed and cannot be fetched.
    """
    token = decode(raw)
    if project.emulator:
        _require_unsigned(token)
    elif not verified:
        check_claims(token, project, now)  # a token that is wrong anyway costs no fetch of certificates
        _check_signature(token, project, now, state)
    check_claims(token, project, now)
    return token


def _require_unsigned(token: IdToken) -> None:
    if token.header.get("alg") != "none" or token.signature:
        raise bad_token("it does not come from the emulator")


def _check_signature(token: IdToken, project: FirebaseProject, now: datetime, state: StateDir) -> None:
    key_id = token.header.get("kid")
    short = len(token.signature) < SHORTEST_SIGNATURE  # which costs no fetch of certificates
    if token.header.get("alg") != "RS256" or short or not isinstance(key_id, str):
        raise bad_token("it is not signed by Firebase")
    from shema_cli.auth.certificates import Certificates

    certificate = Certificates(state, project.ca_file).find(key_id, now)
    if certificate is None or not _signed_by(token.raw, certificate):
        raise bad_token("it is not signed by Firebase")


def _signed_by(raw: str, certificate: str) -> bool:
    import jwt
    from cryptography.x509 import load_pem_x509_certificate

    try:
        key = load_pem_x509_certificate(certificate.encode()).public_key()
        jwt.decode(
            raw,
            key,  # type: ignore[arg-type]
            algorithms=["RS256"],
            options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return True


def check_claims(token: IdToken, project: FirebaseProject, now: datetime) -> None:
    """Raises AccessDenied unless `iss`, `aud`, `exp`, `iat`, `auth_time` and `sub` hold at `now`."""
    claims, moment = token.claims, now.timestamp()
    if claims.get("iss") != project.issuer or claims.get("aud") != project.id:
        raise bad_token(f"it was not issued for the project {project.id}")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_UID:
        raise bad_token("it names nobody (sub)")
    times = {name: _time(claims, name) for name in ("exp", "iat", "auth_time")}
    for name in ("iat", "auth_time"):
        if times[name] > moment + CLOCK_SKEW_S:
            raise bad_token(f"its {name} lies in the future (is this machine's clock right?)")
    if times["exp"] <= moment:
        raise AccessDenied("token_expired", "the ID token has expired", "shema auth login")


def _time(claims: Mapping[str, object], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < END_OF_TIME:
        raise bad_token(f"its {name} is missing or not a time")
    return value


def require_admin(token: IdToken) -> None:
    """Raises AccessDenied unless the token's claims make an admin."""
    if not token.is_admin:
        raise AccessDenied(
            "not_admin",
            f"{token.email or token.uid} is not an admin",
            "ask an admin to run `shema admins grant EMAIL`, then sign in again",
        )


def bad_token(problem: str) -> AccessDenied:
    """A token that does not hold, and why."""
    return AccessDenied("bad_token", f"the ID token is not valid: {problem}", "shema auth login")
