"""Help of `shema itself`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "": Page(
        examples=(
            Example("Try everything on this machine, with nothing to lose", "shema sandbox run -- shema dashboard"),
            Example("Find out what is wrong, and what to do", "shema doctor"),
        ),
        see_also=("help exit-codes", "help output", "help environment", "help profiles", "help events"),
    ),
}
