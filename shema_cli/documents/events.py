"""Documents of `events` and `chat`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shema_cli.documents.base import (
    CamelObject,
    Channel,
    EventId,
    May,
    No,
    Number,
    Object,
    OpenObject,
    StreamId,
    Time,
    Why,
    Yes,
)


class Envelope(CamelObject, title="event"):
    event_type: str
    event_id: EventId
    timestamp: Time
    version: Literal["1.0", "1.1"]
    data: dict[str, object]


class ChatMessage(CamelObject, title="chat message"):
    type: Literal["new_message"]
    session_id: str
    sender_id: str
    sender_role: str
    sender_name: str
    message: str
    timestamp: str


class Published(Object):
    event: Envelope | ChatMessage
    channel: str
    receivers: int | None
    at_most: int | None = None
    missing: list[str] | None = None


class Kind(Object):
    channel: str
    event_type: str
    versions: list[str]
    fields: list[str]


class EventTypes(Object):
    events: list[Kind]


class Listening(Object):
    channel: str
    listeners: int
    at_most: int | None
    declared: list[str]
    missing: list[str] | None


class Listeners(Object):
    channels: list[Listening]


class EventSchema(OpenObject):
    schema_: str = Field(alias="$schema")
    title: str
    type: Literal["object"]
    properties: dict[str, object]


class AsyncApi(OpenObject):
    asyncapi: Literal["3.0.0"]
    info: dict[str, object]
    channels: dict[str, object]
    operations: dict[str, object]
    components: dict[str, object]


class Span(Object, title="span"):
    from_: Time = Field(alias="from")
    to: Time


class MissedEvent(Object):
    id: StreamId
    at: Time
    channel: str
    event_id: str | None
    event_type: str | None
    maybe: May[Yes] = None


class Fewer(Object):
    channel: str
    from_: Time = Field(alias="from")
    to: Time
    listeners: int
    usual: int


class Missed(Object):
    service: str
    away: list[Span]
    unknown: list[Span]
    events: list[MissedEvent]
    total: int
    fewer: May[list[Fewer]] = None
    never_seen: May[Yes] = None


# -- lines of a tail and of the history ---------------------------------------------------------------------------


class Message(Object):
    """What was published."""

    kind: str
    received_at: Time
    channel: str
    pattern: str
    payload: object
    duplicate: May[Yes] = None


class Event(Message):
    kind: Literal["event"]
    payload: dict[str, object]
    supported: May[No] = None


class Chat(Message):
    kind: Literal["chat"]
    payload: dict[str, object]


class Invalid(Message):
    kind: Literal["invalid"]


class Gap(Object):
    """A time in which this tail heard nothing."""

    kind: Literal["gap"]
    from_: Time = Field(alias="from")
    to: Time
    seconds: Number
    cause: str
    filled: May[int] = None


class RecordedGap(Object):
    """A time that nobody recorded."""

    kind: Literal["gap"]
    received_at: Time
    from_: Time | None = Field(alias="from")
    to: Time
    seconds: Number | None
    cause: str
    id: StreamId | None


class Skipped(Object):
    kind: Literal["skipped"]
    count: int
    since: Time


class _OutOfHistory(Object):
    id: May[StreamId] = None
    from_history: May[Yes] = None


class TailedEvent(_OutOfHistory, Event):
    """An event that was heard, or read in the history."""


class TailedChat(_OutOfHistory, Chat):
    """A chat message that was heard, or read in the history."""


class TailedInvalid(_OutOfHistory, Invalid):
    """What is neither, heard or read in the history."""


class RecordedEvent(Event):
    id: StreamId


class RecordedChat(Chat):
    id: StreamId


class RecordedInvalid(Invalid):
    id: StreamId


TailLine = TailedEvent | TailedChat | TailedInvalid | Gap | RecordedGap | Skipped
HistoryLine = RecordedEvent | RecordedChat | RecordedInvalid | RecordedGap


class Recorder(Object):
    kind: Literal["recorder"]
    at: Time
    state: Literal["recording", "standing_by", "deaf", "waiting", "blocked", "ended"]
    why: str | None
    entries: int
    size: int


# -- sent again ---------------------------------------------------------------------------------------------------


class PublishedAgain(Object):
    """What all that publishes again counts."""

    events: int
    unheard: int
    skipped: int
    invalid: int
    failed: int
    bounced: int
    gone: int
    remaining: int
    problems_omitted: May[int] = None
    not_done: May[int] = None
    stopped: May[Why] = None


class ResendProblem(Object):
    id: str
    outcome: Literal["unheard", "skipped", "invalid", "failed", "not_found", "bounced", "not_done", "resent"]
    message: str
    missing: list[str] | None = None


class _Resent(Object):
    resent: int


class Resend(PublishedAgain, _Resent):
    problems: list[ResendProblem]


class ForetoldChannel(Object):
    entries: int
    listeners: int
    at_most: int | None = None
    missing: list[str] | None = None


class Again(Object):
    services: list[str]
    more: int | None


class ForetoldAgain(ForetoldChannel):
    again: Again


class ResendPlan(Object):
    resend: int
    service: str | None
    unheard: int
    invalid: int
    already: int
    channels: dict[Channel, ForetoldAgain]
    oldest: str | None
    oldest_age_s: Number | None


class ResendPlanned(Resend):
    plan: ResendPlan


GapOfATail = Annotated[TailLine, Field(title="a gap of events tail")]
