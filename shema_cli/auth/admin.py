"""The admin in whose name a command runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

SESSION = "session"
ID_TOKEN_VARIABLE = "SHEMA_ID_TOKEN"  # noqa: S105 - the name of the variable
SERVICE_ACCOUNT = "service-account"


@dataclass(frozen=True)
class Admin:
    """A verified admin. `source` is `session`, `SHEMA_ID_TOKEN` or `service-account`."""

    uid: str
    email: str
    id_token: str = field(repr=False)
    expires_at: datetime
    emulator: bool
    source: str
