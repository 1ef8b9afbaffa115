"""`shema enrollments …`"""

from __future__ import annotations

from typing import Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.enrollments.models import Kind, Status
from shema_cli.results import Result

group = new_group("enrollments")

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Enrollments, by id.", show_default=False)]
IdsFile = Annotated[str | None, typer.Option(metavar="FILE", help="Read ids from a file, one a line; - for stdin.")]
StatusFilter = Annotated[Status | None, typer.Option(help="Only enrollments of this status.")]
CourseFilter = Annotated[str | None, typer.Option(metavar="ID", help="Only enrollments into this course.")]
AllPending = Annotated[bool, typer.Option("--all-pending", help="Every pending enrollment.")]
StudentId = Annotated[str | None, typer.Option(metavar="ID", help="Take this as the student; look nothing up.")]
AllowUnheard = Annotated[bool, typer.Option("--allow-unheard", help="Publish even when no service listens.")]
Republish = Annotated[bool, typer.Option("--republish", help="Publish a standing decision again.")]
Wait = Annotated[str | None, typer.Option(metavar="SECONDS", help="Wait until the service has taken it up.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]
SkipCapacity = Annotated[bool, typer.Option("--skip-capacity-check", help="Do not ask whether there are seats left.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@command(group, "list", access=Access.READ, view="listing")
def list_enrollments(
    app: AppContext,
    status: StatusFilter = None,
    course: CourseFilter = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many; all when not given.")] = None,
) -> Result:
    """List enrollments, with the seats of their courses and the decisions on them."""
    from shema_cli.enrollments.read import list_now
    from shema_cli.enrollments.source import Query

    return list_now(app, Query(status, course), limit)


@command(group, "show", access=Access.READ, view="details")
def show(app: AppContext, id: Annotated[str, typer.Argument(metavar="ID", help="The enrollment.")]) -> Result:
    """Show one enrollment and the decision on it."""
    from shema_cli.enrollments.read import show_now

    return show_now(app, id)


@command(group, "approve", access=Access.CHANGE, view="decided")
def approve(
    app: AppContext,
    ids: Ids = None,
    ids_file: IdsFile = None,
    all_pending: AllPending = False,
    status: StatusFilter = None,
    course: CourseFilter = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")] = "",
    student_id: StudentId = None,
    skip_capacity_check: SkipCapacity = False,
    allow_unheard: AllowUnheard = False,
    republish: Republish = False,
    wait: Wait = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Approve enrollments: each is published, recorded and audited in one step."""
    from shema_cli.enrollments.operate import operate
    from shema_cli.enrollments.plan import Ask
    from shema_cli.enrollments.selection import select

    chosen = select(ids, ids_file, app.output.streams.stdin, status=status, course=course, all_pending=all_pending)
    flags = {"skip_capacity_check": skip_capacity_check, "allow_unheard": allow_unheard, "republish": republish}
    return operate(
        app, Ask(Kind.APPROVED, chosen, reason, student_id, _seconds(wait), dry_run=dry_run, yes=yes, **flags)
    )


@command(group, "reject", access=Access.CHANGE, view="decided")
def reject(
    app: AppContext,
    ids: Ids = None,
    ids_file: IdsFile = None,
    all_pending: AllPending = False,
    status: StatusFilter = None,
    course: CourseFilter = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it goes out with the event.")] = "",
    student_id: StudentId = None,
    skip_capacity_check: Annotated[bool, typer.Option("--skip-capacity-check", hidden=True)] = False,
    allow_unheard: AllowUnheard = False,
    republish: Republish = False,
    wait: Wait = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Result:
    """Reject enrollments, with a reason: each is published, recorded and audited in one step."""
    from shema_cli.enrollments.operate import operate
    from shema_cli.enrollments.plan import Ask
    from shema_cli.enrollments.selection import select

    chosen = select(ids, ids_file, app.output.streams.stdin, status=status, course=course, all_pending=all_pending)
    flags = {"skip_capacity_check": skip_capacity_check, "allow_unheard": allow_unheard, "republish": republish}
    return operate(
        app, Ask(Kind.REJECTED, chosen, reason, student_id, _seconds(wait), dry_run=dry_run, yes=yes, **flags)
    )


def _seconds(wait: str | None) -> float:
    from shema_cli.durations import parse_duration

    return 0.0 if wait is None else parse_duration(wait, "--wait")
