"""One decision: record, publication and audit entry in one step of the server, or none of them (contract 2.4).

The script writes the record first, so that a server that takes no writes says so before anything is published, then
publishes, and takes the record back when no service heard it. It refuses to begin after a deadline of the server's
own clock, so that a command whose answer was lost cannot run later, when it was already taken for lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError, RedisError, TimeoutError

from shema_cli.audit.chain import AUDIT_KEY, AUDIT_LUA, flat, seal, to_bytes
from shema_cli.audit.log import MAX_ATTEMPTS, contended
from shema_cli.enrollments.models import Decision, Kind
from shema_cli.errors import Unreachable
from shema_cli.events.connection import is_cluster, redis_errors
from shema_cli.events.envelope import Event, encode_event
from shema_cli.events.heard import DELIVER_LUA, listeners

if TYPE_CHECKING:
    from shema_cli.context import AppContext

BEGIN_WITHIN_MS = 2000
RESOLVE_WITHIN_S = 8.0
RESOLVE_PAUSE_S = 0.1
SENDS = 3
READ_AT_ONCE = 500
COUNT_KEPT_S = 1.0

# KEYS: record, audit stream. ARGV: head, deadline (ms), decision, republish, allow unheard, channel, payload,
# elsewhere, number of record arguments, the record (its eventId first), the audit entry. With deadline 0 it only
# tells the server's time and the head.
DECIDE_LUA = (
    AUDIT_LUA
    + DELIVER_LUA
    + """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local said = string.format('%.0f', now)
local head = shema_audit_head(KEYS[2])
if now > tonumber(ARGV[2]) then return {'late', said, head} end

local standing = redis.call('HGETALL', KEYS[1])
if #standing > 0 and (ARGV[4] ~= '1' or redis.call('HGET', KEYS[1], 'decision') ~= ARGV[3]) then
  return {'standing', said, standing}
end
if head ~= ARGV[1] then return {'moved', said, head} end
if redis.acl_check_cmd and not redis.acl_check_cmd('XADD', KEYS[2], '*', 'at', '') then
  return redis.error_reply('NOPERM this user may not XADD to ' .. KEYS[2])
end

local last = 9 + tonumber(ARGV[9])
local event_before = redis.call('HGET', KEYS[1], 'eventId')
if #standing > 0 then
  redis.call('HSET', KEYS[1], ARGV[10], ARGV[11])
else
  redis.call('HSET', KEYS[1], unpack(ARGV, 10, last))
end
local services, problem = shema_deliver(ARGV[6], ARGV[7], ARGV[8])
if not services or (services == 0 and ARGV[5] ~= '1') then
  if #standing == 0 then redis.call('DEL', KEYS[1])
  elseif event_before then redis.call('HSET', KEYS[1], ARGV[10], event_before)
  else redis.call('HDEL', KEYS[1], ARGV[10]) end
  if not services then return redis.error_reply(problem) end
  return {'unheard', said}
end
shema_audit(KEYS[2], ARGV[1], {unpack(ARGV, last + 1)})
return {'done', said, services}
"""
)


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


def decision_key(enrollment_id: str) -> bytes:
    return to_bytes(f"{{shema}}:decision:{enrollment_id}")


def read_decisions(app: AppContext, ids: Sequence[str]) -> dict[str, Decision]:
    """The decisions that stand on these enrollments, by id. Raises Unreachable and NotConfigured."""
    found = {}
    with redis_errors(app.settings):
        for first in range(0, len(ids), READ_AT_ONCE):
            some = ids[first : first + READ_AT_ONCE]
            pipeline = app.redis.pipeline(transaction=False)
            for id in some:
                pipeline.hgetall(decision_key(id))
            for id, stored in zip(some, pipeline.execute(), strict=True):
                if decision := Decision.of_stored(stored):
                    found[id] = decision
    return found


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
