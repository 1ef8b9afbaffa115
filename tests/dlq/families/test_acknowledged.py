"""Whether an acknowledged family is still known, told by when its entries failed."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.condition.facts import AckState
from shema_cli.dlq.families.acknowledged import (
    Acknowledged,
    Acknowledgement,
    Spells,
    parse_acknowledgement,
    read_acknowledged,
    standing,
    stored_acknowledgement,
)
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.dlq.families.support import OF_LATE
from tests.support.world import NOW

KNOWN, RETURNED, EXPIRED = AckState
ACK_AT = NOW - timedelta(days=10)


def at(hours: float) -> datetime:
    """So many hours after the newest failure that was known."""
    return ACK_AT + timedelta(hours=hours)


def stands(
    *hours: float, until: float | None = None, now: float = 240, open_to: float | None = None
) -> tuple[AckState, datetime | None, datetime | None]:
    """How a family stands whose newest known entry failed at 0 h, and others at these."""
    end = None if until is None else at(until)
    acknowledgement = Acknowledgement(OF_LATE, at(1), "dina", until=end, count=3, newest=ACK_AT)
    spells = Spells(acknowledgement.last_known)
    for hour in hours:
        spells.add(at(hour))
    if open_to is not None:
        spells.leave_open(at(open_to))
    found = standing(acknowledgement, spells, at(now))
    return found.state, found.silent_since, found.back_since


@pytest.mark.parametrize(
    ("hours", "state", "silent", "back"),
    [
        ((), KNOWN, None, None),
        ((-100, -50, 0), KNOWN, None, None),  # what was known; it failed rarely before
        ((2, 25, 48), KNOWN, None, None),  # on and on
        ((23.999,), KNOWN, None, None),
        ((24,), RETURNED, 0, 24),
        ((48, 25, 2), KNOWN, None, None),  # in whatever order
        ((2, 26),  RETURNED, 2, 26),
        ((2, 100, 101), RETURNED, 2, 100),
        ((30, 60, 62), RETURNED, 30, 60),  # twice: the last time is told
        ((-30, 20, 43, 90, 43, 20), RETURNED, 43, 90),
    ],
)  # fmt: skip
def test_a_family_returns_with_the_first_failure_after_a_day_of_silence(
    hours: tuple[float, ...], state: AckState, silent: float | None, back: float | None
) -> None:
    told = (state, None if silent is None else at(silent), None if back is None else at(back))
    assert stands(*hours) == told
    assert stands(*reversed(hours)) == told


@pytest.mark.parametrize(
    ("until", "now", "hours", "state"),
    [
        (24, 23.9, (), KNOWN),
        (24, 24, (), EXPIRED),
        (24, 100, (2, 20), EXPIRED),
        (24, 100, (30,), RETURNED),  # more than that it is over
        (200, 100, (30,), RETURNED),
    ],
)
def test_an_acknowledgement_ends(until: float, now: float, hours: tuple[float, ...], state: AckState) -> None:
    assert stands(*hours, until=until, now=now)[0] is state


def test_no_silence_is_claimed_of_a_time_of_which_not_all_was_looked_at() -> None:
    assert stands(100)[0] is RETURNED
    assert stands(100, open_to=90)[0] is KNOWN
    assert stands(100, 100.5, open_to=101)[0] is KNOWN
    assert stands(100, open_to=76) == (RETURNED, at(76), at(100))
    assert stands(100, open_to=-5) == (RETURNED, at(0), at(100))


def test_a_family_of_which_nothing_says_when_it_failed_is_silent_from_its_acknowledgement_on() -> None:
    acknowledgement = Acknowledgement(OF_LATE, ACK_AT, "dina")
    spells = Spells(acknowledgement.last_known)
    assert standing(acknowledgement, spells, NOW).state is KNOWN
    spells.add(at(25))
    assert standing(acknowledgement, spells, NOW).silent_since == ACK_AT


@given(st.lists(st.integers(-1000, 1000), max_size=60), st.randoms(use_true_random=False))
def test_spells_say_what_a_look_at_all_failures_in_order_says(hours: list[int], random: Random) -> None:
    after = sorted({0, *(hour for hour in hours if hour > 0)})
    breaks = [(before, then) for before, then in pairwise(after) if then - before >= 24]
    random.shuffle(hours)
    state, silent, back = stands(*hours)
    assert (state is RETURNED) == bool(breaks)
    if breaks:
        assert (silent, back) == (at(breaks[-1][0]), at(breaks[-1][1]))


def test_the_first_and_the_last_day_of_all_do_no_harm() -> None:
    first, last = datetime.min.replace(tzinfo=NOW.tzinfo), datetime.max.replace(tzinfo=NOW.tzinfo)
    acknowledgement = Acknowledgement(OF_LATE, first, "dina", newest=first)
    spells = Spells(first)
    spells.add(last)
    assert standing(acknowledgement, spells, NOW).silent_since == first
    Spells(last).add(first)


# -- what stands in Redis ----------------------------------------------------------------------------------------


def test_what_was_stored_is_read() -> None:
    one = Acknowledgement(OF_LATE, NOW, "dina@shema.test", "a\x1b[2Jnote", NOW + timedelta(1), 3, ACK_AT, "Timeout")
    stored = stored_acknowledgement(one, uid="uid-dina", email="dina@shema.test").encode()
    read = parse_acknowledgement(OF_LATE, stored)
    assert read is not None
    assert (read.at, read.by, read.note, read.until) == (one.at, one.by, one.note, one.until)
    assert (read.count, read.newest, read.example, read.stored) == (3, ACK_AT, "Timeout", stored)


@pytest.mark.parametrize(
    "stored",
    [b"", b"\xff", b"null", b"[]", b"{}", b'{"at":1}', b'{"at":"x"}', b'{"at":"2026-01-01T00:00:00Z","until":7}'],
)  # fmt: skip
def test_garbage_acknowledges_nothing(stored: bytes) -> None:
    assert parse_acknowledgement(OF_LATE, stored) is None


@pytest.mark.parametrize("name", ["", "zzzzzzzzzz", OF_LATE[:4], OF_LATE.upper(), f"{OF_LATE}0"])
def test_what_is_no_fingerprint_acknowledges_nothing(name: str) -> None:
    assert parse_acknowledgement(name, b'{"at":"2026-01-01T00:00:00Z"}') is None


def test_garbage_is_counted_and_told_and_hides_nothing_else(store: Store) -> None:
    store.client.hset(keys.ACKNOWLEDGED, mapping={OF_LATE: '{"at":"2026-01-01T00:00:00Z"}', "\x1b": "x", b"\xff": ""})
    read = read_acknowledged(store)
    assert (list(read.families), read.bad) == ([OF_LATE], 2)
    assert list(read.warnings()) == [
        "2 acknowledgements in {shema}:acknowledged cannot be understood and count for nothing"
    ]
    assert read.families[OF_LATE].by == "somebody"


def test_what_cannot_be_read_is_not_known_and_not_none(store: Store) -> None:
    assert read_acknowledged(store) == Acknowledged()
    store.client.set(keys.ACKNOWLEDGED, "x")
    read = read_acknowledged(store)
    assert "WRONGTYPE" in (read.unread or "")
    assert next(iter(read.warnings())).startswith("which families are acknowledged is not known: ")
