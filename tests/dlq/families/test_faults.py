"""Redis goes away in the middle, and admins at the same moment."""

from __future__ import annotations

import itertools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from shema_cli.dlq.families.acknowledged import read_acknowledged
from shema_cli.dlq.families.results import AckOutcome
from shema_cli.errors import Failed, ShemaError, Unreachable
from shema_cli.store import connection, keys
from tests.dlq.families.support import OF_LATE, acknowledger, ago, failed, put
from tests.dlq.support import push
from tests.support.in_process import InProcessServer, store_in_process
from tests.support.store import store_at
from tests.support.trail import audited
from tests.support.valkey import Valkey
from tests.support.world import NOW, StillClock

ADMINS = 12


def test_of_many_admins_at_once_one_acknowledges_and_the_others_learn_of_it(valkey: Valkey) -> None:
    clock = StillClock()
    with valkey.client() as client:
        push(client, [failed(NOW)])

        def acknowledge(number: int) -> str:
            store = store_at(valkey.url)
            try:
                admin = acknowledger(store, clock, f"admin{number}")
                return admin.carry_out(admin.plan(OF_LATE, f"note {number}")).outcome
            except Failed as error:
                return error.code
            finally:
                store.close()

        with ThreadPoolExecutor(ADMINS) as pool:
            became = Counter(pool.map(acknowledge, range(ADMINS)))
        entries = audited(client)
    done = became[AckOutcome.ACKNOWLEDGED] + became[AckOutcome.RENEWED]
    assert became[AckOutcome.ACKNOWLEDGED] == 1
    assert done + became["acknowledged_meanwhile"] == ADMINS
    assert len(entries) == done


@pytest.mark.parametrize("removal", [False, True])
def test_redis_leaves_at_each_command(removal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is acknowledged is audited, and nothing else is; what is told is what became of it."""
    for answered in itertools.count():
        server, clock = InProcessServer(), StillClock()
        monkeypatch.setattr(connection, "connect", server.client)
        store = store_in_process(server.client())
        put(store, ago(clock, 1))
        before = acknowledger(store, clock)
        if removal:
            before.carry_out(before.plan(OF_LATE))
        admin = acknowledger(store, clock, "sari")
        plan = admin.plan_removal(OF_LATE) if removal else admin.plan(OF_LATE)
        server.comes_back(leaves_after=answered)
        error: ShemaError | None = None
        try:
            admin.carry_out(plan)
        except ShemaError as raised:
            error = raised
        left = not server.connected
        server.comes_back()
        changed = bool(read_acknowledged(store).families) is not removal
        entries = [entry["actorEmail"] for entry in audited(store.client)]
        assert changed == ("sari@shema.test" in entries)
        assert isinstance(error, Unreachable) if left and not changed else True
        assert changed or error is not None
        if not left:
            break
    assert answered > 1
    assert store.client.exists(keys.ACKNOWLEDGED) == (not removal)
