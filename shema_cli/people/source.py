"""What the user and the course service tell of people and courses (contract 3.4).

Nothing that they tell is believed of an id that was not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from shema_cli.calls.reply import Reply, ServiceError, ServiceNotFound
from shema_cli.calls.request import Timeout, segment
from shema_cli.errors import Failed
from shema_cli.frozen import dataclass
from shema_cli.people.results import COURSE, LONGEST_ID, USER, Course, Person

NOT_OFFERED = frozenset({404, 405, 501})
"""What a service answers to a list that it does not offer."""
MOST_IDS = 100
MOST_OF_A_QUERY = 4000
"""Characters of all ids in one call; servers refuse lines that are much longer."""
MOST_BYTES = 2 * 1024 * 1024
"""Of an answer that holds names: a longer one is not read, which alone would take as long as all may take."""
LARGEST_PAGE = 100

T = TypeVar("T", Person, Course)


class NotOffered(ServiceError, Failed):
    """The service offers no such list."""


@dataclass(frozen=True)
class ListedPeople:
    """The people whom a service listed for some ids, and whether it listed others, as one does that takes no ids."""

    found: Mapping[str, Person]
    with_others: bool


class Services(Protocol):
    """As much of the `ServiceClient` as is used here."""

    async def request(
        self,
        service: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        timeout: Timeout = ...,  # noqa: ASYNC109 - of each attempt
        answers: frozenset[int] = ...,
    ) -> Reply: ...


class PeopleSource:
    """Asks for people and courses through one client. Its methods raise what a call raises."""

    def __init__(self, client: Services) -> None:
        self._client = client

    async def person(self, id: str) -> Person | None:
        """The user of this id; None when there is none."""
        return await self._one(USER, f"/api/users/{segment(id)}", id, Person.parse)

    async def people(self, ids: Sequence[str]) -> ListedPeople:
        """Those of these users that there are, in one call. Raises NotOffered too."""
        reply = await self._list(USER, "/api/users", {"ids": ",".join(ids)}, "list of users by their ids")
        return _only(_read(reply, "users", Person.parse), ids)

    async def search(self, text: str, limit: int) -> list[Person]:
        """The users that the service finds by this text, in its order, each once. Raises NotOffered too."""
        params = {"query": text, "limit": str(limit)}
        reply = await self._list(USER, "/api/users", params, "search for users")
        found = {person.id: person for person in reversed(_read(reply, "users", Person.parse))}
        return list(reversed(found.values()))[:limit]

    async def of_email(self, email: str) -> Person | None:
        """The user of this address; None when there is none."""
        reply = await self._client.request(USER, "GET", "/api/users/by-email", params={"email": email})
        found = _answered(reply, Person.parse)
        if found is not None and (found.email or "").casefold() != email.casefold():
            raise reply.bad_answer("it tells of another user than it was asked for")
        return found

    async def course(self, id: str) -> Course | None:
        """The course of this id; None when there is none."""
        return await self._one(COURSE, f"/api/courses/{segment(id)}", id, Course.parse)

    async def courses(self) -> list[Course]:
        """All courses, in the service's order, each once. Raises NotOffered too."""
        found: dict[str, Course] = {}
        cursor, cursors = "", set[str]()
        while cursor not in cursors:
            cursors.add(cursor)
            params = {"limit": str(LARGEST_PAGE)} | ({"cursor": cursor} if cursor else {})
            reply = await self._list(COURSE, "/api/courses", params, "list of courses", timeout=Timeout.DATABASE)
            for course in _read(reply, "courses", Course.parse):
                found.setdefault(course.id, course)
            cursor = _cursor_of(reply)
            if not cursor:
                return list(found.values())
        raise reply.bad_answer("next_cursor leads back to a page that was read already")

    async def _one(self, service: str, path: str, id: str, parse: Callable[[object], T]) -> T | None:
        reply = await self._client.request(service, "GET", path)
        found = _answered(reply, parse)
        if found is not None and found.id != id:
            raise reply.bad_answer(f"asked for {service} {id!r}, told of {found.id[:LONGEST_ID]!r}")
        return found

    async def _list(
        self,
        service: str,
        path: str,
        params: Mapping[str, str],
        what: str,
        timeout: Timeout = Timeout.DEFAULT,  # noqa: ASYNC109 - of each attempt
    ) -> Reply:
        reply = await self._client.request(service, "GET", path, params=params, timeout=timeout, answers=NOT_OFFERED)
        if reply.status in NOT_OFFERED:
            raise not_offered(reply, what)
        reply.raise_for_status()
        if len(reply.body) > MOST_BYTES:
            raise reply.bad_answer(f"a {what} of {len(reply.body):,} bytes is not read")
        return reply


def batches(ids: Sequence[str]) -> list[list[str]]:
    """Ids as they are asked for together: at most a hundred, and not more than goes into a line."""
    made: list[list[str]] = []
    room = 0
    for id in ids:
        if not made or len(made[-1]) == MOST_IDS or room < len(id) + 1:
            made.append([])
            room = MOST_OF_A_QUERY
        made[-1].append(id)
        room -= len(id) + 1
    return made


def stands_in_a_list(id: str) -> bool:
    """Whether an id may stand among others, parted by commas."""
    return "," not in id and id == id.strip()


def not_offered(reply: Reply, what: str) -> NotOffered:
    """The error for a reply that says so."""
    message = f"the {reply.service} service offers no {what} (it answered {reply.status})"
    return NotOffered("not_offered", message, f"ask whoever runs the {reply.service} service", reply.facts())


def _answered(reply: Reply, parse: Callable[[object], T]) -> T | None:
    try:
        reply.raise_for_status()
    except ServiceNotFound:
        return None
    if len(reply.body) > MOST_BYTES:
        raise reply.bad_answer(f"an answer of {len(reply.body):,} bytes is not read")
    try:
        return parse(reply.json())
    except ValueError as error:
        raise reply.bad_answer(str(error)) from None


def _read(reply: Reply, name: str, parse: Callable[[object], T]) -> list[T]:
    """What of a list can be read; where nothing of it can, the list is no list."""
    document = reply.json()
    listed = document.get(name) if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise reply.bad_answer(f"it has no list of {name}")
    found: list[T] = []
    problem = ""
    for one in listed:
        try:
            found.append(parse(one))
        except ValueError as error:
            problem = problem or str(error)
    if problem and not found:
        raise reply.bad_answer(problem)
    return found


def _only(found: Sequence[Person], ids: Sequence[str]) -> ListedPeople:
    """Those that were asked for; of whom two things are told, nothing is known."""
    asked = set(ids)
    told: dict[str, set[tuple[str | None, str | None]]] = {}
    for person in found:
        told.setdefault(person.id, set()).add((person.name, person.email))
    clear = {person.id: person for person in found if person.id in asked and len(told[person.id]) == 1}
    return ListedPeople(clear, not told.keys() <= asked)


def _cursor_of(reply: Reply) -> str:
    document = reply.json()
    following = document.get("next_cursor") if isinstance(document, dict) else None
    if following is not None and not isinstance(following, str):
        raise reply.bad_answer("next_cursor is not text")
    return following or ""
