"""One answer of a service, read whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shema_cli.calls.errors import BadAnswer, CallFacts, ServiceError, ServiceNotFound, ServiceRejected
from shema_cli.json_text import no_constant

SHOWN_CHARACTERS = 80


@dataclass(frozen=True)
class Reply:
    """Status, headers (names in lower case) and body, and the facts of the call that got them.

    `duration_ms` counts the whole call, retries and pauses included.
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

    def json(self) -> Any:
        """The decoded body. Raises BadAnswer when it is not JSON."""
        try:
            return json.loads(self.body, parse_constant=no_constant)
        except (ValueError, RecursionError):
            raise self.bad_answer("the body is not JSON") from None

    def bad_answer(self, problem: str) -> BadAnswer:
        """The error for an answer that is not what was asked for: status, content type, first 80 characters."""
        return BadAnswer(
            "bad_answer",
            f"{self.service}: {problem}: {self.status} {self.content_type or 'without a content type'}: "
            f"{self.beginning()!r} (request {self.request_id})",
            f"`shema api {self.service} PATH` shows the whole of it; tell whoever runs {self.instance}",
            self.facts(),
        )

    def raise_for_status(self) -> Reply:
        """This reply when it is a 2xx. Raises ServiceNotFound for a 404 and ServiceRejected for any other status."""
        if 200 <= self.status < 300:
            return self
        raise self._rejection()

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
