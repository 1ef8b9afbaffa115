"""What is known of a line that is asked again and again."""

from __future__ import annotations

from dataclasses import replace

from shema_cli.errors import Unreachable
from shema_cli.results import Fields
from shema_cli.ui.lines import Outcome
from shema_cli.ui.source import Source

GOOD = Outcome(("status",), Fields({"a": 1}))
AWAY = Outcome(("status",), error=Unreachable("redis", "Redis at cache:6379 does not answer"))


def test_before_the_first_answer_it_is_asked() -> None:
    assert Source().told(0.0) == "asking …"
    assert Source().asked(10.0).told(11.0) == "asking …"


def test_one_that_hangs_says_for_how_long() -> None:
    hangs = Source().asked(10.0)
    assert hangs.told(18.0) == "no answer for 8s"
    assert hangs.stands_still(18.0)


def test_a_good_answer_says_how_old_it_is() -> None:
    assert Source().asked(10.0).answered(GOOD, 11.0).told(15.0) == "4s ago"


def test_what_fails_keeps_the_last_good_answer_and_its_age() -> None:
    failed = Source().answered(GOOD, 10.0).asked(15.0).answered(AWAY, 16.0)
    assert failed.good is GOOD
    assert failed.told(70.0) == "as of 1m ago · Redis at cache:6379 does not answer"
    assert failed.stands_still(17.0)


def test_a_good_answer_ends_what_was_wrong() -> None:
    mended = Source().answered(AWAY, 10.0).answered(GOOD, 20.0)
    assert mended.told(20.0) == "0s ago"
    assert not mended.stands_still(20.0)


def test_what_costs_much_to_read_rests_for_as_long_as_it_is_worth() -> None:
    costly = Outcome(("dlq", "stats"), Fields({"a": 1}), cost_s=1.5)
    assert Source().answered(costly, 100.0).rests_until == 130.0
    assert Source().answered(replace(costly, error=AWAY.error), 100.0).rests_until == 130.0
    assert Source().answered(replace(costly, cost_s=3600.0), 100.0).rests_until == 400.0
    assert Source().answered(GOOD, 100.0).rests_until == 100.0
