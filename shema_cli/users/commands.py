"""`shema users …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import Argument, Option
from shema_cli.context import AppContext

if TYPE_CHECKING:
    from shema_cli.users import views
    from shema_cli.users.show import FoundUser
else:
    views = Later("shema_cli.users.views")

group = new_group("users", see_also=("admins list",))


@command(
    group,
    "show",
    access=Access.READ,
    view=views.user,
    examples=(
        Example("Look a student up", "shema users show anggun.handayani1@shema.test"),
        Example("Ask the service, not the cache", "shema users show anggun.handayani1@shema.test --fresh --json"),
    ),
    exits={1: "there is no user with this address, or the service answered with an error"},
    see_also=("enrollments list",),
)
async def show(
    app: AppContext,
    email: Annotated[str, Argument("EMAIL", help="The address.")],
    fresh: Annotated[bool, Option("--fresh", help="Ask the user service even if the cache knows.")] = False,
) -> FoundUser:
    """Show the user with this address; the answer is kept for 300 s, shared with the services."""
    from shema_cli.users.show import UserCache, find_user

    cache = UserCache(lambda: app.store, app.output.warn, writes=app.target.may_be_written)
    return await find_user(app.services, cache, email, fresh=fresh)
