"""`shema users …`"""

from __future__ import annotations

from typing import Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.results import Result

group = new_group("users")


@command(group, "show", access=Access.READ, view="user")
async def show(
    app: AppContext,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address.")],
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask the user service even if the cache knows.")] = False,
) -> Result:
    """Show the user with this address; the answer is kept for 300 s, shared with the services."""
    from shema_cli.users.show import UserCache, find_user

    cache = UserCache(lambda: app.store, app.output.warn)
    return await find_user(app.services, cache, email, fresh=fresh)
