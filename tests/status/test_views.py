"""The status on a screen: everything that matters in 24 lines, at every width."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shema_cli.condition.facts import Family, LetterFacts
from shema_cli.settings.target import Target
from shema_cli.status.results import Status
from shema_cli.status.views import status
from tests.condition.seen import down, redis_away, seen, service
from tests.support.drawing import drawn, flat

TARGET = Target("production", "cache.school.test:6379/0", {}, "shema-prod", None, {}, who="dina@school.test")
WIDTHS = (40, 60, 80, 120)
LETTERS = LetterFacts(1200, 1000, 86400.0, tuple(Family(f"f{n}", "Timeout after 5000ms", 9) for n in range(40)), 12, 3)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_worst_is_the_first_line_and_its_command_is_below_it(width: int) -> None:
    lines = drawn(status(Status(seen(services=(down("course"), service("user")), letters=LETTERS)), width), width)
    assert lines[0] == "✗ course is down, and 1 more."
    assert "  → shema services health course" in lines
    assert "  → shema dlq stats" in lines


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("number", [1, 3, 6, 9, 40])
def test_however_much_is_wrong_it_stays_on_one_screen(width: int, number: int) -> None:
    services = (service("well"), *(down(f"service-{n}", circuit="open", open_for_s=50.0) for n in range(number)))
    lines = drawn(status(Status(seen(services=services, letters=LETTERS)), width), width)
    assert len([line for line in lines if line]) <= 23
    assert lines[0].endswith(f"service-0 is down, and {number} more.")
    if number == 40:
        assert any("more: shema status --json" in line for line in lines)


def test_nothing_wrong() -> None:
    lines = drawn(status(Status(seen()), 80), 80)
    assert lines[0] == "✓ Nothing is wrong."
    assert "services: 3 of 3 services answer" in " ".join(lines)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_all_that_was_looked_at_is_there_whole_where_little_is_wrong(width: int) -> None:
    result = Status(seen(letters=LETTERS, target=TARGET))
    shown = flat(status(result, width), width)
    for one in result.looked_at:
        if one.area != "dlq":
            assert "".join(f"{one.area}: {one.told}".split()) in shown


def test_where_much_is_wrong_it_is_told_in_few_words_and_what_has_no_room_is_counted() -> None:
    services = (service("well"), *(down(f"service-{n}") for n in range(14)))
    crowded = Status(seen(services=services, letters=LETTERS, target=TARGET))
    lines = drawn(status(crowded, 60), 60)
    assert "session: dina@school.test (session), renewed" not in "".join(lines)
    assert "session: dina@school.test" in " ".join(lines)
    lines = drawn(status(crowded, 40), 40)
    assert len(lines) <= 23
    assert "more: shema status --json" in " ".join(lines)


def test_no_word_that_fits_is_broken() -> None:
    family = Family("f", "COURSE_SERVICE_UNAVAILABLE", 3)
    letters = LetterFacts(3, 3, 60.0, (family, replace(family, fingerprint="g"), replace(family, fingerprint="h")))
    for width in (40, 60, 80):
        lines = drawn(status(Status(seen(letters=letters, target=TARGET)), width), width)
        shown = " ".join(line.strip() for line in lines)
        assert shown.count("COURSE_SERVICE_UNAVAILABLE") >= 1
        assert "UNAVAI " not in shown


def test_what_is_not_known_is_said() -> None:
    shown = "\n".join(drawn(status(Status(redis_away()), 80), 80))
    assert "not known: registry, listeners, dlq, history, audit" in shown
    assert "dlq:" not in shown
