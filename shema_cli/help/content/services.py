"""Help of `shema services`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "services": Page(see_also=("doctor", "api")),
    "services list": Page(
        examples=(
            Example("Where everything is", "shema services list"),
            Example(
                "What is not configured",
                "shema services list --json | jq '.services[] | select(.configured | not)'",
                needs="jq",
            ),
        ),
        see_also=("services health", "config show"),
    ),
    "services health": Page(
        examples=(
            Example("All of them", "shema services health"),
            Example("Wait until two are up, for a deployment", "shema services health course chat --wait 60"),
        ),
        exits={0: "all are healthy", 1: "some instance is not healthy"},
        see_also=("services list", "doctor"),
    ),
    "services resolve": Page(
        examples=(
            Example("Where the next call goes", "shema services resolve course"),
            Example(
                "For another program", "curl -s $(shema services resolve chat --json | jq -r .url)/health", needs="jq"
            ),
        ),
        see_also=("services list", "api"),
    ),
    "services register": Page(
        examples=(
            Example(
                "Add an instance for ten minutes",
                "shema services register course http://127.0.0.1:3013 --ttl 600 --yes",
            ),
            Example("See what would be written", "shema services register course http://127.0.0.1:3013 --dry-run"),
        ),
        see_also=("services deregister", "services list"),
    ),
    "services deregister": Page(
        examples=(
            Example(
                "Take an instance out",
                "shema services register chat http://127.0.0.1:3015 --yes && "
                "shema services deregister chat http://127.0.0.1:3015 --yes",
            ),
        ),
        exits={1: "it was not registered"},
        see_also=("services register", "services list"),
    ),
}
