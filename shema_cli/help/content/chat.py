"""Help of `shema chat`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "chat": Page(see_also=("events tail", "help events")),
    "chat tail": Page(
        examples=(
            Example("All conversations", "shema chat tail", needs="endless"),
            Example("One of them", "shema chat tail chat-0001", needs="endless"),
            Example(
                "Wait for one question about prices, then end",
                "shema chat tail --grep price --limit 1",
                needs="endless",
            ),
        ),
        exits={0: "the limit or the time was reached"},
        see_also=("events tail",),
    ),
}
