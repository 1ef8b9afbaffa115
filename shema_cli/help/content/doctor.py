"""Help of `shema doctor`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "doctor": Page(
        examples=(
            Example("What is wrong?", "shema doctor"),
            Example("For a bug report or a monitor", "shema doctor --json"),
        ),
        exits={0: "nothing failed; there may be warnings", 1: "a check failed"},
        see_also=("config show", "services health", "auth status"),
    ),
}
