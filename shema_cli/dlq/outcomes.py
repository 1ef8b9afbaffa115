"""What is about to become of dead letters, and what became of them: the plan, and results of runs (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from shema_cli.clock import age
from shema_cli.dlq.results import entries_and_events
from shema_cli.errors import ExitCode, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.output.sanitize import bounded
from shema_cli.results import Result, Table, counted, stopped_early, told_of_the_end, told_of_the_missing
from shema_cli.shell import to_type

if TYPE_CHECKING:
    from shema_cli.store.listeners import Listeners

MOST_PROBLEMS = 1000
MOST_AUDITED = 100
MOST_CHANNELS = 12
MOST_OF_A_NAME = 40
"""Characters of a name in a question: a longer one would wrap into a line that looks like another."""


class ReplayOutcome(StrEnum):
    """What has become of an entry that was to be published again."""

    REPLAYED = "replayed"
    RESENT = "resent"  # out of the history
    UNHEARD = "unheard"
    SKIPPED = "skipped"
    INVALID = "invalid"
    FAILED = "failed"
    BOUNCED = "bounced"
    NOT_FOUND = "not_found"  # an id that names no entry
    NOT_DONE = "not_done"  # the run was stopped before it came to it


class Act(NamedTuple):
    """What a run does, as it is told: the outcome of what it published again, and its name."""

    done: ReplayOutcome
    noun: str


REPLAY = Act(ReplayOutcome.REPLAYED, "replay")


@dataclass(frozen=True)
class EntryProblem:
    """An entry that was not replayed, or came back, and why. `before`: the entry as which it went out, of one that
    came back."""

    id: str
    outcome: ReplayOutcome
    message: str
    listening: Listeners | None = None
    before: str = ""

    def document(self) -> dict[str, object]:
        missing = self.listening.missing_document() if self.listening else {}
        return {"id": self.id, "outcome": self.outcome.value, "message": self.message, **missing}


def taken_away(entries: int) -> str:
    """What a run says of entries that were selected and that it did not find any more."""
    return f"gone: {counted(entries, 'entry', 'entries')} that others took out of the list meanwhile"


@dataclass(frozen=True)
class ChannelPlan:
    """What is about to go to one channel: how many entries, and to whom."""

    counts: ClassVar[tuple[str, str]] = ("entry", "entries")
    """What they are called, one and several."""

    entries: int
    listening: Listeners
    required: bool = False

    @property
    def unheard(self) -> bool:
        """It would be lost (contract 2.4), or a service that is required would not hear it."""
        return self.listening.unheard or bool(self.required and self.listening.unmet())

    @property
    def said(self) -> str:
        """Who will hear it, in a question."""
        return self.listening.foretold

    def why_unheard(self, name: str) -> str:
        who = self.listening.unmet() if self.required else None
        return who or f"nobody listens to {name}"

    def document(self) -> dict[str, object]:
        return {"entries": self.entries, **self.listening.document(), **self.listening.missing_document()}


def channel_lines(channels: Mapping[str, ChannelPlan], *, unheard: bool) -> Iterator[str]:
    """What a question says of each channel; what nobody will hear is left alone, where that is so (`unheard`)."""
    for name, channel in list(channels.items())[:MOST_CHANNELS]:
        stays = ", left alone" if unheard and channel.unheard else ""
        yield f"  {channel.entries:>9,}  {bounded(name, MOST_OF_A_NAME)}  ({channel.said}{stays})"
    if len(channels) > MOST_CHANNELS:
        yield f"  and {counted(len(channels) - MOST_CHANNELS, 'more channel')}"


def unheard_problems(channels: Mapping[str, ChannelPlan]) -> Iterator[EntryProblem]:
    """A problem for each channel to which nothing will go out."""
    for name, channel in channels.items():
        if channel.unheard:
            message = f"{channel.why_unheard(name)} ({counted(channel.entries, *channel.counts)})"
            yield EntryProblem("", ReplayOutcome.UNHEARD, message, channel.listening)


class Plan(Protocol):
    """What a run that publishes again is about to do."""

    @property
    def channels(self) -> Mapping[str, ChannelPlan]: ...

    @property
    def told(self) -> str:
        """What it is about: `5 dead letters`."""

    def document(self) -> dict[str, object]: ...


@dataclass(frozen=True)
class DeadLetterPlan:
    """What a replay or a discard is about to do: with `count` entries, which are copies of `events` events.

    `copies` of them go with an event that is published for another entry. What else was selected stays: `invalid`
    (where it is to be replayed), `at_limit` and `unheard`.
    """

    count: int
    events: int
    copies: int
    invalid: int
    at_limit: int
    unheard: int
    types: Mapping[str, int]
    channels: Mapping[str, ChannelPlan]
    oldest: str | None
    oldest_age_s: float | None

    def document(self) -> dict[str, object]:
        return {
            "replay": self.count,
            "events": self.events,
            "unheard": self.unheard,
            "invalid": self.invalid,
            "at_limit": self.at_limit,
            "types": dict(self.types),
            "channels": {name: channel.document() for name, channel in self.channels.items()},
            "oldest": self.oldest,
            "oldest_age_s": self.oldest_age_s,
        }

    def question(self, verb: str) -> list[str]:
        """What is asked before it is done: count, age of the oldest, types, listeners (contract 2.2)."""
        when = "" if self.oldest_age_s is None else f", the oldest {age(self.oldest_age_s)} old"
        lines = [f"{verb} {self.told}{when}?"]
        lines += channel_lines(self.channels, unheard=bool(self.unheard))
        if not self.channels:
            types = list(self.types.items())[:MOST_CHANNELS]
            lines += [f"  {count:>9,}  {bounded(name, MOST_OF_A_NAME)}" for name, count in types]
        if self.invalid and self.channels:
            lines.append(f"  {self.invalid:>9,}  invalid, left alone")
        if self.at_limit:
            lines.append(f"  {self.at_limit:>9,}  at their replay limit, left alone")
        return lines

    @property
    def told(self) -> str:
        """`5 dead letters (5 entries, 1 event)`."""
        both = f" ({entries_and_events(self.count, self.events)})" if self.copies else ""
        return counted(self.count, "dead letter") + both


@dataclass(frozen=True)
class ReplayResult(Result):
    """`{"replayed", "events", "unheard", …, "problems"}`. `replayed` counts entries, of which `copies` went without a
    publication of their own; `gone` is what others took out of the list under the run; `remaining` is what the whole
    list holds now."""

    act: ClassVar[Act] = REPLAY
    labels: ClassVar[Mapping[str, str]] = {
        "remaining": "left in the list",
        "events": "events published",
        "gone": "gone: others took them",
    }
    """What a count is called on a terminal, where that is not its name."""
    always: ClassVar[tuple[str, ...]] = ("events", "remaining")
    """The counts that are drawn on a terminal even where they are 0."""
    counts_per_channel: ClassVar[str] = "entries"
    """What a dry run counts."""

    replayed: int = 0
    copies: int = 0
    unheard: int = 0
    skipped: int = 0
    invalid: int = 0
    failed: int = 0
    bounced: int = 0
    gone: int = 0
    remaining: int = 0
    problems: tuple[EntryProblem, ...] = ()
    omitted: int = 0
    not_found: int = 0
    chosen_by_id: bool = False
    interrupted: bool = False
    original: str | None = None  # where an event that was edited is kept as it was stored
    stopped: str | None = None  # why the canary kept the rest from being replayed
    not_done: int = 0
    ended: ShemaError | None = None  # why the run was stopped (contract 2.4)
    plan: Plan | None = None
    heard: Mapping[str, Listeners] = field(default_factory=dict)  # channel → who was there

    @property
    def events(self) -> int:
        """Publications."""
        return self.replayed - self.copies

    @property
    def held_back(self) -> int:
        """What a guard kept from going out."""
        return self.unheard + self.skipped

    @property
    def exit_code(self) -> ExitCode:
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.ended is not None:
            return self.ended.exit_code
        if self.plan is not None:
            return ExitCode.DONE
        held_back = self.held_back
        amiss = self.failed + self.bounced + self.gone + self.not_found + (self.invalid if self.chosen_by_id else 0)
        if held_back and not amiss and not self.replayed:
            return ExitCode.REFUSED
        return ExitCode.FAILED if held_back or amiss else ExitCode.DONE

    def counts(self) -> dict[str, int]:
        return {
            self.act.done.value: self.replayed,
            "events": self.events,
            "unheard": self.unheard,
            "skipped": self.skipped,
            "invalid": self.invalid,
            "failed": self.failed,
            "bounced": self.bounced,
            "gone": self.gone,
            "remaining": self.remaining,
        }

    def audience(self) -> dict[str, object]:
        """For the trail: how many were counted on each channel (of the first hundred), and who was missing."""
        missing = {name for listening in self.heard.values() for name in listening.audited_missing()}
        receivers = {channel: found.services for channel, found in list(self.heard.items())[:MOST_AUDITED]}
        return {"receivers": receivers, "missing": sorted(missing)} if self.heard else {}

    def audited(self) -> dict[str, int]:
        """The counts for the trail, where `events` are the ids of those that went out."""
        return {"publications" if name == "events" else name: count for name, count in self.counts().items()}

    def document(self) -> dict[str, object]:
        document: dict[str, object] = {**self.counts(), "problems": [problem.document() for problem in self.problems]}
        if self.original:
            document["original"] = self.original
        if self.stopped:
            document["stopped"] = {"code": "canary_stopped", "message": self.stopped, "hint": None}
        document |= stopped_early(self.ended, self.not_done)
        if self.omitted:
            document["problems_omitted"] = self.omitted
        if self.plan is not None:
            document["plan"] = self.plan.document()
        return document

    def table(self) -> Table:
        if self.plan is not None:
            rows = [(name, channel.entries, channel.listening.services) for name, channel in self.plan.channels.items()]
            return Table(("channel", self.counts_per_channel, "listeners"), rows)
        return Table(("outcome", "entries"), list(self.counts().items()))

    def notes(self) -> Iterable[str]:
        if self.plan is not None:
            yield f"dry run: {self.plan.told} would be {self.act.done}; nothing was changed"
        if self.copies:
            yield f"{entries_and_events(self.replayed, self.events)}: what is published once takes all its copies out"
        yield from self._told_problems()
        published = [one.listening for one in self.problems if one.outcome is self.act.done and one.listening]
        yield from told_of_the_missing(name for heard in published for name in heard.audited_missing())
        if self.gone:
            yield self.told_of_the_gone
        if self.stopped:
            yield self.stopped
        yield from told_of_the_end(self.ended, self.not_done)
        if self.interrupted:
            yield "interrupted after the batch in hand; nothing is in flight"
        if self.original:
            yield f"the event as it was stored comes back with: {to_type('shema dlq import', self.original)}"
        if self.unheard:
            yield self.told_of_the_unheard

    @property
    def told_of_the_unheard(self) -> str:
        return "nobody listens to what is unheard, so it stays: start the service, or pass --allow-unheard"

    @property
    def told_of_the_gone(self) -> str:
        return taken_away(self.gone)

    def _told_problems(self) -> Iterator[str]:
        told = [problem for problem in self.problems if problem.outcome is not ReplayOutcome.NOT_DONE]
        for problem in told[:10]:
            yield f"{problem.id}  {problem.outcome}: {problem.message}".lstrip()
        untold = self.omitted - max(0, self.not_done - (len(self.problems) - len(told)))
        if (more := len(told) - 10 + untold) > 0:
            yield f"and {counted(more, 'more problem')} (-o json lists {len(self.problems):,} of them)"


@dataclass(frozen=True)
class DiscardResult(Result):
    """`{"discarded", "export"}`. `events` is how many events they were, where some were copies of one."""

    discarded: int
    export: str | None
    not_found: tuple[str, ...] = ()
    gone: int = 0
    events: int | None = None
    interrupted: bool = False
    plan: DeadLetterPlan | None = None
    not_done: int = 0
    ended: ShemaError | None = None  # why the run was stopped (contract 2.4)

    @property
    def exit_code(self) -> ExitCode:
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.ended is not None:
            return self.ended.exit_code
        return ExitCode.FAILED if self.not_found or self.gone else ExitCode.DONE

    def document(self) -> dict[str, object]:
        document: dict[str, object] = {"discarded": self.discarded, "export": self.export}
        document |= stopped_early(self.ended, self.not_done)
        if self.not_found:
            document["not_found"] = list(self.not_found)
        if self.gone:
            document["gone"] = self.gone
        if self.plan is not None:
            document["plan"] = {
                "discard": self.plan.count,
                "events": self.plan.events,
                "types": dict(self.plan.types),
            }
        return document

    def table(self) -> Table:
        return Table(("discarded", "export"), [(self.discarded, self.export)])

    def notes(self) -> Iterable[str]:
        if self.plan is not None:
            yield f"dry run: {self.plan.told} would be discarded; nothing was changed"
        if self.events is not None:
            yield entries_and_events(self.discarded, self.events)
        if self.not_found:
            yield f"not found: {', '.join(self.not_found)}"
        yield from told_of_the_end(self.ended, self.not_done)
        if self.gone:
            yield taken_away(self.gone)
        if self.export:
            yield f"they come back with: {to_type('shema dlq import', self.export)}"


@dataclass(frozen=True)
class Counted(Result):
    """Plain counts and names: what export, import and recover tell."""

    values: Mapping[str, object]
    remarks: tuple[str, ...] = ()
    ended: ShemaError | None = None  # why the run was stopped (contract 2.4)
    not_done: int = 0

    @property
    def exit_code(self) -> ExitCode:
        return self.ended.exit_code if self.ended is not None else ExitCode.DONE

    def document(self) -> dict[str, object]:
        return {**self.values, **stopped_early(self.ended, self.not_done)}

    def table(self) -> Table:
        return Table(tuple(self.values), [tuple(self.values.values())])

    def notes(self) -> Iterable[str]:
        yield from self.remarks
        yield from told_of_the_end(self.ended, self.not_done)
