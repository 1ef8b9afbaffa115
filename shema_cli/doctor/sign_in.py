"""Checks of signing in: keyring, Firebase, the session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from shema_cli.auth.keyring import Vault
from shema_cli.auth.project import ID_TOKEN_VARIABLE, FirebaseProject, Realm
from shema_cli.auth.reach import knock, project_host
from shema_cli.auth.session import SessionStore
from shema_cli.auth.token import require_admin, verify
from shema_cli.calls.reply import NoUsableAnswer
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
        yield say.warn(
            f"{project.id} at the emulator {project.emulator_host}: who signs in there is not proven",
            "for a real project, unset FIREBASE_AUTH_EMULATOR_HOST",
        )
    elif project.api_key is None:
        yield say.fail("FIREBASE_API_KEY is not set, so nobody can sign in", "set it to the project's web API key")
    base = project_host(project)
    try:
        received = knock(project, ANSWER_S)
    except NoUsableAnswer as error:
        yield say.fail(f"{base} does not answer: {error.problem}", error.hint or "check the network and the proxy")
        return
    if received.status != 200:
        yield say.fail(f"{base} answered {received.status}", "check the network and the proxy")
    yield _skew(bench, say, received.date, project.id)


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
