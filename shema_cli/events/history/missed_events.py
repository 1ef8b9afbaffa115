"""What `events missed` hands back (contract 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from shema_cli.clock import age, iso_of_ms, local_time_of_ms
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.people.results import NAME_COLUMNS, Named, Names
from shema_cli.people.shown import Subject
from shema_cli.results import Result, Table, counted
from shema_cli.shell import quoted

if TYPE_CHECKING:
    from shema_cli.events.history.absence import Span
    from shema_cli.events.history.fewer import FewerListeners

MOST_FEWER = 5
NOBODY = Subject()


@dataclass(frozen=True, slots=True)
class MissedEvent:
    """`maybe`: it was published between two looks, before the first of which the service was last seen otherwise.

    `what`: what happened, in a few words; `subject`: whom it is about.
    """

    id: str
    at_ms: int
    channel: str
    event_id: str | None
    event_type: str | None
    maybe: bool = False
    what: str = ""
    subject: Subject = NOBODY

    def document(self) -> dict[str, object]:
        named = {"channel": self.channel, "event_id": self.event_id, "event_type": self.event_type}
        return {"id": self.id, "at": iso_of_ms(self.at_ms), **named, **({"maybe": True} if self.maybe else {})}


@dataclass(frozen=True)
class Missed(Result):
    """`away`: no client of its name was subscribed. `unknown`: nobody recorded, or only how many listened (`fewer`).

    `away_still`: up to this moment. `seen`: whether a client of its name was ever seen in what is kept. `channels`:
    what it is taken to listen to. `asked`: the options that say the same again.
    """

    is_list = True

    service: str
    channels: tuple[str, ...]
    since_ms: int
    all_that_is_kept: bool
    away: tuple[Span, ...]
    unknown: tuple[Span, ...]
    events: tuple[MissedEvent, ...]
    fewer: tuple[FewerListeners, ...] = ()
    seen: bool = True
    asked: tuple[str, ...] = ()
    away_still: bool = False
    names: Names = field(default_factory=Names)

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.FAILED if self.events else ExitCode.DONE

    @property
    def never_seen(self) -> bool:
        """Whether all that is known of it is that nobody of its name was there: perhaps its clients have no name."""
        return not self.seen and bool(self.away)

    def document(self) -> dict[str, object]:
        return {
            "service": self.service,
            "away": _documents(self.away),
            "unknown": _documents(self.unknown),
            "events": [event.document() for event in self.events],
            "total": len(self.events),
            **({"fewer": [one.document() for one in self.fewer]} if self.fewer else {}),
            **({"never_seen": True} if self.never_seen else {}),
        }

    def table(self) -> Table:
        columns = ("id", "at", "channel", "event_id", "event_type", "maybe", "what", *NAME_COLUMNS)
        return Table(columns, (self._cells(event) for event in self.events))

    def about(self, event: MissedEvent) -> Named:
        """Whom it is about."""
        return self.names.of(*event.subject)

    def _cells(self, event: MissedEvent) -> Sequence[object]:
        named = (event.channel, event.event_id, event.event_type, "maybe" if event.maybe else None)
        return (event.id, iso_of_ms(event.at_ms), *named, event.what, *self.about(event).cells())

    def notes(self) -> Iterable[str]:
        if self.all_that_is_kept:
            yield f"looked at all that is kept, since {local_time_of_ms(self.since_ms)}"
        if times := [f"{word} {_in_all(spans)}" for word, spans in self._times() if spans]:
            yield f"{', '.join(times)} in all"
        yield from map(_fewer, self.fewer[-MOST_FEWER:])
        if len(self.fewer) > MOST_FEWER:
            yield f"and {len(self.fewer) - MOST_FEWER:,} times more: -o json"
        if self.never_seen:
            yield f"{self.service} was never seen subscribed: no client has that name, or it with -service"
            yield "whether it was away, or its clients have no name, cannot be told: each has to say it, with"
            yield f"  CLIENT SETNAME {quoted(self.service)}"
        elif self.unknown and not self.events:
            yield "none missed that is known of; what was published in the unknown time is not known"
        elif not self.events:
            yield "nothing was missed"
        if self.events:
            maybe = sum(event.maybe for event in self.events)
            told = f", {maybe:,} of them perhaps: published between two looks" if maybe else ""
            yield f"{counted(len(self.events), 'event')} missed{told}"
            if self.away_still:
                yield f"{self.service} is away still: start it first"
            resend = f"shema events resend --missed-by {quoted(self.service, *self.asked)} --dry-run"
            yield f"who would hear them again: {resend}"

    def _times(self) -> tuple[tuple[str, Sequence[Span]], ...]:
        return ("away for", self.away), ("not known of", self.unknown)


def _documents(spans: Sequence[Span]) -> list[dict[str, str]]:
    return [{"from": iso_of_ms(span.from_ms), "to": iso_of_ms(span.to_ms)} for span in spans]


def _in_all(spans: Sequence[Span]) -> str:
    return age(sum(span.seconds for span in spans))


def _fewer(one: FewerListeners) -> str:
    return (
        f"{one.listeners:,} of the usual {one.usual:,} listeners on {one.channel} "
        f"from {local_time_of_ms(one.span.from_ms)} to {local_time_of_ms(one.span.to_ms)}"
    )
