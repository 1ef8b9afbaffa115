"""People by any text: a name, an id, an email, a phone, a registration number (contract 3.4)."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Iterable, Sequence
from enum import Enum

from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.people.results import Person, can_be_asked
from shema_cli.people.source import NotOffered, PeopleSource
from shema_cli.results import Source

SHORTEST_NUMBER = 5
PHONES = ("phone", "phone_number", "whatsapp")


class Match(Enum):
    """By what a person is found, the surest first. `SERVICE`: the user service says so, and it cannot be seen why."""

    ID = "id"
    EMAIL = "email"
    NAME = "name"
    PHONE = "phone"
    REGISTRATION = "registration"
    BEGINNING = "beginning"
    WORDS = "words"
    PART = "part"
    SERVICE = "service"

    @property
    def rank(self) -> int:
        return list(Match).index(self)

    @property
    def sure(self) -> bool:
        """Whether the text is theirs as a whole."""
        return self.rank <= Match.REGISTRATION.rank


@dataclass(frozen=True)
class MatchedPerson:
    """Somebody who was found, and by what."""

    person: Person
    match: Match

    @property
    def phone(self) -> str | None:
        """As the service tells it."""
        return next((value for name in PHONES if isinstance(value := self.person.told.get(name), str) and value), None)


@dataclass(frozen=True)
class FoundPeople:
    """Best first; `more`: there may be others whom the limit left out. `source`: how the user service stands."""

    people: tuple[MatchedPerson, ...]
    source: Source
    more: bool = False


async def find_people(source: PeopleSource, text: str, limit: int) -> FoundPeople:
    """Whoever the user service knows by this text. Never raises what a call raises: that is in `source`."""
    questions: list[Awaitable[Person | Sequence[Person] | None]] = [source.search(text, limit)]
    if can_be_asked(text):
        questions.append(source.person(text))
    if "@" in text:
        questions.append(source.of_email(text))
    told = await asyncio.gather(*questions, return_exceptions=True)
    errors = []
    found: dict[str, Person] = {}
    for one in reversed(told):  # who was asked for exactly comes first
        if isinstance(one, ShemaError):
            errors.append(one)
        elif isinstance(one, BaseException):
            raise one
        else:
            for person in [one] if isinstance(one, Person) else one or ():
                found.setdefault(person.id, person)
    matched = sorted((MatchedPerson(one, matched_by(text, one)) for one in found.values()), key=_rank)
    more = isinstance(told[0], list) and len(told[0]) >= limit
    return FoundPeople(tuple(matched[:limit]), _stands(errors), more)


def matched_by(text: str, person: Person) -> Match:
    """By what a person is found with this text, as far as it can be seen in what is told of them."""
    wanted, name, email = folded(text), folded(person.name or ""), (person.email or "").casefold()
    if text == person.id:
        return Match.ID
    if email and text.casefold() == email:
        return Match.EMAIL
    if wanted and wanted == name:
        return Match.NAME
    phones = [person.told.get(one) for one in PHONES]
    if (number := digits(text)) and any(isinstance(one, str) and digits(one) == number for one in phones):
        return Match.PHONE
    if person.told.get("registration_number") == text:
        return Match.REGISTRATION
    if wanted and name.startswith(wanted):
        return Match.BEGINNING
    words = wanted.split()
    if words and all(any(part.startswith(word) for part in name.split()) for word in words):
        return Match.WORDS
    if wanted and (wanted in name or text.casefold() in email or text in person.id):
        return Match.PART
    return Match.SERVICE


def folded(text: str) -> str:
    """Text as it is compared: without case, marks above and below letters, and doubled blanks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())


def digits(text: str) -> str:
    """The digits of a text that may be a phone number, without what stands before the area; nothing of any other."""
    if not set(text) <= set("+0123456789 -().") or not text.strip("+-(). "):
        return ""
    found = "".join(one for one in text if one.isdigit())
    found = found.removeprefix("62") if text.lstrip().startswith("+") else found.removeprefix("0")
    return found if len(found) >= SHORTEST_NUMBER else ""


def _rank(matched: MatchedPerson) -> int:
    return matched.match.rank


def _stands(errors: Iterable[ShemaError]) -> Source:
    """A search that is not offered is worth saying, a service that fails more so."""
    known = sorted(errors, key=lambda error: isinstance(error, NotOffered))
    if not known:
        return Source()
    if isinstance(known[0], NotOffered):
        return Source(Source.of(known[0]).state, f"{known[0].message}: people are found by id and email alone")
    return Source.of(known[0])
