"""`auth login`: choose the way, ask what has to be asked, sign in with Firebase, keep the session. And `auth logout`.

A session is kept only once it is known to be an admin's (contract 2.4).
"""

from __future__ import annotations

import contextlib
import select
from collections.abc import Mapping
from dataclasses import field
from typing import TextIO
from urllib.parse import urlencode

from shema_cli.auth.gate import EMULATOR_AT_SIGN_IN, SERVICE_ACCOUNT, SESSION, Identity, note_emulator
from shema_cli.auth.identity_toolkit import FirebaseRejected, IdentityToolkit, Tokens, tokens_of
from shema_cli.auth.keyring import Vault
from shema_cli.auth.mfa import FLAG, Answers, complete, forget
from shema_cli.auth.project import ID_TOKEN_VARIABLE, Realm
from shema_cli.auth.results import SignedOut, SignInStatus
from shema_cli.auth.session import FILE, KEYRING, Session, SessionStore
from shema_cli.auth.status import describe
from shema_cli.auth.token import IdToken, decode, require_admin, verify
from shema_cli.clock import Clock
from shema_cli.errors import AccessDenied, InvalidUsage, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.output.person import Person
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir
from shema_cli.system import POSIX

LONGEST_PASSWORD = 4096
_UNKNOWN = {"EMAIL_NOT_FOUND", "INVALID_PASSWORD", "INVALID_LOGIN_CREDENTIALS", "INVALID_EMAIL", "MISSING_PASSWORD"}
_REFUSALS = {
    "TOO_MANY_ATTEMPTS_TRY_LATER": (
        "too_many_attempts",
        "Firebase has locked this account for a while after too many attempts",
        "wait a few minutes before the next attempt (each one makes it longer), or reset the password",
    ),
    "USER_DISABLED": ("account_disabled", "this account is disabled", "ask an admin of the project"),
    "OPERATION_NOT_ALLOWED": (
        "sign_in_method_off",
        "this project does not allow this way of signing in",
        "switch it on in the Firebase console, or sign in another way (`shema auth login --help`)",
    ),
    "PASSWORD_LOGIN_DISABLED": (
        "sign_in_method_off",
        "this project does not allow signing in with a password",
        "shema auth login --browser",
    ),
}


@dataclass(frozen=True)
class Choice:
    """How to sign in, as it was asked for."""

    email: str | None = None
    password_stdin: bool = False
    browser: bool = False
    service_account: str | None = None
    mfa_code: str | None = field(default=None, repr=False)

    def check(self) -> None:
        """Raises InvalidUsage for ways that exclude each other."""
        ways = {
            "--browser": self.browser,
            "--service-account": self.service_account is not None,
            "--email/--password-stdin": self.email is not None or self.password_stdin,
        }
        chosen = [name for name, wanted in ways.items() if wanted]
        if len(chosen) > 1:
            raise InvalidUsage(
                "one_way_only", f"{' and '.join(chosen)} exclude each other", "choose one way to sign in"
            )


def login(
    settings: Settings, state: StateDir, clock: Clock, person: Person, stdin: TextIO, choice: Choice
) -> SignInStatus:
    """Sign in and keep the session. Raises AccessDenied for anybody but an admin, and then keeps nothing."""
    choice.check()
    realm = Realm.for_login(settings, state, clock)
    note_emulator(realm, person.note, EMULATOR_AT_SIGN_IN)
    if key_file := choice.service_account or _key_of_a_machine(realm, person, choice):
        found = _service_account(realm, key_file)
    else:
        asked = Asked(settings, realm, person, stdin, choice)
        session = keep(realm, asked.google() if choice.browser else asked.password())
        found = Identity(decode(session.id_token), session.email, SESSION, session.storage)
        if session.storage == FILE and Vault.available():
            person.note(f"{Vault.described()} refuses to store the session: it is kept in a private file.")
    if settings.get(ID_TOKEN_VARIABLE):
        person.warn(f"{ID_TOKEN_VARIABLE} is set and outranks this session; unset it to use the session.")
    return describe(realm, found)


def logout(settings: Settings, state: StateDir, clock: Clock, *, everywhere: bool) -> SignedOut:
    """Forget the session of this project and profile.

    With `everywhere`, first revoke the account's refresh tokens, which takes a service account's key except on an
    emulator; when that fails, the session stays. Raises NotConfigured, Unreachable.
    """
    realm = Realm.for_logout(settings, state, clock)
    store = SessionStore(realm)
    session = store.peek()
    if everywhere:
        if session is None or session.service_account:
            raise InvalidUsage(
                "nothing_to_revoke", "no account is signed in whose sessions could be revoked", "shema auth status"
            )
        from shema_cli.auth.directory import directory

        with directory(Realm.from_settings(settings, state, clock)) as accounts:
            accounts.revoke_sessions(session.uid)
    with store.lock():
        wiped = store.wipe()
    forget(realm)
    return SignedOut(wiped.existed, everywhere, settings.get(ID_TOKEN_VARIABLE) is not None, wiped.left_behind)


def _key_of_a_machine(realm: Realm, person: Person, choice: Choice) -> str | None:
    """`GOOGLE_APPLICATION_CREDENTIALS`, where nothing else was asked for and nobody can be asked."""
    if choice.email or choice.password_stdin or choice.browser or person.can_be_asked:
        return None
    return realm.project.credentials_file


