"""Help of `shema config`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "config": Page(see_also=("help profiles", "help environment", "doctor")),
    "config show": Page(
        examples=(
            Example("Every value, and where it came from", "shema config show"),
            Example("Of another profile", "shema config show --profile sandbox --json"),
        ),
        see_also=("config set", "help environment"),
    ),
    "config path": Page(
        examples=(
            Example("Where the files are", "shema config path"),
            Example("For a script", "shema config path --json"),
        ),
        see_also=("config show",),
    ),
    "config profiles": Page(
        examples=(
            Example("Which there are, and which is active", "shema config profiles"),
            Example("For a script", "shema config profiles --json"),
        ),
        see_also=("config use", "help profiles"),
    ),
    "config use": Page(
        examples=(
            Example("Make one the default", "shema config use sandbox"),
            Example("See what would be written", "shema config use sandbox --dry-run"),
        ),
        exits={1: "there is no such profile"},
        see_also=("config profiles", "help profiles"),
    ),
    "config set": Page(
        examples=(
            Example(
                "In a profile, made if need be",
                "shema config set REDIS_URL redis://redis.staging:6379/0 --profile staging",
            ),
            Example(
                "Ask for the name before anything is changed there",
                "shema config set confirm type-name --profile staging",
            ),
            Example(
                "A secret, from a pipe",
                "openssl rand -hex 32 | shema config set SERVICE_JWT_SECRET - --profile staging",
                needs="openssl",
            ),
        ),
        see_also=("config show", "help profiles"),
    ),
}
