"""What `--type` means, wherever it is given: an event type or a channel, in which * and ? match any text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from shema_cli.events.envelope import CHANNELS, CHAT_PREFIX, event_type_of

CHAT_TYPES = ("new_message", CHAT_PREFIX)


def is_pattern(wanted: str) -> bool:
    return any(sign in wanted for sign in "*?[")


def beginning_of(wanted: str) -> str:
    """What each of its names begins with, in capitals or not: all before the first wildcard."""
    return re.split(r"[*?\[]", wanted, maxsplit=1)[0]


def type_matches(wanted: str, names: Iterable[str]) -> bool:
    """Whether this is one of the names (event type, channel) of an event, in capitals or not."""
    return any(fnmatchcase(name.upper(), wanted.upper()) for name in names)


def unknown_types(wanted: Sequence[str]) -> Iterator[str]:
    """What to say of each that no event of the catalogue has, with the nearest that there is."""
    for word in wanted:
        if any(type_matches(word, (channel, event_type_of(channel))) for channel in CHANNELS) or _is_chat(word):
            continue
        close = get_close_matches(word.lower().replace("_", "."), CHANNELS, n=1, cutoff=0.5)
        guess = f"did you mean {close[0]}?" if close else "shema events types lists them"
        yield f"--type {word}: no event of the catalogue has this type; {guess}"


def _is_chat(word: str) -> bool:
    return any(word.lower().startswith(name) for name in CHAT_TYPES) or type_matches(word, CHAT_TYPES)
