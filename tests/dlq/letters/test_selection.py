"""What ids and filters mean."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from io import StringIO
from itertools import count

import pytest

from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.dlq.letters.selection import EntrySelection, Filters, resolve
from shema_cli.dlq.plan import plan_discard
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import InvalidUsage, NotFound
from tests.dlq.support import entry_id, letter, push
from tests.support.in_process import in_process, store_in_process
from tests.support.world import StillClock

NOW = datetime(2026, 1, 3, tzinfo=UTC)


def listed(*raws: bytes) -> DeadLetters:
    client = in_process()
    push(client, raws)
    return DeadLetters(store_in_process(client))


def twins(digits: int) -> tuple[bytes, bytes]:
    """Two entries whose ids begin with the same digits."""
    seen: dict[str, bytes] = {}
    for number in count():
        raw = b"%d" % number
        head = sha256(raw).hexdigest()[:digits]
        if head in seen:
            return seen[head], raw
        seen[head] = raw
    raise AssertionError("unreachable")


def test_an_id_a_prefix_and_an_event_id_name_an_entry() -> None:
    raws = [letter(n) for n in range(50)]
    store = listed(*raws)
    for word in (entry_id(raws[7]), entry_id(raws[7])[:6].upper(), "evt_00000007"):
        found = resolve(store, [word])
        assert [raw for raw in raws if found.match(parse_entry(raw))] == [raws[7]]
        assert (found.positions, found.missing) == ((7,), ())


def test_an_event_id_names_every_entry_that_bears_it_and_an_id_every_copy() -> None:
    raws = [letter(1, error="first"), letter(2), letter(1, error="again"), letter(2)]
    assert resolve(listed(*raws), ["evt_00000001"]).positions == (0, 2)
    assert resolve(listed(*raws), [entry_id(letter(2))]).positions == (1, 3)


def test_an_event_id_is_found_however_it_is_escaped() -> None:
    raw = b'{"event":{"eventType":"A","eventId":"\\u0065vt"}}'
    assert resolve(listed(raw), ["evt"]).positions == (0,)


def test_what_is_not_there_is_missing_and_nothing_at_all_is_an_error() -> None:
    store = listed(letter(1))
    assert resolve(store, ["evt_00000001", "ffffffff"]).missing == ("ffffffff",)
    with pytest.raises(NotFound):
        resolve(store, ["ffffffff"])


def test_a_prefix_of_several_ids_is_refused_and_names_them() -> None:
    one, other = twins(4)
    with pytest.raises(InvalidUsage) as error:
        resolve(listed(one, other), [entry_id(one)[:4]])
    assert error.value.code == "ambiguous_id"
    assert entry_id(one) in error.value.message
    assert entry_id(other) in error.value.message


def test_a_prefix_of_three_digits_is_too_short() -> None:
    with pytest.raises(InvalidUsage) as error:
        resolve(listed(letter(1)), [entry_id(letter(1))[:3]])
    assert error.value.code == "short_id"


def test_ids_and_filters_narrow_each_other() -> None:
    raws = [letter(1), letter(2, "BOOKING_CREATED")]
    selection = EntrySelection(("evt_00000001", "evt_00000002"), Filters(types=("booking.*",)))
    chosen = selection.chooser(resolve(listed(*raws), selection.ids)).selected
    assert [chosen(parse_entry(raw)) for raw in raws] == [False, True]


def test_what_was_typed_and_what_the_file_says_are_one_selection_without_twins() -> None:
    stdin = StringIO("evt_2\n# a remark\n\nevt_1\n")
    selection = EntrySelection.typed(["evt_1"], "-", stdin, Filters(), everything=False)
    assert selection.ids == ("evt_1", "evt_2")
    with pytest.raises(NotFound) as error:
        EntrySelection.typed([], "-", StringIO("\n"), Filters(), everything=False)
    assert error.value.code == "no_ids"


@pytest.mark.parametrize(
    ("selection", "code"),
    [
        (EntrySelection(), "no_selection"),
        (EntrySelection(("evt_1",), everything=True), "bad_selection"),
    ],
)
def test_a_selection_says_which_entries_are_meant(selection: EntrySelection, code: str) -> None:
    with pytest.raises(InvalidUsage) as error:
        selection.require("replay")
    assert error.value.code == code


def test_a_plan_counts_the_oldest_up_to_its_limit() -> None:
    store = listed(letter(1), b"junk", letter(2, "BOOKING_CREATED"), letter(3))
    everything, clock = EntrySelection(everything=True), StillClock(NOW)
    whole = plan_discard(store, everything, clock).plan
    assert (whole.count, whole.invalid) == (4, 1)
    assert whole.types == {"ENROLLMENT_APPROVED": 2, "(invalid)": 1, "BOOKING_CREATED": 1}
    assert (whole.oldest, whole.oldest_age_s) == ("2026-01-02T00:00:01.000Z", 86399.0)
    part = plan_discard(store, everything, clock, limit=2).plan
    assert (part.count, part.types) == (2, {"(invalid)": 1, "ENROLLMENT_APPROVED": 1})
