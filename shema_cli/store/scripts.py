"""The scripts that run inside Redis, each a file in `lua/`.

A script names its KEYS and ARGV in the comment at its top. A line `-- needs: chain, deliver` there puts those library
files before it, each once; libraries may need others. Whatever varies is passed as KEYS or ARGV: nothing is pasted in.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha1
from pkgutil import get_data

from shema_cli.frozen import dataclass

_NEEDS = re.compile(r"^-- needs: (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Script:
    """A script's whole text and the name under which a server that has it knows it."""

    name: str
    text: str
    sha: str


@cache
def script(name: str) -> Script:
    """The script in `lua/<name>.lua`, with the libraries that it needs."""
    text = "\n".join(_read(part) for part in _parts(name))
    return Script(name, text, sha1(text.encode(), usedforsecurity=False).hexdigest())


def _parts(name: str) -> dict[str, None]:
    """The script and its libraries, each after what it needs itself."""
    parts: dict[str, None] = {}
    if needs := _NEEDS.search(_read(name)):
        for library in needs[1].split(","):
            parts.update(_parts(library.strip()))
    parts[name] = None
    return parts


@cache
def _read(name: str) -> str:
    # Not by importlib.resources, which takes longer to load, and loads more when it is first used: in a thread, mostly.
    found = get_data("shema_cli.store", f"lua/{name}.lua")
    assert found is not None
    return found.decode()
