"""Help of `shema dlq`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

EVENT = "evt_00000000-0000-7000-8000-000000000008"

PAGES: Mapping[str, Page] = {
    "dlq": Page(see_also=("events tail", "trace", "help events")),
    "dlq list": Page(
        examples=(
            Example("What failed lately", "shema dlq list --since 2d"),
            Example("Failed approvals, with their errors", "shema dlq list --type enrollment.approved"),
            Example("What cannot be replayed", "shema dlq list --invalid --json"),
        ),
        see_also=("dlq show", "dlq stats", "dlq replay"),
    ),
    "dlq show": Page(
        examples=(
            Example("All about one, by its eventId", f"shema dlq show {EVENT}"),
            Example("The stored entry", f"shema dlq show {EVENT} --json"),
        ),
        exits={1: "there is no such entry"},
        see_also=("dlq list", "dlq replay", "trace"),
    ),
    "dlq stats": Page(
        examples=(
            Example("What fails, and why", "shema dlq stats"),
            Example("Only since this morning", "shema dlq stats --since 12h --json"),
        ),
        see_also=("dlq list", "dlq replay"),
    ),
    "dlq replay": Page(
        examples=(
            Example("See what would happen", "shema dlq replay --all --dry-run"),
            Example("One, by its eventId", f"shema dlq replay {EVENT} --yes"),
            Example(
                "A family of errors, two first to see whether they come back",
                "shema dlq replay --type enrollment.approved --canary 2 --verify 1 --yes",
            ),
        ),
        exits={
            0: "all that was selected and valid is replayed",
            1: "some were not, or came back",
            5: "nothing was replayed: nobody hears, the replay limit is reached, or you said no",
        },
        see_also=("dlq stats", "dlq recover", "events tail", "help events"),
    ),
    "dlq discard": Page(
        examples=(
            Example("See what would go", "shema dlq discard --invalid --dry-run"),
            Example(
                "What cannot be replayed; an export is written first",
                "shema dlq discard --invalid --export invalid.jsonl --yes",
            ),
        ),
        see_also=("dlq export", "dlq import", "audit list"),
    ),
    "dlq export": Page(
        examples=(
            Example("Everything, byte for byte", "shema dlq export dead-letters.jsonl"),
            Example("To another program", "shema dlq export - | wc -l"),
        ),
        see_also=("dlq import", "dlq discard"),
    ),
    "dlq import": Page(
        examples=(
            Example("Put an export back", "shema dlq export - | shema dlq import - --yes"),
            Example("See what it would add", "shema dlq export - | shema dlq import - --dry-run"),
        ),
        see_also=("dlq export", "dlq list"),
    ),
    "dlq recover": Page(
        examples=(
            Example("See whether a run died", "shema dlq recover --dry-run"),
            Example("Take back what it held", "shema dlq recover --yes"),
        ),
        see_also=("dlq list", "doctor"),
    ),
}
