"""Every event of the system as a typed model: what may be published, and its JSON Schema (contract 1.3).

Reading is tolerant and needs no models (`messages.py`); writing is strict and goes through these.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic.alias_generators import to_camel

from shema_cli.clock import Clock, iso, parse_iso
from shema_cli.errors import InvalidUsage
from shema_cli.events.envelope import CHAT_PREFIX, READABLE_VERSIONS, Event, encode_event, encode_json, event_type_of
from shema_cli.frozen import dataclass
from shema_cli.json_text import merged, plain
from shema_cli.shell import to_type

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

CHAT_CHANNEL = f"{CHAT_PREFIX}<sessionId>"
ENVELOPE = ("eventType", "eventId", "timestamp", "version", "data")


def _iso_time(text: str) -> str:
    if parse_iso(text) is None:
        raise ValueError("must be an ISO-8601 time")
    return text


Id = Annotated[str, Field(min_length=1)]
Moment = Annotated[str, AfterValidator(_iso_time), WithJsonSchema({"type": "string", "format": "date-time"})]
Choice = str | int | dict[str, object]


class Data(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", alias_generator=to_camel)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The fields as they are written."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


class EnrollmentCreated(Data):
    enrollment_id: Id
    student_id: Id
    course_id: Id
    registration_number: str
    experience_level: str | None
    preferred_days: list[Choice]
    time_preferences: list[Choice]


class EnrollmentApproved(Data):
    enrollment_id: Id
    student_id: Id


class EnrollmentRejected(EnrollmentApproved):
    reason: str


class ScheduleCreated(Data):
    schedule_id: Id
    enrollment_id: Id
    course_id: Id
    starts_at: Moment


class AttendanceMarked(Data):
    attendance_id: Id
    student_id: Id
    schedule_id: Id
    status: Id


class ChatMessage(Data):
    type: Literal["new_message"]
    session_id: Id
    sender_id: Id
    sender_role: Id
    sender_name: str
    message: str
    timestamp: Moment


class ChatSessionClosed(Data):
    session_id: Id
    closed_by: Id


class UserUpdated(Data):
    user_id: Id
    changes: dict[str, object]


class BookingCreated(Data):
    booking_id: Id
    user_id: Id
    course_id: Id
    first_choice_slot_id: Id
    second_choice_slot_id: Id | None
    expires_at: Moment


class BookingConfirmed(Data):
    booking_id: Id
    slot_id: Id


class BookingExpired(Data):
    booking_id: Id
    first_choice_slot_id: Id
    second_choice_slot_id: Id | None


CATALOGUE: dict[str, type[Data]] = {
    "enrollment.created": EnrollmentCreated,
    "enrollment.approved": EnrollmentApproved,
    "enrollment.rejected": EnrollmentRejected,
    "schedule.created": ScheduleCreated,
    "attendance.marked": AttendanceMarked,
    "chat.message": ChatMessage,
    "chat.session.closed": ChatSessionClosed,
    "user.updated": UserUpdated,
    "booking.created": BookingCreated,
    "booking.confirmed": BookingConfirmed,
    "booking.expired": BookingExpired,
}


@dataclass(frozen=True)
class EventKind:
    """One line of `events types`."""

    channel: str
    event_type: str
    versions: tuple[str, ...]
    fields: tuple[str, ...]


def event_kinds() -> tuple[EventKind, ...]:
    return tuple(
        EventKind(channel, event_type_of(channel), READABLE_VERSIONS, model.names())
        for channel, model in CATALOGUE.items()
    )


def model_for(channel: str) -> type[Data]:
    """The model of a channel's data. Raises InvalidUsage for an unknown channel, with the nearest one there is."""
    if channel in CATALOGUE:
        return CATALOGUE[channel]
    if channel.startswith(CHAT_PREFIX) and len(channel) > len(CHAT_PREFIX):
        return ChatMessage
    close = get_close_matches(channel.lower().replace("_", "."), [*CATALOGUE, CHAT_CHANNEL], n=1, cutoff=0.5)
    guess = f"did you mean {close[0]}? " if close else ""
    raise InvalidUsage(
        "unknown_channel", f"no event is published on {channel!r}", f"{guess}`shema events types` lists the channels"
    )


