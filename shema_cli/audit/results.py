"""What the audit commands hand back (contract 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from datetime import datetime

from shema_cli.audit import words
from shema_cli.clock import parse_iso
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.people.results import NAME_COLUMNS, Named, Names
from shema_cli.people.shown import NamesAside, Subject, subject_of
from shema_cli.results import Result, Table, counted
from shema_cli.store.chain import EMULATOR, AuditEntry
from shema_cli.store.seal import VARIABLE

COLUMNS = (
    *("id", "at", "actor", "action", "target", "event_id", "reason", "request_id", "profile", "command"),
    *("project", "redis", "emulator", "summary"),
)


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are wanted; None: any."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def wants(self, entry: AuditEntry) -> bool:
        return self._person(entry) and self._change(entry) and self._moment(entry)

    def _person(self, entry: AuditEntry) -> bool:
        if self.actor is None:
            return True
        return self.actor == entry.text("actor") or self.actor.lower() == entry.text("actorEmail").lower()

    def _change(self, entry: AuditEntry) -> bool:
        return (self.action is None or self.action == entry.text("action")) and (
            self.target is None or self.target in (entry.text("target"), entry.text("eventId"), *words.named(entry))
        )

    def _moment(self, entry: AuditEntry) -> bool:
        if self.since is None and self.until is None:
            return True
        at = parse_iso(entry.text("at"))
        if at is None:
            return False
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)


@dataclass(frozen=True)
class AuditRecord(Result):
    """An entry as an item of a stream (`audit list --follow`)."""

    entry: AuditEntry
    about: Named = field(default_factory=Named)

    def document(self) -> object:
        return self.entry.document()

    def table(self) -> Table:
        return Table((*COLUMNS, *NAME_COLUMNS), [(*row(self.entry), *self.about.cells())])

    def line(self) -> str:
        return "  ".join(str(value) for value in row(self.entry) if value)


def named(records: Iterable[AuditRecord], names: NamesAside) -> Iterator[AuditRecord]:
    """The same, each with the names that are known when it comes."""
    for record in records:
        yield replace(record, about=names.of(subject_of(record.entry.details)))
        names.ask()


@dataclass(frozen=True)
class AuditList(Result):
    """Entries, newest first; `total` is how many there are of those that are wanted."""

    is_list = True

    entries: tuple[AuditEntry, ...]
    total: int
    names: Names = field(default_factory=Names)

    def subjects(self) -> Iterable[Subject]:
        return (subject_of(entry.details) for entry in self.entries)

    def about(self, entry: AuditEntry) -> Named:
        """Whom an entry is about."""
        return self.names.of(*subject_of(entry.details))

    def document(self) -> object:
        return {"entries": [entry.document() for entry in self.entries], "total": self.total}

    def table(self) -> Table:
        rows = [(*row(entry), *self.about(entry).cells()) for entry in self.entries]
        return Table((*COLUMNS, *NAME_COLUMNS), rows)

    def notes(self) -> Iterable[str]:
        if not self.entries:
            yield "no audit entries"
        elif len(self.entries) < self.total:
            yield f"the newest {len(self.entries):,} of {self.total:,}; more with --limit"


@dataclass(frozen=True)
class TrailProblem:
    """What is wrong with the trail at one entry, named by its stream id."""

    entry: str
    problem: str


@dataclass(frozen=True)
class Verification(Result):
    """Whether the trail is whole. `keyed`: how many entries bear a seal, one that holds where a key is set here."""

    checked: int
    problems: tuple[TrailProblem, ...]
    keyed: int = 0
    key_set: bool = False

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if self.ok else ExitCode.FAILED

    def document(self) -> object:
        found = [{"entry": p.entry, "problem": p.problem} for p in self.problems]
        return {
            "ok": self.ok,
            "checked": self.checked,
            "keyed": self.keyed,
            "key_set": self.key_set,
            "problems": found,
        }

    def table(self) -> Table:
        return Table(("entry", "problem"), [(p.entry, p.problem) for p in self.problems])

    def notes(self) -> Iterable[str]:
        yield f"{counted(self.checked, 'entry', 'entries')} checked: {self._found}"
        if self.key_set:
            yield f"{self.keyed:,} of {self.checked:,} sealed with the key{self._unproven}"
        elif self.keyed:
            yield f"{self.keyed:,} of {self.checked:,} bear a seal, not checked: {VARIABLE} is not set here"

    @property
    def _found(self) -> str:
        """Also for a pipe, where it is all that is said of a trail without problems."""
        if not self.ok:
            return f"{len(self.problems)} found wrong"
        return "nothing found wrong" if self.checked else "nothing says that there ever was a trail"

    @property
    def _unproven(self) -> str:
        """Who takes every seal away leaves a trail that looks like one from before there was a key."""
        none = self.checked and not self.keyed
        return ": if anything was ever entered with it, this is not that trail" if none else ""


def row(entry: AuditEntry) -> tuple[object, ...]:
    actor = entry.who
    rest = ("action", "target", "eventId", "reason", "requestId", "profile", "command", "project", "redis", EMULATOR)
    return (entry.id, entry.text("at"), actor, *(entry.text(name) or None for name in rest), words.of_run(entry))
