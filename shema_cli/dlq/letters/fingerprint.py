"""One short name for errors that differ only in numbers, ids, addresses and quoted values (contract 2.3).

Runs of digits are folded first, so that every later step, and its cache, sees one text for the whole family. Anybody
may have written the error: every step takes time in proportion to its length. That is why a step consumes the whole
run of characters in which it looks for something, also when it is not there, and decides in Python what to put in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256

LENGTH = 10
LONGEST = 100_000
"""Characters of an error that are looked at."""
_CACHED = 10_000
_SEEN_AGAIN = 1000
"""Characters of an error up to which it is known again as it was written: 4096 of them are a few megabytes."""
_DIGITS = re.compile(r"\d+")
_QUOTE = re.compile("[\"'`“«]")
_CLOSING = {"“": "”", "«": "»"}
_LETTER = re.compile("[a-z_-]")
_LOCALHOST = re.compile(r"\blocalhost:0\Z")


def _quotes(text: str) -> str:
    """Quoted values; an apostrophe within a word is none of them."""
    last = {mark: text.rfind(_CLOSING.get(mark, mark)) for mark in "\"'`“«"}
    parts, done, at = [], 0, 0
    while opening := _QUOTE.search(text, at):
        start = at = opening.start()
        at += 1
        end = text.find(_CLOSING.get(opening[0], opening[0]), at) if start < last[opening[0]] else -1
        if end < 0 or (opening[0] == "'" and (_is_word(text, start - 1) or _is_word(text, end + 1))):
            continue
        parts += [text[done:start], "<value>"]
        done = at = end + 1
    return "".join([*parts, text[done:]])


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")


def _url(found: re.Match[str]) -> str:
    return f"{found[1]}://<address>" if found[2] else found[0]


def _host(found: re.Match[str]) -> str:
    """A dotted name with a port, or localhost with one."""
    name, port = found.groups()
    if not port:
        return found[0]
    return "<address>" if "." in name else _LOCALHOST.sub("<address>", found[0])


def _email(found: re.Match[str]) -> str:
    return "<address>" if found[1] else found[0]


def _id(found: re.Match[str]) -> str:
    """A word with digits and letters; of one that follows a `<`, only what comes after its first hyphen."""
    before, word = found.groups()
    start = word.find("-") + 1 if before else 0
    if (before and not start) or "0" not in word[start:] or not _LETTER.search(word, start):
        return found[0]
    return f"{before}{word[:start]}<id>"


_STEPS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\b([a-z][a-z0-9+.]*+)(://[^\s/,;)\]}>]+)?"), _url),
    (re.compile(r"\[(?=[0-9a-f.]*:)[0-9a-f:.]*+\](?::0)?|(?<![\w.])0\.0\.0\.0(?::0)?"), "<address>"),
    (re.compile(r"\b([\w-]++(?:\.[\w-]++)*+)(:0\b)?"), _host),
    (re.compile(r"[\w.+-]++(@[\w-]++(?:\.[\w-]++)++)?"), _email),
    (re.compile(r"(?<![\w-])[+-]?0(?:[.,]0)*(?:e[+-]?0)?(?=[a-zµ%]{0,7}(?![\w-]))"), "<n>"),
    (re.compile(r"\b(?:[0-9a-f]{2,}-){4}[0-9a-f]{2,}\b"), "<id>"),
    (re.compile(r"(<?)([\w-]++)"), _id),
    (re.compile(r"(?<![\w<])[0-9a-f]{12,}(?![\w>])"), "<id>"),
    (re.compile(r"0"), "<n>"),
    (re.compile(r"\s+"), " "),
)


def fingerprint(error: str | None) -> str:
    """A stable short hash of the folded error; entries without an error share one."""
    if error is not None and len(error) <= _SEEN_AGAIN:
        return _seen(error)
    return fingerprint_anew(error)


def fingerprint_anew(error: str | None) -> str:
    """The same, whether the text was seen before or not."""
    text = "" if error is None else _DIGITS.sub("0", error[:LONGEST])
    return _short(text) if len(text) <= _CACHED else _short.__wrapped__(text)


def fold(text: str) -> str:
    """An error without what differs within its family; `text` has its digits folded."""
    text = _quotes(text.lower())
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return text.strip()


_seen = lru_cache(maxsize=4096)(fingerprint_anew)


@lru_cache(maxsize=4096)
def _short(text: str) -> str:
    return sha256(fold(text).encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]
