"""What an entry tells, in people's words: for a run, how many and which events."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.results import counted, were
from shema_cli.store.chain import AuditEntry
from shema_cli.store.listeners import named as listed

BEGUN = ".begun"
_DONE = {"dlq.replay": "replayed", "dlq.discard": "discarded", "dlq.import": "imported", "events.resend": "resent"}
LONGEST_DETAILS = 100_000  # characters; those of a run are a few thousand
_SELECTED = ("replayed", "resent", "unheard", "skipped", "invalid", "failed")


def target(entry: AuditEntry) -> str:
    """To what it was done: `replayed 12 of 15 · evt_… and 11 more` for a run, else the entry's target; with a family of
    dead letters, one of its errors."""
    return of_run(entry) or _of_family(entry) or entry.text("target")


def _of_family(entry: AuditEntry) -> str | None:
    if entry.text("action") not in ("dlq.ack", "dlq.unack") or not isinstance(entry.details, Mapping):
        return None
    example = entry.details.get("example")
    return f"{entry.text('target')} {example}" if isinstance(example, str) else None


def count(entry: AuditEntry) -> str:
    """The same without the events."""
    return of_run(entry, with_events=False) or entry.text("target")


def events(entry: AuditEntry) -> str:
    """`evt_… and 11 more` for a run, else the entry's event; empty where none is named."""
    details = entry.details
    of_a_run = _events(entry, details) if isinstance(details, Mapping) else None
    return of_a_run or entry.text("eventId")


def of_run(entry: AuditEntry, *, with_events: bool = True) -> str | None:
    """What became of a run; None for anything else."""
    action = entry.text("action")
    done = _DONE.get(action.removesuffix(BEGUN))
    details = entry.details
    if done is None or not isinstance(details, Mapping):
        return None
    if action.endswith(BEGUN):  # as its action says
        return str(details.get("selection") or "") or None
    told = _counts(done, details)
    names = _events(entry, details) if with_events else None
    return f"{told} · {names}" if names else told


def run_of(entry: AuditEntry) -> str | None:
    """The run that an entry is of; None for anything else. One that went on after it was taken for dead is the same."""
    if entry.text("action").removesuffix(BEGUN) not in _DONE or len(entry.text("details")) > LONGEST_DETAILS:
        return None
    details = entry.details
    run = details.get("run") if isinstance(details, Mapping) else None
    return run.partition(".")[0] if isinstance(run, str) and run else None


def named(entry: AuditEntry) -> list[str]:
    """The events that an entry of a run names: the first of those that it took out."""
    details = entry.details if entry.text("action") in _DONE else None
    events = details.get("events") if isinstance(details, Mapping) else None
    return [str(event) for event in events] if isinstance(events, list) else []


def heard(entry: AuditEntry) -> str:
    """`3 services heard it; schedule was not there` of a publication; of a run, who was missing. Empty: not told."""
    told = entry.hearing
    receivers, missing = told.get("receivers"), told.get("missing")
    if not told and isinstance(entry.details, Mapping):
        missing = entry.details.get("missing")
    absent = [str(service) for service in missing] if isinstance(missing, list) else []
    count = f"{counted(receivers, 'service')} heard it" if isinstance(receivers, int) else ""
    return "; ".join(
        part for part in (count, f"{listed(absent)} {were(len(absent))} not there" if absent else "") if part
    )


def _events(entry: AuditEntry, details: Mapping[str, object]) -> str | None:
    if not (events := named(entry)):
        return None
    others = max(_count(details, "publications"), _count(details, "discarded"), len(events)) - 1
    return f"{events[0]} and {others:,} more" if others else events[0]


def _counts(done: str, details: Mapping[str, object]) -> str:
    if details.get("died") is True:
        return f"{done} {_count(details, 'done') or _count(details, done):,}, then died"
    count, selected = _count(details, done), sum(_count(details, name) for name in _SELECTED)
    return f"{done} {count:,} of {selected:,}" if selected > count else f"{done} {count:,}"


def _count(details: Mapping[str, object], name: str) -> int:
    value = details.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
