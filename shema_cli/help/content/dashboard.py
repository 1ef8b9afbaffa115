"""Help of `shema dashboard`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "dashboard": Page(
        examples=(
            Example("See how the school is doing", "shema dashboard"),
            Example("Keep it on the screen, asking every 10 seconds", "shema dashboard --watch 10", needs="endless"),
            Example("One number for a script", "shema dashboard --json | jq .stats.pending_enrollments", needs="jq"),
        ),
        exits={
            0: "all five numbers are live",
            1: "some number is stale or unavailable",
            3: "no number is live",
        },
        see_also=("services health", "enrollments list"),
    ),
}
