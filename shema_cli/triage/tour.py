"""Where a triage stands: the family that is shown, what a key means there, and what is wished for. It draws nothing.

A wish ends the screen: it is granted on the ordinary one, by the command that does it, and the tour goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from enum import Enum, auto

from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.output.keys import DOWN, END_OF_INPUT, ENTER, ESCAPE, UP
from shema_cli.triage.families import Families, Family
from shema_cli.triage.results import Done

PAGE_UP, PAGE_DOWN = "\x1b[5~", "\x1b[6~"
A_PAGE = 10
LAST = "that was the last family: q goes to the summary"
FIRST = "this is the first family"


class Stage(Enum):
    COUNTING = auto()  # the list is read for the first time
    READING = auto()  # a family is shown
    SAMPLE = auto()  # an entry of it, whole
    KEYS = auto()  # what the keys do
    SUMMARY = auto()
    LEFT = auto()


class Wish(Enum):
    """What is to be done about the family that is shown."""

    REPLAY = "R"
    DISCARD = "D"
    EDIT = "e"
    ACKNOWLEDGE = "k"


AGAIN = "u"
_WISHES = {wish.value: wish for wish in Wish}


@dataclass
class Tour:
    """A walk through the families, which stay in the order in which they were found first."""

    why_not: str | None = None  # why nothing may be changed here
    stage: Stage = Stage.COUNTING
    families: list[Family] = field(default_factory=list)
    at: int = 0
    top: int = 0  # the first line of the sample that is shown
    wish: Wish | None = None
    again: bool = False  # what is shown is to be looked at anew
    said: str = ""
    done: dict[str, list[Done]] = field(default_factory=dict)
    problem: ShemaError | None = None  # why the list could not be counted again

    @property
    def over(self) -> bool:
        """Whether this screen is."""
        return self.wish is not None or self.stage is Stage.LEFT

    @property
    def current(self) -> Family | None:
        return self.families[self.at] if self.at < len(self.families) else None

    def ahead(self, count: int) -> list[Family]:
        """The family that is shown, and those that come next."""
        return self.families[self.at : self.at + 1 + count]

    @property
    def left(self) -> list[Family]:
        """Those of which something still is in the list."""
        return [one for one in self.families if one.count]

    # -- what happens -------------------------------------------------------------------------------------------

    def counted(self, found: Families) -> None:
        """The list was read. Who is gone stays, with nothing left of him; who is new comes last."""
        now = {one.name: one for one in (*found.families, *found.left_out)}
        new = [one for one in found.families if one.name not in {old.name for old in self.families}]
        kept = [now.get(old.name, Family(old.fingerprint, 0, old.example)) for old in self.families]
        self.families, self.problem = [*kept, *new], None
        if self.stage is Stage.COUNTING:
            self.stage = Stage.READING if self.families else Stage.LEFT

    def granted(self, done: Done | None) -> None:
        """The wish was granted, or taken back."""
        if done is not None and (family := self.current):
            self.done.setdefault(family.name, []).append(done)
        self.wish = None

    def press(self, key: str) -> None:
        """One key, as `keys_of` tells them apart. One that means nothing here does nothing."""
        self.said = ""
        if key == END_OF_INPUT:
            self.stage = Stage.LEFT
            return
        self._means()[self.stage](key)

    def _means(self) -> dict[Stage, Callable[[str], None]]:
        return {
            Stage.COUNTING: self._counting,
            Stage.READING: self._reading,
            Stage.SAMPLE: self._sample,
            Stage.KEYS: self._keys,
            Stage.SUMMARY: self._summary,
            Stage.LEFT: lambda _: None,
        }

    def _counting(self, key: str) -> None:
        if key == "q":
            self.stage = Stage.LEFT

    def _reading(self, key: str) -> None:
        if key == "q":
            self.stage = Stage.SUMMARY
        elif key == "?":
            self.stage = Stage.KEYS
        elif key == "i":
            self.stage, self.top = Stage.SAMPLE, 0
        elif key == AGAIN:
            self.again = True
        elif key in ("n", *DOWN):
            self._go(1, LAST)
        elif key in ("b", *UP):
            self._go(-1, FIRST)
        elif key in _WISHES:
            self._wish(_WISHES[key])

    def _go(self, by: int, where_it_ends: str) -> None:
        wanted = self.at + by
        self.said = "" if 0 <= wanted < len(self.families) else where_it_ends
        self.at = max(0, min(wanted, len(self.families) - 1))

    def _wish(self, wish: Wish) -> None:
        family = self.current
        if self.why_not:
            self.said = self.why_not
        elif family is None or not family.count:
            self.said = "nothing of this family is left"
        elif family.fingerprint is None and wish is not Wish.DISCARD:
            self.said = "what is no event can only be discarded: D"
        else:
            self.wish = wish

    def _sample(self, key: str) -> None:
        if key in (ESCAPE, "q", "i", "b", *ENTER):
            self.stage = Stage.READING
        elif key in (*UP, "k", PAGE_UP):
            self.top = max(0, self.top - (A_PAGE if key == PAGE_UP else 1))
        elif key in (*DOWN, "j", " ", PAGE_DOWN):
            self.top += A_PAGE if key in (" ", PAGE_DOWN) else 1

    def _keys(self, _key: str) -> None:
        self.stage = Stage.READING

    def _summary(self, key: str) -> None:
        if key in ("q", *ENTER):
            self.stage = Stage.LEFT
        elif key == "b":
            self.stage = Stage.READING
