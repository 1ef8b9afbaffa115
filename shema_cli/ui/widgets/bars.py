"""The first line, which says where this is; the second, which says what is shown; the last, which says what keys do."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.widgets import Static

from shema_cli.output.sanitize import safe_line
from shema_cli.settings.target import Target
from shema_cli.ui.palette import of_profile, style

READ_ONLY = "READ-ONLY"
MIXED = "MIXED"
FEWEST_OF_A_TRAIL = 20
"""Columns of the way here that stand before anything else."""
_STEP, _BETWEEN = " › ", " · "


class Bar(Static):
    """One line, which is as high whatever it says, and is drawn again only when it says something else."""

    _said: Text | None = None

    def say(self, line: Text) -> None:
        if line != self._said:
            self._said = line
            self.update(line, layout=False)


class TargetBar(Bar):
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
        self.say(line)


class Crumbs(Bar):
    """`dead letters › 1a2b3c · 12 entries · 4 s ago`"""

    DEFAULT_CSS = "Crumbs { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def tell(self, trail: Sequence[str], said: str, source: str, *, stands_still: bool) -> None:
        told = [safe_line(one) for one in (said, source) if one]
        room = self.size.width - sum(cell_len(one) + len(_BETWEEN) for one in told)
        line = Text(_within(list(map(safe_line, trail)), room), style("head"), no_wrap=True)
        if said:
            line.append(f"{_BETWEEN}{told[0]}")
        if source:
            line.append(f"{_BETWEEN}{told[-1]}", style("warn" if stands_still else "quiet"))
        self.say(line)


def _within(trail: list[str], room: int) -> str:
    """The way here. Where there is no room for all of it, all before the last step goes first, then its end."""
    whole = _STEP.join(trail)
    if cell_len(whole) <= room or len(trail) < 2:
        return whole
    short = _STEP.join(("…", trail[-1]) if len(trail) > 1 else trail)
    if cell_len(short) <= room:
        return short
    return set_cell_size(short, max(FEWEST_OF_A_TRAIL, room) - 1).rstrip() + "…"


class Keys(Bar):
    """The keys of this screen, as many as there is room for; or what has just been said."""

    DEFAULT_CSS = "Keys { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def tell(self, keys: Sequence[tuple[str, str]], said: str = "") -> None:
        line = Text(no_wrap=True)
        if said:
            line.append(f"{safe_line(said)}  ", style("warn"))
        for key, name in keys:
            line.append(f"{key} ", style("key")).append(f"{name}  ", style("quiet"))
        self.say(line)
