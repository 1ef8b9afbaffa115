"""Service tokens for debugging services (contract 1.2; 2.3, `tokens`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime

from shema_cli.calls import tokens as service_token
from shema_cli.calls.request import caller_name
from shema_cli.clock import Clock, iso
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table
from shema_cli.settings.values import Settings

SCHEME = "bearer "


@dataclass(frozen=True)
class IssuedToken(Result):
    token: str = field(repr=False)
    claims: Mapping[str, object]

    def document(self) -> dict[str, object]:
        return {"token": self.token, "claims": dict(self.claims)}

    def table(self) -> Table:
        return Table(("token",), [(self.token,)])


@dataclass(frozen=True)
class VerifiedToken(Result):
    """The answer that a service would give: 200, 401 or 403, and its words."""

    verdict: service_token.TokenVerdict

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if self.verdict.valid else ExitCode.FAILED

    def document(self) -> dict[str, object]:
        verdict = self.verdict
        return {
            "valid": verdict.valid,
            "claims": verdict.claims,
            "status": verdict.status,
            "error": verdict.error,
        }

    def table(self) -> Table:
        verdict = self.verdict
        claims = [(name, _shown(name, value)) for name, value in (verdict.claims or {}).items()]
        answer = [("valid", verdict.valid), ("status", verdict.status), ("error", verdict.error)]
        return Table(("field", "value"), [*answer, *claims])


def issue_token(
    settings: Settings, actor: service_token.Actor | None, clock: Clock, warn: Callable[[str], None]
) -> IssuedToken:
    """A token as every call to a service bears it, in the name of `actor`. Raises NotConfigured without a secret."""
    secret = _secret(settings)
    if service_token.is_short(secret):
        warn(f"SERVICE_JWT_SECRET has fewer than {service_token.SHORTEST_SECRET} bytes")
    token, claims = service_token.issue(secret, caller_name(settings), actor, clock.now())
    return IssuedToken(token, claims)


def verify_token(settings: Settings, token: str, clock: Clock) -> VerifiedToken:
    """Raises NotConfigured without SERVICE_JWT_SECRET. A leading `Bearer` is what services strip too."""
    bare = token.strip()
    if f"{bare} ".lower().startswith(SCHEME):
        bare = bare[len(SCHEME) :].strip()
    return VerifiedToken(service_token.verify(bare, _secret(settings), clock.now()))


def _secret(settings: Settings) -> str:
    return settings.require("SERVICE_JWT_SECRET", "service tokens")


def _shown(name: str, value: object) -> object:
    """Times as times."""
    if name in ("iat", "exp", "nbf") and isinstance(value, (int, float)) and 0 <= value < 2**33:
        return f"{value} ({iso(datetime.fromtimestamp(value, UTC))})"
    return value
