"""Verify an ID token on this machine (contract 2.4). Only a signature that must be checked loads cryptography."""

from __future__ import annotations

from datetime import datetime

from shema_cli.auth.claims import IdToken, bad_token, check_claims, decode
from shema_cli.auth.project import FirebaseProject
from shema_cli.state import StateDir


def verify(raw: str, project: FirebaseProject, now: datetime, state: StateDir, *, verified: bool = False) -> IdToken:
    """The token, once its signature and claims hold. Admin or not is not looked at.

    `verified` saves checking a signature again that was checked before this very token was written, together with the
    mark, into a file that only this user can write; the claims are always checked. Raises AccessDenied, or Unreachable
    when Google's certificates are needed and cannot be fetched.
    """
    token = decode(raw)
    if project.emulator:
        _require_unsigned(token)
    elif not verified:
        check_claims(token, project, now)  # a token that is wrong anyway costs no fetch of certificates
        _check_signature(token, now, state)
    check_claims(token, project, now)
    return token


def _require_unsigned(token: IdToken) -> None:
    if token.header.get("alg") != "none" or token.signature:
        raise bad_token("it does not come from the emulator")


def _check_signature(token: IdToken, now: datetime, state: StateDir) -> None:
    key_id = token.header.get("kid")
    if token.header.get("alg") != "RS256" or not token.signature or not isinstance(key_id, str):
        raise bad_token("it is not signed by Firebase")
    from shema_cli.auth.certificates import Certificates

    certificate = Certificates(state).find(key_id, now)
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
