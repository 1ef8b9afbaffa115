"""`shema tokens …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import Argument
from shema_cli.context import AppContext
from shema_cli.results import Result

if TYPE_CHECKING:
    from shema_cli.tokens import views
    from shema_cli.tokens.service_tokens import VerifiedToken
else:
    views = Later("shema_cli.tokens.views")

group = new_group("tokens", see_also=("api", "auth token"))


@command(
    group,
    "issue",
    access=Access.READ,
    examples=(
        Example("For another program", "shema tokens issue"),
        Example("What it says", "shema tokens issue --json"),
    ),
    see_also=("tokens verify", "api"),
)
def issue(app: AppContext) -> Result | None:
    """Issue a service token, good for five minutes, in your name."""
    from shema_cli.output.sink import Format
    from shema_cli.tokens.service_tokens import issue_token

    issued = issue_token(app.settings, app.admin, app.clock, app.output.warn)
    if app.output.format is not Format.TABLE:
        return issued
    app.output.write(f"{issued.token}\n")  # alone and on one line, to be copied or piped
    return None


@command(
    group,
    "verify",
    access=Access.READ,
    view=views.verified,
    examples=(
        Example("What a service would answer", "shema tokens issue | shema tokens verify -"),
        Example("Its claims", "shema tokens issue | shema tokens verify - --json"),
    ),
    exits={1: "the token is not valid"},
    see_also=("tokens issue",),
)
def verify(
    app: AppContext,
    text: Annotated[str, Argument("TOKEN|-", help="The token; - reads it from stdin.")],
) -> VerifiedToken:
    """Tell what a service would answer to a token."""
    from shema_cli.tokens.service_tokens import verify_token

    token = app.output.streams.stdin.read() if text == "-" else text
    return verify_token(app.settings, token, app.clock)
