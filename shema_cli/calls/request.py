"""What is sent: a request, the ids that follow it through every log, and the headers that say who calls."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import field, replace
from enum import Enum
from typing import Self
from urllib.parse import quote, urlencode

from shema_cli import __version__
from shema_cli.calls import tokens as service_token
from shema_cli.calls.trace import HEADER, Trace, next_span
from shema_cli.clock import Clock, ms_of
from shema_cli.errors import Failed, InvalidUsage, NotConfigured
from shema_cli.frozen import dataclass
from shema_cli.settings.values import Settings

DEFAULT_NAME = "shema-cli"
RENEW_BEFORE_S = 60
OWN_HEADERS = frozenset(
    {"authorization", "x-service-name", "x-request-id", "traceparent", "tracestate"}
    | {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"}
)
USER_AGENT = f"shema/{__version__}"
ACCEPTED_ENCODING = "gzip"
_ID_ALPHABET = string.ascii_lowercase + string.digits
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")


IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that may be sent twice."""


class Timeout(Enum):
    """Seconds that one attempt may take, from the connection to the last byte of the answer (contract 1.2)."""

    DEFAULT = 5.0  # stats, capacity, health, single objects
    DATABASE = 10.0  # lists and pages
    EXTERNAL = 15.0  # Firebase, Google
    LONG_RUNNING = 30.0  # `shema api`

    @property
    def seconds(self) -> float:
        return self.value


@dataclass(frozen=True)
class Outgoing:
    """A request, but for the base URL that it goes to.

    `path` may bear a query; `params` are added to it. `service` and `attempt` (from 1) are for the log, `address_in`,
    the setting that says where it goes, for errors.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    params: Mapping[str, str] | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)
    service: str = ""
    attempt: int = 1
    address_in: str = ""

    @classmethod
    def of_json(
        cls, path: str, value: object, params: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Self:
        """A POST of JSON."""
        body = json.dumps(value, separators=(",", ":")).encode()
        return cls("POST", path, {"Content-Type": "application/json", **(headers or {})}, params, body)

    @classmethod
    def of_form(cls, path: str, form: Mapping[str, str], params: Mapping[str, str] | None = None) -> Self:
        """A POST of a form."""
        kind = "application/x-www-form-urlencoded"
        return cls("POST", path, {"Content-Type": kind}, params, urlencode(form).encode())

    @property
    def request_id(self) -> str:
        return self.headers.get("X-Request-ID", "")

    def as_attempt(self, number: int, address_in: str = "") -> Self:
        """The same request as attempt `number` of its call: the trace stays, the span is new."""
        headers = dict(self.headers)
        if parent := headers.get(HEADER):
            headers[HEADER] = next_span(parent)
        return replace(self, headers=headers, attempt=number, address_in=address_in)

    def url(self, base: str) -> str:
        if not self.params:
            return base + self.path
        joint = "&" if "?" in self.path else "?"
        return f"{base}{self.path}{joint}{urlencode(self.params, quote_via=quote)}"


@dataclass
class CallerHeaders:
    """Makes the headers of every call, and keeps one service token until a minute before its end (contract 1.2).

    `name` is SERVICE_NAME, `secret` SERVICE_JWT_SECRET or None, `actor` the admin on whose behalf calls are made,
    `trace` the one that all calls belong to; without one each begins its own.
    """

    name: str
    secret: str | None = field(repr=False)
    actor: service_token.Actor | None
    clock: Clock
    trace: Trace | None = None
    _token: str = field(default="", repr=False)
    _renew_at: float = 0.0

    @classmethod
    def of(
        cls, settings: Settings, clock: Clock, *, secret: str | None = None, actor: service_token.Actor | None = None
    ) -> Self:
        """Those of a command, in the trace that its environment hands over."""
        return cls(caller_name(settings), secret, actor, clock, Trace.given(settings.trace))

    def of_call(self, request_id: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Everything that a request carries. `extra` may add headers and set Content-Type, but none of our own.

        Raises NotConfigured without SERVICE_JWT_SECRET, and InvalidUsage for an extra header that cannot be sent.
        """
        if self.secret is None:
            raise NotConfigured(
                "not_configured",
                "SERVICE_JWT_SECRET is not set; it is needed for calls to services",
                "set SERVICE_JWT_SECRET in the environment, in .env or in a profile",
            )
        added = _checked(extra or {})
        common = self.of_health_check(request_id)
        return {name: value for name, value in common.items() if name.lower() not in added} | added

    def of_health_check(self, request_id: str) -> dict[str, str]:
        """The same for a health check, which works without a secret too. Raises NotConfigured for a bad name."""
        if not _HEADER_VALUE.fullmatch(self.name):
            raise NotConfigured(
                "not_configured", f"SERVICE_NAME {self.name!r} cannot be sent in a header", "use ASCII letters"
            )
        authorization = {"Authorization": f"Bearer {self._current_token(self.secret)}"} if self.secret else {}
        return {
            "Content-Type": "application/json",
            **authorization,
            "X-Service-Name": self.name,
            "X-Request-ID": request_id,
            **(self.trace or Trace.new()).span(),
            "User-Agent": USER_AGENT,
            "Accept": "*/*",
            "Accept-Encoding": ACCEPTED_ENCODING,
        }

    def _current_token(self, secret: str) -> str:
        now = self.clock.now()
        if now.timestamp() >= self._renew_at:
            self._token, _ = service_token.issue(secret, self.name, self.actor, now)
            self._renew_at = int(now.timestamp()) + service_token.LIFETIME_S - RENEW_BEFORE_S
        return self._token


def segment(text: str) -> str:
    """`text` as one part of a path, whatever it holds.

    Raises Failed for what no part of a path can be: nothing, the two that lead elsewhere, and what is not UTF-8.
    """
    try:
        if text not in ("", ".", ".."):
            return quote(text, safe="")
    except UnicodeEncodeError:
        pass
    raise Failed("bad_id", f"{text!r} is no id that a service can be asked for", "tell whoever wrote that id")


def caller_name(settings: Settings) -> str:
    """The name that we give in calls and tokens: SERVICE_NAME."""
    return settings.get("SERVICE_NAME") or DEFAULT_NAME


def new_request_id(clock: Clock) -> str:
    """`req_<milliseconds>_<9 of a-z0-9>` (contract 1.2)."""
    milliseconds = ms_of(clock.now())
    return f"req_{milliseconds}_{''.join(secrets.choice(_ID_ALPHABET) for _ in range(9))}"


def _checked(extra: Mapping[str, str]) -> dict[str, str]:
    for name, value in extra.items():
        if name.lower() in OWN_HEADERS:
            raise InvalidUsage("bad_header", f"the header {name} is set by shema itself", "leave that header out")
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise InvalidUsage("bad_header", f"the header {name!r} cannot be sent", "use printable ASCII")
    return {name.lower(): value.strip() for name, value in extra.items()}
