"""Help of `shema enrollments`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

DECIDED = {
    0: "all are decided, planned, or were decided so already",
    1: "some were not decided",
    3: "nothing could be reached",
    5: "nothing was changed: nobody hears, the other decision stands, the course is full, or you said no",
}

PAGES: Mapping[str, Page] = {
    "enrollments": Page(see_also=("dashboard", "audit list", "help events")),
    "enrollments list": Page(
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
    ),
    "enrollments show": Page(
        examples=(
            Example("Everything about one", "shema enrollments show enr-0314"),
            Example("As the service tells it", "shema enrollments show enr-0314 --json"),
        ),
        exits={1: "there is no such enrollment, or its service answered with an error"},
        see_also=("enrollments approve", "enrollments reject", "trace"),
    ),
    "enrollments approve": Page(
        examples=(
            Example("See what would happen", "shema enrollments approve enr-0314 enr-0312 --dry-run"),
            Example("Approve two", "shema enrollments approve enr-0314 enr-0312 --yes"),
            Example(
                "Approve, and wait until the service says so", "shema enrollments approve enr-0314 --wait 10 --yes"
            ),
        ),
        exits=DECIDED,
        see_also=("enrollments list", "enrollments reject", "audit list", "help events"),
    ),
    "enrollments reject": Page(
        examples=(
            Example("Reject one, saying why", "shema enrollments reject enr-0312 --reason 'no teacher' --yes"),
            Example(
                "All that wait for one course",
                "shema enrollments reject --course crs-08 --reason 'cancelled' --dry-run",
            ),
        ),
        exits=DECIDED,
        see_also=("enrollments list", "enrollments approve", "audit list"),
    ),
}
