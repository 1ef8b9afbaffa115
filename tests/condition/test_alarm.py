"""The alarm: what has turned worse is told once."""

from __future__ import annotations

from shema_cli.condition.alarm import Alarm
from shema_cli.condition.facts import Condition, LetterFacts, ServiceFacts
from tests.condition.seen import down, redis_away, seen, service
from tests.support.world import NOW


def heard(*conditions: Condition) -> list[bool]:
    alarm = Alarm()
    return [alarm.hear(one) for one in conditions]


def one(name: str, how: str) -> ServiceFacts:
    return down(name) if how == "down" else service(name, latency_s=3.0 if how == "slow" else 0.01)


def services(chat: str, course: str = "well") -> Condition:
    return seen(services=(one("chat", chat), one("course", course), one("user", "well")))


def test_what_turns_worse_rings_once_and_what_stays_or_gets_better_does_not() -> None:
    course = [services(how) for how in ("well", "slow", "slow", "down", "down", "slow", "well", "down")]
    assert heard(*course) == [False, True, False, True, False, False, False, True]


def test_each_service_counts_for_itself() -> None:
    course = [services("well"), services("down"), services("down", "down"), services("well", "down")]
    assert heard(*course) == [False, True, True, False]


def test_how_it_was_at_the_first_look_is_no_turn() -> None:
    assert heard(services("down"), services("down", "down")) == [False, True]
    assert heard(Condition(NOW), services("down")) == [False, False]


def test_dead_letters_ring_when_the_first_comes_and_not_again_for_each() -> None:
    conditions = [seen(letters=LetterFacts(total)) for total in (0, 1, 2, 50, 0, 1)]
    assert heard(*conditions) == [False, True, False, False, False, True]


def test_what_was_not_known_in_between_has_not_turned() -> None:
    waiting = LetterFacts(3)
    assert heard(seen(letters=waiting), redis_away(), seen(letters=waiting)) == [False, True, False]


def test_the_way_back_from_nothing_at_all_is_no_turn_for_the_worse() -> None:
    gone = (down("chat"), down("course"))
    away = redis_away(services=gone)
    assert heard(seen(services=(service("chat"), service("course"))), away, seen(services=gone)) == [False, True, False]
