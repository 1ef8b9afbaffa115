"""The runs on the dead letters in the trail, and which of the traced events each took out (contract 1.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from shema_cli.audit import words
from shema_cli.clock import iso_of_ms
from shema_cli.dlq.run.events import taken_out
from shema_cli.store.chain import AuditEntry
from shema_cli.store.connection import Store
from shema_cli.trace.results import FoundIn, TraceStep

REMEMBERED_MS = 29 * 86_400_000


class Runs:
    """Takes the entries of a trail, and keeps one for each run: its end, or its beginning where it has no end."""

    def __init__(self) -> None:
        self._of: dict[str, AuditEntry] = {}

    def add(self, entry: AuditEntry) -> None:
        run = words.run_of(entry)
        if run and (run not in self._of or not entry.text("action").endswith(words.BEGUN)):
            self._of[run] = entry

    def steps(self, store: Store, ids: Collection[str]) -> Iterator[tuple[str, TraceStep, str]]:
        """(a key by which it is known again, the step, the event) of each of these events that a run took out."""
        found: set[tuple[str, str]] = set()
        for one in taken_out(store, self._remembered(), ids):
            found.add((one.run, one.event_id))
            at = iso_of_ms(one.at_ms)
            yield f"run {one.run} {one.event_id} {at}", self._step(one.run, one.event_id, at), one.event_id
        for run, entry in self._of.items():
            for event_id in words.named(entry):
                if event_id in ids and (run, event_id) not in found:
                    yield f"run {run} {event_id}", self._step(run, event_id, entry.text("at")), event_id

    def _remembered(self) -> list[str]:
        """The runs whose events may still be kept."""
        since = max((_milliseconds(entry) for entry in self._of.values()), default=0) - REMEMBERED_MS
        return [run for run, entry in self._of.items() if _milliseconds(entry) >= since]

    def _step(self, run: str, event_id: str, at: str) -> TraceStep:
        entry = self._of[run]
        action = entry.text("action").removesuffix(words.BEGUN)
        who = entry.who or "somebody unknown"
        summary = f"{action} {event_id} by {who} ({words.target(entry)})"
        return TraceStep(at, FoundIn.AUDIT, summary, {**entry.document(), "eventId": event_id})


def _milliseconds(entry: AuditEntry) -> int:
    return int(entry.id.partition("-")[0])
