"""`shema enrollments …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple, TextIO

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import (
    COURSES,
    ENROLLMENTS,
    SAFETY,
    WHICH,
    AllowUnheard,
    Argument,
    DryRun,
    IdsFile,
    Option,
    Reason,
    RequireListeners,
    Yes,
)
from shema_cli.context import AppContext
from shema_cli.enrollments.status import PENDING, EnrollmentStatus

if TYPE_CHECKING:
    from shema_cli.enrollments import views
    from shema_cli.enrollments.approve import Admissions
    from shema_cli.enrollments.plan import DecisionRequest, EnrollmentSelection
    from shema_cli.enrollments.results import Decided, DecisionKind, EnrollmentDetails, EnrollmentList
else:
    views = Later("shema_cli.enrollments.views")

group = new_group("enrollments", see_also=("dashboard", "audit list", "help events"))
DECIDED = {
    0: "all are decided, planned, or were decided so already",
    1: "some were not decided",
    3: "nothing could be reached",
    5: "nothing was changed: nobody hears, the other decision stands, the course is full, or you said no",
}

AskedStatus = Annotated[
    EnrollmentStatus | None, Option("--status", heading=WHICH, help="Only enrollments of this status.")
]
AskedCourse = Annotated[
    str | None,
    Option("--course", value="ID", heading=WHICH, completes=COURSES, help="Only enrollments into this course."),
]
SKIP_CAPACITY = "--skip-capacity-check"
SkipCapacityCheck = Annotated[
    bool, Option(SKIP_CAPACITY, heading=SAFETY, help="Do not ask whether there are seats left.")
]
Wait = Annotated[
    str | None,
    Option("--wait", value="SECONDS", heading=SAFETY, help="Wait until the service has taken it up."),
]


class AskedEnrollments(NamedTuple):
    """Which enrollments, as it was typed."""

    ids: Annotated[list[str] | None, Argument("[ID]...", completes=ENROLLMENTS, help="Enrollments, by id.")] = None
    ids_file: IdsFile = None
    all_pending: Annotated[bool, Option("--all-pending", heading=WHICH, help="Every pending enrollment.")] = False
    status: AskedStatus = None
    course: AskedCourse = None

    def selection(self, stdin: TextIO) -> EnrollmentSelection:
        """Raises InvalidUsage when nothing is selected, or ids and filters are mixed."""
        from shema_cli.enrollments.plan import select

        return select(
            self.ids, self.ids_file, stdin, status=self.status, course=self.course, all_pending=self.all_pending
        )


class DecisionOptions(NamedTuple):
    """How they are to be decided, as it was typed."""

    student_id: Annotated[
        str | None, Option("--student-id", value="ID", help="Take this as the student; do not look the enrollment up.")
    ] = None
    allow_unheard: AllowUnheard = False
    require_listeners: RequireListeners = False
    republish: Annotated[bool, Option("--republish", heading=SAFETY, help="Publish a standing decision again.")] = False
    wait: Wait = None
    dry_run: DryRun = False
    yes: Yes = False

    def request(
        self, kind: DecisionKind, selection: EnrollmentSelection, reason: str, *, skip_capacity_check: bool
    ) -> DecisionRequest:
        """Raises InvalidUsage for a wait that is no duration."""
        from shema_cli.clock import parse_optional_duration
        from shema_cli.enrollments.plan import DecisionRequest

        return DecisionRequest(
            kind,
            selection,
            reason=reason,
            student_id=self.student_id,
            wait_s=parse_optional_duration(self.wait, "--wait") or 0.0,
            skip_capacity_check=skip_capacity_check,
            allow_unheard=self.allow_unheard,
            require_listeners=self.require_listeners,
            republish=self.republish,
            dry_run=self.dry_run,
            yes=self.yes,
        )


@command(
    group,
    "list",
    access=Access.READ,
    view=views.listing,
    examples=(
        Example("Who is waiting", "shema enrollments list --status pending"),
        Example("One course, for a spreadsheet", "shema enrollments list --course crs-08 -o csv"),
        Example(
            "The ids alone, for another command",
            "shema enrollments list --json | jq -r '.enrollments[].id'",
            needs="jq",
        ),
    ),
    see_also=("enrollments show", "enrollments approve"),
)
def list_enrollments(
    app: AppContext,
    status: AskedStatus = None,
    course: AskedCourse = None,
    limit: Annotated[
        int | None, Option("--limit", value="N", heading=WHICH, min=1, help="At most so many; all when not given.")
    ] = None,
) -> EnrollmentList:
    """List enrollments, with the seats of their courses and the decisions on them."""
    from shema_cli.enrollments.show import EnrollmentReader
    from shema_cli.enrollments.source import EnrollmentQuery

    reader = EnrollmentReader(app.services, app.store, app.clock, app.person, app.names)
    return reader.listing(EnrollmentQuery(status, course), limit)


@command(
    group,
    "show",
    access=Access.READ,
    view=views.details,
    examples=(
        Example("Everything about one", "shema enrollments show enr-0314"),
        Example("As the service tells it", "shema enrollments show enr-0314 --json"),
    ),
    exits={1: "there is no such enrollment, or its service answered with an error"},
    see_also=("enrollments approve", "enrollments reject", "trace"),
)
def show(
    app: AppContext, id: Annotated[str, Argument("ID", completes=ENROLLMENTS, help="The enrollment.")]
) -> EnrollmentDetails:
    """Show one enrollment and the decision on it."""
    from shema_cli.enrollments.show import EnrollmentReader

    return EnrollmentReader(app.services, app.store, app.clock, app.person, app.names).details(id)


@command(
    group,
    "approve",
    access=Access.CHANGE,
    view=views.decided,
    examples=(
        Example("See what would happen", "shema enrollments approve enr-0314 enr-0312 --dry-run"),
        Example("Approve two", "shema enrollments approve enr-0314 enr-0312 --yes"),
        Example("Approve, and wait until the service says so", "shema enrollments approve enr-0314 --wait 10 --yes"),
    ),
    exits=DECIDED,
    see_also=("enrollments list", "enrollments reject", "audit list", "help events"),
)
def approve(
    app: AppContext,
    asked: AskedEnrollments,
    *,
    reason: Reason = "",
    skip_capacity_check: SkipCapacityCheck = False,
    how: DecisionOptions,
) -> Decided:
    """Approve enrollments: each is published, recorded and audited in one step."""
    from shema_cli.enrollments.results import DecisionKind

    selection = asked.selection(app.output.streams.stdin)
    request = how.request(DecisionKind.APPROVED, selection, reason, skip_capacity_check=skip_capacity_check)
    return _admissions(app).decide(request)


@command(
    group,
    "reject",
    access=Access.CHANGE,
    view=views.decided,
    examples=(
        Example("Reject one, saying why", "shema enrollments reject enr-0312 --reason 'no teacher' --yes"),
        Example(
            "All that wait for one course",
            "shema enrollments reject --course crs-08 --reason 'cancelled' --dry-run",
        ),
    ),
    exits=DECIDED,
    see_also=("enrollments list", "enrollments approve", "audit list"),
)
def reject(
    app: AppContext,
    asked: AskedEnrollments,
    *,
    reason: Annotated[str, Option("--reason", value="TEXT", help="Why; it goes out with the event.")] = "",
    skip_capacity_check: Annotated[bool, Option(SKIP_CAPACITY, hidden=True, help="Does nothing here.")] = False,
    how: DecisionOptions,
) -> Decided:
    """Reject enrollments, with a reason: each is published, recorded and audited in one step."""
    from shema_cli.enrollments.results import DecisionKind

    selection = asked.selection(app.output.streams.stdin)
    request = how.request(DecisionKind.REJECTED, selection, reason, skip_capacity_check=skip_capacity_check)
    return _admissions(app).decide(request)


@command(
    group,
    "review",
    access=Access.CHANGE,
    view=views.decided,
    examples=(
        Example("One applicant after another", "shema enrollments review", needs="terminal"),
        Example(
            "Those of one course, the first ten",
            "shema enrollments review --course crs-08 --limit 10",
            needs="terminal",
        ),
    ),
    exits=DECIDED | {2: "there is no terminal"},
    see_also=("enrollments approve", "enrollments reject", "courses list"),
)
def review(
    app: AppContext,
    *,
    course: AskedCourse = None,
    limit: Annotated[
        int | None, Option("--limit", value="N", heading=WHICH, min=1, help="At most so many; all when not given.")
    ] = None,
    skip_capacity_check: SkipCapacityCheck = False,
    allow_unheard: AllowUnheard = False,
    require_listeners: RequireListeners = False,
    wait: Wait = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Decided:
    """Go through the pending enrollments one by one, and decide on all at the end."""
    from shema_cli.enrollments.plan import EnrollmentSelection
    from shema_cli.enrollments.results import DecisionKind
    from shema_cli.enrollments.review import Reviewer, ReviewRequest
    from shema_cli.enrollments.source import EnrollmentQuery

    options = DecisionOptions(
        allow_unheard=allow_unheard, require_listeners=require_listeners, wait=wait, dry_run=dry_run, yes=yes
    )
    how = options.request(DecisionKind.APPROVED, EnrollmentSelection(), "", skip_capacity_check=skip_capacity_check)
    reviewer = Reviewer(_admissions(app), app.output, views.review, app.target.words)
    return reviewer.review(ReviewRequest(EnrollmentQuery(PENDING, course), limit, how))


def _admissions(app: AppContext) -> Admissions:
    from shema_cli.calls.audience import Audience
    from shema_cli.enrollments.approve import Admissions

    audience = Audience(app.store, app.clock)
    return Admissions(
        app.services,
        app.store,
        app.clock,
        audience,
        app.journal,
        app.person,
        app.still_admin,
        app.names,
        draw=views.decided,
    )
