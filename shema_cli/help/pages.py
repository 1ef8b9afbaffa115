"""What the help of a command says beyond its options. The pages are data, a module a group, in `content/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple


class Example(NamedTuple):
    """A command line that runs as it is written in the sandbox, and what it is for.

    `needs` names what it does not bring along: `terminal` (it asks), `endless` (it does not end by itself), `firebase`
    (only the real one can do it), `sandbox` (one that keeps running), `home` (it writes there), or a program.
    """

    about: str
    line: str
    needs: str = ""


@dataclass(frozen=True)
class Page:
    """`exits` tells exit codes in the command's own words, where the general ones say too little."""

    examples: tuple[Example, ...] = ()
    exits: Mapping[int, str] = field(default_factory=dict)
    see_also: tuple[str, ...] = ()


def page_of(path: str) -> Page:
    """The page of a command path without `shema` (`dlq replay`, `dlq`, or an empty one for the root)."""
    name = path.split(" ", 1)[0] or "root"
    module = f"shema_cli.help.content.{name}"
    if find_spec(module) is None:
        return Page()
    pages: Mapping[str, Page] = import_module(module).PAGES
    return pages.get(path, Page())
