"""What all documents are made of: exact objects, keys that may be absent, text of one form, closed sets."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from shema_cli.frozen import dataclass

Kept = TypeVar("Kept")


class Object(BaseModel):
    """An object with exactly these keys; nothing is converted. A `title` names a part that the page spells out.

    Each is built when it is used first: whoever asks for the schema of one document waits for no other.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


class CamelObject(Object):
    """The same, its keys spelled as in the events of the system: `actor_email` is `actorEmail`."""

    model_config = ConfigDict(alias_generator=to_camel)


class OpenObject(Object):
    """An object with these keys and others: a service's own."""

    model_config = ConfigDict(extra="allow")


class _NotNull:
    """Of a type that may be None: what is given must not be."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler(source)["schema"]  # type: ignore[no-any-return]


May = Annotated[Kept | None, _NotNull()]
"""A key that is there only when there is something to tell, and None on the model when it is not."""


@dataclass(frozen=True, init=False)
class OneOf:
    """A closed set of words that stands elsewhere in the program."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self.words))


def _boolean(value: object) -> object:
    if not isinstance(value, bool):
        raise ValueError("is no boolean")
    return value


def _integer(value: object) -> object:
    if type(value) is not int:
        raise ValueError("is no integer")
    return value


Yes = Annotated[Literal[True], BeforeValidator(_boolean)]
No = Annotated[Literal[False], BeforeValidator(_boolean)]
Whole = BeforeValidator(_integer)
"""For a literal number: 200.0 and true are none of it."""

Number = float
"""Whole or not, as JSON has it; an instance takes both."""

Time = Annotated[
    str, Field(title="time", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$")
]
Hex64 = Annotated[str, Field(title="64 hex digits", pattern="^[0-9a-f]{64}$")]
EntryId = Annotated[str, Field(title="12 hex digits", pattern="^[0-9a-f]{12}$")]
Fingerprint = Annotated[str, Field(title="10 hex digits", pattern="^[0-9a-f]{10}$")]
EventId = Annotated[str, Field(title="event id", pattern="^evt_[0-9a-f-]{36}$")]
RequestId = Annotated[str, Field(title="request id", pattern="^req_[0-9]{13}_[a-z0-9]{9}$")]
StreamId = Annotated[str, Field(title="stream id", pattern="^[0-9]+-[0-9]+$")]

Outcome = Annotated[str, Field(description="outcome")]
EventType = Annotated[str, Field(description="event type")]
Channel = Annotated[str, Field(description="channel")]
Variable = Annotated[str, Field(description="variable")]
"""Keys that are data, by what they are."""


class Problem(Object):
    """What went wrong; `hint` is the next command to try."""

    code: str
    message: str
    hint: str | None


class Error(Object):
    error: Problem


class Why(Problem, title="why"):
    """Why a run did not come to its end."""
