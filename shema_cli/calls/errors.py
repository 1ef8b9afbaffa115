"""How a call to a service can end other than well.

    ServiceUnavailable   3   no answer, a 5xx, or one too late; after all attempts
    └── CircuitOpen      3   not even tried: the instances failed too often a moment ago
    ServiceRejected      1   the service answered 4xx
    ServiceNotFound      1   the service answered 404
    BadAnswer            1   an answer that is not what was asked for: not JSON, too long, a redirect

Each carries the facts of the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shema_cli.errors import Failed, NotFound, ShemaError, Unreachable

if TYPE_CHECKING:
    from shema_cli.calls.reply import Reply


@dataclass(frozen=True)
class CallFacts:
    """What is known of a call that failed. `status` is None when no answer came; `reply` is set for a 5xx."""

    service: str
    request_id: str = ""
    duration_ms: int = 0
    circuit: str = "closed"
    status: int | None = None
    instance: str | None = None
    reply: Reply | None = None


class ServiceError(ShemaError):
    """Base of the errors of one call."""

    def __init__(self, code: str, message: str, hint: str | None, facts: CallFacts) -> None:
        super().__init__(code, message, hint)
        self.facts = facts

    @property
    def service(self) -> str:
        return self.facts.service

    @property
    def request_id(self) -> str:
        return self.facts.request_id

    @property
    def duration_ms(self) -> int:
        """Of the whole call, pauses included."""
        return self.facts.duration_ms

    @property
    def circuit(self) -> str:
        """`closed`, `open` or `half_open`, of the instance tried last."""
        return self.facts.circuit

    @property
    def status(self) -> int | None:
        return self.facts.status

    @property
    def reply(self) -> Reply | None:
        """The last answer, where there was one."""
        return self.facts.reply


class ServiceUnavailable(ServiceError, Unreachable):
    """The service gave no usable answer in time (contract 1.2)."""


class CircuitOpen(ServiceUnavailable):
    """The service was not asked, because its circuits are open."""


class ServiceRejected(ServiceError, Failed):
    """The service answered 4xx."""


class ServiceNotFound(ServiceError, NotFound):
    """The service answered 404."""


class BadAnswer(ServiceError, Failed):
    """The service answered, but not what was asked for."""
