"""The first line, which says where this is; the second, which says what is shown; the last, which says what keys do."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import Static

from shema_cli.output.sanitize import safe_line
from shema_cli.settings.target import Target
from shema_cli.ui.palette import of_profile, style

READ_ONLY = "READ-ONLY"
MIXED = "MIXED"


class TargetBar(Static):
    """The profile in its colour, then where everything is, and who acts there."""

    DEFAULT_CSS = "TargetBar { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def tell(self, target: Target, colour: str | None) -> None:
        profile, *rest = target.words
        line = Text(f" {safe_line(profile)} ", of_profile(colour), no_wrap=True)
        if target.read_only:
            line.append(f" {READ_ONLY}", style("warn"))
        if target.mixed:
            line.append(f" {MIXED}", style("fail"))
        line.append(f" {' · '.join(map(safe_line, rest))}", style("quiet"))
        self.update(line)


class Crumbs(Static):
    """`dead letters › 1a2b3c · 12 entries · 4 s ago`"""

    DEFAULT_CSS = "Crumbs { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def tell(self, trail: Sequence[str], said: str, source: str, *, stands_still: bool) -> None:
        line = Text(" › ".join(map(safe_line, trail)), style("head"), no_wrap=True)
        if said:
            line.append(f" · {safe_line(said)}")
        line.append(f" · {safe_line(source)}", style("warn" if stands_still else "quiet"))
        self.update(line)


class Keys(Static):
    """The keys of this screen, as many as there is room for; or what has just been said."""

    DEFAULT_CSS = "Keys { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def tell(self, keys: Sequence[tuple[str, str]], said: str = "") -> None:
        line = Text(no_wrap=True)
        if said:
            line.append(f"{safe_line(said)}  ", style("warn"))
        for key, name in keys:
            line.append(f"{key} ", style("key")).append(f"{name}  ", style("quiet"))
        self.update(line)
