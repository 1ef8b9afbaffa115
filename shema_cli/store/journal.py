"""Writing the audit trail (contract 1.5): in the same step as the change, or before it, never after.

A change that Redis does not make itself has two entries: `<action>.begun` before its first step, so that a trail that
cannot be written refuses it, and `<action>` or `<action>.failed` when it has ended. A kill in between leaves the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from typing import Required, TypedDict, Unpack

from shema_cli.clock import Clock, iso
from shema_cli.errors import Failed, ShemaError, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.chain import UNKEYED, as_text
from shema_cli.store.commit import Change, Committed, Committer, Outcome
from shema_cli.store.connection import Store
from shema_cli.store.scripts import script
from shema_cli.store.seal import Sealer


@dataclass(frozen=True)
class Author:
    """In whose name, by which command, and where something was done (contract 3.1)."""

    uid: str
    email: str
    command: str
    profile: str
    project: str = ""
    redis: str = ""
    emulator: bool = False

    def where(self) -> dict[str, str]:
        """The fields of an entry that say where it was done."""
        told = {"profile": self.profile, "project": self.project, "redis": self.redis}
        return told | ({"emulator": "true"} if self.emulator else {})


class EntryWords(TypedDict, total=False):
    """What an entry tells. `reason` is the admin's words; `details` whatever else explains the change (JSON)."""

    action: Required[str]
    target: Required[str]
    event_id: str
    reason: str
    request_id: str
    details: Mapping[str, object] | None


class Journal:
    """The trail, written in one author's name and sealed with a key where there is one."""

    def __init__(self, store: Store, clock: Clock, author: Author, sealer: Sealer = UNKEYED) -> None:
        self.author = author
        self.store = store
        self._clock = clock
        self._committer = Committer(store, clock, sealer)

    @property
    def wrote(self) -> bool:
        """Whether something was entered, and the trail could be reached to the end."""
        return self._committer.wrote

    def of(self, author: Author) -> Journal:
        """The same trail in somebody else's name, who can write it himself no more."""
        other = copy(self)
        other.author = author
        return other

    def draft(self, **told: Unpack[EntryWords]) -> dict[str, str]:
        """The fields of an entry that is not in the chain yet: all of contract 1.5 but `prev` and `hash`."""
        fields = {
            "at": iso(self._clock.now()),
            "actor": self.author.uid,
            "actorEmail": self.author.email,
            **self.author.where(),
            "command": self.author.command,
            "action": told["action"],
            "target": told["target"],
            "eventId": told.get("event_id", ""),
            "reason": told.get("reason", ""),
            "requestId": told.get("request_id", ""),
        }
        details = told.get("details")
        return fields | ({"details": json.dumps(details, ensure_ascii=False)} if details else {})

    def carry_out(self, change: Change) -> Committed:
        """Make a change together with its entry, a `draft` of this journal. Raises as `Committer.carry_out` does."""
        return self._committer.carry_out(change)

    @property
    def at_once(self) -> int:
        """How many changes `carry_out_first` would send in one write now."""
        return self._committer.at_once

    def carry_out_first(self, changes: Sequence[Change]) -> list[Outcome]:
        """Make the first of these changes, each together with its entry, as `Committer.carry_out_first` does."""
        return self._committer.carry_out_first(changes)

    def append(self, *, frees: bool = False, **told: Unpack[EntryWords]) -> str:
        """Add an entry and return its stream id. One of a change that `frees` memory a full server takes as well.

        Raises Unreachable when Redis is out of reach, Failed when the trail cannot be written.
        """
        own_keys = [keys.NEVER] if frees else []
        change = Change(script("append"), self.draft(**told), own_keys, what="writing the audit entry", done="written")
        done = self.carry_out(change)
        return done.found or as_text(done.told[0])

    def begin(self, **told: Unpack[EntryWords]) -> None:
        """Add the entry of what is to be done next. Raises as `append` does, and says that it was not begun."""
        try:
            self.append(**told)
        except Unreachable as error:
            raise Unreachable(error.code, f"{error.message}; nothing else was done", error.hint) from error

    @contextmanager
    def around(self, **told: Unpack[EntryWords]) -> Iterator[None]:
        """Enter a change that is made elsewhere before the block begins, and after it what came of it.

        Nothing is done when the first entry cannot be written: raises as `begin` does. Raises Failed (`not_audited`)
        when the change was made and its last entry could not be written.
        """
        action, other = told["action"], told.copy()
        other["action"] = f"{action}.begun"
        self.begin(**other)
        try:
            yield
        except ShemaError as error:
            other["action"] = f"{action}.failed"
            other["details"] = {**(told.get("details") or {}), **error.document()}
            with suppress(ShemaError):
                self.append(**other)
            raise
        try:
            self.append(**told)
        except ShemaError as error:
            raise Failed(
                "not_audited",
                f"{action} was carried out for {told['target']}; the trail has its beginning, but its end was not seen "
                f"to be written: {error.message}",
                "note it by hand; what was begun is in: shema audit list",
            ) from None
