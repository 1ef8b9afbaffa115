"""A registration that is kept up beside other work."""

from __future__ import annotations

import threading

import pytest

from shema_cli.store import presence
from shema_cli.store.presence import Presence
from tests.support.in_process import InProcessClient, in_process, store_in_process


class Connection:
    """As much of one as is told of a tail."""

    def send_command(self, *_: object) -> None: ...

    def read_response(self) -> int:
        return 1


@pytest.mark.parametrize("closed", [True, False])
def test_a_store_that_was_closed_under_it_after_all_were_done_is_no_fault(
    closed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever ends does not wait for long, and closes what it used."""
    monkeypatch.setattr(presence, "ENDED_WITHIN_S", 0.01)
    client: InProcessClient = in_process()
    store = store_in_process(client)
    kept = Presence(store, [b"user.*"])
    kept.announce(Connection())
    going, faults = threading.Event(), []

    def run(*_: object) -> None:
        going.wait(5)
        if closed:
            raise TypeError("argument must be an int, or have a fileno() method.")

    monkeypatch.setattr(store, "run", run)
    monkeypatch.setattr(threading, "excepthook", lambda told: faults.append(told.exc_value))
    others = threading.enumerate()
    with kept.kept_up():
        (thread,) = (one for one in threading.enumerate() if one not in others)
    going.set()
    thread.join(5)
    assert not faults
