"""What one attempt sends to an instance, and what it can bring back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import quote, urlencode

from shema_cli.calls.request_id import traceparent


@dataclass(frozen=True)
class Outgoing:
    """A request, but for the instance that it goes to. `path` may bear a query; `params` are added to it."""

    method: str
    path: str
    headers: Mapping[str, str]
    params: Mapping[str, str] | None = None
    body: bytes | None = None

    def with_new_span(self) -> Self:
        """The same request as another attempt of its call: the trace stays, the span is new."""
        headers = dict(self.headers)
        if parent := headers.get("traceparent"):
            headers["traceparent"] = traceparent(parent.split("-")[1])
        return replace(self, headers=headers)

    def url(self, base: str) -> str:
        if not self.params:
            return base + self.path
        joint = "&" if "?" in self.path else "?"
        return f"{base}{self.path}{joint}{urlencode(self.params, quote_via=quote)}"


@dataclass(frozen=True)
class Received:
    """An answer, read whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


class AttemptFailed(Exception):
    """No usable answer: may be tried again, and counts against the circuit. `received` is set for a 5xx."""

    def __init__(self, code: str, problem: str, received: Received | None = None) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.received = received


class Unacceptable(Exception):
    """An answer that will be no better the next time: a redirect, a body that is too long or cannot be unpacked."""

    def __init__(self, code: str, problem: str, status: int) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.status = status
