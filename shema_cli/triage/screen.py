"""The live screen of a triage: it counts, looks ahead, and draws, all at once; nothing that hangs is in its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from shema_cli.admin import StillAdmin
from shema_cli.calls.aside import KEPT, REDIS, aside
from shema_cli.clock import Clock
from shema_cli.condition.facts import ServiceFacts
from shema_cli.dlq.letters.selection import Filters
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.output.desk import Desk, said_afterwards
from shema_cli.people.results import Names
from shema_cli.status.services import look_at_services
from shema_cli.triage.families import Counting, Families, Family, read_families
from shema_cli.triage.known import Concerned, FamilyFacts, concerned, look_at
from shema_cli.triage.results import Done
from shema_cli.triage.tour import Stage, Tour

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.output.sink import Output, View
    from shema_cli.people.names import NameBook

AHEAD = 1
"""So many of the next families are looked at while one is read."""
SERVICES_S = 2.0
LAST_WORDS_S = 0.25
"""Of that, for telling which did not answer."""
SERVICES_KEPT_S = 15.0
"""How long what was seen of the services is taken for how they are now."""
ADMIN_EVERY_S = 2.0
COUNTING_EVERY_S = 0.2
USES = (*REDIS, *KEPT, "shema_cli.triage.families", "shema_cli.events.history.find")


@dataclass(frozen=True)
class Seen:
    """What is known of one family by now; without `facts` it is asked for, or `problem` says why it is not known."""

    facts: FamilyFacts | None = None
    problem: ShemaError | None = None


@dataclass(frozen=True)
class ServicesSeen:
    """How the services are; `problem` says why that is not known. `asked`: it is being asked for now."""

    services: tuple[ServiceFacts, ...] = ()
    problem: str | None = None
    asked: bool = False
    at: float = -inf


@dataclass(frozen=True)
class TriageScreen:
    """Everything that one frame shows. `counted`: how many entries have been read by now, where they still are."""

    tour: Tour
    found: Families
    seen: Seen
    names: Names
    services: ServicesSeen
    concerned: tuple[Concerned, ...]
    now: datetime
    height: int
    target: tuple[str, ...]
    counted: int | None = None
    done: tuple[Done, ...] = ()


@dataclass(frozen=True)
class Place:
    """What the screens of a triage take. `words`: what an error calls each service by; `known`: acknowledged families
    too; `since`: when this admin last looked; `looked` is told that they have, all of it."""

    store: DeadLetters
    filters: Filters
    clock: Clock
    names: NameBook
    services: Callable[[], ServiceClient]
    words: Mapping[str, Sequence[str]]
    still_admin: StillAdmin
    output: Output
    draw: View
    target: tuple[str, ...]
    known: bool = False
    since: datetime | None = None
    looked: Callable[[], None] = lambda: None


@dataclass
class Memory:
    """What outlives one screen."""

    found: Families = field(default_factory=Families)
    seen: dict[str, Seen] = field(default_factory=dict)
    services: ServicesSeen = field(default_factory=ServicesSeen)
    counts: bool = False  # whether it was counted at all
    stale: bool = False  # something was changed since


class Screen:
    """One live screen, from the first frame until a wish, or the end."""

    def __init__(self, place: Place, tour: Tour, memory: Memory) -> None:
        self._place = place
        self._tour = tour
        self._memory = memory
        self._counting: Counting | None = None
        self._desk = Desk(place.output, place.draw, self._screen, self._pressed)

    def show(self) -> None:
        """Where something was changed since, the list is counted again behind what is shown.

        Raises what the first count ends in, AccessDenied when the session has ended, and KeyboardInterrupt.
        """
        with said_afterwards(self._place.output):
            asyncio.run(self._worked_at())

    async def _worked_at(self) -> None:
        work = [self._admin()]
        if self._memory.stale or not self._memory.counts:
            work.append(self._count(first=not self._memory.counts))
        await self._desk.until_over(*work)

    def _pressed(self, key: str) -> None:
        if self._tour.over:  # what is typed behind a wish in one go is no other wish
            return
        self._tour.press(key)
        if self._tour.again:
            self._tour.again = False
            self._look_again()
        if self._tour.over:
            self._desk.end()

    def _look_again(self) -> None:
        if family := self._tour.current:
            self._memory.seen.pop(family.name, None)
        self._memory.services = ServicesSeen()
        if self._counting is None:
            self._desk.spawn(self._count(first=False))

    def _screen(self, height: int) -> TriageScreen:
        tour, memory, place = self._tour, self._memory, self._place
        if tour.stage in (Stage.READING, Stage.SAMPLE):
            for one in tour.ahead(AHEAD):
                self._ask_about(one)
            self._ask_services()
        family = tour.current
        seen = memory.seen.get(family.name, Seen()) if family else Seen()
        facts = seen.facts or FamilyFacts()
        about = concerned(family.example if family else None, facts, memory.services.services, place.words)
        return TriageScreen(
            tour=tour,
            found=memory.found,
            seen=seen,
            names=place.names.known(*_ids(facts)),
            services=memory.services,
            concerned=tuple(about),
            now=place.clock.now(),
            height=height,
            target=place.target,
            counted=self._counting.entries if self._counting else None,
            done=tuple(tour.done.get(family.name, ())) if family else (),
        )

    # -- what is asked beside it --------------------------------------------------------------------------------

    async def _count(self, *, first: bool) -> None:
        """Raises what the first count ends in; a later one leaves what was known, and says so."""
        place = self._place
        counting = self._counting = Counting()
        ticking = self._desk.spawn(self._tick())
        read = partial(
            read_families, place.store, place.filters, place.clock, counting, known=place.known, since=place.since
        )
        try:
            found = await aside(read, uses=USES)
        except ShemaError as error:
            if first:
                raise
            self._tour.problem = error
        else:
            self._memory.found, self._memory.counts, self._memory.stale = found, True, False
            self._tour.counted(found)
            if first and not place.filters:
                place.looked()
            if self._tour.over:
                self._desk.end()
        finally:
            self._counting = None
            ticking.cancel()
            self._desk.changed()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(COUNTING_EVERY_S)
            self._desk.changed()

    async def _admin(self) -> None:
        """Raises AccessDenied when the session has ended."""
        while True:
            await aside(self._place.still_admin, uses=KEPT)
            await asyncio.sleep(ADMIN_EVERY_S)

    def _ask_about(self, family: Family) -> None:
        if family.name in self._memory.seen or not family.count:
            return
        self._memory.seen[family.name] = Seen()
        self._desk.spawn(self._look_at(family))

    async def _look_at(self, family: Family) -> None:
        place, taken = self._place, self._memory.found.taken
        try:
            facts = await aside(partial(look_at, place.store, family, place.filters, taken, place.clock), uses=USES)
        except ShemaError as error:
            self._memory.seen[family.name] = Seen(problem=error)
        except asyncio.CancelledError:
            self._memory.seen.pop(family.name, None)
            raise
        else:
            self._memory.seen[family.name] = Seen(facts)
            self._desk.changed()
            await place.names.look_up(*_ids(facts))
        self._desk.changed()

    def _ask_services(self) -> None:
        seen, now = self._memory.services, self._place.clock.monotonic()
        if seen.asked or now - seen.at < SERVICES_KEPT_S:
            return
        self._memory.services = replace(seen, asked=True)
        self._desk.spawn(self._look_at_services())

    async def _look_at_services(self) -> None:
        place = self._place
        limit_s = SERVICES_S - LAST_WORDS_S
        look = look_at_services(place.services, place.clock, limit_s, registry=True, probes=False)
        told = ServicesSeen()
        try:
            async with asyncio.timeout(SERVICES_S):
                told = ServicesSeen(await look)
        except TimeoutError:
            told = ServicesSeen(problem=f"no answer within {SERVICES_S:g} s")
        except ShemaError as error:
            told = ServicesSeen(problem=error.message)
        finally:
            self._memory.services = replace(told, at=place.clock.monotonic())
        self._desk.changed()


def _ids(facts: FamilyFacts) -> tuple[list[str | None], list[str | None]]:
    """Those of students and of courses."""
    return [one.student_id for one in facts.subjects], [one.course_id for one in facts.subjects]
