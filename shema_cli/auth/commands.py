"""`shema auth …`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.output.sink import Format
from shema_cli.results import Fields, Result

group = new_group("auth")


@command(group, "login", access=Access.OPEN, view="status")
def login(
    app: AppContext,
    email: Annotated[str | None, typer.Option("--email", help="Sign in with this email and a password.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
    ] = False,
    browser: Annotated[bool, typer.Option("--browser", help="Sign in with Google in a browser.")] = False,
    service_account: Annotated[
        Path | None, typer.Option("--service-account", metavar="FILE", help="Sign in with a service account's key.")
    ] = None,
    mfa_code: Annotated[
        str | None, typer.Option("--mfa-code", metavar="CODE", help="The code of the second factor.")
    ] = None,
) -> Result:
    """Sign in as an admin."""
    from shema_cli.auth.login import Choice
    from shema_cli.auth.login import login as sign_in

    choice = Choice(email, password_stdin, browser, str(service_account) if service_account else None, mfa_code)
    return sign_in(app.settings, app.state, app.clock, app.person, app.output.streams.stdin, choice)


@command(group, "status", access=Access.OPEN, view="status")
def status(
    app: AppContext,
    online: Annotated[bool, typer.Option("--online", help="Also ask Firebase whether it still holds.")] = False,
) -> Result:
    """Say who is signed in, and whether that would work."""
    from shema_cli.auth.status import status as find

    return find(app.settings, app.state, app.clock, app.output.note, online=online)


@command(group, "token", access=Access.READ)
def token(app: AppContext) -> Result | None:
    """Print the ID token, for scripts."""
    from shema_cli.clock import iso

    assert app.admin
    if app.output.format is Format.TABLE:
        app.output.write(f"{app.admin.id_token}\n")
        return None
    return Fields({"token": app.admin.id_token, "expires_at": iso(app.admin.expires_at)})


@command(group, "logout", access=Access.OPEN)
def logout(
    app: AppContext,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="Revoke the account's sessions on every machine first.")
    ] = False,
) -> Result:
    """Sign out, and remove every trace of the session."""
    from shema_cli.auth.login import logout as sign_out

    return sign_out(app.settings, app.state, app.clock, everywhere=everywhere)
