"""The first line, which says where this is; the second, which says what is shown; the last, which says what keys do.

Each is drawn for the room that it has: nothing is cut without saying so, and what matters most is cut last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from shema_cli.settings.target import Target
from shema_cli.ui.fitting import BETWEEN, CUT, beside, cut, shared, trail
from shema_cli.ui.palette import of_profile, style

READ_ONLY = "READ-ONLY"
MIXED = "MIXED"
HELP = ("?", "keys")
APART = "  "
Key = tuple[str, str]
"""A key, and what it does."""


class Bar(Widget):
    """One line, which is drawn again only when it says something else."""

    DEFAULT_CSS = "Bar { height: 1; }"
    _told: object = None

    def _says(self, *told: object) -> None:
        if told != self._told:
            self._told = told
            self.refresh()

    def render(self) -> Text:
        return self.line(self.size.width)

    def line(self, width: int) -> Text:
        """What stands there, in so many columns."""
        raise NotImplementedError


class TargetBar(Bar):
    """The profile in its colour, then where everything is, and who acts there."""

    _words: Sequence[str] = ()
    _colour: str | None = None
    _guards: Sequence[Key] = ()

    def tell(self, target: Target, colour: str | None) -> None:
        self._words, self._colour = target.words, colour
        told = ((READ_ONLY, "warn", target.read_only), (MIXED, "fail", target.mixed))
        self._guards = [(word, look) for word, look, holds in told if holds]
        self._says(self._words, self._colour, self._guards)

    def line(self, width: int) -> Text:
        line = Text(no_wrap=True)
        if not self._words:
            return line
        profile, *rest = self._words
        line.append(f" {cut(profile, max(1, width - 2))} ", of_profile(self._colour))
        for word, look in self._guards:
            line.append(f" {word}", style(look))
        room = width - line.cell_len - 1 - len(BETWEEN) * (len(rest) - 1)
        if room > len(rest):
            line.append(f" {BETWEEN.join(shared(rest, room))}", style("quiet"))
        elif rest and width > line.cell_len + 1:
            line.append(f" {CUT}", style("quiet"))
        return line


class Head(Bar):
    """`dead letters · 12 entries · 4s ago`: what is shown, what is said of it, and how old it is."""

    _where: Sequence[str] = ()
    _said = ""
    _source = ""
    _stands_still = False

    def tell(self, where: Sequence[str], said: str, source: str, *, stands_still: bool) -> None:
        self._where, self._said, self._source, self._stands_still = where, said, source, stands_still
        self._says(where, said, source, stands_still)

    def line(self, width: int) -> Text:
        where = trail(self._where, width * 2 // 3)
        said, source = beside(where, self._said, self._source, width, told_first=self._stands_still)
        line = Text(where, style("head"), no_wrap=True)
        if said:
            line.append(f"{BETWEEN}{said}")
        if source:
            line.append(f"{BETWEEN}{source}", style("warn" if self._stands_still else "quiet"))
        return line


class Crumbs(Head):
    """The same of a whole screen, with the way there: `home › dead letters › 1a2b3c · 12 entries · 4s ago`."""


class Keys(Bar):
    """What has just been said, and as many keys of this screen as there is room for; `?`, which tells all, is one."""

    _keys: Sequence[Key] = ()
    _said = ""

    def tell(self, keys: Sequence[Key], said: str = "") -> None:
        self._keys, self._said = keys, said
        self._says(keys, said)

    def line(self, width: int) -> Text:
        line = Text(no_wrap=True)
        if self._said:
            line.append(cut(self._said, width), style("warn"))
        for key, name in self._fitting(width - line.cell_len):
            line.append(APART if line else "").append(key, style("key")).append(f" {name}", style("quiet"))
        return line

    def _fitting(self, room: int) -> Iterator[Key]:
        """The first of the keys, as far as they go; the last that fits is `?` where there are more."""
        widths = [cell_len(f"{key} {name}{APART}") for key, name in self._keys]
        room += 0 if self._said else len(APART)
        if sum(widths) <= room:
            yield from self._keys
            return
        reserved = cell_len(" ".join(HELP)) + len(APART) if HELP in self._keys else 0
        for one, width in zip(self._keys, widths, strict=True):
            if one == HELP:
                continue
            if width > room - reserved:
                break
            room -= width
            yield one
        if reserved and reserved <= room:
            yield HELP
