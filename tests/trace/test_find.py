"""What hangs together with an id, out of a Redis in this process, and in which order it is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.clock import SystemClock
from shema_cli.errors import NotFound
from shema_cli.events.messages import read_message
from shema_cli.store import keys
from shema_cli.store.chain import seal
from shema_cli.store.connection import Store
from shema_cli.trace import views
from shema_cli.trace.find import DEEPEST, Mentioning, audited, mentions
from shema_cli.trace.recorded import Recorded
from shema_cli.trace.results import FoundIn, Shown, Trace, TraceEvent, in_order
from shema_cli.trace.walk import LOOKED_AT_ONCE, Walk
from tests.dlq.support import push
from tests.support.drawing import drawn, flat
from tests.support.in_process import InProcessClient, in_process, store_in_process
from tests.trace.town import traced, tracer

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
WIDTHS = [40, 60, 80, 120]
AT = "2026-03-01T08:00:0{}.000Z"


def decide(client: InProcessClient, id: str, event_id: str, second: int = 0) -> None:
    record = {"decision": "approved", "eventId": event_id, "actor": "u", "actorEmail": "ana@x", "at": AT.format(second)}
    fields: Any = record
    client.hset(keys.decision(id), mapping=fields)


def audit(client: InProcessClient, target: str, second: int = 1, **more: str) -> None:
    draft = {"at": AT.format(second), "action": "approve", "target": target, "actor": "u", **more}
    fields: Any = seal(draft, "0" * 64)
    client.xadd(keys.AUDIT, fields)


def died(event_id: str, data: object, second: int = 2) -> bytes:
    event = {"eventType": "ENROLLMENT_APPROVED", "eventId": event_id, "data": data}
    return json.dumps({"event": event, "error": "late", "failedAt": AT.format(second)}).encode()


def told(client: InProcessClient, id: str) -> list[tuple[str, str]]:
    return [(event.kind, event.told) for event in traced(store_in_process(client), id).events]


def test_an_id_leads_to_others_and_those_to_more() -> None:
    client = in_process()
    decide(client, "e1", "evt_1")
    audit(client, "e1", eventId="evt_1", requestId="req_1")
    push(client, [died("evt_1", {"enrollmentId": "e1"}), died("evt_2", {"enrollmentId": "e10"})])
    expected = [
        ("decision", "e1 approved by ana@x"),
        ("audit", "e1 approved by u"),
        ("dead_letter", "ENROLLMENT_APPROVED failed: late"),
    ]
    for id in ("e1", "evt_1", "req_1"):
        assert told(client, id) == expected, id
    assert traced(store_in_process(client), "req_1").ids == {"req_1", "e1", "evt_1"}


def test_an_entry_about_a_whole_run_names_nothing_further() -> None:
    client = in_process()
    audit(client, "events:dead_letter", details=json.dumps({"run": "r1", "events": ["evt_1"]}))
    audit(client, "events:dead_letter", details=json.dumps({"run": "r2", "events": ["evt_2"]}))
    assert len(told(client, "evt_1")) == 1
    assert len(told(client, "events:dead_letter")) == 2


@pytest.mark.parametrize(
    ("id", "written"),
    [
        ("é-9", '"é-9"'),
        ("é-9", '"\\u00e9-9"'),
        ('a"b', '"a\\"b"'),
        ("a\\b", '"a\\\\b"'),
        ("a/1", '"a\\/1"'),
        ("e1", '"\\u0065\\u0031"'),
        ("🎵", '"\\ud83c\\udfb5"'),
    ],
)
def test_an_id_of_any_letters_is_found_however_it_is_written(id: str, written: str) -> None:
    client = in_process()
    push(client, [f'{{"event":{{"eventType":"A","data":{{"x":{written}}}}},"error":"late"}}'.encode()])
    assert told(client, id) == [("dead_letter", "A failed: late")]


def test_a_dead_letter_that_is_no_json_or_merely_has_the_bytes_is_not_it() -> None:
    client = in_process()
    push(client, [b"\xff e1", b'{"event":{"eventType":"A","data":"e1 and more"}}', b'{"event":{"e1":1}}'])
    with pytest.raises(NotFound, match="nothing is known of 'e1'"):
        traced(store_in_process(client), "e1")


def test_to_follow_an_id_that_nobody_knows_yet_is_no_error() -> None:
    client = in_process()
    begun = tracer(store_in_process(client)).trace("e1", nothing_is_known=True)
    assert isinstance(begun, Trace)
    assert (begun.events, begun.ids) == ((), frozenset({"e1"}))
    decide(client, "e1", "evt_1")
    later = traced(store_in_process(client), "e1")
    assert (len(later.events), later.ids) == (1, frozenset({"e1", "evt_1"}))


def test_what_was_published_on_a_channel_is_not_one_story() -> None:
    client = in_process()
    audit(client, "user.updated", action="publish", eventId="evt_1")
    audit(client, "user.updated", action="publish", eventId="evt_2")
    assert told(client, "evt_1") == [("audit", "user.updated published by u")]


@pytest.mark.parametrize(
    ("channel", "payload", "wanted"),
    [
        (b"enrollment.approved", b'{"data":{"enrollmentId":"e1"}}', True),
        (b"enrollment.approved", b'{"data":{"enrollmentId":"e10"}}', False),
        (b"enrollment.approved", b'{"data":{"enrollmentId":"\\u0065\\u0031"}}', True),
        (b"chat:session:e1", b'{"message":"hai"}', True),
        (b"chat:session:e10", b'{"message":"hai"}', False),
        (b"x", b"e1", False),
    ],
)
def test_live_messages_are_wanted_that_mention_it(channel: bytes, payload: bytes, wanted: bool) -> None:
    chosen = Mentioning(ids={"e1"})
    assert not chosen.passes_all
    assert chosen.may_want(payload)
    assert chosen.wants(read_message(channel, b"*", payload, NOW)) is wanted


LEAVES = st.sampled_from(["e1", "e10", 1, 0, True, None, 1.5])
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner)
)


@given(DOCUMENTS)
def test_an_id_is_mentioned_exactly_where_it_is_a_value(document: Any) -> None:
    def values(part: Any) -> list[Any]:
        parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else None
        return [part] if parts is None else [leaf for one in parts for leaf in values(one)]

    assert mentions(document, {"e1"}) is ("e1" in values(document))
    assert mentions(document, {"1"}) is any(type(leaf) is int and leaf == 1 for leaf in values(document))


@pytest.mark.parametrize(("depth", "found"), [(DEEPEST + 1, True), (DEEPEST + 2, False)])
def test_it_is_not_looked_for_without_end(depth: int, found: bool) -> None:
    document: Any = "e1"
    for number in range(depth):
        document = {"x": document} if number % 2 else [document]
    assert mentions(document, {"e1"}) is found


MADE_MS = 1_772_352_000_000
MADE = f"evt_{MADE_MS >> 16:08x}-{MADE_MS & 0xFFFF:04x}-7000-8000-000000000001"


def test_an_id_that_says_when_it_was_made_is_not_looked_for_long_before() -> None:
    client = in_process()
    for days in (-3, -1, 1):
        ms = MADE_MS + days * 86_400_000
        client.xadd(keys.AUDIT, {"action": "look", "target": MADE, "at": str(days)}, id=f"{ms}-0")
        client.xadd(keys.HISTORY, {"channel": "x", "payload": f'{{"id":"{MADE}"}}', "at": ms}, id=f"{ms}-0")
    store = store_in_process(client)
    assert [event.at for event in traced(store, MADE).events if event.source is FoundIn.AUDIT] == ["-1", "1"]
    walk = Walk()
    assert len(list(audited(store, {MADE}, walk))) == 2
    assert len(list(audited(store, {MADE, "e1"}, walk))) == 3, "of the other it is not known"
    assert len(list(Recorded(SystemClock())(store, {MADE}))) == 2
    assert len(list(Recorded(SystemClock())(store, {MADE, "e1"}))) == 3


def test_a_walk_ends_in_time_and_says_how_far_it_came() -> None:
    moments = iter(range(100))
    walk = Walk(ends_at=3, now=lambda: next(moments), of=1000)
    assert len(list(walk.over(range(1000)))) == 3 * LOOKED_AT_ONCE
    assert (walk.ran_out, walk.how_far) == (True, "the time ran out when 192 of 1,000 entries had been looked at")
    whole = Walk(ends_at=1000, now=lambda: next(moments))
    assert (len(list(whole.over(range(1000)))), whole.ran_out) == (1000, False)


# -- order and looks -------------------------------------------------------------------------------------------------


def event(source: FoundIn, at: str, summary: str = "s") -> TraceEvent:
    return TraceEvent(at, source, "k", summary)


def test_time_orders_and_a_decision_comes_before_its_entry() -> None:
    events = [
        event(FoundIn.DEAD_LETTERS, ""),
        event(FoundIn.AUDIT, "2026-03-01T08:00:00.000Z"),
        event(FoundIn.DEAD_LETTERS, "2026-03-01T08:00:00+07:00"),
        event(FoundIn.DECISIONS, "2026-03-01T08:00:00Z"),
        event(FoundIn.AUDIT, "yesterday"),
    ]
    assert [(one.source.value, one.at) for one in in_order(events)] == [
        ("dead_letters", "2026-03-01T08:00:00+07:00"),
        ("decisions", "2026-03-01T08:00:00Z"),
        ("audit", "2026-03-01T08:00:00.000Z"),
        ("audit", "yesterday"),
        ("dead_letters", ""),
    ]


def test_what_was_never_written_down_is_a_dash_and_a_null() -> None:
    nothing = event(FoundIn.AUDIT, "")
    assert nothing.line() == "-  audit  k  s  -  -  -"
    assert nothing.document() == {
        "at": None,
        "source": "audit",
        "kind": "k",
        "summary": "s",
        "actor": None,
        "event_id": None,
        "id": None,
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_every_event_is_there_at_every_width(width: int) -> None:
    events = (
        event(FoundIn.DECISIONS, AT.format(0), "e1 approved"),
        event(FoundIn.DEAD_LETTERS, "", "\x1b[2J\u202e[b]x"),
    )
    shown = flat(views.trace(Trace("e1", events, {}), width), width)
    for word in ("Sunday1March2026", "08:00:00", "e1approved", "[b]x"):
        assert word in shown, word
    for one in events:
        assert drawn(views.event(Shown(**vars(one)), width), width)


def test_the_walk_reads_each_place_a_few_times_at_most() -> None:
    client = in_process()
    decide(client, "e1", "evt_1")
    store: Store = store_in_process(client)
    client.server.sent = 0
    traced(store, "e1")
    assert client.server.sent < 40
