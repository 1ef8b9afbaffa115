"""What goes out: the envelope, the checks before it, and a schema that says the same (contract 1.3)."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shema_cli.errors import InvalidUsage
from shema_cli.events.catalogue import CATALOGUE, ChatMessage, model_for, new_event, schema
from shema_cli.events.envelope import channel_of, encode_event, encode_json, event_type_of, new_event_id
from shema_cli.events.messages import MessageKind, read_message
from shema_cli.json_text import loads
from tests.support.world import StillClock

NOW = datetime(2026, 1, 31, 8, 0, 0, 123456, tzinfo=UTC)
TIMES = ["2026-01-31T08:00:00.000Z", "2026-01-31T08:00:00+07:00"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.one_of(
    SCALARS,
    st.text(max_size=3),
    st.sampled_from([*TIMES, "new_message"]),
    st.lists(st.text(max_size=3) | st.integers() | st.booleans(), max_size=2),
    st.dictionaries(st.text(max_size=3), SCALARS, max_size=2),
)


def sound(channel: str) -> dict[str, Any]:
    special: dict[str, Any] = {
        "startsAt": TIMES[0],
        "expiresAt": TIMES[1],
        "timestamp": TIMES[0],
        "preferredDays": ["monday", 1, {"day": "monday"}],
        "timePreferences": [],
        "changes": {"phone": None},
        "type": "new_message",
    }
    return {name: special.get(name, "x") for name in CATALOGUE[channel].names()}


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(CATALOGUE)), st.data())
def test_the_schema_lets_through_what_is_published_and_nothing_else(channel: str, data: st.DataObject) -> None:
    names = sorted(sound(channel))
    given_data = sound(channel) | {
        name: data.draw(VALUES, name) for name in data.draw(st.sets(st.sampled_from(names), max_size=2))
    }
    for name in data.draw(st.sets(st.sampled_from(names), max_size=1)):
        del given_data[name]
    if data.draw(st.booleans()):
        given_data["unknown"] = 1
    version = data.draw(st.sampled_from(["1.0", "1.1"]))
    checker = Draft202012Validator(schema(channel), format_checker=Draft202012Validator.FORMAT_CHECKER)
    envelope = encode_event(channel, given_data, version=version, clock=StillClock(NOW)).document
    moments = [given_data.get(name) for name in ("startsAt", "expiresAt", "timestamp") if name in names]
    try:
        event = new_event(channel, given_data, version=version, clock=StillClock(NOW))
    except InvalidUsage:
        told_by_the_schema = not checker.is_valid(envelope)
        assert told_by_the_schema or any(moment not in TIMES for moment in moments)  # a format is only a remark there
    else:
        assert checker.is_valid(event.document)
        assert json.loads(event.payload) == event.document
        told = read_message(channel.encode(), b"*", event.payload, NOW)
        assert (told.kind, told.supported) == (MessageKind.EVENT, True)


@pytest.mark.parametrize("channel", sorted(CATALOGUE))
def test_every_fault_of_an_event_is_named_at_once(channel: str) -> None:
    with pytest.raises(InvalidUsage) as refused:
        new_event(channel, {"unknown": 1, "other": 2}, version="1.0", clock=StillClock(NOW))
    for name in CATALOGUE[channel].names():
        assert f"{name} is missing" in refused.value.message
    assert "unknown field unknown, other (version 1.1 may add fields" in refused.value.message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"enrollmentId": ""}, "enrollmentId: string should have at least 1 character"),
        ({"enrollmentId": 5}, "enrollmentId: input should be a valid string"),
        ({"enrollmentId": None}, "enrollmentId: input should be a valid string"),
    ],
)
def test_a_field_that_is_wrong_is_named_with_what_is_wrong(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidUsage, match=said):
        new_event("enrollment.approved", sound("enrollment.approved") | change, version="1.0", clock=StillClock(NOW))


def test_a_time_must_be_one() -> None:
    with pytest.raises(InvalidUsage, match="startsAt: must be an ISO-8601 time"):
        new_event(
            "schedule.created", sound("schedule.created") | {"startsAt": "noon"}, version="1.0", clock=StillClock()
        )


@pytest.mark.parametrize("version", ["", "1", "2.0", "1.10"])
def test_an_unknown_version_is_not_written(version: str) -> None:
    with pytest.raises(InvalidUsage, match=r"the versions are 1\.0 and 1\.1|is not known"):
        new_event("enrollment.approved", sound("enrollment.approved"), version=version, clock=StillClock(NOW))


@pytest.mark.parametrize(
    ("channel", "guess"),
    [
        ("enrollment.aproved", "did you mean enrollment.approved?"),
        ("ENROLLMENT_APPROVED", "did you mean enrollment.approved?"),
        ("chat:session:", "did you mean chat:session:<sessionId>?"),
        ("zzz", None),
    ],
)
def test_an_unknown_channel_is_met_with_the_nearest(channel: str, guess: str | None) -> None:
    with pytest.raises(InvalidUsage) as refused:
        model_for(channel)
    assert str(refused.value.hint).startswith(guess or "`shema events types`")


# -- conversations ---------------------------------------------------------------------------------------------------

SAID = {"senderId": "u1", "senderRole": "student", "senderName": "Sari", "message": "hai"}


def test_a_chat_message_has_no_envelope_and_fills_in_what_the_channel_tells() -> None:
    event = new_event("chat:session:a:b", SAID, version="1.0", clock=StillClock(NOW))
    assert event.document == {
        "type": "new_message",
        "sessionId": "a:b",
        **SAID,
        "timestamp": "2026-01-31T08:00:00.123Z",
    }
    assert (event.event_id, event.channel) == ("", "chat:session:a:b")
    assert Draft202012Validator(schema("chat:session:a:b")).is_valid(event.document)
    assert model_for("chat:session:a:b") is ChatMessage
    told = read_message(event.channel.encode(), b"*", event.payload, NOW)
    assert (told.kind, told.session) == (MessageKind.CHAT, "a:b")


def test_a_time_that_is_given_is_kept() -> None:
    event = new_event("chat:session:a", SAID | {"timestamp": TIMES[1]}, version="1.0", clock=StillClock(NOW))
    assert event.document["timestamp"] == TIMES[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sessionId": "other"}, "sessionId is 'other'"),
        ({"type": "typing"}, "type: input should be 'new_message'"),
        ({"extra": 1}, "unknown field extra$"),
        ({"message": None}, "message: input should be a valid string"),
    ],
)
def test_a_chat_message_that_is_none_is_refused(change: dict[str, Any], said: str) -> None:
    for version in ("1.0", "1.1"):
        with pytest.raises(InvalidUsage, match=said):
            new_event("chat:session:a", SAID | change, version=version, clock=StillClock(NOW))


# -- the wire --------------------------------------------------------------------------------------------------------


@given(st.lists(st.from_regex(r"[A-Z0-9]+", fullmatch=True), min_size=1).map("_".join))
def test_event_type_and_channel_name_each_other(event_type: str) -> None:
    assert event_type_of(channel_of(event_type)) == event_type


@given(
    st.recursive(SCALARS | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
)
def test_json_on_the_wire_is_utf_8_and_the_same_again(document: object) -> None:
    written = encode_json(document)
    assert json.loads(written.decode("utf-8")) == document
    assert b"\n" not in written


def test_other_letters_are_readable_and_half_a_letter_is_refused() -> None:
    assert encode_json({"a": "é 🎵"}) == '{"a":"é 🎵"}'.encode()
    for half, shown in (("\ud800", r"\\ud800"), ("\udcff", r"\\xff")):
        with pytest.raises(InvalidUsage, match=rf"not UTF-8 text: it has {shown}"):
            encode_json({"a": half})


DIGITS = '{"a":12345678901234567.89,"d":1.10,"e":1e5,"z":-0,"dup":1,"dup":2}'


def test_what_is_published_keeps_its_digits_and_what_stands_twice() -> None:
    data = loads(f'{{"userId":"u","changes":{DIGITS}}}')
    assert isinstance(data, dict)
    event = new_event("user.updated", data, version="1.0", clock=StillClock(NOW))
    assert event.payload.endswith(f'"data":{{"userId":"u","changes":{DIGITS}}}}}'.encode())


@pytest.mark.parametrize("number", ["1.10", "-0", "1e999", "1" * 5000])
def test_a_number_in_whatever_spelling_is_no_text(number: str) -> None:
    data = loads(f'{{"userId":{number},"changes":{{}}}}')
    assert isinstance(data, dict)
    with pytest.raises(InvalidUsage, match="userId: input should be a valid string"):
        new_event("user.updated", data, version="1.0", clock=StillClock(NOW))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_has_no_word_for_is_refused(value: float) -> None:
    with pytest.raises(InvalidUsage, match="cannot be written as JSON"):
        encode_event("user.updated", {"userId": "u", "changes": {"x": value}}, clock=StillClock(NOW))


@given(st.timedeltas(timedelta(0), timedelta(days=80_000)), st.integers(1, 10**9))
def test_ids_carry_their_time_and_sort_by_it(since_1970: timedelta, microseconds: int) -> None:
    clock = StillClock(datetime(1970, 1, 1, tzinfo=UTC) + since_1970)
    first = new_event_id(clock)
    clock.at += timedelta(microseconds=max(1000, microseconds))
    assert first < new_event_id(clock)
    value = uuid.UUID(first.removeprefix("evt_"))
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    milliseconds = since_1970 // timedelta(milliseconds=1)
    assert abs((value.int >> 80) - milliseconds) <= 1