def _service_account(realm: Realm, path: str) -> Identity:
    from shema_cli.auth.service_account import read_key, sign_in

    key = read_key(path)
    assert key is not None
    token = verify(sign_in(realm, key).id_token, realm.project, realm.now(), realm.state)
    keep_service_account(realm, token, key.email, key.path)
    return Identity(token, key.email, SERVICE_ACCOUNT, SERVICE_ACCOUNT)


@dataclass(frozen=True)
class Asked:
    """A person, asked for what they can sign in with."""

    settings: Settings
    realm: Realm
    person: Person
    stdin: TextIO
    choice: Choice

    def password(self) -> Tokens:
        self.realm.project.require_api_key()
        email = self.choice.email or self.person.ask("Email", flag="--email, or --browser, or --service-account")
        password = (
            self._first_line()
            if self.choice.password_stdin
            else self.person.ask_secret(f"Password of {email}", flag="--password-stdin")
        )
        if not password or not email:
            raise InvalidUsage("nothing_given", "the email or the password is empty", "shema auth login --email EMAIL")
        return with_password(self.realm, email, password, self._codes())

    def google(self) -> Tokens:
        from shema_cli.auth.browser import OAuthClient, sign_in

        self.realm.project.require_api_key()
        client = OAuthClient.from_settings(self.settings)
        google = sign_in(client, self.realm.clock, say=self.person.note, pasted=self._pasted)
        return with_google(self.realm, google.id_token, google.redirect_uri, self._codes())

    def _first_line(self) -> str:
        """Of stdin, without its line break."""
        try:
            return self.stdin.readline(LONGEST_PASSWORD).rstrip("\r\n")
        except UnicodeDecodeError:
            raise InvalidUsage("bad_password", "the password on stdin is not text", "send it as UTF-8") from None

    def _codes(self) -> Answers:
        can_ask = self.person.can_be_asked
        return Answers(self.choice.mfa_code, (lambda text: self.person.ask(text, flag=FLAG)) if can_ask else None)

    def _pasted(self, seconds: float) -> str | None:
        """A line typed within `seconds`; off a terminal nothing is read, and the time passes."""
        if not (self.person.can_be_asked and POSIX):  # Windows waits for sockets alone
            self.realm.clock.sleep(seconds)
            return None
        ready, _, _ = select.select([self.stdin], [], [], seconds)
        return self.stdin.readline() if ready else None


def with_password(realm: Realm, email: str, password: str, answers: Answers | None = None) -> Tokens:
    """The tokens of email and password, and of a second factor where the account has one.

    Raises AccessDenied, in the same words for an email that is unknown and a password that is wrong; Unreachable.
    """
    body = {"email": email, "password": password, "returnSecureToken": True}
    return _sign_in(realm, ":signInWithPassword", body, answers)


def with_google(realm: Realm, google_id_token: str, redirect_uri: str, answers: Answers | None = None) -> Tokens:
    """The tokens of the account behind Google's ID token. Raises as `with_password`."""
    body = {
        "requestUri": redirect_uri,
        "postBody": urlencode({"id_token": google_id_token, "providerId": "google.com"}),
        "returnSecureToken": True,
        "returnIdpCredential": False,
    }
    return _sign_in(realm, ":signInWithIdp", body, answers)


def keep(realm: Realm, tokens: Tokens) -> Session:
    """Verify the new tokens and keep them as the realm's session.

    Raises AccessDenied for anybody but an admin, and then keeps nothing.
    """
    token = verify(tokens.id_token, realm.project, realm.now(), realm.state)
    require_admin(token)
    session = Session(
        uid=token.uid,
        email=token.email,
        expires_at=int(token.expires_at.timestamp()),
        storage=KEYRING if Vault.available() else FILE,
        id_token=tokens.id_token,
        refresh_token=tokens.refresh_token,
    )
    return _replace(realm, session)


def keep_service_account(realm: Realm, token: IdToken, email: str, key_file: str) -> Session:
    """Remember which key file to sign in with; no token and no part of the key is kept."""
    require_admin(token)
    session = Session(uid=token.uid, email=email, expires_at=0, storage=FILE, service_account=key_file)
    return _replace(realm, session)


def _replace(realm: Realm, session: Session) -> Session:
    store = SessionStore(realm)
    with store.lock():
        before = store.peek()
        if before is not None and before.storage == KEYRING != session.storage:
            with contextlib.suppress(Unreachable):
                Vault().delete(realm.secret_name)
        return store.save(session, verified=True)


def _sign_in(realm: Realm, method: str, body: Mapping[str, object], answers: Answers | None) -> Tokens:
    try:
        answer = IdentityToolkit(realm.project).account(method, body)
        if "mfaPendingCredential" in answer:
            return complete(realm, answer, answers or Answers())
        return tokens_of(answer)
    except FirebaseRejected as error:
        raise refusal(error) from None


def refusal(error: FirebaseRejected) -> AccessDenied:
    """What a rejected sign-in is called for a person."""
    if error.reason in _UNKNOWN:
        return AccessDenied("wrong_credentials", "the email or the password is not right", "shema auth login")
    code, message, hint = _REFUSALS.get(
        error.reason, ("sign_in_refused", f"Firebase refused the sign-in ({error.reason})", "shema auth login")
    )
    return AccessDenied(code, message, hint)
