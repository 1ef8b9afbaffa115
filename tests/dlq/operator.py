"""An admin at work on dead letters in this process."""

from __future__ import annotations

from shema_cli.dlq.run.run import Operator
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.store.journal import Author, Journal
from tests.support.in_process import InProcessClient, store_in_process
from tests.support.world import StillClock, app_of


def operator_of(client: InProcessClient, *, environ: dict[str, str] | None = None, yes: bool = True) -> Operator:
    store, clock = store_in_process(client), StillClock()
    journal = Journal(store, clock, Author("uid-ana", "ana@shema.test", "dlq import", "default"))
    return Operator(DeadLetters(store), clock, journal, app_of({}).person, lambda: None, environ or {}, yes)
