"""`auth login --browser`, driven by an HTTP client in the browser's place."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import jwt
import pexpect
import pytest

from shema_cli.auth import browser
from shema_cli.auth.browser import GoogleEndpoints, GoogleSignIn, Loopback, OAuthClient, sign_in
from shema_cli.errors import AccessDenied, Failed, NotConfigured, ShemaError, Unreachable
from tests.auth.google import StandIn, consent, google_stand_in, parameters
from tests.support.cli import shema
from tests.support.firebase import IDP, EmulatedProject, Production, signed_in
from tests.support.gate import EMAIL, traces
from tests.support.http import Answer, HttpServer, Request
from tests.support.world import still

CLIENT = OAuthClient("client-1", "client-secret")
OAUTH = {"SHEMA_OAUTH_CLIENT_ID": "client-1", "SHEMA_OAUTH_CLIENT_SECRET": "client-secret"}


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with google_stand_in(EMAIL) as running:
        yield running


@pytest.fixture
def google(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setattr(browser, "GOOGLE", stand_in.endpoints)
    stand_in.exchanges.clear()
    return stand_in


@pytest.fixture
def a_browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[httpx2.Response]]:
    """Something that opens addresses, consents, and keeps the page that it ends on."""
    pages: list[httpx2.Response] = []
    threads: list[threading.Thread] = []

    def open_it(address: str) -> bool:
        visit = threading.Thread(target=lambda: pages.append(httpx2.get(consent(address), trust_env=False)))
        visit.start()
        threads.append(visit)
        return True

    monkeypatch.setattr(browser, "open_browser", open_it)
    yield pages
    for thread in threads:
        thread.join()


def test_an_admin_signs_in_with_google(
    firebase: EmulatedProject, env: dict[str, str], google: StandIn, a_browser: list[httpx2.Response]
) -> None:
    uid = firebase.create(EMAIL, claims={"admin": True}, emailVerified=True)
    run = shema("auth", "login", "--browser", "--json", env=env | OAUTH)
    assert (run.code, run.json["uid"], run.json["email"]) == (0, uid, EMAIL)
    (page,) = a_browser
    assert "close this window" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert shema("auth", "status", env=env).code == 0
    assert "client-secret" not in run.err


def test_a_real_browser_ends_on_the_page(
    production: Production,
    production_env: dict[str, str],
    google: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine; the same sign-in is driven by an HTTP client")
    production.answer(IDP, signed_in(production.token()))
    pages: list[str] = []
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server", f"--user-data-dir={tmp_path}/c"]

    def visit(address: str) -> None:
        command = [chromium, *options, "--dump-dom", address]
        pages.append(subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout)

    visits: list[threading.Thread] = []

    def open_it(address: str) -> bool:
        visits.append(threading.Thread(target=visit, args=(address,)))
        visits[0].start()
        return True

    monkeypatch.setattr(browser, "open_browser", open_it)
    run = shema("auth", "login", "--browser", env=production_env | OAUTH)
    visits[0].join()
    assert run.code == 0, run.err
    assert "You can close this window" in pages[0]


def test_a_google_account_that_is_no_admin_is_turned_away(
    firebase: EmulatedProject, env: dict[str, str], google: StandIn, a_browser: list[httpx2.Response]
) -> None:
    run = shema("auth", "login", "--browser", env=env | OAUTH)
    assert (run.code, traces(env)) == (4, [])


def test_the_request_to_google_is_bound_to_this_attempt(google: StandIn) -> None:
    addresses: list[str] = []

    def show(address: str) -> bool:
        addresses.append(address)
        httpx2.get(consent(address), trust_env=False)
        return True

    for _ in range(2):
        outcome = _sign_in(show=show)
        assert isinstance(outcome, GoogleSignIn)
    first, second = map(parameters, addresses)
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))
    assert first["code_challenge_method"] == "S256"
    assert urlsplit(first["redirect_uri"]).hostname == "127.0.0.1"
    form = google.exchanges[0]["form"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
    assert digest.rstrip(b"=").decode() == first["code_challenge"]
    assert (form["client_secret"], form["redirect_uri"]) == ("client-secret", first["redirect_uri"])


def _sign_in(
    show: Callable[[str], bool] = lambda address: False,
    pasted: Callable[[float], str | None] | None = None,
) -> GoogleSignIn:
    clock = still(0)

    def wait(seconds: float) -> str | None:
        clock.sleep(seconds)
        return pasted(seconds) if pasted else None

    return sign_in(CLIENT, clock, say=lambda line: None, pasted=wait, show=show)


def test_nobody_coming_back_is_exit_3_after_five_minutes() -> None:
    clock = still(0)
    began = clock.monotonic()

    def wait(seconds: float) -> None:
        clock.sleep(seconds)

    with pytest.raises(Unreachable, match="five minutes"):
        sign_in(CLIENT, clock, say=lambda line: None, pasted=wait, show=lambda address: False)
    assert clock.monotonic() - began == pytest.approx(300, abs=1)


def test_an_address_pasted_from_another_machine_will_do(google: StandIn) -> None:
    seen: list[str] = []

    def show(address: str) -> bool:
        seen.append(consent(address))
        return False

    lines = iter(["what?\n", "http://127.0.0.1/oauth2/callback?state=other&code=1\n"])
    outcome = _sign_in(show, lambda seconds: next(lines, seen[0]))
    assert jwt.decode(outcome.id_token, options={"verify_signature": False})["email"] == EMAIL


def test_a_person_pastes_it_over_ssh(firebase: EmulatedProject, env: dict[str, str], google: StandIn) -> None:
    firebase.create(EMAIL, claims={"admin": True}, emailVerified=True)
    program = (
        "from shema_cli.auth import browser;"
        f"browser.GOOGLE = browser.GoogleEndpoints({google.endpoints.authorize!r}, {google.endpoints.token!r});"
        "from shema_cli.main import run; run()"
    )
    child = pexpect.spawn(
        sys.executable,
        ["-c", program, "auth", "login", "--browser"],
        env=env | OAUTH | {"TERM": "xterm", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
        encoding="utf-8",
        timeout=20,
        dimensions=(24, 400),
    )
    child.expect(r"(http://\S+/authorize\S+)")
    landing = consent(child.match[1])
    child.expect("paste here")
    child.sendline(landing)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert shema("auth", "status", env=env).code == 0


def test_a_person_who_says_no(google: StandIn) -> None:
    def show(address: str) -> bool:
        asked = parameters(address)
        refusal = {"state": asked["state"], "error": "access_denied"}
        page = httpx2.get(asked["redirect_uri"], params=refusal, trust_env=False)
        assert "Not signed in" in page.text
        return True

    with pytest.raises(AccessDenied, match="access_denied"):
        _sign_in(show)


@pytest.mark.parametrize("change", ["nonce", "aud"])
def test_an_answer_to_another_attempt_is_refused(monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    asked: dict[str, str] = {}

    def token(request: Request) -> Answer:
        claims = {"nonce": asked["nonce"], "aud": "client-1", change: "another"}
        return Answer(json={"id_token": jwt.encode(claims, "", algorithm="none")})

    _refused(monkeypatch, token, AccessDenied, asked)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(400, json={"error": "invalid_grant"}), AccessDenied),
        (Answer(401, json={"error": "invalid_client"}), NotConfigured),
        (Answer(503), Unreachable),
        (Answer(302, headers={"Location": "/"}), AccessDenied),
        (Answer(json={"access_token": "x"}), Failed),
        (Answer(body=b"<html>"), AccessDenied),
    ],
)
def test_what_google_may_answer_instead(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: type[ShemaError]
) -> None:
    _refused(monkeypatch, answer, kind, {})


def _refused(
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer | Callable[[Request], Answer],
    kind: type[ShemaError],
    asked: dict[str, str],
) -> None:
    def show(address: str) -> bool:
        asked.update(parameters(address))
        httpx2.get(asked["redirect_uri"], params={"state": asked["state"], "code": "secret-code"}, trust_env=False)
        return True

    with HttpServer() as server:
        server.on("POST", "/token", answer)
        monkeypatch.setattr(browser, "GOOGLE", GoogleEndpoints(f"{server.url}/auth", f"{server.url}/token"))
        with pytest.raises(kind) as failure:
            _sign_in(show)
    assert "secret-code" not in str(failure.value)


def test_the_loopback_answers_only_its_own_browser() -> None:
    with Loopback("the-state") as loopback:
        base = f"http://{loopback.authority}"
        good = f"{loopback.redirect_uri}?state=the-state&code=the-code"

        def get(address: str, **headers: str) -> int:
            return httpx2.get(address, headers=headers, trust_env=False).status_code

        assert get(good, Host="evil.test") == 403
        assert get(good, Host=f"localhost:{loopback.authority.split(':')[1]}") == 403
        assert get(f"{base}/?state=the-state&code=the-code") == 404
        assert get(f"{base}/favicon.ico") == 404
        assert get(f"{loopback.redirect_uri}?state=guess&code=the-code") == 400
        assert get(f"{loopback.redirect_uri}?code=the-code") == 400
        assert get(f"{loopback.redirect_uri}?state=the-state") == 400
        assert get(f"{loopback.redirect_uri}?state=%ff&code=x") == 400
        assert httpx2.post(good, trust_env=False).status_code == 501
        assert loopback.landed() is None
        assert get(good) == 200
        landing = loopback.landed()
        assert landing is not None
        assert landing.code == "the-code"
        assert "the-code" not in repr(landing)


def test_a_connection_that_says_nothing_holds_up_nobody() -> None:
    import socket

    with Loopback("s") as loopback, socket.create_connection(("127.0.0.1", int(loopback.authority.split(":")[1]))):
        assert httpx2.get(f"{loopback.redirect_uri}?state=s&code=c", trust_env=False, timeout=5).status_code == 200


def test_the_oauth_client_must_be_configured(env: dict[str, str]) -> None:
    run = shema("auth", "login", "--browser", env=env)
    assert (run.code, "SHEMA_OAUTH_CLIENT_ID" in run.err) == (2, True)


def test_production_hands_googles_token_to_firebase(
    production: Production, production_env: dict[str, str], google: StandIn, a_browser: list[httpx2.Response]
) -> None:
    production.answer(IDP, signed_in(production.token()))
    assert shema("auth", "login", "--browser", env=production_env | OAUTH).code == 0
    (asked,) = production.asked(IDP)
    assert asked.json["requestUri"].startswith("http://127.0.0.1:")
    assert asked.json["postBody"].startswith("id_token=ey")
    assert asked.json["postBody"].endswith("&providerId=google.com")


def test_no_screen_opens_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform != "darwin":
        assert browser.open_browser("http://127.0.0.1/") is False
