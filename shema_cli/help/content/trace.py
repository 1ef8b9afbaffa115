"""Help of `shema trace`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "trace": Page(
        examples=(
            Example("What happened to an event", "shema trace evt_00000000-0000-7000-8000-000000000008"),
            Example("Wait for more about an enrollment", "shema trace enr-0314 --follow", needs="endless"),
        ),
        exits={1: "nothing knows this id"},
        see_also=("audit list", "dlq show", "events tail"),
    ),
}
