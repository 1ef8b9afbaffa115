"""How much of a trail is sealed with a key, and which of its seals do not hold (contract 1.5)."""

from __future__ import annotations

from shema_cli.audit.results import TrailProblem
from shema_cli.store.chain import AuditEntry, digest
from shema_cli.store.seal import KEY_ID, MAC, VARIABLE, Sealed, Sealer


class SealCheck:
    """Takes the entries in order. What was written before there was a key is in order; what comes after is sealed.

    Without a key here nothing can be said of a seal but that it is there.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._first: str | None = None
        self.keyed = 0

    def feed(self, entry: AuditEntry) -> TrailProblem | None:
        if MAC not in entry.stored and KEY_ID not in entry.stored:
            return self._unsealed(entry)
        sealed = self._sealer.check(entry.stored, digest(entry.stored))
        if sealed is Sealed.WELL or (sealed is Sealed.UNKNOWN and not self._sealer):
            self.keyed += 1
            self._first = self._first or entry.id
            return None
        if sealed is Sealed.UNKNOWN:
            name = entry.stored[KEY_ID].decode("utf-8", "backslashreplace")
            return TrailProblem(
                entry.id, f"not checked: it is sealed with the key {name}, which {VARIABLE} does not hold"
            )
        return TrailProblem(entry.id, "forged: its seal was not made with the key that it names")

    def _unsealed(self, entry: AuditEntry) -> TrailProblem | None:
        if self._first is None or not self._sealer or not entry.linked:
            return None
        why = f"it is not sealed, though {self._first} before it is"
        return TrailProblem(entry.id, f"forged, or written without {VARIABLE}: {why}")
