"""Who calls: the headers of every request (contract 1.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shema_cli import __version__
from shema_cli.calls import tokens as service_token
from shema_cli.calls.request_id import traceparent
from shema_cli.clock import Clock
from shema_cli.errors import InvalidUsage, NotConfigured

if TYPE_CHECKING:
    from shema_cli.auth.gate import Admin

RENEW_BEFORE_S = 60
OWN_HEADERS = frozenset(
    {"authorization", "x-service-name", "x-request-id", "traceparent"}
    | {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te", "upgrade"}
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")


@dataclass
class Caller:
    """Makes the headers, and keeps one service token until a minute before its end."""

    name: str
    secret: str | None = field(repr=False)
    admin: Admin | None
    clock: Clock
    _token: str = field(default="", repr=False)
    _renew_at: float = 0.0

    def headers(self, request_id: str, trace_id: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
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
        common = self._common(request_id, trace_id)
        return {name: value for name, value in common.items() if name.lower() not in added} | added

    def health_headers(self, request_id: str, trace_id: str) -> dict[str, str]:
        """The same for a health check, which works without a secret too."""
        return self._common(request_id, trace_id)

    def _common(self, request_id: str, trace_id: str) -> dict[str, str]:
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
            "traceparent": traceparent(trace_id),
            "User-Agent": f"shema/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
        }

    def _current_token(self, secret: str) -> str:
        now = self.clock.now()
        if now.timestamp() >= self._renew_at:
            self._token, claims = service_token.issue(secret, self.name, self.admin, now)
            self._renew_at = claims["exp"] - RENEW_BEFORE_S
        return self._token


def _checked(extra: Mapping[str, str]) -> dict[str, str]:
    for name, value in extra.items():
        if name.lower() in OWN_HEADERS:
            raise InvalidUsage("bad_header", f"the header {name} is set by shema itself", "leave that header out")
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise InvalidUsage("bad_header", f"the header {name!r} cannot be sent", "use printable ASCII")
    return {name.lower(): value.strip() for name, value in extra.items()}
