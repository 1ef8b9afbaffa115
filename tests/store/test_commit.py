"""The one loop of whatever happens together with its audit entry: done once, told truly, whatever is lost."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from shema_cli.calls.audience import Audience
from shema_cli.context import AppContext
from shema_cli.enrollments.decide import Decider, DecisionMade, DecisionOrder
from shema_cli.enrollments.results import DecisionKind
from shema_cli.errors import Refused, Unreachable
from shema_cli.events.envelope import Event, encode_event
from shema_cli.events.publish import ListenerGuard, publish
from shema_cli.events.results import Published
from shema_cli.store import commit, keys
from shema_cli.store.chain import entries_of
from shema_cli.store.journal import Author, Journal
from tests.support.in_process import InProcessServer, in_process, store_in_process
from tests.support.middleman import Middleman, is_step, kept_back, lost, once, vanish_after_the_step
from tests.support.subscriber import Listener
from tests.support.valkey import Valkey
from tests.support.world import StillClock, app_on

CHANNEL = "user.updated"
AUTHOR = Author("uid", "a@shema.test", "enrollments approve", "test")


def event_of(app: AppContext) -> Event:
    return encode_event(CHANNEL, {"userId": "u1", "changes": {}}, clock=app.clock)


def published(app: AppContext, event: Event) -> Published:
    return publish(app.store, app.journal, event, ListenerGuard())


def audited(valkey: Valkey) -> list[str]:
    with valkey.client() as client:
        return [entry.text("eventId") for entry in entries_of(client.xrange(keys.AUDIT))]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a step can begin no more is known soon."""
    monkeypatch.setattr(commit, "BEGIN_WITHIN_MS", 200)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that is away is given up soon."""
    monkeypatch.setattr(commit, "RESOLVE_WITHIN_S", 0.3)


@contextmanager
def between(valkey: Valkey, folder: Path) -> Iterator[tuple[Middleman, AppContext]]:
    with Middleman(valkey.port) as middleman, app_on(valkey, folder, REDIS_URL=middleman.url) as app:
        yield middleman, app


def test_a_publication_whose_answer_is_lost_is_found_in_the_trail(valkey: Valkey, tmp_path: Path) -> None:
    with between(valkey, tmp_path) as (middleman, app), Listener(valkey.port, CHANNEL) as service:
        middleman.after = once(lost)
        event = event_of(app)
        assert published(app, event).receivers is None
        assert [heard["eventId"] for heard in service.events()] == [event.event_id] == audited(valkey)


@pytest.mark.usefixtures("soon")
def test_a_publication_that_never_arrived_is_sent_again(valkey: Valkey, tmp_path: Path) -> None:
    with between(valkey, tmp_path) as (middleman, app), Listener(valkey.port, CHANNEL) as service:
        middleman.before = once(lost)
        event = event_of(app)
        assert published(app, event).receivers == 1
        assert [heard["eventId"] for heard in service.events()] == [event.event_id] == audited(valkey)


@pytest.mark.usefixtures("soon")
def test_a_publication_that_was_given_up_publishes_nothing_when_it_arrives_later(
    valkey: Valkey, tmp_path: Path
) -> None:
    strays: list[bytes] = []
    with between(valkey, tmp_path) as (middleman, app):
        middleman.before = kept_back(strays)
        with pytest.raises(Refused):  # its second try was told that nobody hears
            published(app, event_of(app))
    with Listener(valkey.port, CHANNEL) as service, socket.create_connection(("127.0.0.1", valkey.port)) as late:
        late.sendall(strays[0])
        assert b"late" in late.recv(1000)
        assert service.events() == []
    assert audited(valkey) == []


@pytest.mark.usefixtures("impatient")
def test_a_publication_whose_fate_is_not_known_says_so_and_how_to_look(valkey: Valkey, tmp_path: Path) -> None:
    with between(valkey, tmp_path) as (middleman, app), Listener(valkey.port, CHANNEL):
        vanish_after_the_step(middleman)
        event = event_of(app)
        with pytest.raises(Unreachable, match="may or may not") as told:
            published(app, event)
    assert told.value.hint is not None
    assert f"shema trace {event.event_id}" in told.value.hint


@pytest.mark.usefixtures("impatient")
def test_an_entry_whose_fate_is_not_known_is_not_called_a_publication(valkey: Valkey, tmp_path: Path) -> None:
    with between(valkey, tmp_path) as (middleman, app):
        vanish_after_the_step(middleman)
        with pytest.raises(Unreachable, match="may or may not have been written"):
            app.journal.append(action="approve", target="e0", event_id="evt_1")


# -- a failover --------------------------------------------------------------------------------------------------


@dataclass
class Failover(StillClock):
    """Redis is away from its `leaves_after`th command on, and back when the clock says `back_at`."""

    server: InProcessServer | None = None
    back_at: float = 0.0

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.server and self.passed >= self.back_at:
            self.server.comes_back()


def order(number: int) -> DecisionOrder:
    return DecisionOrder(f"e{number}", "s1", DecisionKind.APPROVED)


def deciding(away_s: float, leaves_after: int | None = None) -> tuple[Decider, InProcessServer, Failover]:
    """A decider that has decided once, and whose Redis is then away for so long."""
    client = in_process()
    clock = Failover(server=client.server)
    store = store_in_process(client)
    decider = Decider(Audience(store, clock), clock, Journal(store, clock, AUTHOR), allow_unheard=True)
    decider.decide(order(1))
    client.server.comes_back(leaves_after=leaves_after or 0)
    clock.back_at = clock.passed + away_s
    return decider, client.server, clock


@pytest.mark.parametrize("away_s", [1, 16, 29])
def test_whoever_is_in_the_middle_waits_for_a_failover(away_s: float) -> None:
    decider, server, _ = deciding(away_s)
    assert isinstance(decider.decide(order(2)), DecisionMade)
    assert server.client().xlen(keys.AUDIT) == 2


def test_a_redis_that_stays_away_is_given_up_and_what_was_sent_may_have_been_done() -> None:
    decider, _, clock = deciding(1e9)
    began = clock.passed
    with pytest.raises(Unreachable, match="may or may not have been published") as told:
        decider.decide(order(2))
    assert 30 <= clock.passed - began < 33
    assert "run the same command again" in str(told.value.hint)


def test_a_redis_that_was_never_there_is_not_waited_for() -> None:
    client = in_process()
    client.server.comes_back(leaves_after=0)
    clock, store = Failover(server=client.server, back_at=1e9), store_in_process(client)
    began = clock.passed
    with pytest.raises(Unreachable, match="cannot be used now"):
        Decider(Audience(store, clock), clock, Journal(store, clock, AUTHOR)).decide(order(1))
    assert clock.passed - began < 1


def test_a_script_that_is_held_up_is_looked_up_without_one(valkey: Valkey, tmp_path: Path) -> None:
    """Something between us and Redis holds scripts back for longer than an answer is waited for."""
    with between(valkey, tmp_path) as (middleman, app), Listener(valkey.port, CHANNEL) as service:
        held: list[bytes] = []

        def hold(request: bytes) -> bool:
            if is_step(request):
                held.append(request)
            return not (held and b"EVAL" in request)  # the connection is cut, as when it was waited for too long

        middleman.after = hold
        event = event_of(app)
        assert published(app, event).receivers is None
        assert [heard["eventId"] for heard in service.events()] == [event.event_id] == audited(valkey)
