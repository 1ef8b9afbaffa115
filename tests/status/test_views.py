"""The status on a screen: everything that matters in 24 lines, at every width."""

from __future__ import annotations

import pytest

from shema_cli.condition.facts import Family, LetterFacts
from shema_cli.status.results import Status
from shema_cli.status.views import status
from tests.condition.seen import down, redis_away, seen, service
from tests.support.drawing import drawn

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


def test_what_is_not_known_is_said() -> None:
    shown = "\n".join(drawn(status(Status(redis_away()), 80), 80))
    assert "not known: registry, listeners, dlq, history, audit" in shown
    assert "dlq:" not in shown
