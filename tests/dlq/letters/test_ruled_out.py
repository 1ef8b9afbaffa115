"""What is ruled out by the bytes of an entry is what reading it would have left out, too."""

from __future__ import annotations

from random import Random

import pytest

from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.dlq.letters.selection import Filters
from shema_cli.events.where import Condition
from tests.dlq.letters.some import some_entry
from tests.dlq.support import letter

TYPES = (
    "ENROLLMENT_APPROVED", "enrollment.approved", "a.b", "A_B", "a?b", "a*", "*b", "new_message", "new*", "chat:*",
    "chat:", "chat:session:x", "CHAT:SESSION:ENROLLMENT_APPROVED", "c*", "[ae]*", "a[", "é…𝄞", "null", "\udcff",
)  # fmt: skip
CONDITIONS = (
    "eventType=A_B", "eventId=x", "eventId=", "sessionId=é…𝄞", "data=1.10", "data=true", "data=null", "eventId=/\\b",
)  # fmt: skip


def some_filters(chance: Random) -> Filters:
    return Filters(
        types=tuple(chance.sample(TYPES, chance.choice((0, 1, 1, 2)))),
        wheres=tuple(map(Condition.typed, chance.sample(CONDITIONS, chance.choice((0, 0, 1, 2))))),
        invalid=chance.random() < 0.1,
    )


def test_nothing_is_ruled_out_that_matches() -> None:
    chance, ruled_out, matching = Random(1), 0, 0
    for _ in range(400):
        filters = some_filters(chance)
        for raw in (some_entry(chance) for _ in range(50)):
            matches = filters.match(parse_entry(raw))
            assert not (matches and filters.ruled_out(raw)), (filters, raw)
            matching += matches
            ruled_out += filters.ruled_out(raw)
    assert min(ruled_out, matching) > 1_000, "there was little to compare"


@pytest.mark.parametrize("wanted", ["BOOKING_CREATED", "booking.created", "Booking.*", "booking?created"])
def test_an_entry_of_another_type_is_not_read(wanted: str) -> None:
    filters = Filters(types=(wanted, "user.*"))
    assert filters.ruled_out(letter(1))
    assert not filters.ruled_out(letter(1, "BOOKING_CREATED"))


def test_an_entry_without_the_value_is_not_read() -> None:
    filters = Filters(wheres=(Condition.typed("data.enrollmentId=enr_2"),))
    assert filters.ruled_out(letter(1))
    assert not filters.ruled_out(letter(2))
