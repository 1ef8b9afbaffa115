"""Commands that are told to be copied: whatever stands in them from outside is one word to a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterator


def to_type(line: str, *words: str) -> str:
    """`line`, and after it `words` from outside, quoted; a `--` before them where one would be taken for an option."""
    ends = ["--"] if any(word.startswith("-") for word in words) else []
    return " ".join([line, *ends, *map(quoted, words)])


def quoted(*words: str) -> str:
    """Words as POSIX shells take them; what a terminal would obey is written as bash and zsh read it, `$'\\x1b'`."""
    return " ".join(shlex.quote(word) if word.isprintable() else f"$'{''.join(_escaped(word))}'" for word in words)


def _escaped(word: str) -> Iterator[str]:
    for char in word:
        if char.isprintable():
            yield f"\\{char}" if char in "\\'" else char
        else:
            yield "".join(f"\\x{byte:02x}" for byte in _bytes(char))


def _bytes(char: str) -> bytes:
    try:
        return char.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return char.encode("utf-8", "surrogatepass")
