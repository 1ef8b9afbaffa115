"""The runbook on screens of every width; what was seen may be anything."""

from __future__ import annotations

import pytest

from shema_cli.cases.book import CASES, Fit, fitting
from shema_cli.cases.model import PLACEHOLDERS, Case
from shema_cli.condition.judge import judge
from shema_cli.condition.problems import Kind, Problem, Severity
from shema_cli.runbook.results import CaseList, CaseText, Closed, Opened, Ran, StepShown, typed
from shema_cli.runbook.run import Shema
from shema_cli.runbook.views import said, screen
from tests.condition.seen import down, seen, service
from tests.support.drawing import drawn, flat

WIDTHS = (38, 60, 80, 120)
HOSTILE = "--yes; rm -rf ~ \x1b[2J\u202e'" + "x" * 200
SOME = judge(seen(services=(down("course"), down("user"), service("chat", circuit="open"), service("auth", wrong="?"))))


def hostile(case: Case) -> Fit:
    known = dict.fromkeys(PLACEHOLDERS, HOSTILE)
    return Fit(case, (Problem(Severity.FAIL, "services", HOSTILE, HOSTILE, HOSTILE, Kind.MISSED, HOSTILE, known),))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_is_drawn_whatever_was_seen(case: Case, width: int) -> None:
    fit = hostile(case)
    drawn(screen(CaseText(fit, Shema(("--profile", HOSTILE))), width), width)
    drawn(screen(Opened(fit), width), width)
    drawn(screen(Closed(fit, fit.problems), width), width)
    for number, step in enumerate(case.steps, start=1):
        line = typed(step, fit.known, Shema())
        shown = flat(screen(StepShown(step, number, len(case.steps), line), width), width)
        assert line.replace(" ", "") in shown
        assert drawn(screen(Ran(step, 1, HOSTILE, HOSTILE), width), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_those_that_fit_say_why_and_the_others_are_numbered_on(width: int) -> None:
    lines = drawn(screen(CaseList(fitting(SOME), SOME), width), width)
    assert lines[0].startswith("✗")
    assert any(line.startswith("  1  service-down") for line in lines)
    assert any("(and 3 more)" in line or line.endswith("…") for line in lines)
    assert any(line.startswith(f" {len(CASES)}  ") for line in lines)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 20), (120, 40), (40, 16)])
def test_the_list_fits_on_the_screen_with_its_question(width: int, height: int) -> None:
    for problems in ((), SOME[:1], SOME):
        lines = drawn(screen(CaseList(fitting(problems), problems, height), width), width)
        assert len(lines) - 1 <= height - 2, lines
        told = "\n".join(lines)
        assert all(case.name in told for case in CASES)


def test_what_remains_is_told_and_what_is_solved() -> None:
    fit = fitting(SOME)[0]
    assert "still: course is down" in " ".join(drawn(screen(Closed(fit, SOME), 80), 80))
    solved = "\n".join(drawn(screen(Closed(fit, ()), 80), 80))
    assert "Solved" in solved
    assert "still" not in solved
    elsewhere = judge(seen(services=(service("user"),), no_secret=True))
    besides = "\n".join(drawn(screen(Closed(fit, elsewhere), 80), 80))
    assert "Solved" in besides
    assert "→ shema runbook not-set-up" in besides
    assert "Solved" not in "\n".join(drawn(screen(Closed(Fit(fit.case), ()), 80), 80))


def test_code_is_told_apart_without_colour_and_emphasis_leaves_no_marks() -> None:
    drawn_text = said("Run `a b` **first**, *then* rest")
    assert drawn_text.plain == "Run `a b` first, then rest"
    assert [str(span.style) for span in drawn_text.spans] == ["cyan", "bold", "italic"]


def test_a_signal_is_told_by_its_name() -> None:
    step = CASES[0].steps[0]
    shown = "\n".join(drawn(screen(Ran(step, -9, "ended by SIGKILL"), 80), 80))
    assert "ended by SIGKILL" in shown
    assert "exit code" not in shown
