"""One look at everything that may know a subject, in time; who did not answer is named (contract 3.4).

the text, asked of the services ──▶ whom it means ──▶ their ids in decisions, trail, dead letters and history
                                         ▲                                    │
                                         └────── further ids, a few rounds ◀──┘
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import field
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from shema_cli.calls.aside import REDIS, aside
from shema_cli.clock import Clock, parse_iso
from shema_cli.enrollments.results import Enrollment
from shema_cli.enrollments.source import EnrollmentSource
from shema_cli.errors import InvalidUsage, NotFound, ShemaError, Unreachable
from shema_cli.events.envelope import CHAT_PREFIX
from shema_cli.frozen import dataclass
from shema_cli.people.results import LONGEST_ID, Course, Person, can_be_asked
from shema_cli.people.search import FoundPeople, Match, MatchedPerson, find_people
from shema_cli.people.source import PeopleSource
from shema_cli.results import Source, SourceState
from shema_cli.shell import to_type
from shema_cli.trace.find import Found, audited, dead_letters, decided
from shema_cli.trace.recorded import Recorded
from shema_cli.trace.results import SOURCES, Candidates, FoundIn, Trace, TraceEvent, in_order
from shema_cli.trace.told import of_course, of_enrollment, of_person
from shema_cli.trace.walk import Walk

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.store.connection import Store

LIMIT_S = 7.5
"""For everything; names may take two more."""
ANSWER_S = 3.0
"""For one question to a service, and for who is meant."""
SETTLING_S = 0.5
ROUNDS = 3
FIRST_SHARE = 0.6
"""Of the time that is left, for the first round, which may lead to others."""
MOST_EVENTS = 500
"""Of one source: the newest."""
MOST_IDS = 300
MOST_CANDIDATES = 20
MOST_ASKED = 8
"""Enrollments, people and courses that are asked for besides the subject itself, in one round."""
NO_ENROLLMENT = ("evt_", "req_")

Place = Callable[["Store", Collection[str], Walk], Iterator[Found]]
T = TypeVar("T")


class Ambiguous(Exception):
    """Several people may be meant."""

    def __init__(self, people: FoundPeople) -> None:
        super().__init__()
        self.people = people


@dataclass(frozen=True)
class Tracer:
    """Traces by what it is given: a client of the services, the store, and a clock."""

    services: Callable[[], ServiceClient]
    connect: Callable[[], Store]
    clock: Clock

    def trace(self, text: str, *, nothing_is_known: bool = False) -> Trace | Candidates:
        """What is known of a text. Raises InvalidUsage for one that is empty or long; NotFound, or Unreachable where
        somebody did not answer, when nothing is known, unless that is all right."""
        subject = text.strip().removeprefix(CHAT_PREFIX)
        if not 0 < len(subject) <= LONGEST_ID:
            what = "is empty" if not subject else f"has more than {LONGEST_ID} characters"
            raise InvalidUsage("bad_id", f"the ID {what}", "shema find NAME")
        found = asyncio.run(self._look(subject))
        if isinstance(found, Trace) and not found.events and not nothing_is_known:
            raise nothing_known(subject, found)
        return found

    async def _look(self, subject: str) -> Trace | Candidates:
        async with self.services() as client:
            look = _Look(client, self.connect, self.clock, subject)
            try:
                await look.run()
            except Ambiguous as meant:
                return Candidates(subject, meant.people.people, look.sources, meant.people.more)
        return look.trace()


def nothing_known(subject: str, found: Trace) -> ShemaError:
    """The error for a subject that nobody knows."""
    hint = f"wait for its events with: {to_type('shema trace --follow', subject)}"
    why = "; ".join(found.remarks())
    if found.silent:
        return Unreachable("nothing_known", f"nothing is known of {subject!r} in what answered; {why}", hint)
    return NotFound("nothing_known", f"nothing is known of {subject!r}" + (f" ({why})" if why else ""), hint)


@dataclass
class _Kept:
    """What one place has, by key: the newest of it. A thread adds, and others read."""

    found: dict[str, TraceEvent] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def add(self, found: Found) -> None:
        key, event, ids = found
        with self.lock:
            if len(self.ids) < MOST_IDS:
                self.ids |= ids
            self.keys.add(key)
            self.found[key] = event
            if len(self.found) > 2 * MOST_EVENTS:
                self._let_go()

    def events(self) -> list[TraceEvent]:
        with self.lock:
            self._let_go()
            return list(self.found.values())

    def _let_go(self) -> None:
        if len(self.found) > MOST_EVENTS:
            newest = sorted(self.found.items(), key=lambda item: _moment(item[1]))[-MOST_EVENTS:]
            self.found = dict(newest)


class _Look:
    """What was found stands here at every moment, also when the time is up."""

    def __init__(self, client: ServiceClient, connect: Callable[[], Store], clock: Clock, subject: str) -> None:
        self._people = PeopleSource(client)
        self._enrollments = EnrollmentSource(client)
        self._connect = connect
        self._clock = clock
        self._ends_at = clock.monotonic() + LIMIT_S
        self._text = self._subject = subject
        self._history = Recorded(clock)
        self._places: dict[FoundIn, Place] = {
            FoundIn.DECISIONS: decided,
            FoundIn.AUDIT: audited,
            FoundIn.DEAD_LETTERS: dead_letters,
            FoundIn.HISTORY: self._history,
        }
        self._kept = {name: _Kept() for name in self._places}
        self.sources = {source.value: Source() for source in SOURCES}
        self._waiting = Counter[FoundIn]()
        self._ids: set[str] = {subject}
        self._persons: dict[str, Person] = {}
        self._courses: dict[str, Course] = {}
        self._enrolled: dict[str, Enrollment] = {}
        self._asked: set[tuple[FoundIn, str]] = set()

    async def run(self) -> None:
        """Raises Ambiguous."""
        try:
            async with asyncio.timeout(LIMIT_S):
                unsure = await self._who_is_meant()
                await self._in_rounds()
                if unsure.people and not self._events():
                    await self._choose(unsure, unsure.people)
                    await self._in_rounds()
        except TimeoutError:
            for name in +self._waiting:
                self._stands(name, Source(SourceState.UNAVAILABLE, f"no answer within {LIMIT_S:g} s"))

    def trace(self) -> Trace:
        events = in_order(self._events())
        if events:  # whoever does not search has told all the same
            for name, source in self.sources.items():
                if source.state is SourceState.NOT_OFFERED:
                    self.sources[name] = Source()
        return Trace(
            self._subject,
            events,
            self.sources,
            ids=frozenset(self._ids),
            people=self._persons,
            courses=self._courses,
            cut={name.value: total for name in self._places if (total := self._total(name)) > MOST_EVENTS},
            recorded_ms=self._history.newest_ms,
            unrecorded=tuple((gap.from_ms, gap.to_ms) for gap in self._history.gaps),
        )

    def _total(self, name: FoundIn) -> int:
        left_out = self._history.left_out if name is FoundIn.HISTORY else 0
        return len(self._kept[name].keys) + left_out

    # -- whom a text means ----------------------------------------------------------------------------------

    async def _who_is_meant(self) -> FoundPeople:
        """Take up whom the text means as a whole; those that it may mean besides are given back."""
        people, *_ = await asyncio.gather(
            self._told(FoundIn.USER, find_people(self._people, self._text, MOST_CANDIDATES)),
            self._enrollment(self._text),
            self._course(self._text),
            self._in_place(FoundIn.DECISIONS, {self._text}, min(ANSWER_S, self._left)),
        )
        nobody = FoundPeople((), Source())
        found = people or nobody
        self._stands(FoundIn.USER, found.source)
        itself = [one for one in found.people if one.match is Match.ID]
        sure = itself or [one for one in found.people if one.match.sure]
        if sure and (itself or not self._events()):
            await self._choose(found, sure)
            return nobody
        if not self._events():
            await self._students_enrollments(self._text, known=False)
        return found

    async def _choose(self, found: FoundPeople, likely: Iterable[MatchedPerson]) -> None:
        """Raises Ambiguous where these are several."""
        first, *others = likely
        if others:
            raise Ambiguous(FoundPeople((first, *others), found.source, found.more))
        person = first.person
        self._persons[person.id] = person
        if first.match is Match.NAME or not first.match.sure:
            self._ids.discard(self._text)  # others may be called so
        self._subject = person.id
        self._ids.add(person.id)
        self._asked.add((FoundIn.USER, person.id))
        await self._students_enrollments(person.id, known=True)

    async def _students_enrollments(self, id: str, *, known: bool) -> None:
        """`known`: whether it is a student's id. Of any other text, that no list is had of it says nothing."""
        if not can_be_asked(id) or self._text.startswith(NO_ENROLLMENT):
            return
        listed = None
        with suppress(ShemaError, TimeoutError):
            asking = self._enrollments.of_student(id)
            listed = await self._told(FoundIn.ENROLLMENT, asking) if known else await _in_time(asking)
        for one in listed or ():
            self._take(one)
            self._ids.add(one.id)

    # -- what the services tell -----------------------------------------------------------------------------

    async def _enrollment(self, id: str) -> None:
        if can_be_asked(id) and self._is_new(FoundIn.ENROLLMENT, id):
            with suppress(NotFound):
                if found := await self._told(FoundIn.ENROLLMENT, self._enrollments.enrollment(id)):
                    self._take(found)

    def _take(self, enrollment: Enrollment) -> None:
        self._enrolled[enrollment.id] = enrollment
        self._asked.add((FoundIn.ENROLLMENT, enrollment.id))

    async def _person(self, id: str) -> None:
        may_be_asked = can_be_asked(id) and self._is_new(FoundIn.USER, id)
        if may_be_asked and (found := await self._told(FoundIn.USER, self._people.person(id))):
            self._persons[id] = found

    async def _course(self, id: str) -> None:
        may_be_asked = can_be_asked(id) and self._is_new(FoundIn.COURSE, id)
        if may_be_asked and (found := await self._told(FoundIn.COURSE, self._people.course(id))):
            self._courses[id] = found

    def _is_new(self, name: FoundIn, id: str) -> bool:
        """Whether it is worth asking for: nobody has, and the service is not known to be silent."""
        standing = self.sources[name.value].state
        if (name, id) in self._asked or standing not in (SourceState.ANSWERED, SourceState.NOT_OFFERED):
            return False
        self._asked.add((name, id))
        return True

    # -- what hangs together --------------------------------------------------------------------------------

    async def _in_rounds(self) -> None:
        looked_for: set[str] = set()
        for number in range(ROUNDS):
            new = self._ids - looked_for
            if not new:
                break
            looked_for |= new
            share = self._left * FIRST_SHARE if number == 0 else self._left
            looks = [self._in_place(name, new, share) for name in self._places]
            await asyncio.gather(*looks, self._those_named())
            linked = set[str]().union(*(kept.ids for kept in self._kept.values()))
            self._ids |= set(sorted(linked - self._ids)[: max(0, MOST_IDS - len(self._ids))])
        await self._those_named()

    async def _those_named(self) -> None:
        """Ask for the enrollments, people and courses that were named and that nobody has told of."""
        events = self._events()
        enrollments = dict.fromkeys(event.enrollment_id for event in events if event.enrollment_id)
        await asyncio.gather(*map(self._enrollment, list(enrollments)[:MOST_ASKED]))
        subjects = [event.about for event in self._events()]
        students = dict.fromkeys(one.student_id for one in subjects if one.student_id)
        courses = dict.fromkeys(one.course_id for one in subjects if one.course_id)
        await asyncio.gather(
            *map(self._person, list(students)[:MOST_ASKED]), *map(self._course, list(courses)[:MOST_ASKED])
        )

    @property
    def _left(self) -> float:
        return max(0.0, self._ends_at - self._clock.monotonic() - SETTLING_S)

    async def _in_place(self, name: FoundIn, ids: Collection[str], most_s: float) -> None:
        if self.sources[name.value].state is not SourceState.ANSWERED:
            return
        walk = Walk(self._clock.monotonic() + most_s, self._clock.monotonic)
        kept = self._kept[name]

        def look() -> None:
            store = self._connect()
            with store.errors():
                for found in self._places[name](store, ids, walk):
                    kept.add(found)

        self._waiting[name] += 1
        try:
            async with asyncio.timeout(most_s + SETTLING_S):
                await aside(look, uses=REDIS)
        except TimeoutError:
            self._stands(name, Source(SourceState.UNAVAILABLE, f"no answer within {most_s + SETTLING_S:.1f} s"))
        except NotFound as error:
            self._stands(name, Source(SourceState.NOT_RECORDED, error.message))
        except ShemaError as error:
            self._stands(name, Source.of(error))
        self._waiting[name] -= 1  # not after a cancellation: it is waited for until the end
        if walk.ran_out:
            self._stands(name, Source(SourceState.UNAVAILABLE, walk.how_far))

    def _events(self) -> list[TraceEvent]:
        found = [event for kept in self._kept.values() for event in kept.events()]
        found += map(of_enrollment, self._enrolled.values())
        found += map(of_person, self._persons.values())
        return found + list(map(of_course, self._courses.values()))

    # -- who tells ------------------------------------------------------------------------------------------

    async def _told(self, name: FoundIn, asking: Awaitable[T]) -> T | None:
        """What a service tells; None where it does not, and then it is known why. Raises NotFound."""
        self._waiting[name] += 1
        told = None
        try:
            told = await _in_time(asking)
        except TimeoutError:
            self._stands(name, Source(SourceState.UNAVAILABLE, f"no answer within {ANSWER_S:g} s"))
        except NotFound:
            self._waiting[name] -= 1
            raise
        except ShemaError as error:
            self._stands(name, Source.of(error))
        self._waiting[name] -= 1  # not after a cancellation: it is waited for until the end
        return told

    def _stands(self, name: FoundIn, source: Source) -> None:
        if source.why and not self.sources[name.value].silent:
            self.sources[name.value] = source


async def _in_time(asking: Awaitable[T]) -> T:
    async with asyncio.timeout(ANSWER_S):
        return await asking


def _moment(event: TraceEvent) -> float:
    at = parse_iso(event.at)
    return at.timestamp() if at else 0.0
