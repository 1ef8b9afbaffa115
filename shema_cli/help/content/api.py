"""Help of `shema api`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "api": Page(
        examples=(
            Example("Read something", "shema api course /api/courses/crs-08/capacity"),
            Example("With a query", "shema api enrollment '/api/enrollments?status=pending&limit=2'"),
            Example("See what a change would send", "shema api user /api/users/stu-0001 -X DELETE --dry-run"),
        ),
        exits={1: "the service answered 4xx or 5xx", 2: "the command line is wrong, or the path leads elsewhere"},
        see_also=("services resolve", "tokens issue"),
    ),
}
