"""Checks of signing in: keyring, Firebase, the session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from shema_cli.auth.keyring import Vault
from shema_cli.auth.project import EMULATOR_VARIABLE, ID_TOKEN_VARIABLE, FirebaseProject, Realm
from shema_cli.auth.session import SessionStore
from shema_cli.auth.token import require_admin, verify
from shema_cli.calls.reply import NoUsableAnswer, Received
from shema_cli.calls.request import Outgoing
from shema_cli.calls.transport import fetch
from shema_cli.clock import age
from shema_cli.doctor.bench import Bench, Say, Skip
from shema_cli.doctor.results import Finding
from shema_cli.errors import AccessDenied

ANSWER_S = 4.0
MOST_SKEW_S = 5.0


def keyring(_: Bench, say: Say) -> Iterator[Finding]:
    """Where the refresh token is kept."""
    if Vault.available():
        yield say.ok("the refresh token is kept in the system's keyring")
    else:
        yield say.ok("no keyring on this machine; the session is kept in a private file")


def firebase(bench: Bench, say: Say) -> Iterator[Finding]:
    """Whether Firebase answers, and whether its clock and ours agree."""
    project = FirebaseProject.from_settings(bench.settings)
    if project.emulator:
        base, path = f"http://{project.emulator_host}", "/"
        yield say.warn(
            f"{project.id} at the emulator {project.emulator_host}: who signs in there is not proven",
            "for a real project, unset FIREBASE_AUTH_EMULATOR_HOST",
        )
    else:
        base, _, rest = project.endpoints.certificates.partition("/robot")
        path = f"/robot{rest}"
        if project.api_key is None:
            yield say.fail("FIREBASE_API_KEY is not set, so nobody can sign in", "set it to the project's web API key")
    found: list[Finding] = []
    received = _ask(project, base, path, say, found)
    yield from found
    if received is not None:
        yield _skew(bench, say, received.date, project.id)


def _ask(project: FirebaseProject, base: str, path: str, say: Say, found: list[Finding]) -> Received | None:
    request = Outgoing("GET", path, {}, address_in=EMULATOR_VARIABLE if project.emulator else "")
    try:
        received = fetch(base, request, limit_s=ANSWER_S, proxied=not project.emulator, ca_file=project.ca_file)
    except NoUsableAnswer as error:
        found.append(
            say.fail(f"{base} does not answer: {error.problem}", error.hint or "check the network and the proxy")
        )
        return None
    if received.status != 200:
        found.append(say.fail(f"{base} answered {received.status}", "check the network and the proxy"))
    return received


def _skew(bench: Bench, say: Say, told: datetime | None, project: str) -> Finding:
    if told is None:
        return say.ok(f"{project} answers")
    seconds = abs((told - bench.clock.now()).total_seconds())
    if seconds > MOST_SKEW_S:
        return say.fail(f"this machine's clock is {age(seconds)} off, so tokens do not hold", "set the clock (NTP)")
    return say.ok(f"{project} answers, and the clocks agree")


def session(bench: Bench, say: Say) -> Iterator[Finding]:
    """Verified as the next command would, but never renewed: that would change it."""
    if bench.settings.get("FIREBASE_PROJECT_ID") is None:
        raise Skip
    realm = Realm.from_settings(bench.settings, bench.state, bench.clock)
    raw, verified, source = bench.settings.get(ID_TOKEN_VARIABLE), False, ID_TOKEN_VARIABLE
    if raw is None:
        store = SessionStore(realm)
        kept = store.load()
        if kept is None:
            raise AccessDenied("not_signed_in", "nobody is signed in", "shema auth login")
        if kept.service_account or kept.expires_at <= bench.clock.now().timestamp():
            yield say.ok(f"{kept.email}; the next command gets a new ID token")
            return
        raw, verified, source = kept.id_token, store.sealed(kept), kept.storage
    token = verify(raw, realm.project, bench.clock.now(), bench.state, verified=verified)
    require_admin(token)
    left = (token.expires_at - bench.clock.now()).total_seconds()
    yield say.ok(f"{token.email} is an admin ({source}); the ID token is good for {age(left)} more")
