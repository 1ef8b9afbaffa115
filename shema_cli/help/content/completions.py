"""Help of `shema completions`."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.help.pages import Example, Page

PAGES: Mapping[str, Page] = {
    "completions": Page(see_also=("doctor",)),
    "completions install": Page(
        examples=(
            Example("For your own shell", "shema completions install", needs="home"),
            Example("See where zsh would look", "shema completions install zsh --dry-run"),
        ),
        see_also=("completions show", "doctor"),
    ),
    "completions show": Page(
        examples=(
            Example("To try it in this shell only", "source <(shema completions show bash)"),
            Example("To put it elsewhere", "shema completions show fish > shema.fish"),
        ),
        see_also=("completions install",),
    ),
}
