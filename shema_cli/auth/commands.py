"""`shema auth …`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import FILE, Option
from shema_cli.context import AppContext
from shema_cli.output.sink import Format
from shema_cli.results import Fields, Result

if TYPE_CHECKING:
    from shema_cli.auth import views
    from shema_cli.auth.results import SignInStatus
else:
    views = Later("shema_cli.auth.views")

group = new_group("auth", see_also=("admins list", "doctor"))
SIGNED_IN = {4: "not an admin, or Firebase refused"}


@command(
    group,
    "login",
    access=Access.OPEN,
    view=views.status,
    examples=(
        Example("With a password, asked for", "shema auth login --email admin@shema.test", needs="terminal"),
        Example(
            "From a secret store",
            "printf 'admin-password\\n' | shema auth login --email admin@shema.test --password-stdin",
        ),
        Example("With Google, in the browser", "shema auth login --browser", needs="terminal"),
    ),
    exits=SIGNED_IN | {3: "Firebase could not be reached"},
    see_also=("auth status", "auth logout", "help profiles"),
)
def login(
    app: AppContext,
    email: Annotated[
        str | None, Option("--email", value="EMAIL", help="Sign in with this email and a password.")
    ] = None,
    password_stdin: Annotated[
        bool, Option("--password-stdin", help="Read the password from the first line of stdin.")
    ] = False,
    browser: Annotated[bool, Option("--browser", help="Sign in with Google in a browser.")] = False,
    service_account: Annotated[
        Path | None,
        Option("--service-account", value="FILE", completes=FILE, help="Sign in with a service account's key."),
    ] = None,
    mfa_code: Annotated[str | None, Option("--mfa-code", value="CODE", help="The code of the second factor.")] = None,
) -> SignInStatus:
    """Sign in as an admin."""
    from shema_cli.auth.login import Choice
    from shema_cli.auth.login import login as sign_in

    choice = Choice(email, password_stdin, browser, str(service_account) if service_account else None, mfa_code)
    return sign_in(app.settings, app.state, app.clock, app.person, app.output.streams.stdin, choice)


@command(
    group,
    "status",
    access=Access.OPEN,
    view=views.status,
    examples=(
        Example("Who am I?", "shema auth status"),
        Example("Ask Firebase too", "shema auth status --online --json"),
    ),
    exits={3: "Firebase had to be asked and could not be reached", 4: "the session would not work"},
    see_also=("auth login", "doctor"),
)
def status(
    app: AppContext,
    online: Annotated[bool, Option("--online", help="Also ask Firebase whether it still holds.")] = False,
) -> SignInStatus:
    """Say who is signed in, and whether that would work."""
    from shema_cli.auth.status import status as find

    return find(app.settings, app.state, app.clock, app.output.note, online=online)


@command(
    group,
    "token",
    access=Access.READ,
    examples=(
        Example("For a script", "shema auth token"),
        Example("What it holds", "shema auth token --json"),
    ),
    see_also=("auth status", "tokens issue"),
)
def token(app: AppContext) -> Result | None:
    """Print the ID token, for scripts."""
    from shema_cli.clock import iso

    assert app.admin
    if app.output.format is Format.TABLE:
        app.output.write(f"{app.admin.id_token}\n")
        return None
    return Fields({"token": app.admin.id_token, "expires_at": iso(app.admin.expires_at)})


@command(
    group,
    "logout",
    access=Access.OPEN,
    examples=(
        Example("On this machine", "shema auth logout"),
        Example("On every machine", "shema auth logout --everywhere", needs="firebase"),
    ),
    see_also=("auth login",),
)
def logout(
    app: AppContext,
    everywhere: Annotated[
        bool, Option("--everywhere", help="Revoke the account's sessions on every machine first.")
    ] = False,
) -> Result:
    """Sign out, and remove every trace of the session."""
    from shema_cli.auth.login import logout as sign_out
    from shema_cli.people.cache import forget

    signed_out = sign_out(app.settings, app.state, app.clock, everywhere=everywhere)
    forget(app.state)
    return signed_out
