"""What was probably meant: for commands, flags, choices, channels and services."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

_CHOICE = re.compile(r"'(?P<word>[^']*)' is not one of (?P<known>'.*')\.")
_POSSIBLE = re.compile(r" \(Possible options: (?P<names>[^)]*)\)$")
_ONE_QUOTED = re.compile(r"'([^']*)'")


def close_to(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that is most like `word`, whatever its case, if any is like it at all."""
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?`, to be appended to a sentence; empty when nothing is close."""
    found = close_to(word, known)
    return f" Did you mean {found!r}?" if found else ""


def with_suggestion(message: str) -> str:
    """A usage error's text, ending in what was probably meant."""
    if match := _POSSIBLE.search(message):
        before = message[: match.start()]
        return f"{before}.{did_you_mean(before.rpartition(' ')[2], match['names'].split(', '))}"
    if match := _CHOICE.search(message):
        return message + did_you_mean(match["word"], _ONE_QUOTED.findall(match["known"]))
    return message
