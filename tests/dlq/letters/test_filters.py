"""What a filter lets through, what it is called in the trail, and what an edit makes of an event."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.dlq.letters import edit
from shema_cli.dlq.letters.edit import edit_event
from shema_cli.dlq.letters.entry import parse_entry, parse_event
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.dlq.letters.selection import EntrySelection, Filters
from shema_cli.dlq.plan import Rules, plan_replay
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import Failed, InvalidUsage, NotConfigured, Refused
from shema_cli.events.where import Condition
from shema_cli.json_text import compact, dumps, loads
from tests.dlq.support import letter, push
from tests.support.in_process import in_process, store_in_process
from tests.support.world import StillClock, app_of

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
AT_NOON = parse_entry(letter(12 * 3600, error="Timeout after 5000ms"))
CHAT = parse_entry(b'{"event":{"type":"new_message","sessionId":"s1"},"error":"late"}')
JUNK = parse_entry(b"junk")
NO_EVENT = parse_entry(b'{"error":"Timeout after 12ms"}')


@pytest.mark.parametrize(
    ("filters", "let_through"),
    [
        (Filters(), [True, True, True, True]),
        (Filters(types=("ENROLLMENT_APPROVED",)), [True, False, False, False]),
        (Filters(types=("enrollment_approved",)), [True, False, False, False]),
        (Filters(types=("enrollment.*",)), [True, False, False, False]),
        (Filters(types=("ENROLLMENT_*", "nothing")), [True, False, False, False]),
        (Filters(types=("enrollment",)), [False, False, False, False]),
        (Filters(types=("chat:session:s1",)), [False, True, False, False]),
        (Filters(types=("NEW_MESSAGE",)), [False, True, False, False]),
        (Filters(types=("*",)), [True, True, False, False]),
        (Filters(error="TIMEOUT"), [True, False, False, True]),
        (Filters(error=""), [True, True, True, True]),
        (Filters(fingerprint=fingerprint("Timeout after 9ms")), [True, False, False, True]),
        (Filters(fingerprint=fingerprint("Timeout after 9ms").upper()), [True, False, False, True]),
        (Filters(fingerprint=fingerprint(None)), [False, False, False, False]),
        (Filters(invalid=True), [False, False, True, True]),
        (Filters(invalid=True, error="timeout"), [False, False, False, True]),
        (Filters(since=NOON), [True, False, False, False]),
        (Filters(since=NOON + timedelta(milliseconds=1)), [False, False, False, False]),
        (Filters(until=NOON), [True, False, False, False]),
        (Filters(until=NOON - timedelta(milliseconds=1)), [False, False, False, False]),
        (Filters(since=NOON, until=NOON), [True, False, False, False]),
        (Filters(since=NOON, error="late"), [False, False, False, False]),
    ],
)
def test_what_a_filter_lets_through(filters: Filters, let_through: list[bool]) -> None:
    assert [filters.match(entry) for entry in (AT_NOON, CHAT, JUNK, NO_EVENT)] == let_through


@given(
    st.lists(st.sampled_from(["ENROLLMENT_*", "chat:*", "X"]), max_size=2).map(tuple),
    st.sampled_from([None, "timeout", "late"]),
    st.booleans(),
    st.sampled_from([None, NOON]),
)
def test_filters_together_let_through_what_each_does(
    types: tuple[str, ...], error: str | None, invalid: bool, since: datetime | None
) -> None:
    alone = (Filters(types=types), Filters(error=error), Filters(invalid=invalid), Filters(since=since))
    together = Filters(types, error, None, since, None, invalid)
    for entry in (AT_NOON, CHAT, JUNK, NO_EVENT):
        assert together.match(entry) is all(one.match(entry) for one in alone)
    assert bool(together) is any(map(bool, alone))


def test_the_trail_is_told_what_was_selected() -> None:
    filters = Filters(("ENROLLMENT_*", "X"), "late", "0123456789", NOON, NOON + timedelta(hours=1), invalid=True)
    assert filters.describe() == (
        "--type ENROLLMENT_* --type X --error late --fingerprint 0123456789"
        " --since 2026-01-02T12:00:00+00:00 --until 2026-01-02T13:00:00+00:00 --invalid"
    )
    assert EntrySelection(("evt_1", "evt_2"), Filters(error="late")).describe() == "evt_1 evt_2 --error late"
    assert EntrySelection(everything=True).describe() == "--all"
    many = EntrySelection(tuple(f"evt_{n}" for n in range(25))).describe()
    assert many.endswith("evt_19 … (25 ids)")


def test_a_plan_leaves_out_what_cannot_be_replayed_and_says_how_many() -> None:
    client = in_process()
    push(client, [letter(1), b"junk", letter(2, "BOOKING_CREATED"), b"junk 2", letter(3)])
    store = DeadLetters(store_in_process(client))
    clock, everything = StillClock(), EntrySelection(everything=True)
    whole = plan_replay(store, everything, clock, Rules()).plan
    assert (whole.count, whole.unheard, whole.invalid, whole.at_limit) == (0, 3, 2, 0)
    assert {name: (one.entries, one.unheard) for name, one in whole.channels.items()} == {
        "enrollment.approved": (2, True),
        "booking.created": (1, True),
    }
    part = plan_replay(store, everything, clock, Rules(limit=2, allow_unheard=True), bound=4).plan
    assert (part.count, part.invalid) == (2, 1)  # what cannot be replayed uses nothing of the limit up
    nothing = plan_replay(store, EntrySelection(filters=Filters(types=("X",))), clock, Rules())
    assert (nothing.selected, nothing.plan.oldest) == (0, None)


# -- what an entry is read as ----------------------------------------------------------------------------------------

PIECES = [b"{", b"}", b"[", b"]", b'"', b"\\", b":", b",", b" ", b"\n", b"\x00", b"\xff", b"\xc3\xa9", b"\\ud800"]
WORDS = [b'"event"', b'"eventType"', b'"A_B"', b'"error"', b'"eventId":"x"', b"1e9", b"null", b"NaN", b"-", b"0"]
HOSTILE = st.one_of(st.binary(max_size=60), st.lists(st.sampled_from([*PIECES, *WORDS]), max_size=24).map(b"".join))


@given(HOSTILE)
def test_any_bytes_are_an_entry_and_its_event_is_a_part_of_them(raw: bytes) -> None:
    entry = parse_entry(raw)
    assert entry.raw == raw
    assert 0 <= entry.start <= entry.end <= len(raw)
    assert entry.event in raw
    assert entry.valid is (entry.channel is not None)
    if entry.valid:
        assert isinstance(json.loads(entry.event), dict)
    if entry.start < entry.end:
        json.loads(entry.event.decode())
    try:
        shown = loads(raw)
    except ValueError:
        assert not entry.valid
    else:
        assert dumps(shown) == compact(dumps(shown))


@given(HOSTILE)
def test_any_bytes_are_read_as_an_event_that_stands_alone(payload: bytes) -> None:
    entry = parse_event(payload)
    if entry.valid:
        assert entry.event == entry.raw == payload.strip(b" \t\r\n")
        assert isinstance(json.loads(entry.event), dict)


@pytest.mark.parametrize(
    "payload", [b'{"eventType":"A"},"error":{}', b'{"eventType":"A"},"event":{"eventType":"B"}', b""]
)
def test_an_event_that_stands_alone_is_one_value(payload: bytes) -> None:
    assert not parse_event(payload).valid


def test_numbers_that_python_does_not_convert_are_shown_as_they_are_written() -> None:
    long = b"1" * 5000
    raw = b'{"event":{"eventType":"A","n":' + long + b',"f":1e999}}'
    assert parse_entry(raw).event == raw[9:-1]
    assert dumps(loads(raw)).encode() == raw


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("1.10", "1.10"),
        ("1e999", "1e999"),
        ('{"code":12345678901234567.89,"code":-0}', '{"code": 12345678901234567.89, "code": -0}'),
        ("[" * 400 + "]" * 400, "[" * 400 + "]" * 400),
    ],
)
def test_an_error_that_is_no_text_is_told_in_its_own_digits(error: str, told: str) -> None:
    assert parse_entry(f'{{"event":{{"eventType":"A"}},"error":{error}}}'.encode()).error == told


def test_a_replay_is_counted_by_the_event_s_id_and_else_by_its_bytes() -> None:
    def key(event: str, error: str = "x") -> bytes:
        return parse_entry(f'{{"event":{event},"error":"{error}"}}'.encode()).replay_key

    assert key('{"eventType":"A","eventId":"e1"}') == key('{"eventId":"e1","eventType":"B"}', "y")
    assert key('{"eventType":"A","eventId":"e1"}') != key('{"eventType":"A","eventId":"e2"}')
    assert key('{"eventType":"A"}') == key('{"eventType":"A"}', "y") != key('{"eventType": "A"}')
    assert key('{"eventType":"A","eventId":""}') != key('{"eventType":"A","eventId":5}')
    assert len(key("{}")) == 8


# -- editing ---------------------------------------------------------------------------------------------------------

EVENT = '{"eventType":"A_B","n":1.50,"big":12345678901234567890123,"z":1,"a":2}'
LETTER = parse_entry(f'{{"error":"x","event":{EVENT}}}'.encode())
NOBODY = app_of({}).person
Editor = Callable[[Callable[[str], str]], list[list[str]]]


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch) -> Editor:
    """An editor that does this to the text, and the command lines that it was started with."""

    def install(change: Callable[[str], str], code: int = 0) -> list[list[str]]:
        started: list[list[str]] = []

        def run(words: list[str], *, check: bool) -> Any:
            started.append(words)
            file = Path(words[-1])
            assert file.stat().st_mode & 0o077 == 0
            file.write_bytes(change(file.read_text()).encode("utf-8", "surrogateescape"))
            return SimpleNamespace(returncode=code)

        monkeypatch.setattr(edit, "subprocess", SimpleNamespace(run=run))
        return started

    return install


def test_only_what_was_edited_is_another(editor: Editor) -> None:
    started = editor(lambda text: text.replace('"A_B"', '"A_C"'))
    edited = edit_event(LETTER, NOBODY, {"EDITOR": "my-editor --wait"})
    assert edited.entry.event.decode() == EVENT.replace("A_B", "A_C")
    assert edited.entry.channel == "a.c"
    assert '-  "eventType": "A_B",' in edited.difference
    assert '+  "eventType": "A_C",' in edited.difference
    assert started[0][:2] == ["my-editor", "--wait"]
    assert started[0][2].endswith(f"/{LETTER.id}.json")
    assert not Path(started[0][2]).exists()


def test_visual_goes_before_editor(editor: Editor) -> None:
    started = editor(lambda text: text.replace("A_B", "A_C"))
    edit_event(LETTER, NOBODY, {"EDITOR": "ed", "VISUAL": "vi"})
    assert started[0][0] == "vi"


@pytest.mark.parametrize("change", [lambda text: text, lambda text: text.replace("\n", " \n\t"), lambda text: EVENT])
def test_white_space_alone_is_no_edit(editor: Editor, change: Callable[[str], str]) -> None:
    editor(change)
    with pytest.raises(Refused, match="was not changed"):
        edit_event(LETTER, NOBODY, {"EDITOR": "ed"})


@pytest.mark.parametrize(
    ("left", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "not an object"),
        ('{"eventType":5}', "not text"),
        ('{"eventType":"A"} {"eventType":"B"}', "not"),
        ('{"eventType":"A"},"x":{}', "not one JSON value"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_what_cannot_be_published_is_not_taken_from_an_editor(editor: Editor, left: str, why: str) -> None:
    editor(lambda text: left)
    with pytest.raises(InvalidUsage, match=why) as refused:
        edit_event(LETTER, NOBODY, {"EDITOR": "ed"})
    assert refused.value.code == "bad_edit"
    kept = Path((refused.value.hint or "").rpartition(" ")[2])
    assert kept.read_bytes() == left.encode("utf-8", "surrogateescape")
    assert kept.stat().st_mode & 0o077 == 0
    kept.unlink()


def test_an_editor_that_fails_edits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotConfigured, match="--edit needs an editor"):
        edit_event(LETTER, NOBODY, {"EDITOR": ""})
    for broken in ("/nonexistent/editor", "'unfinished"):
        with pytest.raises(Failed, match="could not be started"):
            edit_event(LETTER, NOBODY, {"EDITOR": broken})
    monkeypatch.setattr(edit, "subprocess", SimpleNamespace(run=lambda words, check: SimpleNamespace(returncode=1)))
    with pytest.raises(Failed, match="ended with 1; nothing was replayed"):
        edit_event(LETTER, NOBODY, {"EDITOR": "ed"})


# -- fields ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wheres", "let_through"),
    [
        (("data.enrollmentId=enr_43200",), True),
        (("enrollmentId=enr_43200",), True),
        (("eventId=evt_00043200", "version=1.0"), True),
        (("eventId=evt_00043200", "version=1.1"), False),
        (("data.studentId=s2",), False),
        (("n=1.50",), True),
        (("n=1.5",), False),
        (("big=12345678901234567890123",), True),
        (("data.list.1=b",), True),
        (("list.1=b",), False),
        (("data.list.2=b",), False),
        (("yes=true", "none=null"), True),
        (("name=José",), True),
        (("error=Timeout after 5000ms",), False),
    ],
)
def test_what_a_field_must_be_is_told_as_to_a_tail(wheres: tuple[str, ...], let_through: bool) -> None:
    data = '"n":1.50,"big":12345678901234567890123,"list":["a","b"],"yes":true,"none":null,"name":"Jos\\u00e9",'
    entry = parse_entry(AT_NOON.raw.replace(b'"data":{', b'"data":{' + data.encode()))
    assert entry.valid
    filters = Filters(wheres=tuple(map(Condition.typed, wheres)))
    assert filters.match(entry) is let_through
    assert filters.describe() == " ".join(f"--where {where}" for where in wheres)
    assert not filters.match(JUNK)
    assert not filters.match(NO_EVENT)


@pytest.mark.parametrize("text", ["", "x", "=x", "a..b=c", ".=x"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(InvalidUsage, match="is not FIELD=VALUE"):
        Condition.typed(text)
