"""Signing in to a profile that is not written yet: what comes of it is held, and kept once the profile is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import TextIO

from shema_cli.auth.gate import EMULATOR_AT_SIGN_IN, identify, note_emulator
from shema_cli.auth.identity_toolkit import Tokens
from shema_cli.auth.login import Asked, Choice, keep
from shema_cli.auth.project import PROJECT_VARIABLE, Realm
from shema_cli.auth.session import SessionStore
from shema_cli.auth.token import require_admin, verify
from shema_cli.clock import Clock
from shema_cli.doctor.bench import ReadOnlyState
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.output.person import Person
from shema_cli.setup.draft import Draft
from shema_cli.state import StateDir


@dataclass(frozen=True)
class HeldSignIn:
    """An admin who has signed in; nothing of it stands on this machine yet."""

    email: str
    tokens: Tokens = field(repr=False)

    def keep(self, draft: Draft, state: StateDir, clock: Clock) -> None:
        """Keep the session of the profile, which is written by now. Raises what `auth.login.keep` raises."""
        keep(Realm.for_login(draft.settings(), state, clock), self.tokens)


def sign_in(draft: Draft, person: Person, stdin: TextIO, clock: Clock, choice: Choice) -> HeldSignIn:
    """As `auth login` does, with what the draft says. Raises AccessDenied for anybody but an admin, and Unreachable."""
    settings = draft.settings()
    realm = Realm.for_login(settings, ReadOnlyState(draft.state_path), clock)
    note_emulator(realm, person.note, EMULATOR_AT_SIGN_IN)
    asked = Asked(settings, realm, person, stdin, choice)
    tokens = asked.google() if choice.browser else asked.password()
    token = verify(tokens.id_token, realm.project, realm.now(), realm.state)
    require_admin(token)
    return HeldSignIn(token.email or token.uid, tokens)


def who_is_signed_in(draft: Draft, clock: Clock) -> str | None:
    """The email of the session that the profile has already, renewed or not; None where it has none."""
    if PROJECT_VARIABLE not in draft.values:
        return None
    try:
        session = SessionStore(Realm.for_login(draft.settings(), ReadOnlyState(draft.state_path), clock)).peek()
    except ShemaError:
        return None
    return session.email if session else None


def without_asking(
    draft: Draft, id_token: str | None, state: StateDir, clock: Clock, note: Callable[[str], None]
) -> str | None:
    """Who a command with this profile would run for: by an ID token, a kept session, or a service account's key.

    None where nobody is signed in. Raises AccessDenied for one that would not work, and Unreachable.
    """
    if PROJECT_VARIABLE not in draft.values:
        return None
    realm = Realm.from_settings(draft.settings(), state, clock)
    identity = identify(realm, id_token)
    if identity is None:
        return None
    note_emulator(realm, note)
    require_admin(identity.token)
    return identity.email or identity.token.uid
