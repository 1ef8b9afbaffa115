"""What is about to be resent, and what came of it (contract 3.3): the shapes of a replay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from shema_cli.clock import age
from shema_cli.dlq.outcomes import (
    MOST_CHANNELS,
    MOST_OF_A_NAME,
    Act,
    ChannelPlan,
    ReplayOutcome,
    ReplayResult,
    channel_lines,
)
from shema_cli.frozen import dataclass
from shema_cli.output.sanitize import bounded
from shema_cli.results import Table, counted
from shema_cli.store.listeners import Listeners, named

RESEND = Act(ReplayOutcome.RESENT, "resend")


@dataclass(frozen=True)
class Again:
    """Who will hear a second time what another missed: services that have declared the channel and are there, and how
    many connections more, which bear no such name (None: that is not told). `exact`: so many, not up to so many."""

    services: tuple[str, ...]
    more: int | None
    exact: bool = True

    @classmethod
    def among(cls, listening: Listeners, service: str) -> Again:
        """All but the service that it is resent to ('': nobody in particular)."""
        if listening.missing is None or listening.at_most is None:
            return cls((), None)
        there = [name for name in listening.declared if name not in listening.missing]
        more = max(0, listening.at_most - len(there))
        return cls(tuple(name for name in there if name != service), more, listening.exact)

    def document(self) -> dict[str, object]:
        return {"services": list(self.services), "more": self.more}

    def __str__(self) -> str:
        if self.more is None:
            return "who else hears it again is not known"
        more = ("" if self.exact else "up to ") + counted(self.more, "more connection") if self.more else ""
        who = named([*self.services, *([more] if more else [])])
        hears = "hears" if len(self.services) + self.more == 1 else "hear"
        return f"{who} {hears} it a second time" if who else "nobody else hears it"


@dataclass(frozen=True)
class ChannelAgain(ChannelPlan):
    """What is about to go to one channel, for `service` ('': for whoever listens)."""

    counts: ClassVar[tuple[str, str]] = ("event", "events")

    service: str = ""

    @property
    def away(self) -> bool:
        """Whether the service that it is for would not hear it."""
        return self.service in self.listening.audited_missing()

    @property
    def unheard(self) -> bool:
        return self.away or super().unheard

    def why_unheard(self, name: str) -> str:
        return f"{name}: {self.service} is not there" if self.away else super().why_unheard(name)

    @property
    def said(self) -> str:
        if self.listening.unheard:
            return super().said
        return f"{super().said}; {self.again}"

    @property
    def again(self) -> Again:
        return Again.among(self.listening, self.service)

    def document(self) -> dict[str, object]:
        return {**super().document(), "again": self.again.document()}


@dataclass(frozen=True)
class ResendPlan:
    """What a resend is about to do: `count` events go out, to `service` ('': to whoever listens).

    What else was selected stays: what was `already` resent there, once or in this very run, and what is `unheard`.
    `invalid` is what ids name that is no message.
    """

    service: str
    count: int
    already: int
    unheard: int
    invalid: int
    channels: Mapping[str, ChannelAgain]
    oldest: str | None
    oldest_age_s: float | None

    def document(self) -> dict[str, object]:
        return {
            "resend": self.count,
            "service": self.service or None,
            "unheard": self.unheard,
            "invalid": self.invalid,
            "already": self.already,
            "channels": {name: channel.document() for name, channel in self.channels.items()},
            "oldest": self.oldest,
            "oldest_age_s": self.oldest_age_s,
        }

    def question(self) -> list[str]:
        """What is asked before it is done (contract 2.2): count, age of the oldest, and who hears it, again too."""
        when = "" if self.oldest_age_s is None else f", the oldest {age(self.oldest_age_s)} old"
        lines = [f"Resend {self.told}{when}?", *channel_lines(self.channels, unheard=bool(self.unheard))]
        if self.invalid:
            lines.append(f"  {self.invalid:>9,}  no message, left alone")
        if self.already:
            lines.append(f"  {self.already:>9,}  resent already, left alone")
        return lines

    @property
    def told(self) -> str:
        """`5 events to schedule`."""
        return counted(self.count, "event") + (f" to {self.service}" if self.service else "")


@dataclass(frozen=True)
class ResendResult(ReplayResult):
    """`{"resent", "events", "unheard", …, "problems"}` as a replay has them. `skipped` was resent already, `remaining`
    is what was selected and has not gone out."""

    act: ClassVar[Act] = RESEND
    labels: ClassVar[Mapping[str, str]] = {
        "skipped": "resent already",
        "remaining": "of what was selected left",
        "events": "events published",
        "gone": "gone: trimmed from the history",
    }
    always: ClassVar[tuple[str, ...]] = ("events",)
    counts_per_channel: ClassVar[str] = "events"

    @property
    def resent(self) -> int:
        return self.replayed

    @property
    def held_back(self) -> int:
        """What was resent already has gone where it was to go."""
        return self.unheard

    @property
    def told_of_the_gone(self) -> str:
        return f"gone: {counted(self.gone, 'message')} that was trimmed from the history meanwhile"

    @property
    def told_of_the_unheard(self) -> str:
        return "what is unheard was not sent: start the service and run this again, or pass --allow-unheard"

    def notes(self) -> Iterator[str]:
        yield from super().notes()
        yield from self._heard_again()
        if self.skipped:
            yield f"resent before, and passed over: {counted(self.skipped, 'event')}; --force sends them again"

    def _heard_again(self) -> Iterator[str]:
        """What a dry run says beside the numbers, as the question does."""
        channels = self.plan.channels if self.plan is not None else {}
        going_out = [(name, to) for name, to in channels.items() if isinstance(to, ChannelAgain) and not to.unheard]
        yield from (f"{bounded(name, MOST_OF_A_NAME)}: {to.again}" for name, to in going_out[:MOST_CHANNELS])

    def table(self) -> Table:
        if self.plan is not None:
            return super().table()
        return Table(("outcome", "events"), list(self.counts().items()))
