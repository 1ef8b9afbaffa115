"""Sign in with a service account's key: a custom token, signed here, exchanged at once and kept only in memory."""

from __future__ import annotations

import json
from dataclasses import field
from typing import TYPE_CHECKING

from shema_cli.auth.project import CREDENTIALS_VARIABLE, Realm
from shema_cli.auth.token import SERVICE_ACCOUNT_UID
from shema_cli.errors import AccessDenied, NotConfigured
from shema_cli.frozen import dataclass
from shema_cli.settings.folders import expanded

if TYPE_CHECKING:
    from shema_cli.auth.identity_toolkit import Tokens

AUDIENCE = "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"
LIFE_S = 3600


@dataclass(frozen=True)
class ServiceAccountKey:
    """The parts of a key file that are used."""

    path: str
    email: str
    private_key: str = field(repr=False)
    project: str = ""

    @property
    def uid(self) -> str:
        """Of the account's own user in Firebase."""
        return f"{SERVICE_ACCOUNT_UID}{self.email}"[:128]


def read_key(path: str, *, required: bool = True) -> ServiceAccountKey | None:
    """The key in a file. None when not `required` and the file holds another kind of credentials.

    Raises NotConfigured.
    """
    if is_a_key(path):
        raise NotConfigured(
            "service_account_unusable",
            "what should be the path of a key file is the key itself",
            f"set {CREDENTIALS_VARIABLE}, or --service-account, to the path of the file",
        )
    try:
        content = json.loads(expanded(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise unusable(path, error.strerror or "it cannot be read") from None
    except (ValueError, RecursionError):
        raise unusable(path, "it is not JSON") from None
    if isinstance(content, dict) and content.get("type") == "service_account":
        email, private_key = content.get("client_email"), content.get("private_key")
        if isinstance(email, str) and isinstance(private_key, str) and email:
            project = str(content.get("project_id") or "")
            return ServiceAccountKey(str(expanded(path).absolute()), email, private_key, project)
    if not required:
        return None
    raise unusable(path, "it is not a service account's key file")


def sign_in(realm: Realm, key: ServiceAccountKey) -> Tokens:
    """The tokens of the service account's own user, an admin by the custom token's claims.

    Raises AccessDenied when Firebase does not accept the key, and Unreachable.
    """
    from shema_cli.auth.identity_toolkit import FirebaseRejected, IdentityToolkit, tokens_of

    body = {"token": _custom_token(realm, key), "returnSecureToken": True}
    try:
        return tokens_of(IdentityToolkit(realm.project).account(":signInWithCustomToken", body))
    except FirebaseRejected as error:
        raise AccessDenied(
            "service_account_refused",
            f"Firebase does not accept the service account {key.email} for {realm.project.id} ({error.reason})",
            "check that the key belongs to the project and was not withdrawn",
        ) from None


def require_signing(key: ServiceAccountKey) -> None:
    """Raises NotConfigured for a key with which nothing can be signed."""
    _signed({}, key)


def _custom_token(realm: Realm, key: ServiceAccountKey) -> str:
    issued = int(realm.now().timestamp())
    claims = {
        "iss": key.email,
        "sub": key.email,
        "aud": AUDIENCE,
        "iat": issued,
        "exp": issued + LIFE_S,
        "uid": key.uid,
        "claims": {"admin": True},
    }
    return _signed(claims, key)


def _signed(claims: dict[str, object], key: ServiceAccountKey) -> str:
    import jwt

    try:
        return jwt.encode(claims, key.private_key, algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        raise unusable(key.path, "its private key cannot be used") from None


def is_a_key(path: str) -> bool:
    """Whether the content of a key file stands where its path should."""
    return path.lstrip().startswith(("{", "-----BEGIN"))


def unusable(path: str, problem: str) -> NotConfigured:
    """A key file that cannot be worked with."""
    return NotConfigured(
        "service_account_unusable", f"{path}: {problem}", "download a key (JSON) of the service account again"
    )
