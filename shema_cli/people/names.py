"""Names for display: what is kept, else what the services tell within two seconds (contract 3.4).

A list that has been read, in a command that is no coroutine:

    names = app.names.start(students, courses).join()

beside other work, in a loop that has a client already:

    looking = asyncio.ensure_future(app.names.look_up(students, courses, client))
    …
    names = await looking

and of a stream, which waits for nobody: `start` for what comes, `known` for what is there by now. None of them raises,
and what a service did not tell is said in `Names.silent`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import field
from math import inf
from typing import TYPE_CHECKING, TypeVar

from shema_cli.calls.aside import KEPT, REDIS, load
from shema_cli.clock import Clock
from shema_cli.errors import NotConfigured, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.people.cache import KEPT_S, LEFT_ALONE_S, NONE_KEPT_S, NameCache
from shema_cli.people.results import COURSE, USER, Course, Names, Person, can_be_asked

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.people.source import PeopleSource

LIMIT_S = 2.0
SETTLING_S = 0.25
"""Of that, for what is left to do when the services' time is up."""
AT_ONCE = 8
REMEMBERED = 20_000
HTTP = (
    "anyio._backends._asyncio",
    "shema_cli.calls.client",
    "shema_cli.people.source",
)
"""What asking the services imports."""

T = TypeVar("T", Person, Course)
A = TypeVar("A")
Client = AbstractAsyncContextManager["ServiceClient"]
Told = dict[str, T | None]
"""What a service told of each id; None: it knows nobody of that id."""


@dataclass
class _Heard:
    """What has been told so far, and what was not told, and why. One thread writes while others read."""

    people: Told[Person] = field(default_factory=dict)
    courses: Told[Course] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    not_configured: set[str] = field(default_factory=set)

    def names(self) -> Names:
        people = {id: person for id, person in self.people.copy().items() if person}
        courses = {id: course for id, course in self.courses.copy().items() if course}
        return Names(people, courses, self.silent.copy(), frozenset(self.not_configured.copy()))

    def missing(self, error: Exception, service: str) -> None:
        if isinstance(error, NotConfigured):
            self.not_configured.add(service)
        else:
            told = error.message if isinstance(error, ShemaError) else f"{type(error).__name__}: {error}"
            self.silent.setdefault(service, told)

    def too_late(self, service: str) -> None:
        self.silent.setdefault(service, f"the {service} service did not answer in time")

    def left_alone(self, service: str, ago_s: float) -> None:
        again_s = max(1, round(LEFT_ALONE_S - ago_s))
        told = f"the {service} service did not answer in time {round(ago_s)} s ago, and is asked again in {again_s} s"
        self.silent.setdefault(service, told)


@dataclass(frozen=True)
class _Wanted:
    """The ids that nobody here knows."""

    people: Sequence[str]
    courses: Sequence[str]

    @property
    def services(self) -> list[str]:
        return [name for name, ids in ((USER, self.people), (COURSE, self.courses)) if ids]

    def without(self, services: Collection[str]) -> _Wanted:
        return _Wanted([] if USER in services else self.people, [] if COURSE in services else self.courses)


class Looking:
    """A look-up that is under way, or over."""

    def __init__(self, heard: _Heard, wanted: _Wanted) -> None:
        self._heard = heard
        self._wanted = wanted
        self._over = threading.Event()

    def join(self) -> Names:
        """What is known when it is over, or when its time is. Waits for two seconds at most, whatever happens."""
        if not self._over.wait(LIMIT_S):
            for service in self._wanted.services:
                self._heard.too_late(service)
        return self._heard.names()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def end(self) -> None:
        self._over.set()


