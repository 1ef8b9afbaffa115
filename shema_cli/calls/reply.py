"""What came: the answer of one attempt, the reply that a call ends in, and how either can end other than well.

One attempt (`transport.py`):

    NoUsableAnswer
    ├── AttemptFailed          no answer, a 5xx, or one too late: may be tried again, counts against the circuit
    ├── Unacceptable           will be no better the next time: a redirect, too long, cannot be unpacked
    └── LocalFault             never left this machine: not tried again, says nothing of the other side

A call (`client.py`), with the exit code; each carries the facts of the call:

    ServiceError
    ├── ServiceUnavailable  3  no answer, a 5xx, or one too late; after all attempts
    │   ├── CircuitOpen     3  not even tried: the instances failed too often a moment ago
    │   └── NotSent         3  this machine could not send it, which says nothing of the service
    ├── ServiceRejected     1  the service answered 4xx
    ├── ServiceNotFound     1  the service answered 404
    └── BadAnswer           1  an answer that is not what was asked for: not JSON, too long, a redirect
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from shema_cli.errors import Failed, NotFound, ShemaError, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.json_text import loads
from shema_cli.shell import quoted

SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Received:
    """The answer of one attempt, read whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def date(self) -> datetime | None:
        """When the answer says that it was given; None when it does not."""
        return parse_http_date(self.headers.get("date", ""))

    def json(self) -> object:
        """The decoded body; None when it is not JSON."""
        try:
            return loads(self.body)
        except ValueError:
            return None


class NoUsableAnswer(Exception):
    """How one attempt ended other than well. `status` is None when no answer came; `hint` is the way out, if known."""

    def __init__(self, code: str, problem: str, status: int | None, hint: str | None = None) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.status = status
        self.hint = hint


class AttemptFailed(NoUsableAnswer):
    """No usable answer: may be tried again, and counts against the circuit. `received` is set for a 5xx."""

    def __init__(self, code: str, problem: str, received: Received | None = None, hint: str | None = None) -> None:
        super().__init__(code, problem, received.status if received else None, hint)
        self.received = received


class LocalFault(NoUsableAnswer):
    """It went wrong on this machine, before anything was sent: no files left, no network, a proxy that is none."""

    def __init__(self, code: str, problem: str, hint: str | None = None) -> None:
        super().__init__(code, problem, None, hint)


class Unacceptable(NoUsableAnswer):
    """An answer that will be no better the next time: a redirect, a body that is too long or cannot be unpacked."""

    status: int

    def __init__(self, code: str, problem: str, status: int) -> None:
        super().__init__(code, problem, status)


@dataclass(frozen=True)
class Reply:
    """What a call ended in: status, headers (names in lower case) and body, and the facts of the call.

    `duration_ms` counts the whole call, retries and pauses included; `circuit` is `closed`, `open` or `half_open`.
    """

    service: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    content_type: str
    request_id: str
    duration_ms: int
    instance: str
    circuit: str

    def json(self) -> object:
        """The decoded body, numbers in their own digits (`json_text.loads`). Raises BadAnswer when it is not JSON."""
        try:
            decoded = loads(self.body)
        except ValueError:
            raise self.bad_answer("the body is not JSON") from None
        return decoded

    def raise_for_status(self) -> Reply:
        """This reply when it is a 2xx. Raises ServiceNotFound for a 404 and ServiceRejected for any other status."""
        if 200 <= self.status < 300:
            return self
        raise self._rejection()

    def bad_answer(self, problem: str) -> BadAnswer:
        """The error for an answer that is not what was asked for: status, content type, first 80 characters."""
        return BadAnswer(
            "bad_answer",
            f"{self.service}: {problem}: {self.status} {self.content_type or 'without a content type'}: "
            f"{self.beginning()!r} (request {self.request_id})",
            f"`shema api {quoted(self.service)} PATH` shows the whole of it; tell whoever runs {self.instance}",
            self.facts(),
        )

    def beginning(self) -> str:
        """The first 80 characters of the body."""
        return self.body[: SHOWN_CHARACTERS * 4].decode("utf-8", "backslashreplace")[:SHOWN_CHARACTERS]

    def facts(self) -> CallFacts:
        return CallFacts(
            service=self.service,
            request_id=self.request_id,
            duration_ms=self.duration_ms,
            circuit=self.circuit,
            status=self.status,
            instance=self.instance,
            reply=self,
        )

    def _rejection(self) -> ServiceError:
        said = f": {self.beginning()!r}" if self.body else ""
        message = f"{self.service} answered {self.status}{said} (request {self.request_id})"
        if self.status == 404:
            return ServiceNotFound("not_found", message, "check the ids, and the path", self.facts())
        hint = None
        if self.status in (401, 403):
            hint = "check that SERVICE_JWT_SECRET is the one that the services have (`shema tokens issue`)"
        return ServiceRejected("service_rejected", message, hint, self.facts())


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


class NotSent(ServiceUnavailable):
    """The service was not asked, because this machine could not send anything."""


def not_sent(fault: LocalFault, facts: CallFacts) -> NotSent:
    """The error of a call that did not leave this machine."""
    message = f"{facts.service} was not called, for a reason on this machine: {fault.problem}"
    return NotSent(fault.code, message, fault.hint, facts)


class ServiceRejected(ServiceError, Failed):
    """The service answered 4xx."""


class ServiceNotFound(ServiceError, NotFound):
    """The service answered 404."""


class BadAnswer(ServiceError, Failed):
    """The service answered, but not what was asked for."""


def parse_http_date(text: str) -> datetime | None:
    """The moment that a header such as `Date` names; None for anything else. One without an offset is read as UTC."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """What `Retry-After` asks for, in seconds or as a date; None when it is missing or nonsense."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    moment = parse_http_date(text)
    return max(0.0, (moment - now).total_seconds()) if moment else None
