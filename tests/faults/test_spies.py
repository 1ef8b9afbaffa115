"""Spies, dying tails and forged words: none of them makes an event that was heard unheard, or the other way round.

The tails are real ones (`shema events tail` as a process, or in a thread); the spies are bare connections.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha1
from pathlib import Path

import pytest
import redis

from shema_cli.context import AppContext
from shema_cli.dlq.letters.selection import EntrySelection
from shema_cli.dlq.publishing import ReplayOptions
from shema_cli.dlq.replay import replay
from shema_cli.enrollments.decide import DecisionMade, DecisionOrder, NobodyHears
from shema_cli.enrollments.results import DecisionKind
from shema_cli.store import keys
from shema_cli.store.presence import registered_tails
from tests.dlq.operator import operator_on
from tests.dlq.support import letter, push, stored
from tests.enrollments.school import decider_of
from tests.faults.spying import RunningTail, following, spy_on, tokens
from tests.support.subscriber import Listener, TailLike, at_home, is_followed
from tests.support.topologies import cluster
from tests.support.valkey import Valkey
from tests.support.waiting import eventually
from tests.support.world import app_on

CHANNEL = "enrollment.approved"
APPROVE = DecisionOrder("e1", "s1", DecisionKind.APPROVED)
NO_CLIENTS = ("reset", "on", ">pw", "~*", "&*", "+@all", "-client|list", "-client|info")


@pytest.fixture
def app(valkey: Valkey, tmp_path: Path) -> Iterator[AppContext]:
    with app_on(valkey, tmp_path) as opened:
        yield opened
    with valkey.client() as client:
        client.execute_command("ACL", "DELUSER", "spy", "narrow")


def kept(app: AppContext) -> tuple[bool, int]:
    return bool(app.store.client.exists(keys.decision("e1"))), app.store.client.xlen(keys.AUDIT)


def probe(client: redis.Redis, number: int) -> str:
    """An event from somebody else, so that it is seen how far a tail has come."""
    event = {"eventType": "X", "eventId": f"evt_probe_{number}"}
    client.publish("x.y", json.dumps(event))
    return event["eventId"]


def test_whoever_only_calls_itself_a_tail_takes_nothing_from_the_services(valkey: Valkey, app: AppContext) -> None:
    names = [f"{keys.PRESENCE_PREFIX}{name}" for name in (CHANNEL, "*", "enrollment.*", "0" * 32)]
    spies = [spy_on(valkey, *names) for _ in range(3)]
    with Listener(valkey.port, CHANNEL) as service:
        answer = decider_of(app).decide(APPROVE)
        assert isinstance(answer, DecisionMade)
        assert answer.receivers == 1
        assert len(service.events()) == 1
    assert kept(app) == (True, 1)
    for spy in spies:
        spy.close()


@pytest.mark.parametrize("exact", [True, False])
def test_a_spy_on_the_channel_of_a_living_tail(valkey: Valkey, app: AppContext, tmp_path: Path, exact: bool) -> None:
    listening = Listener(valkey.port, CHANNEL) if exact else Listener(valkey.port, patterns=("enrollment.*",))
    with following(valkey, tmp_path), listening as service:
        spies = [spy_on(valkey, *tokens(valkey)) for _ in range(3)]
        answer = decider_of(app).decide(APPROVE)
        assert isinstance(answer, DecisionMade)
        assert answer.receivers == 1
        assert len(service.events()) == 1
        for spy in spies:
            spy.close()
    assert kept(app) == (True, 1)


@pytest.mark.parametrize("narrow", [False, True])
def test_a_spy_that_holds_the_channel_of_a_tail_that_has_died(
    valkey: Valkey, app: AppContext, tmp_path: Path, narrow: bool
) -> None:
    """Where CLIENT LIST is forbidden as well."""
    url = ""
    if narrow:
        with valkey.client() as client:
            client.execute_command("ACL", "SETUSER", "narrow", *NO_CLIENTS)
        url = f"redis://narrow:pw@127.0.0.1:{valkey.port}/0"
    with ExitStack() as stack:
        tail = stack.enter_context(following(valkey, tmp_path, url=url))
        spy = spy_on(valkey, *tokens(valkey))
        service = stack.enter_context(Listener(valkey.port, patterns=("enrollment.*",)))
        tail.end(signal.SIGKILL)
        ours = stack.enter_context(app_on(valkey, tmp_path, REDIS_URL=url or valkey.url))
        assert len(registered_tails(ours.store)) == 1
        answer = decider_of(ours).decide(APPROVE)
        assert isinstance(answer, DecisionMade)
        assert answer.receivers == 1
        assert len(service.events()) == 1
        spy.close()
    assert kept(app) == (True, 1)


def test_a_replay_with_spies_publishes_each_once(valkey: Valkey, app: AppContext, tmp_path: Path) -> None:
    raws = [letter(n) for n in range(500)]
    push(app.store.client, raws)
    with following(valkey, tmp_path), Listener(valkey.port, patterns=("enrollment.*",)) as service:
        spies = [spy_on(valkey, *tokens(valkey), f"{keys.PRESENCE_PREFIX}*") for _ in range(2)]
        result = replay(operator_on(app.store), EntrySelection(everything=True), ReplayOptions())
        assert (result.replayed, result.unheard) == (500, 0)
        assert len(service.events()) == 500
        for spy in spies:
            spy.close()
    assert stored(app.store.client) == []


def test_a_tail_that_was_stopped_is_still_a_tail(valkey: Valkey, app: AppContext, tmp_path: Path) -> None:
    """As by Ctrl-Z: its registration is renewed no more, and the server still lists its connection."""
    with following(valkey, tmp_path) as tail:
        tail.process.send_signal(signal.SIGSTOP)
        assert decider_of(app).decide(APPROVE) == NobodyHears()
        tail.process.send_signal(signal.SIGCONT)
    assert kept(app) == (False, 0)


def test_what_nobody_hears_is_not_shown_and_what_is_heard_is(valkey: Valkey, app: AppContext, tmp_path: Path) -> None:
    client, decider = app.store.client, decider_of(app)
    with (
        following(valkey, tmp_path, "enrollment.*", "*") as tail,
        Listener(valkey.port, patterns=("chat:session:*",)),
    ):
        assert decider.decide(APPROVE) == NobodyHears()
        assert tail.shown_until(probe(client, 1)) == ["evt_probe_1"]
        with Listener(valkey.port, patterns=("enrollment.*",)):
            heard = decider.decide(APPROVE)
        with Listener(valkey.port, CHANNEL):
            exact = decider.decide(DecisionOrder("e2", "s2", DecisionKind.APPROVED))
        assert isinstance(heard, DecisionMade)
        assert isinstance(exact, DecisionMade)
        assert tail.shown_until(probe(client, 2)) == [heard.event_id, exact.event_id, "evt_probe_2"]


def test_a_replay_that_nobody_hears_is_not_shown(valkey: Valkey, app: AppContext, tmp_path: Path) -> None:
    push(app.store.client, [letter(n) for n in range(3)])
    with following(valkey, tmp_path) as tail, Listener(valkey.port, patterns=("chat:session:*",)):
        result = replay(operator_on(app.store), EntrySelection(everything=True), ReplayOptions())
        assert result.unheard == 3
        assert tail.shown_until(probe(app.store.client, 1)) == ["evt_probe_1"]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_on_a_cluster_neither(tmp_path: Path, which: int) -> None:
    with cluster() as nodes, ExitStack() as stack:
        node, other = nodes.nodes[which], nodes.nodes[(which + 1) % 3]
        first = nodes.url.replace("://", f"://127.0.0.1:{node.port},", 1)
        tail = stack.enter_context(RunningTail(first, tmp_path))
        eventually(lambda: any(is_followed(one.port) for one in nodes.nodes), within_s=20)
        app = stack.enter_context(app_on(nodes.nodes[0], tmp_path, REDIS_URL=nodes.url))
        stack.enter_context(Listener(nodes.node_of(keys.AUDIT).port, patterns=("chat:session:*",)))
        decider = decider_of(app)
        assert decider.decide(APPROVE) == NobodyHears()
        with other.client() as client:
            assert tail.shown_until(probe(client, 1)) == ["evt_probe_1"]
        with Listener(other.port, CHANNEL):
            heard = decider_of(app).decide(APPROVE)
        assert isinstance(heard, DecisionMade)
        with nodes.node_of(keys.AUDIT).client() as client:
            assert tail.shown_until(probe(client, 2)) == [heard.event_id, "evt_probe_2"]


def test_nobody_else_can_make_a_tail_keep_anything_back(valkey: Valkey, app: AppContext, tmp_path: Path) -> None:
    client, event = app.store.client, json.dumps({"eventType": "X", "eventId": "evt_real"})
    digest = sha1(f"{len(CHANNEL)}:{CHANNEL}{event}".encode(), usedforsecurity=False).hexdigest()
    told = f"1.1.1 {digest}"
    with following(valkey, tmp_path) as tail:
        (channel,) = tokens(valkey)
        for words in (f"hold {told}", f"hold {told} {digest}", f"hold {told} ", "hold", "", "\xff"):
            client.publish(channel, words)
        client.publish(CHANNEL, event)
        client.publish(channel, f"unheard {told} {digest}")
        assert tail.shown_until(probe(client, 1)) == ["evt_real", "evt_probe_1"]


def test_a_word_that_was_listened_to_is_good_once(valkey: Valkey, app: AppContext, tmp_path: Path) -> None:
    """A spy that may publish says again what it has heard: the same event, published by a service, is shown."""
    client = app.store.client
    with following(valkey, tmp_path) as tail, Listener(valkey.port, patterns=("chat:session:*",)):
        spy = client.pubsub()
        spy.subscribe(*tokens(valkey))
        with TailLike(valkey.port, b"*") as other:
            assert decider_of(app).decide(APPROVE) == NobodyHears()
            (tried,) = [heard.payload for heard in other.so_far() if heard.channel == CHANNEL]
        words = (spy.get_message(timeout=0.5) for _ in range(len(tokens(valkey)) + 2))
        hold, unheard = (word["data"] for word in words if word and word["type"] == "message")
        for channel, payload in ((tokens(valkey)[0], hold), (CHANNEL, tried), (tokens(valkey)[0], unheard)):
            client.publish(channel, payload)
        assert tail.shown_until(probe(client, 1)) == [json.loads(tried)["eventId"], "evt_probe_1"]
        spy.close()


@pytest.mark.parametrize("rules", [("+@all", "-hset"), ("-@all", "+@pubsub", "+@connection", "+@transaction")])
def test_a_tail_that_may_not_register_says_that_it_counts_as_a_service(
    valkey: Valkey, app: AppContext, tmp_path: Path, rules: tuple[str, ...]
) -> None:
    with valkey.client() as client:
        client.execute_command("ACL", "SETUSER", "narrow", "reset", "on", ">pw", "~*", "&*", *rules)
    with RunningTail(f"redis://narrow:pw@127.0.0.1:{valkey.port}/0", tmp_path) as tail:
        while b"takes it for a service" not in (line := tail.stderr.readline()):
            assert line, "it never said so"
        answer = decider_of(app).decide(APPROVE)
        assert isinstance(answer, DecisionMade)
        assert answer.receivers == 1


def test_a_registration_ends_with_its_tail(valkey: Valkey, app: AppContext, tmp_path: Path) -> None:
    with following(valkey, tmp_path) as tail:
        tail.end(signal.SIGINT)
    assert registered_tails(app.store) == []


def test_registrations_of_tails_that_died_long_ago_are_swept_by_the_next(
    valkey: Valkey, app: AppContext, tmp_path: Path
) -> None:
    with following(valkey, tmp_path) as tail:
        tail.end(signal.SIGKILL)
    (left,) = registered_tails(app.store)
    secret, _, *rest = at_home(valkey.port, "HGET", keys.TAILS, left.token).decode().split()
    app.store.client.hset(keys.TAILS, left.token, " ".join((secret, "1", *rest)))
    with following(valkey, tmp_path):
        assert left.token not in [tail.token for tail in registered_tails(app.store)]


def test_a_registration_that_redis_lost_comes_back(valkey: Valkey, app: AppContext, tmp_path: Path) -> None:
    with following(valkey, tmp_path):
        app.store.client.delete(keys.TAILS)
        eventually(lambda: is_followed(valkey.port), what="its next renewal")
        assert decider_of(app).decide(APPROVE) == NobodyHears()
