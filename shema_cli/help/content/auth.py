"""Help of `shema auth`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

SIGNED_IN = {4: "not an admin, or Firebase refused"}

PAGES: Mapping[str, Page] = {
    "auth": Page(see_also=("admins list", "doctor")),
    "auth login": Page(
        examples=(
            Example("With a password, asked for", "shema auth login --email admin@shema.test", needs="terminal"),
            Example(
                "From a secret store",
                "printf 'admin-password\\n' | shema auth login --email admin@shema.test --password-stdin",
            ),
            Example("With Google, in the browser", "shema auth login --browser", needs="terminal"),
        ),
        exits=SIGNED_IN | {3: "Firebase could not be reached"},
        see_also=("auth status", "auth logout", "help profiles"),
    ),
    "auth status": Page(
        examples=(
            Example("Who am I?", "shema auth status"),
            Example("Ask Firebase too", "shema auth status --online --json"),
        ),
        exits={3: "Firebase had to be asked and could not be reached", 4: "the session would not work"},
        see_also=("auth login", "doctor"),
    ),
    "auth token": Page(
        examples=(
            Example("For a script", "shema auth token"),
            Example("What it holds", "shema auth token --json"),
        ),
        see_also=("auth status", "tokens issue"),
    ),
    "auth logout": Page(
        examples=(
            Example("On this machine", "shema auth logout"),
            Example("On every machine", "shema auth logout --everywhere", needs="firebase"),
        ),
        see_also=("auth login",),
    ),
}
