"""Help of `shema events`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PUBLISH = """shema events publish user.updated --data '{"userId": "stu-0001", "changes": {"city": "Bandung"}}'"""

PAGES: Mapping[str, Page] = {
    "events": Page(see_also=("help events", "dlq list", "chat tail")),
    "events tail": Page(
        examples=(
            Example("Everything that is published", "shema events tail", needs="endless"),
            Example(
                "One course's enrollments, for a minute",
                "shema events tail 'enrollment.*' --where courseId=crs-08 --for 1m",
                needs="endless",
            ),
            Example(
                "Wait for the next approval, for a script",
                "shema events tail enrollment.approved --limit 1 --json",
                needs="endless",
            ),
        ),
        exits={0: "the limit or the time was reached"},
        see_also=("events types", "chat tail", "help events"),
    ),
    "events publish": Page(
        examples=(
            Example(
                "Check an event without publishing it",
                f"{PUBLISH} --dry-run",
            ),
            Example(
                "Publish it",
                f"{PUBLISH} --yes",
            ),
        ),
        exits={5: "no service hears that channel, or you said no; nothing was published"},
        see_also=("events types", "events schema", "help events"),
    ),
    "events types": Page(
        examples=(
            Example("What there is", "shema events types"),
            Example("The channels alone", "shema events types | cut -f1"),
        ),
        see_also=("events schema",),
    ),
    "events schema": Page(
        examples=(
            Example("What an approval looks like", "shema events schema enrollment.approved"),
            Example("Keep it for a validator", "shema events schema booking.created > booking.created.schema.json"),
        ),
        exits={1: "there is no such channel", 2: "the command line is wrong, or there is no such channel"},
        see_also=("events types", "events publish"),
    ),
}
