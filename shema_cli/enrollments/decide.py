"""One decision: record, publication and audit entry in one step of the server, or none of them (contract 2.4).

An answer that is lost is never guessed at: the audit trail tells whether the step was carried out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError, RedisError, TimeoutError

from shema_cli.audit.chain import AUDIT_KEY, flat, seal, to_bytes
from shema_cli.audit.log import MAX_ATTEMPTS, contended
from shema_cli.enrollments.models import Decision, Kind
from shema_cli.enrollments.records import decision_key
from shema_cli.enrollments.script import DECIDE_LUA
from shema_cli.errors import Unreachable
from shema_cli.events.envelope import Event, encode_event
from shema_cli.store.connection import is_cluster, redis_errors
from shema_cli.store.listeners import listeners

if TYPE_CHECKING:
    from shema_cli.context import AppContext

BEGIN_WITHIN_MS = 2000
RESOLVE_WITHIN_S = 8.0
RESOLVE_PAUSE_S = 0.1
SENDS = 3
COUNT_KEPT_S = 1.0


@dataclass(frozen=True)
class Order:
    """What is to be decided on one enrollment.

    `reason` goes into the event and the record; `why` into the audit entry, where it differs (a decision published
    again keeps its reason), with `details`.
    """

    enrollment_id: str
    student_id: str
    kind: Kind
    reason: str = ""
    request_id: str = ""
    republish: bool = False
    why: str = ""
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Done:
    """It was published, recorded and audited. `receivers` is None when the answer was lost and the trail told."""

    event_id: str
    receivers: int | None


@dataclass(frozen=True)
class Standing:
    """A decision stands already; nothing was done."""

    decision: Decision


@dataclass(frozen=True)
class Unheard:
    """No service listens; nothing was done."""


Answer = Done | Standing | Unheard


@dataclass(frozen=True)
class _Sent:
    """A script call that may have an effect: the audit entry that proves it, and the last moment for it to begin."""

    sealed: Mapping[bytes, bytes]
    deadline_ms: float


class Decider:
    """Decides one enrollment after the other, in the name of one command's admin."""

    def __init__(self, app: AppContext, *, allow_unheard: bool = False) -> None:
        self._app = app
        self._allow_unheard = allow_unheard
        self._script = app.redis.register_script(DECIDE_LUA)
        self._head: str | None = None
        self._server_ahead_ms = 0.0
        self._sent: _Sent | None = None
        self._elsewhere: dict[str, tuple[float, int]] = {}

    def decide(self, order: Order) -> Answer:
        """Carry out one order.

        Raises Unreachable when Redis is out of reach (its message says when it is not known whether the order was
        carried out) and Failed when Redis refuses.
        """
        event = encode_event(order.kind.channel, _data(order), clock=self._app.clock)
        with redis_errors(self._app.settings):
            for send in range(SENDS):
                try:
                    return self._until_final(order, event)
                except (ConnectionError, TimeoutError):
                    if self._was_done():
                        return Done(event.event_id, None)
                    if send == SENDS - 1:
                        raise
        raise AssertionError("unreachable")

    def _until_final(self, order: Order, event: Event) -> Answer:
        """Send until the audit chain stood still and the server's clock was known."""
        draft = self._draft(order, event)
        for attempt in range(MAX_ATTEMPTS):
            outcome, now, *rest = self._send(order, event, draft)
            self._server_ahead_ms = float(now) - self._monotonic_ms()
            match outcome:
                case b"done":
                    return Done(event.event_id, int(rest[0]))
                case b"unheard":
                    return Unheard()
                case b"standing":
                    return Standing(_decision(rest[0]))
                case b"moved":
                    self._head = _text(rest[0])
                    self._app.audit.pause(attempt)
                case _:
                    self._head = _text(rest[0])
        raise contended()

    def _send(self, order: Order, event: Event, draft: Mapping[str, str]) -> list[Any]:
        known = self._head is not None
        sealed = seal(draft, self._head or "")
        deadline = self._monotonic_ms() + self._server_ahead_ms + BEGIN_WITHIN_MS if known else 0.0
        record = [part for field in _record(event, order, draft).items() for part in map(to_bytes, field)]
        arguments = [
            sealed[b"prev"],
            f"{deadline:.0f}",
            order.kind.value,
            int(order.republish),
            int(self._allow_unheard),
            event.channel,
            event.payload,
            self._listeners_elsewhere(event.channel, order) if known else 0,
            len(record),
            *record,
            *flat(sealed),
        ]
        self._sent = _Sent(sealed, deadline) if known else None
        answer: list[Any] = self._script([decision_key(order.enrollment_id), AUDIT_KEY], arguments)
        self._sent = None
        if answer[0] == b"done":
            self._head = sealed[b"hash"].decode()
        return answer

    def _was_done(self) -> bool:
        """Whether the call whose answer was lost had its effect; waits until it can no longer begin.

        Raises Unreachable when Redis does not come back to tell.
        """
        sent, self._sent, self._head = self._sent, None, None
        if sent is None:
            return False
        give_up = self._app.clock.monotonic() + RESOLVE_WITHIN_S
        while True:
            try:
                now = float(self._script([decision_key(""), AUDIT_KEY], ["", "0"])[1])
                if self._app.audit.find(sealed=sent.sealed):
                    return True
                if now > sent.deadline_ms:
                    return False
            except RedisError as error:
                if self._app.clock.monotonic() > give_up:
                    raise unresolved() from error
            self._app.clock.sleep(RESOLVE_PAUSE_S)

    def _draft(self, order: Order, event: Event) -> dict[str, str]:
        return self._app.audit.draft(
            action="republish" if order.republish else order.kind.verb,
            target=order.enrollment_id,
            event_id=event.event_id,
            reason=order.why or order.reason,
            request_id=order.request_id,
            details=order.details,
        )

    def _listeners_elsewhere(self, channel: str, order: Order) -> int:
        """Who listens on the nodes of a cluster that do not run the script; counted again every second."""
        if not is_cluster(self._app.redis):
            return 0
        counted_at, count = self._elsewhere.get(channel, (float("-inf"), 0))
        if self._app.clock.monotonic() - counted_at > COUNT_KEPT_S:
            count = listeners(
                self._app.redis, channel, key=decision_key(order.enrollment_id).decode("utf-8", "replace")
            ).elsewhere
            self._elsewhere[channel] = (self._app.clock.monotonic(), count)
        return count

    def _monotonic_ms(self) -> float:
        return self._app.clock.monotonic() * 1000


def unresolved() -> Unreachable:
    return Unreachable(
        "redis_lost",
        "Redis was lost in the middle of this decision and did not come back: it may or may not have been published",
        "run the same command again when Redis is back: it tells, and decides nothing twice",
    )


def _record(event: Event, order: Order, draft: Mapping[str, str]) -> dict[str, str]:
    return {
        "eventId": event.event_id,
        "decision": order.kind.value,
        "actor": draft["actor"],
        "actorEmail": draft["actorEmail"],
        "at": draft["at"],
        "reason": order.reason,
    }


def _data(order: Order) -> dict[str, str]:
    data = {"enrollmentId": order.enrollment_id, "studentId": order.student_id}
    return data if order.kind is Kind.APPROVED else data | {"reason": order.reason}


def _decision(stored: Sequence[bytes]) -> Decision:
    decision = Decision.of_stored(dict(zip(stored[::2], stored[1::2], strict=True)))
    assert decision
    return decision


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
