"""Asking everybody at once, for five seconds at most; who did not answer is named (contract 3.4).

people ──▶ their enrollments ──▶ what Redis has of those whom the text means as a whole
the text as an enrollment, as a student
the text in decisions, audit trail and dead letters; as a chat session; as an event in the history
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from shema_cli.calls.aside import REDIS, aside
from shema_cli.calls.request import segment
from shema_cli.clock import Clock, iso_of_ms, local_time_of_ms, parse_iso
from shema_cli.enrollments.results import Enrollment, named_in
from shema_cli.enrollments.source import EnrollmentQuery, EnrollmentSource, each
from shema_cli.errors import InvalidUsage, NotFound, ShemaError
from shema_cli.events.envelope import CHAT_PREFIX
from shema_cli.events.history.entries import RecordedMessage
from shema_cli.events.history.find import FoundInHistory, names_an_event
from shema_cli.events.history.find import find as find_in_history
from shema_cli.events.messages import decode
from shema_cli.find.results import Findings, FoundEnrollment, FoundOther, Section
from shema_cli.frozen import dataclass
from shema_cli.people.names import NameBook
from shema_cli.people.results import COURSE, LONGEST_ID, USER, Named, can_be_asked
from shema_cli.people.search import FoundPeople, Match, MatchedPerson, find_people
from shema_cli.people.source import PeopleSource
from shema_cli.results import Source, SourceState, told_of_sources
from shema_cli.trace.find import Found, audited, dead_letters, decided
from shema_cli.trace.results import FoundIn, TraceEvent

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.output.person import Person
    from shema_cli.store.connection import Store

LIMIT_S = 5.0
NEWEST = 1000
"""Of what a place in Redis has, this much is kept."""
ENROLLMENT, CHAT, HISTORY = "enrollment", "chat", "history"
PLACES: dict[str, Callable[[Store, Collection[str]], Iterator[Found]]] = {
    "decisions": decided,
    "audit": audited,
    "dead_letters": dead_letters,
}
"""What stands in Redis, by the name of the source."""
SOURCES = (USER, ENROLLMENT, CHAT, *PLACES)
CHAT_SESSION = "chat_session"

T = TypeVar("T")


@dataclass(frozen=True)
class Finder:
    """Finds by what it is given: a client of the services, the store, and names for what was found."""

    services: Callable[[], ServiceClient]
    connect: Callable[[], Store]
    clock: Clock
    names: NameBook
    person: Person

    def find(self, text: str, limit: int) -> Findings:
        """What is known of a text, at most so much of each kind. Raises InvalidUsage for one that is empty or long."""
        wanted = text.strip()
        if not 0 < len(wanted) <= LONGEST_ID:
            what = "is empty" if not wanted else f"has more than {LONGEST_ID} characters"
            raise InvalidUsage("bad_text", f"the TEXT {what}", "shema find NAME")
        found = asyncio.run(self._find(wanted, limit))
        for line in told_of_sources(found.sources):
            self.person.warn(line)
        return found

    async def _find(self, text: str, limit: int) -> Findings:
        async with self.services() as client:
            search = _Search(client, self.connect, self.clock, self.names, text, limit)
            await search.run()
        if search.untitled:
            self.person.warn(f"titles of courses are missing: {search.untitled}")
        return search.findings()


class _Search:
    """One search. What was found stands here at every moment, also when the time is up."""

    def __init__(
        self,
        client: ServiceClient,
        connect: Callable[[], Store],
        clock: Clock,
        names: NameBook,
        text: str,
        limit: int,
    ) -> None:
        self._client = client
        self._enrollments = EnrollmentSource(client)
        self._connect = connect
        self._clock = clock
        self._names = names
        self._text = text
        self._limit = limit
        self._people = FoundPeople((), Source())
        self._enrolled: dict[str, Enrollment] = {}
        self._steps: dict[str, TraceEvent] = {}
        self._chats: list[FoundOther] = []
        self._published: list[FoundOther] = []
        self._sources = dict.fromkeys(SOURCES, Source())
        self._waiting = Counter[str]()
        self.untitled: str | None = None

    async def run(self) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                await asyncio.gather(
                    self._by_people(),
                    self._as_an_id(),
                    self._in_redis({self._text}),
                    self._as_a_conversation(),
                    self._as_an_event(),
                )
        except TimeoutError:
            for name in +self._waiting:
                self._stands(name, Source(SourceState.UNAVAILABLE, f"no answer within {LIMIT_S:g} s"))

    def findings(self) -> Findings:
        """Best first."""
        people = self._ranked_people()
        enrollments = self._ranked_enrollments(people)
        newest_first = sorted(self._steps.values(), key=_moment, reverse=True)
        others = [*self._chats, *self._published, *map(_other, newest_first)]
        sections = (
            (Section.PEOPLE, people, self._people.more),
            (Section.ENROLLMENTS, enrollments, False),
            (Section.OTHERS, others, False),
        )
        return Findings(
            self._text,
            tuple(people[: self._limit]),
            tuple(enrollments[: self._limit]),
            tuple(others[: self._limit]),
            self._sources,
            frozenset(section for section, found, more in sections if more or len(found) > self._limit),
        )

    # -- where is looked ------------------------------------------------------------------------------------

    async def _by_people(self) -> None:
        found = await self._told(USER, find_people(PeopleSource(self._client), self._text, self._limit))
        if found is None:
            return
        self._people = found
        self._stands(USER, found.source)
        ids = [one.person.id for one in found.people if one.person.id != self._text]
        await self._of_students(ids)
        await self._name([one for one in self._enrolled.values() if one.student_id in ids])
        meant = {one.person.id for one in self._ranked_people() if one.match.sure}
        meant |= {enrollment.id for enrollment in self._enrolled.values() if self._is_meant(enrollment)}
        if meant - {self._text}:
            await self._in_redis(meant - {self._text})

    async def _as_an_id(self) -> None:
        if can_be_asked(self._text):
            await asyncio.gather(self._told(ENROLLMENT, self._of_id()), self._of_students([self._text]))
            await self._name([one for one in self._enrolled.values() if self._text in (one.id, one.student_id)])

    async def _of_id(self) -> None:
        with suppress(NotFound):
            self._take([await self._enrollments.enrollment(self._text)])

    async def _of_students(self, ids: list[str]) -> None:
        told = await self._told(ENROLLMENT, each(filter(can_be_asked, ids), self._of_student))
        for answer in (told or {}).values():
            if isinstance(answer, ShemaError):
                self._stands(ENROLLMENT, Source.of(answer))

    async def _of_student(self, id: str) -> None:
        async for page in self._enrollments.pages(EnrollmentQuery(student=id), limit=self._limit):
            self._take(page.enrollments)

    def _take(self, enrollments: Iterable[Enrollment]) -> None:
        self._enrolled |= {one.id: one for one in enrollments}

    async def _name(self, enrollments: Sequence[Enrollment]) -> None:
        """Have the names of these looked up, for `findings`."""
        names = await self._names.look_up(*named_in(enrollments), self._client)
        self.untitled = names.silent.get(COURSE, self.untitled)

    async def _in_redis(self, ids: Collection[str]) -> None:
        await asyncio.gather(*(self._told(name, self._in_place(place, ids)) for name, place in PLACES.items()))

    async def _in_place(self, place: Callable[[Store, Collection[str]], Iterator[Found]], ids: Collection[str]) -> None:
        def look() -> list[Found]:
            store = self._connect()
            with store.errors():
                return list(islice(place(store, ids), NEWEST))

        self._steps |= {key: step for key, step, _ in await aside(look, uses=REDIS)}

    async def _as_a_conversation(self) -> None:
        if can_be_asked(self._text.removeprefix(CHAT_PREFIX)):
            await self._told(CHAT, self._chat_session())

    async def _chat_session(self) -> None:
        """No call of the contract gives a chat session: a service that has none answers as it likes."""
        id = self._text.removeprefix(CHAT_PREFIX)
        path = f"/api/chat/sessions/{segment(id)}"
        reply = await self._client.request(CHAT, "GET", path, answers={501})
        if reply.status >= 400:
            if reply.status != 404:
                why = f"the chat service gives no chat session by its id (it answered {reply.status})"
                self._stands(CHAT, Source(SourceState.NOT_OFFERED, why))
            return
        told = reply.raise_for_status().json()
        if not isinstance(told, dict) or told.get("id") != id:
            raise reply.bad_answer("the answer is not the chat session that was asked for")
        student = told.get("student_id")
        of = f" of {student}" if isinstance(student, str) and student else ""
        status, started = told.get("status"), told.get("started_at")
        said = status if isinstance(status, str) and status else "known"
        at = started if isinstance(started, str) and started else None
        self._chats.append(FoundOther(CHAT_SESSION, id, at, f"{said} conversation{of}"))

    async def _as_an_event(self) -> None:
        """Only what looks like the id of one is sought: the history has no index."""
        if names_an_event(self._text):
            self._sources[HISTORY] = Source()
            await self._told(HISTORY, self._in_history())

    async def _in_history(self) -> None:
        def look() -> FoundInHistory:
            return find_in_history(self._connect(), [self._text], clock=self._clock)

        found = await aside(look, uses=REDIS)
        if found.since_ms:
            since = local_time_of_ms(found.since_ms)
            self._stands(HISTORY, Source(SourceState.UNAVAILABLE, f"there was time to look back to {since} alone"))
        self._published = [_published(one) for one in reversed(found.messages)]

    # -- who tells ------------------------------------------------------------------------------------------

    async def _told(self, name: str, asking: Awaitable[T]) -> T | None:
        """What a source tells; None where it does not, and then it is known why."""
        self._waiting[name] += 1
        try:
            told = await asking
        except ShemaError as error:
            self._stands(name, Source.of(error))
            told = None
        self._waiting[name] -= 1  # not after a cancellation: it is waited for until the end
        return told

    def _stands(self, name: str, source: Source) -> None:
        if not self._sources[name].silent and source.why:
            self._sources[name] = source

    # -- what is best ---------------------------------------------------------------------------------------

    def _is_meant(self, enrollment: Enrollment) -> bool:
        number = enrollment.document.get("registration_number")
        return self._text == enrollment.id or (isinstance(number, str) and number.casefold() == self._text.casefold())

    def _ranked_people(self) -> list[MatchedPerson]:
        """Whoever has the registration number is found by it, although the user service does not tell that."""
        owners = {one.student_id for one in self._enrolled.values() if self._is_meant(one)}
        found = [
            replace(one, match=Match.REGISTRATION) if one.match is Match.SERVICE and one.person.id in owners else one
            for one in self._people.people
        ]
        return sorted(found, key=lambda one: one.match.rank)

    def _ranked_enrollments(self, people: list[MatchedPerson]) -> list[FoundEnrollment]:
        order = {one.person.id: place for place, one in enumerate(people)}
        known = self._names.known(
            [one.student_id for one in self._enrolled.values()], [one.course_id for one in self._enrolled.values()]
        )
        told = {one.person.id: one.person for one in people}
        newest_first = sorted(
            self._enrolled.values(), key=lambda one: one.created_at.timestamp() if one.created_at else 0, reverse=True
        )
        found = [
            FoundEnrollment(
                one,
                self._is_meant(one),
                Named(told.get(one.student_id) or known.person(one.student_id), known.course(one.course_id)),
            )
            for one in newest_first
        ]
        return sorted(found, key=lambda one: (not one.exact, order.get(one.enrollment.student_id, -1)))


def _published(message: RecordedMessage) -> FoundOther:
    channel = message.channel.decode("utf-8", "backslashreplace")
    document = decode(message.payload)
    event_id = document.get("eventId") if isinstance(document, dict) else None
    known = event_id if isinstance(event_id, str) else None
    return FoundOther("event", message.id, iso_of_ms(message.at_ms), f"published on {channel}", known)


def _moment(event: TraceEvent) -> float:
    at = parse_iso(event.at)
    return at.timestamp() if at else 0.0


def _other(event: TraceEvent) -> FoundOther:
    kinds = {FoundIn.DECISIONS: "decision", FoundIn.AUDIT: "audit", FoundIn.DEAD_LETTERS: "dead_letter"}
    return FoundOther(kinds[event.source], event.id, event.at or None, event.told, event.event_id or None)
