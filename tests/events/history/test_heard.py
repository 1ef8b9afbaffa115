"""What a recorder remembers, and the places by which recorders understand each other."""

from __future__ import annotations

import pytest

from shema_cli.events.history.heard import FORGOTTEN, KEPT_S, Break, Heard, HeardMark
from shema_cli.events.history.server_clock import ServerClock


def heard(name: str = "start") -> Heard:
    return Heard(name, 0.0)


def hear(one: Heard, *payloads: bytes, at_s: float = 1.0) -> None:
    one.hear(at_s, [(b"a.b", payload) for payload in payloads])


def payloads(one: Heard, since: int) -> list[bytes]:
    return [thing[2] for thing in one.since(since) if isinstance(thing, tuple)]


def test_two_that_have_heard_the_same_behind_a_mark_know_each_others_places() -> None:
    long, late = heard("a"), heard("b")
    hear(long, b"1", b"2")
    for one in (long, late):
        one.mark(1.0, "m")
        hear(one, b"3", b"3", b"3")
    assert long.place(4) == late.place(2)
    assert late.find(long.place(5)) == 3
    assert long.find(late.place(2)) == 4


def test_a_place_before_ones_own_time_is_not_known() -> None:
    long, late = heard("a"), heard("b")
    hear(long, b"1")
    hear(late, b"1")
    assert late.find(long.place(1)) is None


def test_a_place_of_one_who_heard_something_else_is_not_known() -> None:
    one, other = heard("a"), heard("b")
    for each, payload in ((one, b"1"), (other, b"2")):
        each.mark(1.0, "m")
        hear(each, payload)
    assert other.find(one.place(2)) is None


def test_what_is_still_to_be_heard_has_a_place() -> None:
    ahead, behind = heard("a"), heard("b")
    for each in (ahead, behind):
        each.mark(1.0, "m")
    hear(ahead, b"1", b"2")
    number = behind.find(ahead.place(3))
    assert number == 3
    assert number > behind.last


def test_no_place_is_counted_across_a_time_of_deafness() -> None:
    ahead, cut = heard("a"), heard("b")
    for each in (ahead, cut):
        each.mark(1.0, "m")
        hear(each, b"1")
    hear(ahead, b"missed", b"2")
    cut.deaf("again", 2.0, 3.0, "it was lost")
    hear(cut, b"2")
    assert cut.find(ahead.place(2)) == 2
    assert cut.find(ahead.place(3)) is None
    assert cut.find(ahead.place(4)) is None
    hear(ahead, b"3", b"4")
    assert cut.find(ahead.place(6)) is None
    assert cut.is_broken_behind(2)
    assert not cut.is_broken_behind(3)
    assert cut.find(cut.place(4)) == 4


def test_a_mark_that_is_published_again_is_no_place_any_more() -> None:
    one, other = heard("a"), heard("b")
    one.mark(1.0, "m")
    other.mark(1.0, "m")
    hear(other, b"1")
    other.mark(1.0, "m")
    assert other.find(one.place(1)) is None


def test_what_is_written_is_remembered_for_some_seconds() -> None:
    one = heard()
    hear(one, b"1", at_s=1.0)
    hear(one, b"2", at_s=2.0)
    one.confirm(2, 1.5)
    assert one.first == 0
    one.confirm(2, 2.0 + KEPT_S)
    assert one.first == 2
    assert one.find(one.place(2)) == 2


@pytest.mark.parametrize("bounds", [{"most_messages": 10}, {"most_bytes": 40}])
def test_what_does_not_fit_is_given_up_and_told(bounds: dict[str, int]) -> None:
    one = Heard("start", 0.0, **bounds)
    for number in range(12):
        hear(one, b"%d" % number, at_s=float(number + 1))
    oldest = one.at(one.first)
    assert isinstance(oldest, Break)
    assert oldest.cause == FORGOTTEN
    assert oldest.from_s == 1.0
    left = payloads(one, one.first)
    assert left == [b"%d" % number for number in range(12)][-len(left) :]
    assert oldest.heard_s == float(12 - len(left))
    assert one.is_broken_behind(0)


def test_what_is_written_already_is_given_up_without_a_word() -> None:
    one = Heard("start", 0.0, most_messages=10)
    hear(one, *(b"%d" % number for number in range(9)))
    one.confirm(9, 1.0)
    hear(one, b"9", b"10", b"11")
    assert not [thing for thing in one.since(one.first) if isinstance(thing, Break) and thing.cause]
    assert not one.is_broken_behind(9)


def test_things_are_told_as_what_they_are() -> None:
    one = heard()
    one.mark(1.0, "m")
    hear(one, b"1")
    assert one.at(1) == HeardMark(1.0, "m")
    assert (one.last, one.unwritten) == (2, 2)


def test_the_servers_clock_is_known_as_well_as_the_fastest_answer_tells_it() -> None:
    clock = ServerClock()
    assert clock.ms(5.0) == 0
    clock.learn(1_000_000, 1.0, 3.0)
    clock.learn(1_000_000, 1.99, 2.01)
    clock.learn(1_001_000, 1.0, 9.0)
    assert abs(clock.ms(2.0) - 1_000_000) <= 11


def test_a_clock_that_is_set_is_followed_at_once() -> None:
    clock = ServerClock()
    clock.learn(1_000_000, 1.0, 1.001)
    clock.learn(500_000, 2.0, 2.001)
    assert abs(clock.ms(2.0) - 500_000) <= 2
