"""Service tokens for debugging services (contract 1.2; 2.3, `tokens`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shema_cli.calls import tokens as service_token
from shema_cli.clock import iso
from shema_cli.exit_codes import ExitCode
from shema_cli.results import Result, Table

if TYPE_CHECKING:
    from shema_cli.context import AppContext

SCHEME = "bearer "


@dataclass(frozen=True)
class IssuedToken(Result):
    token: str = field(repr=False)
    claims: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        return {"token": self.token, "claims": dict(self.claims)}

    def table(self) -> Table:
        return Table(("token",), [(self.token,)])


@dataclass(frozen=True)
class Verified(Result):
    """The answer that a service would give: 200, 401 or 403, and its words."""

    verdict: service_token.TokenVerdict

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if self.verdict.valid else ExitCode.FAILED

    def document(self) -> dict[str, Any]:
        verdict = self.verdict
        return {
            "valid": verdict.valid,
            "claims": verdict.claims,
            "status": verdict.status,
            "error": verdict.error,
        }

    def table(self) -> Table:
        verdict = self.verdict
        rows: list[tuple[str, Any]] = [("valid", verdict.valid), ("status", verdict.status), ("error", verdict.error)]
        return Table(("field", "value"), rows + [(name, _shown(name, v)) for name, v in (verdict.claims or {}).items()])


def issue_token(app: AppContext) -> IssuedToken:
    """A token as every call to a service bears it. Raises NotConfigured without SERVICE_JWT_SECRET."""
    secret = _secret(app)
    if service_token.is_short(secret):
        app.output.warn(f"SERVICE_JWT_SECRET has fewer than {service_token.SHORTEST_SECRET} bytes")
    name = app.settings.get("SERVICE_NAME") or "shema-cli"
    token, claims = service_token.issue(secret, name, app.admin, app.clock.now())
    return IssuedToken(token, claims)


def verify_token(app: AppContext, token: str) -> Verified:
    """Raises NotConfigured without SERVICE_JWT_SECRET. A leading `Bearer` is what services strip too."""
    bare = token.strip()
    if f"{bare} ".lower().startswith(SCHEME):
        bare = bare[len(SCHEME) :].strip()
    return Verified(service_token.verify(bare, _secret(app), app.clock.now()))


def _secret(app: AppContext) -> str:
    return app.settings.require("SERVICE_JWT_SECRET", "service tokens")


def _shown(name: str, value: Any) -> Any:
    """Times as times."""
    if name in ("iat", "exp", "nbf") and isinstance(value, (int, float)) and 0 <= value < 2**33:
        return f"{value} ({iso(datetime.fromtimestamp(value, UTC))})"
    return value
