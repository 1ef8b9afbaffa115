"""`auth login`: choose the way, ask what has to be asked, keep the session."""

from __future__ import annotations

import select
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shema_cli.auth.admin import ID_TOKEN_VARIABLE, SERVICE_ACCOUNT, SESSION
from shema_cli.auth.claims import decode
from shema_cli.auth.gate import mark_emulator
from shema_cli.auth.identity import Identity
from shema_cli.auth.mfa import FLAG, Answers
from shema_cli.auth.realm import Realm
from shema_cli.auth.status import Status, describe
from shema_cli.errors import InvalidUsage

if TYPE_CHECKING:
    from shema_cli.auth.identity_toolkit import Tokens
    from shema_cli.context import AppContext

LONGEST_PASSWORD = 4096


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


def login(app: AppContext, choice: Choice) -> Status:
    """Sign in and keep the session. Raises AccessDenied for anybody but an admin, and then keeps nothing."""
    choice.check()
    realm = Realm.for_login(app)
    if key_file := choice.service_account or _key_of_a_machine(app, realm, choice):
        found = _service_account(realm, key_file)
    else:
        found = _person(app, realm, choice)
    mark_emulator(app, realm)
    if app.settings.get(ID_TOKEN_VARIABLE):
        app.output.warn(f"{ID_TOKEN_VARIABLE} is set and outranks this session; unset it to use the session.")
    return describe(realm, found)


def _key_of_a_machine(app: AppContext, realm: Realm, choice: Choice) -> str | None:
    """`GOOGLE_APPLICATION_CREDENTIALS`, where nothing else was asked for and nobody can be asked."""
    if choice.email or choice.password_stdin or choice.browser or app.output.streams.can_prompt:
        return None
    return realm.project.credentials_file


def _service_account(realm: Realm, path: str) -> Identity:
    from shema_cli.auth.service_account import read_key, sign_in
    from shema_cli.auth.signin import keep_service_account
    from shema_cli.auth.verify import verify

    key = read_key(path)
    assert key is not None
    token = verify(sign_in(realm, key).id_token, realm.project, realm.now(), realm.state)
    keep_service_account(realm, token, key.email, key.path)
    return Identity(token, key.email, SERVICE_ACCOUNT, SERVICE_ACCOUNT)


def _person(app: AppContext, realm: Realm, choice: Choice) -> Identity:
    from shema_cli.auth.signin import keep

    session = keep(realm, _google(app, realm, choice) if choice.browser else _password(app, realm, choice))
    return Identity(decode(session.id_token), session.email, SESSION, session.storage)


def _password(app: AppContext, realm: Realm, choice: Choice) -> Tokens:
    from shema_cli.auth.signin import with_password

    realm.project.require_api_key()
    email = choice.email or app.prompts.text("Email", flag="--email, or --browser, or --service-account")
    password = (
        _password_from_stdin(app)
        if choice.password_stdin
        else app.prompts.secret(f"Password of {email}", flag="--password-stdin")
    )
    if not password or not email:
        raise InvalidUsage("nothing_given", "the email or the password is empty", "shema auth login --email EMAIL")
    return with_password(realm, email, password, _answers(app, choice))


def _password_from_stdin(app: AppContext) -> str:
    """The first line of stdin, without its line break."""
    try:
        return app.output.streams.stdin.readline(LONGEST_PASSWORD).rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidUsage("bad_password", "the password on stdin is not text", "send it as UTF-8") from None


def _google(app: AppContext, realm: Realm, choice: Choice) -> Tokens:
    from shema_cli.auth.browser import OAuthClient, sign_in
    from shema_cli.auth.signin import with_google

    realm.project.require_api_key()
    client = OAuthClient.from_settings(app.settings)
    google = sign_in(client, app.clock, say=app.output.note, pasted=lambda seconds: _pasted(app, seconds))
    return with_google(realm, google.id_token, google.redirect_uri, _answers(app, choice))


def _answers(app: AppContext, choice: Choice) -> Answers:
    can_ask = app.output.streams.can_prompt
    return Answers(choice.mfa_code, (lambda question: app.prompts.text(question, flag=FLAG)) if can_ask else None)


def _pasted(app: AppContext, seconds: float) -> str | None:
    """A line typed within `seconds`; off a terminal nothing is read, and the time passes."""
    streams = app.output.streams
    if not streams.can_prompt:
        app.clock.sleep(seconds)
        return None
    ready, _, _ = select.select([streams.stdin], [], [], seconds)
    return streams.stdin.readline() if ready else None
