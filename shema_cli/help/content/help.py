"""Help of `shema help`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "help": Page(
        examples=(
            Example("What there is", "shema help"),
            Example("What the exit codes mean", "shema help exit-codes"),
            Example("A command's help", "shema help dlq replay"),
        ),
        exits={1: "there is no such topic or command"},
    ),
}
