"""The runs in the trail, and which of the traced events each of them took out (contract 1.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from shema_cli.audit import words as audit_words
from shema_cli.clock import iso_of_ms
from shema_cli.dlq.run.events import taken_out
from shema_cli.store.chain import AuditEntry
from shema_cli.store.connection import Store
from shema_cli.trace import words
from shema_cli.trace.results import FoundIn, TraceEvent

REMEMBERED_MS = 29 * 86_400_000


class Runs:
    """Takes the entries of a trail, newest first, and keeps one for each run: its last end, or its beginning where it
    has no end."""

    def __init__(self) -> None:
        self._of: dict[str, AuditEntry] = {}

    def add(self, entry: AuditEntry) -> None:
        run = audit_words.run_of(entry)
        if run and (run not in self._of or self._of[run].text("action").endswith(audit_words.BEGUN)):
            self._of[run] = entry

    def knows_better(self, entry: AuditEntry) -> bool:
        """Whether it is the beginning of a run whose end has come already."""
        if not entry.text("action").endswith(audit_words.BEGUN):
            return False
        return audit_words.run_of(entry) in self._of

    def events(self, store: Store, ids: Collection[str]) -> Iterator[tuple[str, TraceEvent]]:
        """Each of these events that a run took out, with a key by which it is known again."""
        found: set[tuple[str, str]] = set()
        for one in taken_out(store, self._remembered(), ids):
            found.add((one.run, one.event_id))
            at = iso_of_ms(one.at_ms)
            yield f"run {one.run} {one.event_id} {at}", self._event(one.run, one.event_id, at)
        for run, entry in self._of.items():
            for event_id in audit_words.named(entry):
                if event_id in ids and (run, event_id) not in found:
                    yield f"run {run} {event_id}", self._event(run, event_id, entry.text("at"))

    def _remembered(self) -> list[str]:
        """The runs whose events may still be kept, oldest first."""
        since = max((entry.written_ms for entry in self._of.values()), default=0) - REMEMBERED_MS
        return [run for run, entry in reversed(self._of.items()) if entry.written_ms >= since]

    def _event(self, run: str, event_id: str, at: str) -> TraceEvent:
        entry = self._of[run]
        action = words.action_of_run(entry)
        kind = action.rpartition(".")[2]
        begun = "begun: " if entry.text("action") != action else ""
        return TraceEvent(
            at,
            FoundIn.AUDIT,
            kind,
            f"{action} {event_id} by {entry.who or words.NOBODY} ({begun}{audit_words.target(entry)})",
            actor=entry.who,
            event_id=event_id,
            id=entry.id,
            words=words.of_run(entry, kind),
            heard=words.heard_of_entry(entry),
        )
