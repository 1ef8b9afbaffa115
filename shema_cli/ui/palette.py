"""What each kind of text looks like. Nothing is told by its colour alone: the words stand there as well."""

from __future__ import annotations

from rich.style import Style

STYLES = {
    "": Style(),
    "good": Style(color="green"),
    "warn": Style(color="yellow", bold=True),
    "fail": Style(color="red", bold=True),
    "quiet": Style(dim=True),
    "head": Style(bold=True),
    "key": Style(bold=True),
    "cursor": Style(reverse=True),
}
PROFILES = ("red", "green", "yellow", "blue", "magenta", "cyan")
"""The colours that a profile may have (`config`)."""


def style(name: str) -> Style:
    return STYLES.get(name, STYLES[""])


def of_profile(colour: str | None) -> Style:
    """The profile's own colour, reversed, as its name stands in the first line."""
    return Style(color=colour if colour in PROFILES else None, bold=True, reverse=True)
