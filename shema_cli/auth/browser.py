"""Sign in with Google in the browser: OAuth 2 for native apps (RFC 8252) with PKCE, ending on a loopback address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import queue
import secrets
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from shema_cli.auth.token import decode
from shema_cli.calls.reply import NoUsableAnswer, Unacceptable
from shema_cli.calls.request import Outgoing
from shema_cli.calls.transport import fetch
from shema_cli.clock import Clock
from shema_cli.errors import AccessDenied, Failed, NotConfigured, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.settings.values import CA_FILE, Settings

LIMIT_S = 300.0
CLIENT_VARIABLE = "SHEMA_OAUTH_CLIENT_ID"
SECRET_VARIABLE = "SHEMA_OAUTH_CLIENT_SECRET"  # noqa: S105 - the name of the variable
LANDING_PATH = "/oauth2/callback"
LANDING_TIMEOUT_S = 10.0
LONGEST_ADDRESS = 8192
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>shema</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color:#222}}
@media(prefers-color-scheme:dark){{body{{background:#111;color:#eee}}}}</style></head>
<body><h1>{title}</h1><p>{text}</p></body></html>"""


@dataclass(frozen=True)
class GoogleEndpoints:
    """Where a person consents, and where the code that they come back with is exchanged."""

    authorize: str
    token: str


GOOGLE = GoogleEndpoints("https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token")


@dataclass(frozen=True)
class OAuthClient:
    """The OAuth client (type: desktop app) of the project. Google gives such a client a secret that is none."""

    id: str
    secret: str | None = field(default=None, repr=False)
    ca_file: str | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> OAuthClient:
        id_ = settings.require(CLIENT_VARIABLE, "auth login --browser")
        return cls(id_, settings.get(SECRET_VARIABLE), settings.get(CA_FILE))


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
    """Google's ID token, for `login.with_google`."""

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
    if not has_screen and sys.platform not in ("darwin", "win32"):
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
    answer = _post(GOOGLE.token, form, client.ca_file)
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


def _post(url: str, form: dict[str, str], ca_file: str | None) -> dict[str, object]:
    try:
        answer = fetch(url, Outgoing.of_form("", form), proxied=True, ca_file=ca_file)
    except Unacceptable as problem:
        raise _refused(problem.problem) from None
    except NoUsableAnswer as failure:
        said = failure.problem if failure.status else f"could not be reached: {failure.problem}"
        hint = failure.hint or "check the network, then try again"
        raise Unreachable("google_unreachable", f"Google {said}", hint) from None
    body = answer.json()
    if isinstance(body, dict) and answer.status == 200:
        return body
    reason = body.get("error") if isinstance(body, dict) else None
    if reason in ("invalid_client", "unauthorized_client"):
        raise NotConfigured(
            "bad_oauth_client", f"Google does not know this OAuth client ({reason})", f"check {CLIENT_VARIABLE}"
        )
    raise _refused(str(reason or answer.status))


def _refused(reason: str) -> AccessDenied:
    return AccessDenied("google_refused", f"Google refused the sign-in ({reason})", "shema auth login --browser")


@dataclass(frozen=True)
class Landing:
    """What the browser brought back: a code, or Google's word for why not."""

    code: str | None = field(default=None, repr=False)
    error: str | None = None


class Loopback:
    """A server on 127.0.0.1, on a port that the system chooses, that answers one path for one attempt."""

    def __init__(self, state: str) -> None:
        self._state = state
        self._landed: queue.Queue[Landing] = queue.Queue()
        self._server = _LoopbackServer(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def redirect_uri(self) -> str:
        return f"http://{self.authority}{LANDING_PATH}"

    def landed(self) -> Landing | None:
        """What came, if anything has."""
        try:
            return self._landed.get_nowait()
        except queue.Empty:
            return None

    def read(self, address: str) -> Landing | None:
        """What an address says; None unless it bears this attempt's `state`."""
        try:
            query = parse_qs(urlsplit(address.strip()[:LONGEST_ADDRESS]).query)
        except ValueError:
            return None
        state = query.get("state", [""])[0]
        if not hmac.compare_digest(state.encode(), self._state.encode()):
            return None
        if "error" in query:
            return Landing(error=query["error"][0][:100])
        code = query.get("code", [""])[0]
        return Landing(code=code) if code else None

    def receive(self, address: str) -> Landing | None:
        landing = self.read(address)
        if landing is not None:
            self._landed.put(landing)
        return landing


class _LoopbackServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    loopback: Loopback

    def __init__(self, loopback: Loopback) -> None:
        super().__init__(("127.0.0.1", 0), _LoopbackHandler)
        self.loopback = loopback

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no news."""


class _LoopbackHandler(BaseHTTPRequestHandler):
    server: _LoopbackServer
    timeout = LANDING_TIMEOUT_S

    def do_GET(self) -> None:
        loopback = self.server.loopback
        if self.headers.get("Host") != loopback.authority:
            self._answer(HTTPStatus.FORBIDDEN, "Not here", "This address is only for signing in to shema.")
        elif urlsplit(self.path).path != LANDING_PATH:
            self._answer(HTTPStatus.NOT_FOUND, "Nothing here", "This address is only for signing in to shema.")
        elif (landing := loopback.receive(self.path)) is None:
            self._answer(HTTPStatus.BAD_REQUEST, "Not this sign-in", "Begin again from the terminal.")
        elif landing.error is not None:
            self._answer(HTTPStatus.OK, "Not signed in", "Google did not sign you in. The terminal says more.")
        else:
            self._answer(HTTPStatus.OK, "Thank you", "You can close this window: shema goes on in the terminal.")

    def _answer(self, status: HTTPStatus, title: str, text: str) -> None:
        page = _PAGE.format(title=title, text=text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    def version_string(self) -> str:
        return "shema"

    def log_message(self, format: str, *args: object) -> None:
        """The address bears a code: it is not logged."""
