"""Documents of `dlq`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shema_cli.documents.base import Channel, EntryId, EventType, Fingerprint, May, Number, Object, Time, Why
from shema_cli.documents.events import ForetoldChannel, PublishedAgain


class Standing(Object):
    """How an acknowledged family stands."""

    state: Literal["known", "returned", "expired"]
    by: str
    at: Time
    note: str | None
    until: Time | None
    silent_since: Time | None
    back_since: Time | None


class Acknowledged(Standing, title="acknowledged"):
    """That the family of a dead letter is known."""


class DeadLetter(Object):
    id: EntryId
    index: int
    event_type: str | None
    event_id: str | None
    channel: str | None
    error: str | None
    failed_at: str | None
    age_s: Number | None
    replays: int
    valid: bool
    reason: str | None
    fingerprint: Fingerprint | None
    acknowledged: Acknowledged | None = None


class ListedDeadLetter(DeadLetter):
    new: May[bool] = None


class DeadLetters(Object):
    entries: list[ListedDeadLetter]
    total: int
    shown: int
    new: May[int] = None


class OtherCopy(Object):
    id: EntryId
    error: str | None
    failed_at: str | None


class Attempt(Object):
    at: str
    by: str


class Publication(Object):
    at: Time
    id: str


class ShownDeadLetter(DeadLetter):
    entry: object = None
    raw: May[str] = None
    listeners: int | None
    at_most: int | None = None
    missing: list[str] | None = None
    copies: int
    others: list[OtherCopy]
    attempts: list[Attempt]
    published: list[Publication]


class FamilyAcknowledged(Object):
    fingerprint: Fingerprint
    outcome: Literal["acknowledged", "renewed", "already", "unacknowledged", "planned"]
    entries: int
    example: str | None
    by: str
    at: Time
    note: str | None
    until: Time | None


class Family(Object):
    fingerprint: str
    count: int
    example: str | None
    first: str | None
    last: str | None
    oldest_at: Time | None
    per_hour: list[int]
    rising: bool
    acknowledged: Acknowledged | None = None
    new: May[int] = None


class QuietFamily(Standing):
    fingerprint: Fingerprint
    example: str | None


class KnownFamilies(Object):
    entries: int
    quiet: list[QuietFamily]


class DeadLetterStats(Object):
    total: int
    invalid: int
    oldest: str | None
    newest: str | None
    oldest_at: Time | None
    per_hour: list[int]
    rising: bool
    undated: int
    by_type: dict[EventType, int]
    by_error: list[Family]
    acknowledged: KnownFamilies | None
    new: May[int] = None


class ReplayProblem(Object):
    id: str
    outcome: Literal["unheard", "skipped", "invalid", "failed", "not_found", "bounced", "not_done", "replayed"]
    message: str
    missing: list[str] | None = None


class _Replayed(Object):
    replayed: int


class Replay(PublishedAgain, _Replayed):
    problems: list[ReplayProblem]
    original: May[str] = None


class ReplayPlan(Object):
    replay: int
    events: int
    unheard: int
    invalid: int
    at_limit: int
    types: dict[EventType, int]
    channels: dict[Channel, ForetoldChannel]
    oldest: str | None
    oldest_age_s: Number | None


class ReplayPlanned(Replay):
    plan: ReplayPlan


class Discard(Object):
    discarded: int
    export: str | None
    not_found: May[list[str]] = None
    gone: May[int] = None
    not_done: May[int] = None
    stopped: May[Why] = None


class DiscardPlan(Object):
    discard: int
    events: int
    types: dict[EventType, int]


class DiscardPlanned(Discard):
    plan: DiscardPlan


class Exported(Object):
    exported: int
    file: str


class ExportedLine(Object):
    """A dead letter as its file has it."""

    id: EntryId
    copy_: May[int] = Field(None, alias="copy")
    raw: May[str] = None
    raw_b64: May[str] = None


class Imported(Object):
    imported: int
    duplicates: int
    not_done: May[int] = None
    stopped: May[Why] = None


class Recovered(Object):
    recovered: int


class Run(Object, title="run"):
    run: str
    state: Literal["preparing", "running", "stopping", "abandoned"]
    action: str
    by: str
    command: str | None
    selection: str
    started_at: Time | None
    began_at: Time | None
    done: int
    of: int | None
    rate: Number | None
    stopped_by: str | None


class Runs(Object):
    runs: list[Run]
    in_flight: int
    abandoned: int


class RunStopped(Object):
    run: str
    outcome: Literal["stopped", "stopping", "abandoned", "planned"]
    action: str
    by: str
    done: int
    of: int | None
    stopped_by: str | None