class _Memory:
    """What this process was told of, for as long as the cache would keep it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: dict[tuple[str, str], tuple[Person | Course | None, float]] = {}

    def people(self, ids: Iterable[str]) -> Told[Person]:
        return {id: one for id, one in self._of(USER, ids) if one is None or isinstance(one, Person)}

    def courses(self, ids: Iterable[str]) -> Told[Course]:
        return {id: one for id, one in self._of(COURSE, ids) if one is None or isinstance(one, Course)}

    def take(self, service: str, told: Mapping[str, Person | Course | None]) -> None:
        if len(self._told) > REMEMBERED:
            self._told.clear()
        at = self._clock.monotonic()
        self._told.update({(service, id): (one, at) for id, one in told.items()})

    def _of(self, service: str, ids: Iterable[str]) -> Iterator[tuple[str, Person | Course | None]]:
        now = self._clock.monotonic()
        for id in ids:
            one, at = self._told.get((service, id), (None, -inf))
            if now - at < (KEPT_S if one else NONE_KEPT_S):
                yield id, one


class NameBook:
    """The names of one target. May be used from several threads."""

    def __init__(
        self, cache: NameCache, open_client: Callable[[], Client], clock: Clock, *, registry: bool = False
    ) -> None:
        """`registry`: instances may be registered in Redis, which is asked for them."""
        self._cache = cache
        self._open_client = open_client
        self._memory = _Memory(clock)
        self._uses = (*HTTP, *KEPT, *(REDIS if registry else ()))

    def known(self, students: Iterable[str | None] = (), courses: Iterable[str | None] = ()) -> Names:
        """Those of these who have been told of in this command by now. Nobody is asked, and nothing is waited for."""
        return _Heard(self._memory.people(_ids(students)), self._memory.courses(_ids(courses))).names()

    def recall(self, students: Iterable[str | None] = (), courses: Iterable[str | None] = ()) -> Names:
        """The same, with what earlier commands were told of, which takes a look into a file."""
        return self._kept(students, courses)[0].names()

    def start(self, students: Iterable[str | None] = (), courses: Iterable[str | None] = ()) -> Looking:
        """Have these looked up aside, on a thread of its own. Comes back at once."""
        heard, wanted = self._kept(students, courses)
        looking = Looking(heard, wanted)
        if not wanted.services:
            looking.end()
            return looking
        load(self._uses)

        async def ask() -> None:
            try:
                await self._ask(heard, wanted, None)
            finally:
                looking.end()

        threading.Thread(target=lambda: asyncio.run(ask()), name="names", daemon=True).start()
        return looking

    async def look_up(
        self,
        students: Iterable[str | None] = (),
        courses: Iterable[str | None] = (),
        client: ServiceClient | None = None,
    ) -> Names:
        """The same as a coroutine, by `client` where there is one."""
        heard, wanted = self._kept(students, courses)
        if wanted.services:
            await self._ask(heard, wanted, client)
        return heard.names()

    def _kept(self, students: Iterable[str | None], courses: Iterable[str | None]) -> tuple[_Heard, _Wanted]:
        people_ids, course_ids = _ids(students), _ids(courses)
        heard = _Heard(self._memory.people(people_ids), self._memory.courses(course_ids))
        people = self._cache.read_people(id for id in people_ids if id not in heard.people)
        courses_kept = self._cache.read_courses(id for id in course_ids if id not in heard.courses)
        self._memory.take(USER, people)
        self._memory.take(COURSE, courses_kept)
        heard.people |= people
        heard.courses |= courses_kept
        wanted = _Wanted(
            [id for id in people_ids if id not in heard.people], [id for id in course_ids if id not in heard.courses]
        )
        return heard, wanted.without(self._left_alone(heard, wanted.services))

    def _left_alone(self, heard: _Heard, services: Iterable[str]) -> list[str]:
        """Those that hung a moment ago: waiting for them again would hold up each command in turn."""
        found = []
        for service in services:
            if (ago := self._cache.silent_s(service)) is not None:
                heard.left_alone(service, ago)
                found.append(service)
        return found

    async def _ask(self, heard: _Heard, wanted: _Wanted, client: ServiceClient | None) -> None:
        from shema_cli.people.source import PeopleSource

        asking = _Asking(heard, self._cache, self._memory, set(wanted.services))
        try:
            async with (
                asyncio.timeout(LIMIT_S - SETTLING_S),
                nullcontext(client) if client else self._open_client() as asked,
            ):
                await asking.all(PeopleSource(asked), wanted)
        except TimeoutError:
            for service in asking.waiting_for:
                heard.too_late(service)
                if not asking.fresh[service]:
                    self._cache.did_not_answer(service)
        except Exception as error:  # names are beside the point: what goes wrong with them costs the names
            for service in asking.waiting_for:
                heard.missing(error, service)
        finally:
            asking.keep()


@dataclass
class _Asking:
    """One round of questions. What has been told stands in `heard` at every moment, also when the time is up."""

    heard: _Heard
    cache: NameCache
    memory: _Memory
    waiting_for: set[str]
    fresh: dict[str, dict[str, Person | Course | None]] = field(default_factory=lambda: {USER: {}, COURSE: {}})

    async def all(self, source: PeopleSource, wanted: _Wanted) -> None:
        await asyncio.gather(
            self._of_service(USER, self._people(source, wanted.people)),
            self._of_service(COURSE, self._courses(source, wanted.courses)),
        )

    def keep(self) -> None:
        """What was told is there for the next command too."""
        for service, told in self.fresh.items():
            self.cache.keep(service, told)

    async def _of_service(self, service: str, asking: Awaitable[None]) -> None:
        try:
            await asking
        except Exception as error:
            self.heard.missing(error, service)
        self.waiting_for.discard(service)

    async def _people(self, source: PeopleSource, ids: Sequence[str]) -> None:
        from shema_cli.people.source import stands_in_a_list

        async def one(id: str) -> None:
            self._take(USER, self.heard.people, {id: await source.person(id)})

        together = [id for id in ids if stands_in_a_list(id)]
        if len(together) > 1 and self.cache.offers_lists(USER):
            await self._listed(source, together)
        await _a_few_at_a_time(one, [id for id in ids if id not in self.heard.people])

    async def _listed(self, source: PeopleSource, ids: Sequence[str]) -> None:
        """As many as the service lists; who is left may be asked for alone."""
        from shema_cli.people.source import NotOffered, batches

        async def some(batch: Sequence[str]) -> None:
            listed = await source.people(batch)
            nobody: Told[Person] = {} if listed.with_others else dict.fromkeys(batch)
            self._take(USER, self.heard.people, nobody | dict(listed.found))
            if listed.with_others:
                self.cache.lists_not_offered(USER)

        try:
            await _a_few_at_a_time(some, batches(ids))
        except NotOffered:
            self.cache.lists_not_offered(USER)

    async def _courses(self, source: PeopleSource, ids: Sequence[str]) -> None:
        async def one(id: str) -> None:
            self._take(COURSE, self.heard.courses, {id: await source.course(id)})

        await _a_few_at_a_time(one, ids)

    def _take(self, service: str, heard: Told[T], told: Mapping[str, T | None]) -> None:
        heard.update(told)
        self.memory.take(service, told)
        self.fresh[service].update(told)


async def _a_few_at_a_time(ask: Callable[[A], Awaitable[None]], of: Sequence[A]) -> None:
    """`ask` of each, eight at a time. Raises the first error, when all have ended."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(asked: A) -> None:
        async with slots:
            await ask(asked)

    for ended in await asyncio.gather(*(one(asked) for asked in of), return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended


def _ids(asked: Iterable[str | None]) -> list[str]:
    return [id for id in dict.fromkeys(asked) if isinstance(id, str) and can_be_asked(id)]
