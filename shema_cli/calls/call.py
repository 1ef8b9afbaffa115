"""One call while it is made, and what it ends in: a reply, or an error that says what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shema_cli.calls.attempt import AttemptFailed, Outgoing, Received, Unacceptable
from shema_cli.calls.backoff import retry_after_s
from shema_cli.calls.circuit import Circuit
from shema_cli.calls.errors import BadAnswer, CallFacts, CircuitOpen, ServiceUnavailable
from shema_cli.calls.instances import Instance
from shema_cli.calls.reply import Reply
from shema_cli.counts import counted


@dataclass
class Call:
    """How far a call has come: `attempt` counts those made, `failure` is the last one's, `unfit` a sick instance."""

    service: str
    request: Outgoing
    request_id: str
    limit_s: float
    started: float
    attempt: int = 0
    instance: Instance | None = None
    failure: AttemptFailed | None = None
    unfit: str | None = None


@dataclass(frozen=True)
class End:
    """The moment when a call ended. `circuit` is that of the instance tried last, or else of the first in the line."""

    duration_ms: int
    circuit: Circuit
    now: datetime


def reply_of(call: Call, received: Received, end: End) -> Reply:
    assert call.instance is not None
    return Reply(
        service=call.service,
        status=received.status,
        headers=received.headers,
        body=received.body,
        content_type=received.content_type,
        request_id=call.request_id,
        duration_ms=end.duration_ms,
        instance=call.instance.url,
        circuit=end.circuit.value,
    )


def bad_answer(call: Call, problem: Unacceptable, end: End) -> BadAnswer:
    assert call.instance is not None
    said = problem.problem if problem.problem.startswith("answered") else f"cannot be understood: {problem.problem}"
    return BadAnswer(
        problem.code,
        f"{call.service} at {call.instance.url} {said} (request {call.request_id})",
        _hint(call),
        _facts(call, end, call.instance, status=problem.status),
    )


def unavailable(call: Call, instances: Sequence[Instance], end: End) -> ServiceUnavailable:
    """The error of a call that got no usable answer, or that could not even be tried."""
    if call.failure is not None and call.instance is not None:
        return _failed(call, call.failure, call.instance, end)
    return _not_tried(call, instances, end)


def _failed(call: Call, failure: AttemptFailed, instance: Instance, end: End) -> ServiceUnavailable:
    received = failure.received
    times = counted(call.attempt, "attempt")
    message = f"{call.service} at {instance.url}: {failure.problem} ({times}, request {call.request_id})"
    if received is not None and received.status == 503:
        asked = retry_after_s(received.headers.get("retry-after"), end.now)
        message += f"; it asks to wait for {asked:.0f} s" if asked else ""
    if end.circuit is Circuit.OPEN:
        message += "; its circuit is open now"
    status = received.status if received else None
    reply = reply_of(call, received, end) if received else None
    facts = _facts(call, end, instance, status=status, reply=reply)
    return ServiceUnavailable(f"service_{failure.code}", message, _hint(call), facts)


def _not_tried(call: Call, instances: Sequence[Instance], end: End) -> ServiceUnavailable:
    facts = _facts(call, end, instances[0] if instances else None)
    if not instances:
        message = f"{call.service} was not called: every registration of it has expired"
        return ServiceUnavailable("service_expired", message, _hint(call), facts)
    if call.unfit:
        message = f"{call.service} was not called: {call.unfit}"
        return ServiceUnavailable("service_unhealthy", message, _hint(call), facts)
    if end.circuit is Circuit.HALF_OPEN:
        what = "its circuit is half open, and another command is making the trial call"
    elif len(instances) == 1:
        what = f"the circuit of {instances[0].url} is open after too many failures"
    else:
        what = f"the circuits of its {len(instances)} instances are open after too many failures"
    return CircuitOpen("circuit_open", f"{call.service} was not called: {what}", _hint(call), facts)


def _facts(
    call: Call, end: End, instance: Instance | None, *, status: int | None = None, reply: Reply | None = None
) -> CallFacts:
    return CallFacts(
        service=call.service,
        request_id=call.request_id,
        duration_ms=end.duration_ms,
        circuit=end.circuit.value,
        status=status,
        instance=instance.url if instance else None,
        reply=reply,
    )


def _hint(call: Call) -> str:
    return f"shema services health {call.service}"