def new_event(channel: str, data: Mapping[str, object], *, version: str, clock: Clock) -> Event:
    """A checked event (or chat message, which has no envelope) with an id and a time of its own.

    Raises InvalidUsage naming the channel, the field or the version that is wrong.
    """
    model = model_for(channel)
    if version not in READABLE_VERSIONS:
        known = " and ".join(READABLE_VERSIONS)
        raise InvalidUsage("unknown_version", f"version {version!r} is not known", f"the versions are {known}")
    if channel.startswith(CHAT_PREFIX):
        return _chat_message(channel, data, clock)
    check(model, channel, data, extra_allowed=version != "1.0")
    return encode_event(channel, data, version=version, clock=clock)


def check(model: type[Data], channel: str, data: Mapping[str, object], *, extra_allowed: bool) -> None:
    """Raises InvalidUsage that names each missing, wrong or unknown field."""
    where = "" if channel.startswith(CHAT_PREFIX) else " (version 1.1 may add fields: --event-version 1.1)"
    faults = _wrong_fields(model, data)
    if not extra_allowed:
        faults += [fault + where for fault in _unknown_fields(model, data)]
    if faults:
        raise InvalidUsage("bad_data", f"{channel}: {'; '.join(faults)}", to_type("shema events schema", channel))


def faults_of(channel: str, event: object) -> list[str]:
    """What is wrong with an event, or a chat message, that is written already; nothing for one of the catalogue."""
    try:
        model = model_for(channel)
    except InvalidUsage:
        return ["no event of the catalogue has its eventType"]
    if not isinstance(event, Mapping):
        return ["it is not an object"]
    if channel.startswith(CHAT_PREFIX):
        return _wrong_fields(ChatMessage, event) + _unknown_fields(ChatMessage, event)
    version, data = event.get("version", "1.0"), event.get("data")
    faults = [f"{name} is missing" for name in ("eventId", "timestamp") if not isinstance(event.get(name), str)]
    faults += [] if version in READABLE_VERSIONS else [f"version {version!r} is not known"]
    faults += [f"unknown field {name}" for name in event if name not in ENVELOPE]
    if not isinstance(data, Mapping):
        return [*faults, "data is missing"]
    return faults + _wrong_fields(model, data) + (_unknown_fields(model, data) if version == "1.0" else [])


def _wrong_fields(model: type[Data], data: Mapping[str, object]) -> list[str]:
    try:
        model.model_validate(plain(data))
    except ValidationError as error:
        return list(dict.fromkeys(_fault(found) for found in error.errors(include_url=False)))
    return []


def _unknown_fields(model: type[Data], data: Mapping[str, object]) -> list[str]:
    unknown = [name for name in data if name not in model.names()]
    return [f"unknown field {', '.join(unknown)}"] if unknown else []


def schema(channel: str) -> dict[str, object]:
    """The JSON Schema (2020-12) of all that is published on `channel`: envelope and data."""
    model = model_for(channel)
    data = model.model_json_schema()
    data["additionalProperties"] = True
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    if channel.startswith(CHAT_PREFIX):
        return {**head, **data, "title": channel}
    event_type = event_type_of(channel)
    properties = {
        "eventType": {"const": event_type},
        "eventId": {"type": "string", "minLength": 1},
        "timestamp": {"type": "string", "format": "date-time"},
        "version": {"enum": list(READABLE_VERSIONS), "default": "1.0"},
        "data": data,
    }
    optional = {"version"} if channel.startswith("booking.") else set()
    return {
        **head,
        "title": event_type,
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
        "if": {"properties": {"version": {"const": "1.1"}}, "required": ["version"]},
        "else": {"properties": {"data": {"propertyNames": {"enum": list(model.names())}}}},
    }


def _chat_message(channel: str, data: Mapping[str, object], clock: Clock) -> Event:
    session = channel.removeprefix(CHAT_PREFIX)
    given = merged({"type": "new_message", "sessionId": session}, data)
    message = given if "timestamp" in given else merged(given, {"timestamp": iso(clock.now())})
    check(ChatMessage, channel, message, extra_allowed=False)
    if message["sessionId"] != session:
        raise InvalidUsage(
            "bad_data", f"{channel}: sessionId is {message['sessionId']!r}", f"leave it out, or write {session!r}"
        )
    return Event("", channel, encode_json(message), message)


def _fault(error: ErrorDetails) -> str:
    name = ".".join(str(part) for part in error["loc"][:1]) or "data"
    if error["type"] == "missing":
        return f"{name} is missing"
    reason = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {reason[:1].lower()}{reason[1:]}"
