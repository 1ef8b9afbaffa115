"""The buffer between socket and stdout: bounded, in order, and every message is either handed on or counted."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shema_cli.events.buffer import Batch, Buffer, Gap, Item, Lost, Skipped

NOW = datetime(2026, 1, 31, tzinfo=UTC)
GAP = Gap(NOW, NOW, 0.0, "x")


def batch(count: int, size: int = 1) -> Batch:
    return Batch([[b"pmessage", b"*", b"c", b"p"]] * count, NOW, size)


def drain(buffer: Buffer) -> list[Item]:
    return list(iter(lambda: buffer.take(0), None))


@given(
    steps=st.lists(st.one_of(st.integers(1, 40), st.just("take"), st.just("gap")), max_size=80),
    most=st.integers(1, 100),
)
def test_whatever_happens_each_message_is_handed_on_or_counted(steps: list[int | str], most: int) -> None:
    buffer, put, gaps, items = Buffer(most_messages=most), 0, 0, []
    for step in steps:
        if isinstance(step, int):
            put += step
            buffer.put(batch(step))
        elif step == "gap":
            gaps += 1
            buffer.put_notice(GAP)
        elif (item := buffer.take(0)) is not None:
            items.append(item)
        assert buffer._messages <= most + 40
    items += drain(buffer)
    handed_on = sum(len(item.messages) for item in items if isinstance(item, Batch))
    counted = sum(item.count for item in items if isinstance(item, Skipped))
    assert handed_on + counted == put
    assert items.count(GAP) == gaps


def test_once_full_it_takes_nothing_until_half_is_free() -> None:
    buffer = Buffer(most_messages=4)
    for _ in range(6):
        buffer.put(batch(1))
    buffer.take(0)
    buffer.put(batch(1))  # 3 of 4 are held: still passed over
    buffer.take(0)
    buffer.take(0)
    buffer.put(batch(1))
    assert drain(buffer) == [batch(1), Skipped(3, NOW), batch(1)]


def test_bytes_are_bounded_too_and_one_large_message_still_fits() -> None:
    buffer = Buffer(most_bytes=100)
    buffer.put(batch(1, size=1000))
    buffer.put(batch(1, size=1))
    assert drain(buffer) == [batch(1, size=1000), Skipped(1, NOW)]


def test_what_was_passed_over_is_told_before_the_gap_that_came_later() -> None:
    buffer = Buffer(most_messages=1)
    buffer.put(batch(1))
    buffer.put(batch(2))
    buffer.put_notice(Lost("x"))
    assert drain(buffer) == [batch(1), Skipped(2, NOW), Lost("x")]


def test_taking_steps_aside_for_a_reader_that_is_behind_but_not_for_ever() -> None:
    buffer = Buffer()
    buffer.put(batch(1))
    buffer.reader_is_behind(True)
    assert buffer.take(0) == batch(1)  # after a while, all the same
    buffer.put(batch(2))
    threading.Timer(0.005, buffer.reader_is_behind, [False]).start()
    assert buffer.take(0) == batch(2)


def test_a_taker_that_waits_is_woken() -> None:
    buffer = Buffer()
    threading.Timer(0.02, buffer.put, [batch(1)]).start()
    assert buffer.take(30) == batch(1)
