"""A signed-in admin for tests of commands that need one: an unsigned ID token, as the Firebase emulator issues it."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from tests.support.http import Answer, HttpServer

PROJECT = "demo-shema"
EMAIL = "admin@shema.test"
UID = "admin-uid"
LOOKUP = "/identitytoolkit.googleapis.com/v1/accounts:lookup"


def id_token(**claims: Any) -> str:
    now = int(time.time())
    payload = {
        "iss": f"https://securetoken.google.com/{PROJECT}",
        "aud": PROJECT,
        "sub": UID,
        "user_id": UID,
        "email": EMAIL,
        "iat": now - 5,
        "auth_time": now - 5,
        "exp": now + 3600,
        "admin": True,
        **claims,
    }
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(payload)}."


def signed_in(emulator: str = "127.0.0.1:9", **claims: Any) -> dict[str, str]:
    """The variables of a signed-in admin. Commands that only read never ask the emulator."""
    return {
        "FIREBASE_PROJECT_ID": PROJECT,
        "FIREBASE_API_KEY": "demo-key",
        "FIREBASE_AUTH_EMULATOR_HOST": emulator,
        "SHEMA_ID_TOKEN": id_token(**claims),
    }


def serve_identity(server: HttpServer, *, admin: bool = True, uid: str = UID, email: str = EMAIL) -> HttpServer:
    """Script the one endpoint by which a change is confirmed; give `signed_in` the server's host and port."""
    account = {
        "localId": uid,
        "email": email,
        "validSince": "0",
        "customAttributes": json.dumps({"admin": admin}),
    }
    return server.on(
        "POST", LOOKUP, Answer(json={"kind": "identitytoolkit#GetAccountInfoResponse", "users": [account]})
    )


def disable(server: HttpServer) -> None:
    """The admin's account is disabled from now on."""
    server.on("POST", LOOKUP, Answer(json={"users": [{"localId": UID, "disabled": True}]}))


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
