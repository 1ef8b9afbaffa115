"""A walk over a place that may be very long: it ends in time, says how far it came, and passes over most undecoded."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from time import monotonic
from typing import TypeVar

from shema_cli.audit.read import CLOCKS_DIFFER_BY_MS
from shema_cli.events.history.find import made_at
from shema_cli.frozen import dataclass
from shema_cli.store.chain import to_bytes

LOOKED_AT_ONCE = 64
T = TypeVar("T")


@dataclass
class Walk:
    """`ends_at`: by `now`, in seconds; None: however long it takes. `of`: how many entries there are, 0: not known."""

    ends_at: float | None = None
    now: Callable[[], float] = monotonic
    looked: int = 0
    of: int = 0
    ran_out: bool = False

    def over(self, entries: Iterable[T]) -> Iterator[T]:
        """These, until the time is up."""
        for entry in entries:
            if self.looked % LOOKED_AT_ONCE == 0 and self.ends_at is not None and self.now() >= self.ends_at:
                self.ran_out = True
                return
            self.looked += 1
            yield entry

    @property
    def how_far(self) -> str:
        of = f" of {self.of:,}" if self.of else ""
        return f"the time ran out when {self.looked:,}{of} entries had been looked at"


class Needles:
    """Tells apart, before anything is decoded, bytes in which none of some ids stands."""

    def __init__(self, ids: Collection[str]) -> None:
        self._found = re.compile(b"|".join(re.escape(to_bytes(id)) for id in sorted(ids))).search

    def may_be_in(self, part: bytes) -> bool:
        """Whether one of them stands in it. With escapes, an id may stand there otherwise."""
        return b"\\" in part or self._found(part) is not None


def not_before_ms(ids: Collection[str]) -> int:
    """The moment (since 1970) before which nothing can name one of these; 0 where an id does not say when it was
    made."""
    made = [made_at(id) for id in ids]
    known = [moment for moment in made if moment is not None]
    return max(0, min(known) - CLOCKS_DIFFER_BY_MS) if known and len(known) == len(made) else 0
