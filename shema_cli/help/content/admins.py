"""Help of `shema admins`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "admins": Page(see_also=("auth status", "audit list")),
    "admins list": Page(
        examples=(
            Example("Who may do all this", "shema admins list"),
            Example("For a review", "shema admins list -o csv"),
        ),
        see_also=("admins grant", "admins revoke"),
    ),
    "admins grant": Page(
        examples=(
            Example("See what would change", "shema admins grant student@shema.test --dry-run"),
            Example("Make someone an admin", "shema admins grant student@shema.test --reason 'new office' --yes"),
        ),
        see_also=("admins list", "admins revoke", "audit list"),
    ),
    "admins revoke": Page(
        examples=(
            Example("See what would change", "shema admins revoke student@shema.test --dry-run"),
            Example(
                "Give the rights, and take them again",
                "shema admins grant student@shema.test --yes && shema admins revoke student@shema.test --yes",
            ),
        ),
        see_also=("admins list", "admins grant", "audit list"),
    ),
}
