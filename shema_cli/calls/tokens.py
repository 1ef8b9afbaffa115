"""Service tokens: how one service proves to another that it belongs to the system (contract 1.2).

Made and verified here; kept, renewed and sent by `CallerHeaders` in `request.py`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import warnings
from datetime import datetime
from typing import Protocol

from shema_cli.frozen import dataclass

LIFETIME_S = 300
SCOPE = "internal"
SHORTEST_SECRET = 32  # bytes; RFC 7518 3.2 for HS256
REQUIRED = "Service token required"
BAD_SCOPE = "Invalid token scope"
INVALID = "Invalid service token"


class Actor(Protocol):
    """The admin on whose behalf a call is made."""

    @property
    def uid(self) -> str: ...

    @property
    def email(self) -> str: ...


@dataclass(frozen=True)
class TokenVerdict:
    """What a service would answer to a token: 200, or 401 or 403 with `error`.

    `claims` is None unless the signature holds.
    """

    valid: bool
    claims: dict[str, object] | None
    status: int
    error: str | None


def issue(secret: str, service_name: str, actor: Actor | None, now: datetime) -> tuple[str, dict[str, object]]:
    """A token that is good for 300 s, and its claims; `act` names the admin on whose behalf the call is made."""
    issued_at = int(now.timestamp())
    claims: dict[str, object] = {
        "service": service_name,
        "scope": SCOPE,
        "iat": issued_at,
        "exp": issued_at + LIFETIME_S,
    }
    if actor is not None:
        claims["act"] = {"sub": actor.uid, "email": actor.email}
    # Signed here: pyjwt loads the whole of `cryptography`, which every command would wait for.
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64url(signature)}", claims


def verify(token: str, secret: str, now: datetime) -> TokenVerdict:
    """The verdict that the services' own middleware gives on `token`."""
    if not token.strip():
        return TokenVerdict(False, None, 401, REQUIRED)
    claims = _signed_claims(token.strip(), secret)
    if claims is None:
        return TokenVerdict(False, None, 401, INVALID)
    if not _in_force(claims, now.timestamp()):
        return TokenVerdict(False, claims, 401, INVALID)
    if claims.get("scope") != SCOPE:
        return TokenVerdict(False, claims, 403, BAD_SCOPE)
    return TokenVerdict(True, claims, 200, None)


def is_short(secret: str) -> bool:
    """Whether the secret is shorter than HS256 asks for."""
    return len(secret.encode()) < SHORTEST_SECRET


def _signed_claims(token: str, secret: str) -> dict[str, object] | None:
    import jwt

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of short secrets the client warns, once and in our words
        try:
            claims: dict[str, object] = jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
    return claims


def _in_force(claims: dict[str, object], now: float) -> bool:
    """`exp` must be there: a token without an end is not one of ours."""
    expires, not_before = _seconds(claims.get("exp")), _seconds(claims.get("nbf", 0))
    return expires is not None and not_before is not None and not_before <= now < expires


def _seconds(value: object) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _part(value: dict[str, object]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
