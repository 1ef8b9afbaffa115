"""What looks like a secret, masked wherever it stands in a text for people (contract 2.2).

Text comes from outside too: every pattern takes time in proportion to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

MASK = "********"
_PARAMETER = re.compile(r"(?<=[?&])([^=&]*+)(=[^&]*+)?")
_PARAMETER_IN_TEXT = re.compile(r"(?<=[?&])([^=&?\s\"']*+)(=[^&\s\"'<>]*+)?")
_SECRET_NAME = re.compile(r"password|passwd|secret|token|api_?key|^key$|signature|credential", re.IGNORECASE)
_URL = re.compile(r"://([^\s'\"<>`]*+)")
_EXAMPLES = ("user:password", ":password")
_HOST = re.compile(r"(?:\[[^\]]*\]|[^:\[\]]+)(?::\d*)?")


def masked(text: str) -> str:
    """`text` without private keys, tokens, API keys, passwords of URLs and what parameters of such names hold."""
    for pattern, replacement in _patterns():
        text = pattern.sub(replacement, text)
    return text


def without_credentials(url: str) -> str:
    """`url` for people to read: user, password and secret parameters masked, all that they may be.

    Where an @ may end a password or belong to a secret parameter, all up to the end of that parameter is masked.
    """
    scheme = url.find("://")
    start, end = (scheme + 3 if scheme >= 0 else 0), url.rfind("@") + 1
    if end > start:
        ends = [
            found.end() for found in _PARAMETER.finditer(url) if found.start() < end <= found.end() and _bears(found)
        ]
        url = f"{url[:start]}{MASK}{url[ends[0] :] if ends else f'@{url[end:]}'}"
    return _PARAMETER.sub(_parameter, url)


def _bears(parameter: re.Match[str]) -> bool:
    return parameter[2] is not None and _SECRET_NAME.search(parameter[1]) is not None


def _parameter(found: re.Match[str]) -> str:
    return f"{found[1]}={MASK}" if _bears(found) else found[0]


def _authority(found: re.Match[str]) -> str:
    """User and password go, up to the last @ when what stands before the first / is no host with a port."""
    rest = found[1]
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    scope = authority if "@" in authority or _HOST.fullmatch(authority) else rest
    user, at, _ = scope.rpartition("@")
    return f"://{MASK}{rest[len(user) :]}" if at and user not in _EXAMPLES else found[0]


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]:
    """Compiled for the first text that is masked."""
    return (
        # The content of a key file, and a key alone.
        (re.compile(r"\{[^{}]*\"private_key[^{}]*(?:\}|\Z)"), MASK),
        (
            re.compile(
                r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL
            ),
            MASK,
        ),
        # Tokens: JWTs, Google's access and refresh tokens and API keys, and whatever follows the word Bearer.
        (re.compile(r"(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{2}))eyJ[\w-]{5,}+\.[\w-]++(?:\.[\w-]*+)?"), MASK),
        (re.compile(r"(?<![\w-])(?:ya29\.|1//0|AIza)[\w-]{20,}+"), MASK),
        (re.compile(r"\b(Bearer )[\w.~+/=-]{8,}+", re.IGNORECASE), rf"\1{MASK}"),
        (_URL, _authority),
        (_PARAMETER_IN_TEXT, _parameter),
    )
