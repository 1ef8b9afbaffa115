"""`shema enrollments …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.enrollments.results import DecisionKind, EnrollmentStatus
from shema_cli.results import Result

if TYPE_CHECKING:
    from shema_cli.enrollments.approve import Admissions

group = new_group("enrollments")

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Enrollments, by id.", show_default=False)]
IdsFile = Annotated[str | None, typer.Option(metavar="FILE", help="Read ids from a file, one a line; - for stdin.")]
StatusFilter = Annotated[EnrollmentStatus | None, typer.Option(help="Only enrollments of this status.")]
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
    from shema_cli.enrollments.show import EnrollmentReader
    from shema_cli.enrollments.source import EnrollmentQuery

    reader = EnrollmentReader(app.services, app.store, app.clock, app.person)
    return reader.listing(EnrollmentQuery(status, course), limit)


@command(group, "show", access=Access.READ, view="details")
def show(app: AppContext, id: Annotated[str, typer.Argument(metavar="ID", help="The enrollment.")]) -> Result:
    """Show one enrollment and the decision on it."""
    from shema_cli.enrollments.show import EnrollmentReader

    return EnrollmentReader(app.services, app.store, app.clock, app.person).details(id)


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
    from shema_cli.enrollments.plan import DecisionRequest, select

    request = DecisionRequest(
        DecisionKind.APPROVED,
        select(ids, ids_file, app.output.streams.stdin, status=status, course=course, all_pending=all_pending),
        reason=reason,
        student_id=student_id,
        wait_s=_seconds(wait),
        skip_capacity_check=skip_capacity_check,
        allow_unheard=allow_unheard,
        republish=republish,
        dry_run=dry_run,
        yes=yes,
    )
    return _admissions(app).decide(request)


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
    from shema_cli.enrollments.plan import DecisionRequest, select

    request = DecisionRequest(
        DecisionKind.REJECTED,
        select(ids, ids_file, app.output.streams.stdin, status=status, course=course, all_pending=all_pending),
        reason=reason,
        student_id=student_id,
        wait_s=_seconds(wait),
        skip_capacity_check=skip_capacity_check,
        allow_unheard=allow_unheard,
        republish=republish,
        dry_run=dry_run,
        yes=yes,
    )
    return _admissions(app).decide(request)


def _admissions(app: AppContext) -> Admissions:
    from shema_cli.enrollments.approve import Admissions

    return Admissions(app.services, app.store, app.clock, app.journal, app.person, app.still_admin)


def _seconds(wait: str | None) -> float:
    from shema_cli.durations import parse_duration

    return 0.0 if wait is None else parse_duration(wait, "--wait")
