"""Writing the audit trail (contract 1.5)."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from redis.exceptions import ConnectionError, TimeoutError

from shema_cli.audit.chain import APPEND_LUA, AUDIT_KEY, GENESIS, entries_of, flat, id_before, seal
from shema_cli.clock import iso
from shema_cli.errors import Failed
from shema_cli.store.connection import redis_errors

if TYPE_CHECKING:
    from shema_cli.context import AppContext

MAX_ATTEMPTS = 500
CONNECTIONS = 3
LONGEST_PAUSE_S = 0.02
LOOK_BACK = 1000


@dataclass(frozen=True)
class Author:
    """In whose name, and by which command, something was done."""

    uid: str
    email: str
    command: str

    @classmethod
    def of(cls, app: AppContext) -> Author:
        admin = app.admin
        return cls(admin.uid if admin else "", admin.email if admin else "", app.command)


class AuditLog:
    """The trail, written in the name of one command's admin, or of an `author` who could not do so any more."""

    def __init__(self, app: AppContext, author: Author | None = None) -> None:
        self._app = app
        self._author = author

    @classmethod
    def from_app(cls, app: AppContext) -> AuditLog:
        return cls(app)

    def draft(
        self,
        *,
        action: str,
        target: str,
        event_id: str = "",
        reason: str = "",
        request_id: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> dict[str, str]:
        """The fields of an entry that is not in the chain yet: all of contract 1.5 but `prev` and `hash`.

        `reason` is the admin's words; `details` whatever else explains the change (JSON).
        """
        author = self._author or Author.of(self._app)
        fields = {
            "at": iso(self._app.clock.now()),
            "actor": author.uid,
            "actorEmail": author.email,
            "profile": self._app.settings.profile_label,
            "command": author.command,
            "action": action,
            "target": target,
            "eventId": event_id,
            "reason": reason,
            "requestId": request_id,
        }
        return fields | ({"details": json.dumps(details, ensure_ascii=False)} if details else {})

    def append(
        self,
        *,
        action: str,
        target: str,
        event_id: str = "",
        reason: str = "",
        request_id: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> str:
        """Add an entry and return its stream id.

        Raises Unreachable when Redis is out of reach, Failed when the chain is never still long enough.
        """
        draft = self.draft(
            action=action, target=target, event_id=event_id, reason=reason, request_id=request_id, details=details
        )
        with redis_errors(self._app.settings):
            return self._append(draft)

    def head(self) -> str:
        """The `hash` of the newest entry: the `prev` of the one to come."""
        newest = entries_of(self._app.redis.xrevrange(AUDIT_KEY, count=1))
        return newest[0].hash if newest else GENESIS

    def pause(self, attempt: int) -> None:
        """Let whoever was faster be done: full jitter, up to 20 ms."""
        self._app.clock.sleep(random.uniform(0, min(0.001 * 2 ** min(attempt, 10), LONGEST_PAUSE_S)))  # noqa: S311

    def _append(self, draft: Mapping[str, str]) -> str:
        """When an answer is lost the entry perhaps is not: only the stream itself knows."""
        sent: list[Mapping[bytes, bytes]] = []
        for connection in range(CONNECTIONS):
            try:
                written = next(filter(None, map(self.find, sent)), None)
                return written or self._contend(draft, sent)
            except (ConnectionError, TimeoutError):
                if connection == CONNECTIONS - 1:
                    raise
        raise AssertionError("unreachable")

    def _contend(self, draft: Mapping[str, str], sent: list[Mapping[bytes, bytes]]) -> str:
        """Try until the chain stood still between reading its head and writing; what is sent is noted in `sent`."""
        script = self._app.redis.register_script(APPEND_LUA)
        head = self.head()
        for attempt in range(MAX_ATTEMPTS):
            sealed = seal(draft, head)
            sent.append(sealed)
            outcome, value = cast("list[bytes]", script([AUDIT_KEY], [head, *flat(sealed)]))
            if outcome == b"added":
                return value.decode()
            sent.pop()
            head = value.decode()
            self.pause(attempt)
        raise contended()

    def find(self, sealed: Mapping[bytes, bytes]) -> str | None:
        """The id of this entry if it is in the stream; if it is, it follows directly on its `prev`."""
        newest: str | None = "+"
        while newest and (page := entries_of(self._app.redis.xrevrange(AUDIT_KEY, max=newest, count=LOOK_BACK))):
            for entry in page:
                if entry.stored.get(b"hash") == sealed[b"hash"]:
                    return entry.id
                if entry.stored.get(b"hash") == sealed[b"prev"]:
                    return None
            newest = id_before(page[-1].id)
        return None


def contended() -> Failed:
    return Failed(
        "audit_contended",
        "the audit trail was written to by others at every attempt, so nothing was changed",
        "run the same command again",
    )
