"""Reading messages: the short way and the long way agree, filters never lose a message, words for everything."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from shema_cli.events.buffer import Batch
from shema_cli.events.catalogue import CATALOGUE
from shema_cli.events.envelope import event_type_of
from shema_cli.events.filters import Intake, Recorded, build_filter, plain_event_id
from shema_cli.events.history.entries import RecordedMessage
from shema_cli.events.messages import JsonLines, Message, MessageKind, json_text, read_message, sentence
from shema_cli.events.printer import Layout, MessageLines
from shema_cli.events.views import chat_lines, lines

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
CHANNELS = st.sampled_from([b"enrollment.approved", b"chat:session:s1", b"chat.message", b"x\xff", b"__keyspace@0__:k"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.sampled_from(["c1", "é", 'a"b', "5"])
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "eventType": st.sampled_from(["ENROLLMENT_APPROVED", "X", 7, None, ["ENROLLMENT_APPROVED"], "CHAT_MESSAGE"]),
        "eventId": st.sampled_from(["evt_1", "evt_2", 3, None]),
        "version": st.sampled_from(["1.0", "1.1", "2.0", 1.0, None, []]),
        "data": st.one_of(VALUES, st.dictionaries(st.sampled_from(["courseId", "n", "sessionId"]), VALUES)),
        "type": st.sampled_from(["new_message", 5]),
        "message": st.text(max_size=5),
        "sessionId": st.sampled_from(["s1", "s2"]),
    },
)


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    if draw(st.booleans()) and draw(st.booleans()):
        return draw(st.binary(max_size=20))
    document = draw(st.one_of(ENVELOPES, VALUES))
    text = json.dumps(document, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, None, 1])))
    return text.encode("utf-8", "surrogatepass")


def message(payload: bytes, channel: bytes = b"enrollment.approved") -> Message:
    return read_message(channel, b"*", payload, NOW)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CHANNELS, payloads()), max_size=12))
def test_the_short_way_and_the_long_way_write_the_same_lines(published: list[tuple[bytes, bytes]]) -> None:
    replies: list[Any] = [[b"pmessage", b"*", channel, payload] for channel, payload in published]
    batch, lines = Batch(replies, NOW, 0), JsonLines()
    short = Intake([b"*"], build_filter()).json_lines(batch)
    long = [lines.line(m) for m in Intake([b"*"], build_filter()).messages(batch)]
    assert short == long
    recorded = Recorded(tuple(RecordedMessage("1-0", 1, *pair) for pair in published), in_a_tail=True)
    recorded_short = Intake([b"*"], build_filter()).json_lines(recorded)
    assert recorded_short == [lines.line(m) for m in Intake([b"*"], build_filter()).messages(recorded)]
    for written in short + recorded_short:
        assert written.count(b"\n") == 1
        json.loads(written)


@settings(deadline=None)
@given(payloads(), CHANNELS)
def test_a_payload_that_is_json_is_decoded_as_it_is(payload: bytes, channel: bytes) -> None:
    shown = json.loads(json_text(message(payload, channel)))
    try:
        wanted = json.loads(payload.decode(), parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        wanted = payload.decode("utf-8", "backslashreplace")
    assert repr(shown) == repr(wanted)


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("user.*", ["USER_UPDATED"]),
        ("user_*", ["USER_UPDATED"]),
        ("*.APPROVED", ["ENROLLMENT_APPROVED"]),
        ("enrollment.approved", ["ENROLLMENT_APPROVED"]),
        ("*", ["USER_UPDATED", "ENROLLMENT_APPROVED", "new_message"]),
        ("new_*", ["new_message"]),
        ("chat:session:*", ["new_message"]),
        ("*.rejected", []),
    ],
)
def test_a_type_takes_wildcards_as_it_does_for_dead_letters(wanted: str, shown: list[str]) -> None:
    user = (b"user.updated", b'{"eventType":"USER_UPDATED","data":{}}')
    approved = (b"elsewhere", b'{"eventType":"\\u0045NROLLMENT_APPROVED","data":{}}')
    chat = (b"chat:session:s1", b'{"type":"new_message","sessionId":"s1","message":"hai"}')
    replies: list[Any] = [[b"pmessage", b"*", *one] for one in (user, approved, chat, (b"x", b"junk"), (b"x", b"[]"))]
    intake = Intake([b"*"], build_filter([wanted]))
    messages = intake.messages(Batch(replies, NOW, 0))
    assert [message.field("eventType") or message.field("type") for message in messages] == shown


def test_half_a_letter_in_a_payload_is_told_as_text() -> None:
    """Readers of a line refuse it, or make something else of it, each in its own way."""
    event = b'{"eventType":"USER_UPDATED","eventId":"e","data":{"a":"\\uD800"}}'
    replies: list[Any] = [[b"pmessage", b"*", b"x", payload] for payload in (event, b'"\\udcff"')]
    first, second = Intake([b"*"], build_filter()).json_lines(Batch(replies, NOW, 0))
    assert json.loads(first)["payload"]["data"]["a"] == r"\ud800"
    assert json.loads(second)["payload"] == r"\xff"


@pytest.mark.parametrize("number", ["1e999", "-1E+400", "9" * 5000])
def test_a_number_that_readers_take_for_infinity_is_told_as_text(number: str) -> None:
    payload = f'{{"eventType":"USER_UPDATED","data":{{"userId":"\\ud800","n":{number},"m":1.10}}}}'
    shown = json_text(message(payload.encode())).decode()
    assert json.loads(shown)["data"]["n"] == number
    assert '"m":1.10' in shown


def test_numbers_are_told_in_their_own_digits() -> None:
    payload = b'{"eventType":"ENROLLMENT_APPROVED","data":{"enrollmentId":12345678901234567.89,"studentId":1.10}}'
    assert sentence(message(payload)) == "enrollment 12345678901234567.89 of student 1.10 approved"


@given(
    payloads(),
    st.sampled_from(
        [
            {"types": ["ENROLLMENT_APPROVED"]},
            {"types": ["chat.message", "new_message"]},
            {"where": ["courseId=c1"]},
            {"where": ["data.n=5", "version=1.0"]},
            {"where": ["data.courseId=é"]},
            {"where": ['courseId=a"b']},
            {"where": ["data.n=null"], "types": ["ENROLLMENT_APPROVED"]},
        ]
    ),
    CHANNELS,
)
def test_the_early_look_never_refuses_what_is_wanted(payload: bytes, chosen: dict[str, Any], channel: bytes) -> None:
    chosen_filter = build_filter(**chosen)
    assert chosen_filter.may_want(payload) or not chosen_filter.wants(message(payload, channel))


def test_the_early_look_refuses_what_it_can() -> None:
    assert not build_filter(["ENROLLMENT_APPROVED"]).may_want(b'{"eventType":"USER_UPDATED"}')
    assert build_filter(where=["a=c1"]).may_want(b'{"a":"\\u00631"}')


DATA = b'{"eventType":"ENROLLMENT_APPROVED","eventId":"e","n":1,"data":{"courseId":"c1","n":12345678901234567890123,'
DATA += b'"f":1.50,"yes":true,"none":null,"days":["mon",{"at":"9"}],"o":{},"sessionId":"s1"}}'


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ("data.courseId=c1", True),
        ("courseId=c1", True),
        ("courseId=c", False),
        ("data.n=12345678901234567890123", True),
        ("data.n=1.2345678901234568e+22", False),
        ("n=1", True),
        ("data.f=1.50", True),
        ("data.yes=true", True),
        ("data.yes=True", False),
        ("data.none=null", True),
        ("data.days.0=mon", True),
        ("data.days.1.at=9", True),
        ("data.days.7=mon", False),
        ("data.o={}", False),
        ("data.missing=", False),
        ("eventType=ENROLLMENT_APPROVED", True),
    ],
)
def test_where_compares_as_text(where: str, holds: bool) -> None:
    chosen = build_filter(where=[where])
    assert (chosen.may_want(DATA) and chosen.wants(message(DATA))) is holds


def test_session_is_the_channel_of_chat_and_the_data_of_events() -> None:
    chosen = build_filter(session="a:b")
    assert chosen.wants(message(b'{"message":"x","sessionId":"other"}', b"chat:session:a:b"))
    assert not chosen.wants(message(b'{"message":"x","sessionId":"a:b"}', b"chat:session:a"))
    assert build_filter(session="s1").wants(message(DATA))
    assert not chosen.wants(message(DATA))


def test_grep_looks_at_the_text_as_it_came() -> None:
    assert build_filter(grep=r'"courseId":"c\d"').wants(message(DATA))
    assert build_filter(grep=r"\\xff").wants(message(b"\xff"))
    assert not build_filter(grep="^c1").wants(message(DATA))


ESCAPED = b'{"eventType":"USER_UPDATED","data":{"userId":"u1","changes":{"name":"Jos\\u00e9 \\"the cat\\""}}}'


@pytest.mark.parametrize(
    ("grep", "found"),
    [
        ("José", True),  # as any reader of the JSON shows it
        ("Jos..00e9", True),  # as it came
        ("user u1 changed name", True),  # as a terminal shows it
        ("^user u1", True),
        ("Jose", False),
    ],
)
def test_grep_finds_what_is_shown_as_well_as_the_bytes(grep: str, found: bool) -> None:
    chosen = build_filter(grep=grep)
    assert (chosen.may_want(ESCAPED) and chosen.wants(message(ESCAPED))) is found
    spelled = ESCAPED.replace(b"Jos\\u00e9", "José".encode())
    assert chosen.wants(message(spelled)) is (found and "00e9" not in grep)


def test_ids_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shema_cli.events.filters.REMEMBERED_IDS", 10)
    intake = Intake([b"*"], build_filter())
    assert all(intake._is_new(str(number)) for number in range(100))
    assert len(intake._ids) + len(intake._older_ids) <= 20
    assert not intake._is_new("99")
    assert not intake._is_new("91")


def test_a_payload_that_needs_care_takes_the_long_way() -> None:
    plain = b'{"eventType":"ENROLLMENT_APPROVED","eventId":"e","data":{}}'
    assert plain_event_id(plain) == "e"
    for odd in (plain + b"\n", plain.replace(b"{}", b'{"x":"\x7f"}'), plain.replace(b'"e"', "é".encode()), b"[]", b"{"):
        assert plain_event_id(odd) is None


@pytest.mark.parametrize("channel", CATALOGUE)
@pytest.mark.parametrize("data", [{}, {"studentId": None, "changes": 5, "reason": ["x"], "message": {"a": 1}}])
def test_every_event_has_words_whatever_its_data(channel: str, data: dict[str, Any]) -> None:
    payload = json.dumps({"eventType": event_type_of(channel), "data": data}).encode()
    said = sentence(message(payload, channel.encode()))
    assert "?" in said or "nothing" in said


def test_words_for_what_is_not_understood() -> None:
    assert sentence(message(b"\x1b[2J")) == "not an event: \x1b[2J"  # made safe where it is printed
    assert sentence(message(b"x" * 5000)).endswith("… (5,000 characters)")
    assert "version [1], not supported" in sentence(message(b'{"eventType":"USER_UPDATED","version":[1]}'))
    odd_chat = message(b'{"type":"typing","senderName":["x"]}', b"chat:session:s")
    assert (odd_chat.kind, sentence(odd_chat)) == (MessageKind.CHAT, "['x']: " + odd_chat.text)


@settings(max_examples=80, deadline=None)
@given(payloads(), CHANNELS, st.sampled_from([40, 120]))
def test_anything_can_be_drawn_and_nothing_of_it_reaches_the_terminal_raw(
    payload: bytes, channel: bytes, width: int
) -> None:
    found = message(payload, channel)
    console = Console(width=width, file=io.StringIO(), markup=False, highlight=False, emoji=False)
    for as_chat, view in ((False, lines), (True, chat_lines)):
        record = MessageLines((found, found), Layout(as_chat=as_chat))
        assert len(record.table().rows[0]) == 7  # type: ignore[index]
        with console.capture() as capture:
            console.print(view(record, width))
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", capture.get())


@pytest.mark.parametrize("odd", ['"n":1e400', '"half":"\\ud800"', '"n":' + "1" * 5000])
def test_an_event_whose_data_has_a_name_twice_is_an_event_whatever_else_is_odd(odd: str) -> None:
    payload = f'{{"eventType":"USER_UPDATED","data":{{"k":1,"k":2,{odd}}}}}'.encode()
    assert message(payload).kind is MessageKind.EVENT
