"""Sign in with Google in the browser: OAuth 2 for native apps (RFC 8252) with PKCE, ending on a loopback address."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from shema_cli.auth.loopback import Landing, Loopback
from shema_cli.auth.token import decode
from shema_cli.calls.http_library import httpx
from shema_cli.clock import Clock
from shema_cli.errors import AccessDenied, Failed, NotConfigured, Unreachable
from shema_cli.settings.values import Settings

LIMIT_S = 300.0
TIMEOUT_S = 15.0
CLIENT_VARIABLE = "SHEMA_OAUTH_CLIENT_ID"
SECRET_VARIABLE = "SHEMA_OAUTH_CLIENT_SECRET"  # noqa: S105 - the name of the variable


@dataclass(frozen=True)
class GoogleEndpoints:
    authorize: str
    token: str


GOOGLE = GoogleEndpoints("https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token")


@dataclass(frozen=True)
class OAuthClient:
    """The OAuth client (type: desktop app) of the project. Google gives such a client a secret that is none."""

    id: str
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> OAuthClient:
        return cls(settings.require(CLIENT_VARIABLE, "auth login --browser"), settings.get(SECRET_VARIABLE))


@dataclass(frozen=True)
class _Attempt:
    """The secrets of one attempt: what only the one who began it knows."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True)
class GoogleSignIn:
    """Google's ID token, for `signin.with_google`."""

    id_token: str = field(repr=False)
    redirect_uri: str


def sign_in(
    client: OAuthClient,
    clock: Clock,
    *,
    say: Callable[[str], None],
    pasted: Callable[[float], str | None],
    show: Callable[[str], bool] | None = None,
) -> GoogleSignIn:
    """Send the person to Google and wait for them, five minutes at most.

    `say` prints a line; `pasted(seconds)` waits so long for an address that was pasted; `show` opens a browser.
    Raises AccessDenied when Google or the person says no, Unreachable when nobody came or Google does not answer.
    """
    attempt = _Attempt()
    with Loopback(attempt.state) as loopback:
        address = _authorize_url(client, attempt, loopback.redirect_uri)
        opened = (show or open_browser)(address)
        say("Sign in with Google in the browser that has opened. If none has, open this address:" if opened else _OPEN)
        say(address)
        say("The browser may be on another machine: paste here the address that it ends on (it begins with 127.0.0.1).")
        landing = _wait(loopback, clock, pasted)
        if landing.error is not None:
            raise AccessDenied("google_refused", f"Google did not sign you in: {landing.error}", "shema auth login")
        id_token = _exchange(client, attempt, loopback.redirect_uri, landing.code or "")
        return GoogleSignIn(id_token, loopback.redirect_uri)


_OPEN = "Open this address in a browser to sign in with Google:"


def open_browser(address: str) -> bool:
    """Open a browser where there is a screen to show it on; a text browser would take the terminal away."""
    has_screen = any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
    if not has_screen and os.uname().sysname != "Darwin":
        return False
    try:
        return webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False


def _authorize_url(client: OAuthClient, attempt: _Attempt, redirect_uri: str) -> str:
    query = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": redirect_uri,
        "scope": "openid email profile",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": attempt.challenge,
        "code_challenge_method": "S256",
        "prompt": "select_account",
    }
    return f"{GOOGLE.authorize}?{urlencode(query)}"


def _wait(loopback: Loopback, clock: Clock, pasted: Callable[[float], str | None]) -> Landing:
    deadline = clock.monotonic() + LIMIT_S
    while clock.monotonic() < deadline:
        landing = loopback.landed()
        if landing is None and (text := pasted(0.2)) is not None:
            landing = loopback.read(text)
        if landing is not None:
            return landing
    raise Unreachable(
        "browser_timeout", "nobody came back from Google within five minutes", "shema auth login --browser"
    )


def _exchange(client: OAuthClient, attempt: _Attempt, redirect_uri: str, code: str) -> str:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client.id,
        "redirect_uri": redirect_uri,
        "code_verifier": attempt.verifier,
        **({"client_secret": client.secret} if client.secret else {}),
    }
    answer = _post(GOOGLE.token, form)
    id_token = answer.get("id_token")
    if not isinstance(id_token, str):
        raise Failed("google_answer", "Google's answer has no ID token")
    claims = decode(id_token).claims
    # Firebase checks the signature; that this token answers this attempt is ours to check.
    if claims.get("nonce") != attempt.nonce or client.id not in _audiences(claims):
        raise AccessDenied("google_refused", "Google's answer does not belong to this attempt", "shema auth login")
    return id_token


def _audiences(claims: Mapping[str, object]) -> list[object]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _post(url: str, form: dict[str, str]) -> dict[str, Any]:
    try:
        answer = httpx.post(url, data=form, timeout=TIMEOUT_S, follow_redirects=False)
    except httpx.HTTPError as error:
        raise Unreachable(
            "google_unreachable", f"Google could not be reached: {type(error).__name__}", "check the network"
        ) from None
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and answer.status_code == 200:
        return body
    reason = body.get("error") if isinstance(body, dict) else None
    if reason in ("invalid_client", "unauthorized_client"):
        raise NotConfigured(
            "bad_oauth_client", f"Google does not know this OAuth client ({reason})", f"check {CLIENT_VARIABLE}"
        )
    if answer.status_code >= 500:
        raise Unreachable("google_unreachable", f"Google answered with status {answer.status_code}", "try again")
    raise AccessDenied(
        "google_refused", f"Google refused the sign-in ({reason or answer.status_code})", "shema auth login --browser"
    )
