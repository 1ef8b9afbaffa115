"""Help of `shema sandbox`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

OWN = "sandbox"

PAGES: Mapping[str, Page] = {
    "sandbox": Page(see_also=("doctor",)),
    "sandbox run": Page(
        examples=(
            Example("One command in a system of its own", "shema sandbox run -- shema dashboard", needs=OWN),
            Example("A shell to try things in", "shema sandbox run -- bash", needs="terminal"),
        ),
        exits={0: "whatever the command ended with is the exit code"},
        see_also=("sandbox start",),
    ),
    "sandbox start": Page(
        examples=(
            Example("Keep one running", "shema sandbox start", needs=OWN),
            Example("Use it", "shema --profile sandbox dashboard", needs=OWN),
        ),
        see_also=("sandbox status", "sandbox stop", "sandbox env"),
    ),
    "sandbox tour": Page(
        examples=(Example("See what it can do, step by step", "shema sandbox tour", needs=OWN),),
        see_also=("sandbox run", "sandbox start"),
    ),
    "sandbox stop": Page(
        examples=(Example("Take it down", "shema sandbox stop", needs=OWN),), see_also=("sandbox start",)
    ),
    "sandbox status": Page(
        examples=(Example("What runs, and what is broken on purpose", "shema sandbox status", needs=OWN),),
        see_also=("sandbox fault", "sandbox reset"),
    ),
    "sandbox env": Page(
        examples=(Example("Lead this shell into it", 'eval "$(shema sandbox env)"', needs=OWN),),
        see_also=("sandbox start",),
    ),
    "sandbox reset": Page(
        examples=(Example("Begin again", "shema sandbox reset", needs=OWN),), see_also=("sandbox fault",)
    ),
    "sandbox fault": Page(
        examples=(
            Example("The course service is gone", "shema sandbox fault course --down", needs=OWN),
            Example(
                "It cannot handle approvals, so they become dead letters",
                "shema sandbox fault course --poison ENROLLMENT_APPROVED",
                needs=OWN,
            ),
            Example("It is well again", "shema sandbox fault course --clear", needs=OWN),
        ),
        see_also=("sandbox status", "sandbox reset"),
    ),
    "sandbox traffic": Page(
        examples=(
            Example("Twenty events a second, for a minute", "shema sandbox traffic --rate 20 --for 1m", needs=OWN),
            Example("The same life again", "shema sandbox traffic --seed 7", needs=OWN),
        ),
        see_also=("events tail", "chat tail"),
    ),
}
