"""An admin at work on dead letters, in this process or on a server."""

from __future__ import annotations

from shema_cli.admin import StillAdmin, nobody_signed_in
from shema_cli.dlq.run.run import Operator
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.store.connection import Store
from shema_cli.store.journal import Author, Journal
from tests.support.in_process import InProcessClient, store_in_process
from tests.support.world import StillClock, app_of


def operator_of(client: InProcessClient, *, environ: dict[str, str] | None = None, yes: bool = True) -> Operator:
    return operator_on(store_in_process(client), environ=environ, yes=yes)


def operator_on(
    store: Store,
    *,
    environ: dict[str, str] | None = None,
    yes: bool = True,
    still_admin: StillAdmin = nobody_signed_in,
) -> Operator:
    """The same on a server of the test's choice."""
    clock = StillClock()
    journal = Journal(store, clock, Author("uid-ana", "ana@shema.test", "dlq import", "default"))
    return Operator(DeadLetters(store), clock, journal, app_of({}).person, still_admin, environ or {}, yes)
