"""One decision on a real server: record, event and audit entry together, or none of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from shema_cli.audit.verify import verify
from shema_cli.context import AppContext
from shema_cli.enrollments.decide import AlreadyDecided, DecisionMade, DecisionOrder, NobodyHears
from shema_cli.enrollments.results import DecisionKind
from shema_cli.errors import Failed, InvalidUsage, Unreachable
from shema_cli.store import keys
from shema_cli.store.chain import entries_of
from tests.enrollments.school import decider_of
from tests.support.subscriber import Listener, audience
from tests.support.trail import hash_at
from tests.support.valkey import Valkey
from tests.support.world import app_on

APPROVE = DecisionOrder("e1", "s1", DecisionKind.APPROVED, request_id="req_1")
REJECT = DecisionOrder("e1", "s1", DecisionKind.REJECTED, reason="penuh — full")


@pytest.fixture
def app(valkey: Valkey, tmp_path: Path) -> Iterator[AppContext]:
    with app_on(valkey, tmp_path) as opened:
        yield opened


def nothing_kept(client: redis.Redis) -> bool:
    return client.exists(keys.decision("e1")) == 0 and client.exists(keys.AUDIT) == 0


def test_a_decision_is_published_recorded_and_audited(valkey: Valkey, app: AppContext) -> None:
    with Listener(valkey.port, "enrollment.approved") as service:
        answer = decider_of(app).decide(APPROVE)
        heard = service.events()
    assert isinstance(answer, DecisionMade)
    assert answer.receivers == 1
    assert [event["eventId"] for event in heard] == [answer.event_id]
    assert list(heard[0]) == ["eventType", "eventId", "timestamp", "version", "data"]
    assert heard[0]["data"] == {"enrollmentId": "e1", "studentId": "s1"}
    assert heard[0]["eventType"] == "ENROLLMENT_APPROVED"
    record = hash_at(app.store.client, keys.decision("e1"))
    at = record.pop("at")
    assert record == {
        "decision": "approved",
        "eventId": answer.event_id,
        "actor": "uid-ana",
        "actorEmail": "ana@shema.test",
        "reason": "",
    }
    (entry,) = entries_of(app.store.client.xrange(keys.AUDIT))
    document = entry.document()
    assert document["at"] == at
    assert (document["action"], document["target"], document["eventId"]) == ("approve", "e1", answer.event_id)
    assert (document["requestId"], document["command"]) == ("req_1", "enrollments approve")
    assert verify(app.store).ok


def test_a_rejection_carries_its_reason(valkey: Valkey, app: AppContext) -> None:
    with Listener(valkey.port, patterns=("enrollment.*",)) as service:
        decider_of(app).decide(REJECT)
        (event,) = service.events()
    assert event["data"] == {"enrollmentId": "e1", "studentId": "s1", "reason": "penuh — full"}
    assert hash_at(app.store.client, keys.decision("e1"))["reason"] == "penuh — full"


@pytest.mark.parametrize("second", [APPROVE, REJECT])
def test_a_standing_decision_is_not_made_again(valkey: Valkey, app: AppContext, second: DecisionOrder) -> None:
    with Listener(valkey.port, patterns=("enrollment.*",)) as service:
        decider = decider_of(app)
        first = decider.decide(APPROVE)
        answer = decider.decide(second)
        assert len(service.events()) == 1
    assert isinstance(answer, AlreadyDecided)
    assert isinstance(first, DecisionMade)
    assert (answer.decision.decision, answer.decision.event_id) == ("approved", first.event_id)
    assert answer.decision.who == "ana@shema.test"
    assert app.store.client.xlen(keys.AUDIT) == 1


def test_nobody_listening_leaves_nothing(app: AppContext) -> None:
    assert decider_of(app).decide(APPROVE) == NobodyHears()
    assert nothing_kept(app.store.client)


def test_a_tail_and_a_chat_subscriber_are_nobody(valkey: Valkey, app: AppContext) -> None:
    with audience(valkey.port) as gathered:
        gathered.tail(b"*")
        gathered.tail(b"enrollment.*")
        gathered.service(patterns=(b"chat:session:*",))
        assert decider_of(app).decide(APPROVE) == NobodyHears()
        assert nothing_kept(app.store.client)
        gathered.service(patterns=(b"enrollment.*",))
        answer = decider_of(app).decide(APPROVE)
    assert isinstance(answer, DecisionMade)
    assert answer.receivers == 1


def test_allow_unheard(app: AppContext) -> None:
    answer = decider_of(app, allow_unheard=True).decide(APPROVE)
    assert isinstance(answer, DecisionMade)
    assert answer.receivers == 0
    assert app.store.client.xlen(keys.AUDIT) == 1


def test_publishing_again_keeps_the_record_but_its_event(valkey: Valkey, app: AppContext) -> None:
    with Listener(valkey.port, "enrollment.approved") as service:
        first = decider_of(app).decide(APPROVE)
        before = app.store.client.hgetall(keys.decision("e1"))
        again = decider_of(app).decide(DecisionOrder("e1", "s1", DecisionKind.APPROVED, republish=True))
        heard = service.events()
    assert isinstance(first, DecisionMade)
    assert isinstance(again, DecisionMade)
    assert [event["eventId"] for event in heard] == [first.event_id, again.event_id]
    assert app.store.client.hgetall(keys.decision("e1")) == before | {b"eventId": again.event_id.encode()}
    assert [e.text("action") for e in entries_of(app.store.client.xrange(keys.AUDIT))] == ["approve", "republish"]


def test_publishing_again_unheard_leaves_the_record_as_it_was(app: AppContext) -> None:
    decider_of(app, allow_unheard=True).decide(APPROVE)
    before = app.store.client.hgetall(keys.decision("e1"))
    assert decider_of(app).decide(DecisionOrder("e1", "s1", DecisionKind.APPROVED, republish=True)) == NobodyHears()
    assert app.store.client.hgetall(keys.decision("e1")) == before
    assert app.store.client.xlen(keys.AUDIT) == 1


def test_publishing_again_never_turns_a_decision_round(valkey: Valkey, app: AppContext) -> None:
    with Listener(valkey.port, patterns=("enrollment.*",)):
        decider_of(app).decide(APPROVE)
        answer = decider_of(app).decide(DecisionOrder("e1", "s1", DecisionKind.REJECTED, reason="x", republish=True))
    assert isinstance(answer, AlreadyDecided)


def test_the_chain_moving_between_two_decisions_is_followed(valkey: Valkey, app: AppContext) -> None:
    with Listener(valkey.port, "enrollment.approved") as service:
        decider = decider_of(app)
        decider.decide(APPROVE)
        app.journal.append(action="replay", target="dlq")
        assert isinstance(decider.decide(DecisionOrder("e2", "s2", DecisionKind.APPROVED)), DecisionMade)
        assert len(service.events()) == 2
    result = verify(app.store)
    assert (result.ok, result.checked) == (True, 3)


def test_a_server_out_of_memory_publishes_nothing(valkey: Valkey, app: AppContext) -> None:
    with Listener(valkey.port, "enrollment.approved") as service:
        app.store.client.config_set("maxmemory", "1")
        try:
            with pytest.raises(Failed, match="maxmemory"):
                decider_of(app).decide(APPROVE)
        finally:
            app.store.client.config_set("maxmemory", "0")
        assert service.events() == []
    assert nothing_kept(app.store.client)


def test_a_read_only_server_publishes_nothing(valkey: Valkey, app: AppContext) -> None:
    with Listener(valkey.port, "enrollment.approved") as service:
        app.store.client.replicaof("127.0.0.1", "1")
        try:
            with pytest.raises(Unreachable):
                decider_of(app).decide(APPROVE)
        finally:
            app.store.client.replicaof("NO", "ONE")
        assert service.events() == []
    assert nothing_kept(app.store.client)


@pytest.mark.parametrize("denied", ["-publish", "-xadd"])
def test_a_user_who_may_not_publish_or_audit_decides_nothing(
    valkey: Valkey, app: AppContext, tmp_path: Path, denied: str
) -> None:
    app.store.client.execute_command("ACL", "SETUSER", "limited", "reset", "on", ">pw", "~*", "&*", "+@all", denied)
    with (
        Listener(valkey.port, "enrollment.approved") as service,
        app_on(valkey, tmp_path, REDIS_URL=f"redis://limited:pw@127.0.0.1:{valkey.port}/0") as limited,
    ):
        with pytest.raises(Failed):
            decider_of(limited).decide(APPROVE)
        assert service.events() == []
    assert nothing_kept(app.store.client)
    app.store.client.execute_command("ACL", "DELUSER", "limited")


def test_a_stream_that_is_something_else_decides_nothing(valkey: Valkey, app: AppContext) -> None:
    app.store.client.set(keys.AUDIT, "not a stream")
    with Listener(valkey.port, "enrollment.approved") as service:
        with pytest.raises(Failed):
            decider_of(app).decide(APPROVE)
        assert service.events() == []
    assert app.store.client.exists(keys.decision("e1")) == 0


def test_ids_and_reasons_of_any_text(valkey: Valkey, app: AppContext) -> None:
    strange = "e}{1 \x1b[31m\u202e\U000e0041"
    with Listener(valkey.port, "enrollment.rejected"):
        answer = decider_of(app).decide(
            DecisionOrder(strange, "s", DecisionKind.REJECTED, reason="\u2028 = ' \" \\ \0")
        )
    assert isinstance(answer, DecisionMade)
    assert app.store.client.exists(keys.decision(strange)) == 1
    assert verify(app.store).ok


def test_what_is_no_text_is_not_published(valkey: Valkey, app: AppContext) -> None:
    with Listener(valkey.port, "enrollment.rejected") as service:
        for order in (
            DecisionOrder("e1", "s", DecisionKind.REJECTED, reason="\ud800"),
            DecisionOrder("e1", "\udcff", DecisionKind.REJECTED, reason="full"),
        ):
            with pytest.raises(InvalidUsage, match="not UTF-8"):
                decider_of(app).decide(order)
        assert service.events() == []
    assert app.store.client.exists(keys.decision("e1")) == 0
