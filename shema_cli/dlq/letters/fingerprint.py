"""One short name for errors that differ only in numbers, ids, addresses and quoted values (contract 2.3).

Runs of digits are folded first, so that every later step, and its cache, sees one text for the whole family.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

LENGTH = 10
_DIGITS = re.compile(r"\d+")
_STEPS = (
    (re.compile(r"(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|`[^`]*`|“[^”]*”|«[^»]*»"), "<value>"),
    (re.compile(r"\b([a-z][a-z0-9+.]*)://[^\s/,;)\]}>]+"), r"\1://<address>"),
    (re.compile(r"\[[0-9a-f:.]*:[0-9a-f:.]*\](?::0)?|(?<![\w.])0\.0\.0\.0(?::0)?"), "<address>"),
    (re.compile(r"\b[\w-]+(?:\.[\w-]+)+:0\b|\blocalhost:0\b"), "<address>"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<address>"),
    (re.compile(r"(?<![\w-])[+-]?0(?:[.,]0)*(?:e[+-]?0)?(?=[a-zµ%]{0,7}(?![\w-]))"), "<n>"),
    (re.compile(r"\b(?:[0-9a-f]{2,}-){4}[0-9a-f]{2,}\b"), "<id>"),
    (re.compile(r"(?<![\w<])(?=[\w-]*0)(?=[\w-]*[a-z_-])[\w-]+"), "<id>"),
    (re.compile(r"(?<![\w<])[0-9a-f]{12,}(?![\w>])"), "<id>"),
    (re.compile(r"0"), "<n>"),
    (re.compile(r"\s+"), " "),
)


def fingerprint(error: str | None) -> str:
    """A stable short hash of the folded error; entries without an error share one."""
    return _short("" if error is None else _DIGITS.sub("0", error))


@lru_cache(maxsize=4096)
def _fold(text: str) -> str:
    text = text.lower()
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return text.strip()


@lru_cache(maxsize=4096)
def _short(text: str) -> str:
    return sha256(_fold(text).encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH]
