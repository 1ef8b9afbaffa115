from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.json_text import compact, set_out

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=9,
)
SPACE = st.text(alphabet=" \t\r\n", max_size=2)


@given(
    event=st.dictionaries(st.text(max_size=5), VALUES, max_size=4), error=VALUES, space=SPACE, readable=st.booleans()
)
def test_the_span_of_the_event_is_exact(event: dict[str, Any], error: Any, space: str, readable: bool) -> None:
    event = event | {"eventType": "A_B"}
    inner = json.dumps(event, ensure_ascii=not readable, indent=len(space) or None)
    outer = json.dumps(error, ensure_ascii=not readable)
    raw = f'{space}{{"error":{space}{outer},{space}"event"{space}:{space}{inner}{space}}}{space}'
    entry = parse_entry(raw.encode("utf-8", "surrogatepass"))
    if any("\ud800" <= char <= "\udfff" for char in raw):
        assert entry.reason == "not UTF-8"
    else:
        assert entry.valid
        assert entry.event == inner.encode()
        assert entry.channel == "a.b"


@given(text=st.text(alphabet='{}[]",:eE0123456789.-+ \\nutrlfasvt\ufeff', max_size=30))
def test_it_is_json_exactly_when_json_says_so(text: str) -> None:
    def refuse(name: str) -> Any:
        raise ValueError(name)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        assert str(parse_entry(text.encode()).reason).startswith("not JSON")
    else:
        assert not str(parse_entry(text.encode()).reason).startswith("not JSON")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"{}", "it has no event"),
        (b"[]", "not an object"),
        (b'{"event":"{}"}', "its event is not an object"),
        (b'{"event":{}}', "its event has no eventType"),
        (b'{"event":{"eventType":7}}', "its eventType is not text"),
        (b'{"event":{"eventType":" "}}', "its eventType names no channel"),
        (b'{"event":{"eventType":"\\ud800"}}', "its eventType names no channel"),
        (b'{"event":{"type":"new_message"}}', "its event has no eventType"),
        (b'{"event":{"eventType":"A","n":NaN}}', "not JSON: NaN is not JSON"),
        (b'{"event":{"eventType":"A"}} {}', "not JSON: more follows after the value"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_why_an_entry_is_invalid(raw: bytes, reason: str) -> None:
    entry = parse_entry(raw)
    assert (entry.reason, entry.channel) == (reason, None)


def test_an_entry_without_an_error_is_valid() -> None:
    entry = parse_entry(b'{"event":{"eventType":"CHAT_SESSION_CLOSED"}}')
    assert (entry.valid, entry.channel, entry.error, entry.failed_at) == (True, "chat.session.closed", None, None)


@pytest.mark.parametrize(
    "family",
    [
        ("Timeout after 5000ms", "Timeout after 7000ms", "Timeout after 12ms"),
        ("connect ECONNREFUSED 10.0.0.1:6379", "connect ECONNREFUSED 192.168.17.250:80"),
        ("no enrollment enr_12ab", "no enrollment enr_zz9"),
        ("id 550e8400-e29b-41d4-a716-446655440000 is gone", "id aaaaaaaa-e29b-41d4-a716-4466554400bb is gone"),
        ("user 'bob' can't be found", "user 'alice' can't be found"),
        ('key "a b" is taken', 'key "c" is taken'),
        ("POST http://user-service:3002/api/users/42 returned 503", "POST http://other/api/users/9 returned 500"),
        ("object deadbeefdeadbeef is gone", "object cafebabecafebabe is gone"),
        ("took 1.5s", "took 12s"),
    ],
)
def test_errors_of_one_family_have_one_fingerprint(family: tuple[str, ...]) -> None:
    assert len({fingerprint(text) for text in family}) == 1, family


def test_errors_of_different_families_do_not() -> None:
    texts = ["Timeout after 5000ms", "timeout before 5000ms", "COURSE_SERVICE_UNAVAILABLE", "no seat left", "", None]
    assert len({fingerprint(text) for text in texts}) == len(texts) - 1  # no error and an empty one are the same


@given(text=st.text(max_size=40))
def test_a_fingerprint_is_short_and_needs_no_luck(text: str) -> None:
    assert len(fingerprint(text)) == 10
    assert fingerprint(text) == fingerprint(text)


@given(value=VALUES)
def test_spreading_and_compacting_json_moves_only_white_space(value: Any) -> None:
    tight = json.dumps(value, separators=(",", ":"))
    assert compact(set_out(tight)) == tight
    assert compact(tight) == tight
