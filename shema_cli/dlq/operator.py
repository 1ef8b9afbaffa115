"""Whoever is at work: the store, the clock, the name that goes into the records, and how to talk to the person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shema_cli.clock import Clock
from shema_cli.dlq.keys import LIST
from shema_cli.dlq.letters.edit import Edited, edit_event
from shema_cli.dlq.letters.entry import Entry
from shema_cli.dlq.run.audited import is_audited
from shema_cli.dlq.run.recover import Recovered, recover
from shema_cli.dlq.run.run import Run
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import ShemaError
from shema_cli.output.progress import Progress
from shema_cli.store.journal import Author

if TYPE_CHECKING:
    from shema_cli.context import AppContext

Batch = Callable[[int], None]
"""Told after each batch how many entries are done with."""


@dataclass(frozen=True)
class Operator:
    """One admin with one command."""

    app: AppContext
    store: DeadLetters
    clock: Clock
    yes: bool = False

    @classmethod
    def of(cls, app: AppContext, *, yes: bool = False) -> Operator:
        return cls(app, DeadLetters(app.redis, app.settings), app.clock, yes)

    def fields(self, action: str, selection: str) -> dict[str, str]:
        """What is kept with a run, so that whoever finds it dead can write its audit entry."""
        author = self.app.journal.author
        return {
            "action": action,
            "selection": selection,
            "actor": author.uid,
            "actorEmail": author.email,
            "command": author.command,
        }

    def confirm(self, question: str) -> None:
        self.app.confirm(question, yes=self.yes)

    def edit(self, entry: Entry) -> Edited:
        """Let the person edit the event, show the difference, and ask."""
        edited = edit_event(entry, self.app.output.streams.environ)
        self.app.output.note(edited.difference)
        self.confirm(f"Replay {entry.id} as edited, to {edited.entry.channel}?")
        return edited

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Batch]:
        """Draw how far the work is, and stop it between two batches when the admin's session has ended."""
        from shema_cli.auth.gate import renew

        with Progress(self.app.output.streams, self.clock, label, total) as drawn:

            def batch_done(passed: int) -> None:
                drawn.step(passed)
                if self.app.admin is not None:
                    renew(self.app)

            yield batch_done

    def take_back(self) -> Recovered:
        """Before new work: what dead runs held comes back (contract 2.4)."""
        recovered = recover(self.store, self.clock, self.audit_dead, self.fields("", "")["actor"])
        for run in recovered.runs:
            self.app.output.note(f"took back what {described(run.fields)} held when it died")
        return recovered

    def settle_up(self, run: Run, counts: Mapping[str, int], **more: Any) -> None:
        """The end of a run: one audit entry if it changed anything, then its record goes."""
        if run.done:
            details = {"run": audited_as(run.id, run.deaths), "selection": run.fields["selection"], **counts, **more}
            details |= {"resumed": True} if run.deaths else {}
            try:
                self.app.journal.append(action=f"dlq.{run.fields['action']}", target=LIST, details=details)
            except ShemaError as error:
                self.app.output.warn(
                    f"the audit entry could not be written: {error.message}; shema dlq recover writes it"
                )
                return
        run.forget()

    def audit_dead(self, run: str, fields: Mapping[str, str]) -> None:
        """The audit entry of a run that died before it wrote one, in the name of whoever ran it."""
        name = audited_as(run, int(fields.get("deaths", "0") or 0))
        if is_audited(self.store, name, int(fields.get("started", "0") or 0)):
            return
        done = "imported" if fields.get("action") == "import" else "done"
        details = {"run": name, "selection": fields.get("selection", ""), done: int(fields["done"]), "died": True}
        own = self.app.journal.author
        author = Author(
            fields.get("actor", ""), fields.get("actorEmail", ""), fields.get("command", own.command), own.profile
        )
        self.app.journal.of(author).append(action=f"dlq.{fields.get('action', 'replay')}", target=LIST, details=details)


def audited_as(run: str, deaths: int) -> str:
    """The name of a run in the trail. One that went on after it was taken for dead has an entry for each of its ends,
    the last of which counts everything."""
    return f"{run}.{deaths}" if deaths else run


def described(fields: Mapping[str, str]) -> str:
    who = fields.get("actorEmail") or fields.get("actor") or "somebody"
    return f"a {fields.get('action', 'run')} by {who}"
