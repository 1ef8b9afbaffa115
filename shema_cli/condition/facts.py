"""What was seen of the system at one moment (contract 3.5).

Whatever was looked at has facts of its own; `Unseen` stands for what could not be looked at, None for what nobody
wanted to look at. Durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum

from shema_cli.condition.growth import is_rising
from shema_cli.frozen import dataclass
from shema_cli.settings.target import Target

HEALTHY = "healthy"
UNHEALTHY = "unhealthy"
EXPIRED = "expired"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Unseen:
    """What could not be looked at. `because` is the area whose problem is the reason, and which tells it."""

    why: str
    next: str = ""
    because: str = ""


@dataclass(frozen=True)
class RedisFacts:
    """`problem` says why it cannot be used, and `refuses` that it answered so itself.

    `skew_s`: how far its clock is ahead of ours, None where it is not told.
    """

    place: str
    problem: str | None = None
    refuses: bool = False
    hint: str = ""
    latency_s: float | None = None
    skew_s: float | None = None
    replica: bool = False


@dataclass(frozen=True)
class InstanceFacts:
    """One instance. `state` is one of those above; `error` says why it is not well, `wrong` what is the matter with
    the answers of one that is; `open_for_s`: until its open circuit lets a trial through."""

    url: str
    state: str
    latency_s: float | None = None
    error: str | None = None
    circuit: str = "closed"
    open_for_s: float | None = None
    skew_s: float | None = None
    wrong: str | None = None
    refused: bool = False  # it does not take our service token

    @property
    def answers(self) -> bool:
        return self.state == HEALTHY


@dataclass(frozen=True)
class ServiceFacts:
    """A service with what is registered and configured of it."""

    name: str
    instances: Sequence[InstanceFacts]

    @property
    def live(self) -> list[InstanceFacts]:
        """Those that ought to answer: an expired registration stands for one that is gone."""
        return [one for one in self.instances if one.state != EXPIRED]

    @property
    def known(self) -> bool:
        """Whether it is known how it is: nothing on this machine kept it from being asked."""
        return all(one.state != UNKNOWN for one in self.instances)

    @property
    def down(self) -> bool:
        """None of its instances answers."""
        return self.known and not any(one.answers for one in self.live)


@dataclass(frozen=True)
class RegistryFacts:
    """`expired`: (service, URL) of registrations that have ended; `bad`: what cannot be understood, in words."""

    registered: int = 0
    expired: Sequence[tuple[str, str]] = ()
    bad: Sequence[str] = ()


@dataclass(frozen=True)
class ChannelFacts:
    """Who listens to a channel. `at_most` None: not told how many; `missing` None: not told who."""

    channel: str
    listeners: int
    at_most: int | None
    declared: Sequence[str] = ()
    missing: Sequence[str] | None = ()


class AckState(StrEnum):
    """How an acknowledged family stands: a `known` one is no problem, one that has `returned` after a day of silence is
    one again, and so is one whose acknowledgement has ended."""

    KNOWN = "known"
    RETURNED = "returned"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Family:
    """Dead letters with one error; `count` of them among those that were looked at. `last_hour`: how many came then,
    `hour_before`: in the one before. `state` of one that is acknowledged; `said`: what is told of that where it is no
    longer known. `newest` is the id of its newest entry."""

    fingerprint: str
    example: str
    count: int
    last_hour: int = 0
    hour_before: int = 0
    state: AckState | None = None
    said: str = ""
    newest: str = ""


@dataclass(frozen=True)
class LetterFacts:
    """The dead letters. `sample` of them were read, the newest; `families` and `last_hour` are of these.

    `hour_before`: how many came in the hour before the last, None where the sample does not reach back that far;
    `from_services`: how many of the sample name a service in their error. Of entries whose family is `known` there are
    `acknowledged` in the sample, and they count in no other figure but `total` and `oldest_s`; `known_last_hour` of
    them came in the last hour, and `oldest_waiting_s` is the oldest of all others. `unread`: why it is not known which
    families are acknowledged.
    """

    total: int
    sample: int = 0
    oldest_s: float | None = None
    families: Sequence[Family] = ()
    last_hour: int = 0
    hour_before: float | None = None
    from_services: Mapping[str, int] = field(default_factory=dict)
    acknowledged: int = 0
    abandoned: int = 0
    known: Sequence[Family] = ()
    known_last_hour: int = 0
    oldest_waiting_s: float | None = None
    unread: str | None = None

    @property
    def sampled(self) -> bool:
        """Whether what is told of families and times is told of a part alone."""
        return self.sample < self.total

    @property
    def waiting(self) -> int:
        """Those that somebody has to do something about."""
        return max(0, self.total - self.acknowledged)

    @property
    def waiting_for_s(self) -> float | None:
        """How old the oldest of these is."""
        return self.oldest_waiting_s if self.acknowledged else self.oldest_s

    @property
    def rising(self) -> bool:
        """Whether more came in the last hour than in the one before."""
        return is_rising(self.last_hour, self.hour_before)

    def without(self, families: Sequence[Family]) -> LetterFacts:
        """All but these, of which is told elsewhere."""
        before = self.hour_before
        return replace(
            self,
            total=self.total - sum(one.count for one in families),
            sample=self.sample - sum(one.count for one in families),
            families=tuple(one for one in self.families if one not in families),
            last_hour=self.last_hour - sum(one.last_hour for one in families),
            hour_before=None if before is None else max(0, before - sum(one.hour_before for one in families)),
        )


@dataclass(frozen=True)
class Missed:
    """What a service that is not there now has missed: `events` at least, since `away_s` ago."""

    service: str
    events: int
    away_s: float


@dataclass(frozen=True)
class HistoryFacts:
    """How the recording stands. `recorded` False: nothing ever was.

    `silent_s`: how long nobody has recorded, 0 while somebody does; `gap_s`: how much of the last
    `looked_back_s` nobody recorded, `silent_s` included.
    """

    recorded: bool
    silent_s: float = 0.0
    gap_s: float = 0.0
    gap_cause: str = ""
    looked_back_s: float = 0.0
    entries: int = 0
    missed: Sequence[Missed] = ()


@dataclass(frozen=True)
class AuditFacts:
    """`problem`: how the trail differs from the one that this machine has seen."""

    problem: str | None
    entries: int | None = None


@dataclass(frozen=True)
class SessionFacts:
    """Who is signed in. `renewed`: the next command gets a new ID token by itself."""

    who: str
    source: str
    expires_in_s: float
    renewed: bool


@dataclass(frozen=True)
class FirebaseFacts:
    """`problem` says why it gave no answer; `skew_s`: how far its clock is ahead of ours."""

    problem: str | None = None
    skew_s: float | None = None


@dataclass(frozen=True)
class Condition:
    """All that was seen."""

    at: datetime
    target: Target | None = None
    redis: RedisFacts | Unseen | None = None
    registry: RegistryFacts | Unseen | None = None
    services: Sequence[ServiceFacts] | Unseen | None = None
    channels: Sequence[ChannelFacts] | Unseen | None = None
    letters: LetterFacts | Unseen | None = None
    history: HistoryFacts | Unseen | None = None
    audit: AuditFacts | Unseen | None = None
    session: SessionFacts | Unseen | None = None
    firebase: FirebaseFacts | None = None
    no_secret: bool = False  # SERVICE_JWT_SECRET is not set

    @property
    def parts(self) -> Mapping[str, object]:
        """What is looked at by the area that it is told under: facts, `Unseen`, or None where nobody looked."""
        return {
            "redis": self.redis,
            "services": self.services,
            "registry": self.registry,
            "listeners": self.channels,
            "dlq": self.letters,
            "history": self.history,
            "audit": self.audit,
            "session": self.session,
        }

    @property
    def redis_answers(self) -> bool:
        return isinstance(self.redis, RedisFacts) and self.redis.problem is None

    @property
    def anything_answered(self) -> bool:
        """Whether any part of the system gave any answer."""
        services = () if isinstance(self.services, Unseen) or self.services is None else self.services
        refused = isinstance(self.redis, RedisFacts) and self.redis.refuses
        return self.redis_answers or refused or any(one.answers for service in services for one in service.instances)
