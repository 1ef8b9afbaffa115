"""Help of `shema users`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "users": Page(see_also=("admins list",)),
    "users show": Page(
        examples=(
            Example("Look a student up", "shema users show anggun.handayani1@shema.test"),
            Example("Ask the service, not the cache", "shema users show anggun.handayani1@shema.test --fresh --json"),
        ),
        exits={1: "there is no user with this address, or the service answered with an error"},
        see_also=("enrollments list",),
    ),
}
