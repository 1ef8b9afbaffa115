"""What is told of families of dead letters: what comes of acknowledging one, how they stand, what is new of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from shema_cli.clock import age, iso
from shema_cli.condition.facts import AckState
from shema_cli.condition.growth import NO_GROWTH, Growth
from shema_cli.dlq.families.acknowledged import Acknowledgement, Failures, Standing
from shema_cli.dlq.families.last_look import Eyes
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table, counted

JUST_NOW_S = 60.0


class AckOutcome(StrEnum):
    """What became of it. `already`: the family was known, and nothing new was said of it."""

    PLANNED = "planned"
    ACKNOWLEDGED = "acknowledged"
    RENEWED = "renewed"
    ALREADY = "already"
    UNACKNOWLEDGED = "unacknowledged"


@dataclass(frozen=True)
class FamilyAck(Result):
    """One family that was acknowledged, or with `removal` is so no longer; `family.count`: its entries."""

    family: Acknowledgement
    outcome: AckOutcome
    removal: bool = False

    def document(self) -> dict[str, object]:
        """`{"fingerprint", "outcome", "entries", "example", "by", "at", "note", "until"}`."""
        family = self.family
        return {
            "fingerprint": family.fingerprint,
            "outcome": self.outcome.value,
            "entries": family.count,
            "example": family.example,
            "by": family.by,
            "at": iso(family.at),
            "note": family.note,
            "until": iso(family.until) if family.until else None,
        }

    def table(self) -> Table:
        return Table(("field", "value"), list(self.document().items()))

    def notes(self) -> Iterable[str]:
        if self.outcome is AckOutcome.PLANNED:
            what = "would be acknowledged no longer" if self.removal else "would be acknowledged"
            yield f"dry run: {what}; nothing was changed"
        elif self.outcome is AckOutcome.ALREADY:
            yield f"{self.family.by} has acknowledged it already; --note and --until change that"
        elif self.outcome is not AckOutcome.UNACKNOWLEDGED:
            yield f"{counted(self.family.count, 'dead letter')} left out of status and check"


@dataclass(frozen=True)
class News:
    """How many failed since this admin last looked, `since_s` seconds ago; None for both where they never did."""

    count: int | None = None
    since_s: float | None = None

    @classmethod
    def of(cls, count: int, eyes: Eyes | None) -> News:
        """`count` as it was seen with these eyes."""
        return cls() if eyes is None or eyes.since is None else cls(count, eyes.since_s)

    def document(self, new: object) -> dict[str, object]:
        """`{"new": …}` where anything is known of it."""
        return {} if self.count is None else {"new": new}

    @property
    def told(self) -> str:
        """`3 new since your last look, 2h ago`; empty where nothing is known of it, or they have only just looked."""
        if self.count is None or (not self.count and (self.since_s or 0) < JUST_NOW_S):
            return ""
        count = f"{self.count:,}" if self.count else "nothing"
        return f"{count} new since your last look, {age(self.since_s)} ago"


@dataclass(frozen=True)
class ErrorFamily:
    """`standing`: how it stands where it is acknowledged; `new` are the entries since the admin's last look."""

    fingerprint: str
    count: int
    example: str | None
    first: str | None
    last: str | None
    standing: Standing | None = None
    new: int = 0
    growth: Growth = NO_GROWTH

    @property
    def known(self) -> bool:
        """Whether it is acknowledged, and has not come back since."""
        return self.standing is not None and self.standing.known

    @property
    def returned(self) -> bool:
        """Whether it was acknowledged, and has come back."""
        return self.standing is not None and self.standing.state is AckState.RETURNED

    @property
    def state(self) -> str | None:
        """`known`, `returned` or `expired`; None for one that nobody has acknowledged."""
        return self.standing.state.value if self.standing else None

    def document(self, *, told: bool, news: News) -> dict[str, object]:
        """`told`: whether it is known what is acknowledged."""
        return {
            "fingerprint": self.fingerprint,
            "count": self.count,
            "example": self.example,
            "first": self.first,
            "last": self.last,
            "oldest_at": self.first,
            **self.growth.document(),
            **acknowledged_document(self.standing, told=told),
            **news.document(self.new),
        }


def acknowledged_document(standing: Standing | None, *, told: bool) -> dict[str, object]:
    """`{"acknowledged": … | null}`, or nothing at all where that is not known."""
    return {"acknowledged": standing.document() if standing else None} if told else {}


@dataclass(frozen=True)
class KnownFamilies:
    """What is acknowledged: so many `entries` of known families among those that were counted, and the families of
    which there is no entry (`quiet`). `told` is False where it could not be read."""

    entries: int = 0
    quiet: tuple[Standing, ...] = ()
    told: bool = True

    @classmethod
    def of(cls, families: Iterable[ErrorFamily], failures: Failures | None) -> KnownFamilies:
        """From what was counted of each family, and from what all entries tell of those that are acknowledged."""
        if failures is None:
            return cls()
        entries = sum(one.count for one in families if one.known)
        return cls(entries, tuple(failures.quiet()), failures.acknowledged.unread is None)

    def document(self) -> dict[str, object] | None:
        """`{"entries", "quiet": […]}`, null where it is not known."""
        if not self.told:
            return None
        quiet = [
            {"fingerprint": one.acknowledgement.fingerprint, "example": one.acknowledgement.example, **one.document()}
            for one in self.quiet
        ]
        return {"entries": self.entries, "quiet": quiet}
