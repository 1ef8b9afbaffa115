"""Help of `shema audit`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "audit": Page(see_also=("trace",)),
    "audit list": Page(
        examples=(
            Example("The last day", "shema audit list --since 1d"),
            Example("What one admin approved", "shema audit list --actor admin@shema.test --action approve -o csv"),
            Example("As it happens", "shema audit list --follow", needs="endless"),
        ),
        see_also=("audit verify", "trace"),
    ),
    "audit verify": Page(
        examples=(
            Example("Is the trail whole?", "shema audit verify"),
            Example("For a nightly job", "shema audit verify --json"),
        ),
        exits={1: "an entry was removed, changed or forged"},
        see_also=("audit list",),
    ),
}
