"""`shema find TEXT`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import PEOPLE, WHICH, Argument, Option
from shema_cli.context import AppContext

if TYPE_CHECKING:
    from shema_cli.find import views
    from shema_cli.find.results import Findings
else:
    views = Later("shema_cli.find.views")

group = new_group("find")


@command(
    group,
    "find",
    access=Access.READ,
    view=views.findings,
    examples=(
        Example("Whose enrollment is it", "shema find budi santoso"),
        Example("By an email, a phone or a registration number", "shema find anggun.handayani1@shema.test"),
        Example("What an id belongs to", "shema find enr-0314 --json"),
    ),
    exits={
        1: "nothing was found, or something although a source did not answer",
        3: "nothing was found, and a source did not answer",
    },
    see_also=("trace", "enrollments list", "users show"),
)
def find(
    app: AppContext,
    text: Annotated[
        list[str], Argument("TEXT...", completes=PEOPLE, help="A name, an email, a phone, a number, or any id.")
    ],
    limit: Annotated[
        int, Option("--limit", value="N", heading=WHICH, min=1, max=100, help="So many of each kind.")
    ] = 20,
) -> Findings:
    """Find people, enrollments, chat sessions and events by a name or by any id."""
    from shema_cli.find.search import Finder

    return Finder(app.services, lambda: app.store, app.clock, app.names, app.person).find(" ".join(text), limit)
