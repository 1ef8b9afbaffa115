"""`shema tokens …`"""

from __future__ import annotations

from typing import Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Result

group = new_group("tokens")


@command(group, "issue", access=Access.READ)
def issue(app: AppContext) -> Result | None:
    """Issue a service token, good for five minutes, in your name."""
    from shema_cli.output.sink import Format
    from shema_cli.tokens.service_tokens import issue_token

    issued = issue_token(app.settings, app.admin, app.clock, app.output.warn)
    if app.output.format is not Format.TABLE:
        return issued
    app.output.write(f"{issued.token}\n")  # alone and on one line, to be copied or piped
    return None


@command(group, "verify", access=Access.READ)
def verify(
    app: AppContext,
    text: Annotated[str, typer.Argument(metavar="TOKEN|-", help="The token; - reads it from stdin.")],
) -> Result:
    """Tell what a service would answer to a token."""
    from shema_cli.tokens.service_tokens import verify_token

    token = app.output.streams.stdin.read() if text == "-" else text
    return verify_token(app.settings, token, app.clock)
