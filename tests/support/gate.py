"""Ways up to the gate: an app whose clock stands still, a session that is kept, a sign-in by the command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from shema_cli.auth.project import Realm
from shema_cli.auth.session import FILE, Session, SessionStore
from tests.support.cli import Run, shema
from tests.support.world import StillClock, app_of

NOW = 1_800_000_000.0
EMAIL = "ani@shema.test"
PASS = "pass-word-1"


def realm_of(env: Mapping[str, str], clock: StillClock | None = None) -> Realm:
    app = app_of(env, clock)
    return Realm.from_settings(app.settings, app.state, app.clock)


def kept(env: dict[str, str], token: str, now: float = NOW, *, verified: bool = True, **fields: object) -> SessionStore:
    """A session in the store, as a sign-in at `now` would have left it."""
    session = Session(
        uid="uid-ani",
        email=EMAIL,
        expires_at=int(now) + 3600,
        storage=FILE,
        id_token=token,
        refresh_token="refresh-token-1",
    )
    store = SessionStore(realm_of(env))
    store.save(replace(session, **fields), verified=verified)  # type: ignore[arg-type]
    return store


def login(env: dict[str, str], *argv: str, email: str = EMAIL, password: str = PASS) -> Run:
    """`auth login` with a password."""
    return shema("auth", "login", "--email", email, "--password-stdin", *argv, env=env, stdin=f"{password}\n".encode())


def traces(env: dict[str, str]) -> list[str]:
    """What the state folder holds, by the first word of each file's name."""
    folder = Path(env["SHEMA_STATE_DIR"])
    return sorted(path.name.partition("-")[0] for path in folder.iterdir()) if folder.exists() else []
