"""`shema courses …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import COURSES, Argument
from shema_cli.context import AppContext

if TYPE_CHECKING:
    from shema_cli.courses import views
    from shema_cli.courses.results import CourseDetails, CourseList
else:
    views = Later("shema_cli.courses.views")

group = new_group("courses", see_also=("enrollments list",))
NOT_ALL_KNOWN = "something is not known, because a service did not tell"


@command(
    group,
    "list",
    access=Access.READ,
    view=views.listing,
    examples=(
        Example("What is taught, and where there are seats", "shema courses list"),
        Example(
            "The courses with a seat and somebody who waits",
            "shema courses list --json | jq -r '.courses[] | select(.capacity.has_capacity and .pending > 0).id'",
            needs="jq",
        ),
    ),
    exits={1: NOT_ALL_KNOWN},
    see_also=("courses show", "enrollments list"),
)
def list_courses(app: AppContext) -> CourseList:
    """List the courses with level, seats, and how many wait for one."""
    from shema_cli.courses.read import CourseReader

    return CourseReader(app.services, app.person, app.names).listing()


@command(
    group,
    "show",
    access=Access.READ,
    view=views.details,
    examples=(
        Example("One course, its seats, and how many wait", "shema courses show crs-08"),
        Example("As its service tells it", "shema courses show crs-08 --json"),
    ),
    exits={1: f"there is no such course, or {NOT_ALL_KNOWN}"},
    see_also=("courses list", "enrollments list"),
)
def show(app: AppContext, id: Annotated[str, Argument("ID", completes=COURSES, help="The course.")]) -> CourseDetails:
    """Show one course, its seats, and how many wait for one."""
    from shema_cli.courses.read import CourseReader

    return CourseReader(app.services, app.person, app.names).details(id)
