"""The cases: each problem has one, each command can be typed, and the page is written from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.app import tree
from shema_cli.cases.book import ANSWERED_BY, CASES, NAMED, fitting
from shema_cli.cases.model import PLACEHOLDERS, Case, Step
from shema_cli.cases.page import page
from shema_cli.condition.judge import judge
from shema_cli.condition.problems import Kind
from tests.condition.seen import down, seen, service

DOCS = Path(__file__).parents[2] / "docs"
STEPS = list({step.command: step for case in CASES for step in case.steps if step.command}.values())
FILLED_IN = [step for step in STEPS if step.placeholders]
NODES = {node.path: node for node in tree().walk()}
CODE = re.compile(r"`([^`]*)`")


def texts(case: Case) -> Iterator[str]:
    yield from (case.looks_like, case.meanwhile, *case.never, case.practise)
    for step in case.steps:
        yield from (step.says, step.look_for, step.only_if, f"`{step.command}`")


def node_of(words: list[str]) -> str:
    """The path of the command that `words` (after `shema`) begin with."""
    return next(path for path in (" ".join(words[:end]) for end in (3, 2, 1)) if path in NODES)


def test_each_kind_of_problem_is_answered_by_one_case() -> None:
    answers = [kind for case in CASES for kind in case.answers]
    assert sorted(answers) == sorted(Kind)
    assert set(ANSWERED_BY) == set(Kind)


def test_names_are_words_for_a_command_line_and_stand_once() -> None:
    assert len(NAMED) == len(CASES)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in NAMED)


def test_the_page_is_as_it_was_committed() -> None:
    assert page() == (DOCS / "operations.md").read_text(encoding="utf-8"), "run `make docs` and commit what it changed"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_names_only_what_there_is(case: Case) -> None:
    """Other cases, pages of docs/, and commands with their options."""
    assert all((DOCS / file).is_file() for file in case.read)
    for text in texts(case):
        assert set(re.findall(r"case `([^`]*)`", text)) <= set(NAMED), text
        assert text.count("`") % 2 == 0, text
        for said in CODE.findall(text):
            if said.startswith("shema "):
                words = said.split()[1:]
                path = node_of(words)
                assert path in NODES, said
                names = {name for option in NODES[path].options for name in option.names}
                assert {word for word in words if word.startswith("-") and word != "-"} <= names, said


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.command)
def test_a_command_can_be_typed_as_it_stands(step: Step) -> None:
    values = parsed(step, {})
    assert set(step.placeholders) <= set(PLACEHOLDERS)
    for placeholder in step.placeholders:
        assert placeholder in values


HOSTILE = ("--yes", "-x", "--", "a b; rm", "'$(id)`", "\x1b[2J", "ID")


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("step", FILLED_IN, ids=lambda step: step.command)
def test_whatever_is_filled_in_reaches_the_command_as_one_value(step: Step, value: str) -> None:
    values = parsed(step, dict.fromkeys(step.placeholders, value))
    assert values == [value if one in step.placeholders else one for one in parsed(step, {})]


def parsed(step: Step, known: dict[str, str]) -> list[object]:
    """What typer makes of the step's command: the values of its parameters."""
    words = list(step.words(known))
    assert words.pop(0) == "shema"
    path = node_of(words)
    node = NODES[path]
    made = node.command.make_context(path, words[len(path.split()) :], parent=node.context.parent)
    return [one for value in made.params.values() for one in (value if isinstance(value, (list, tuple)) else [value])]


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_what_is_not_known_is_told_and_stays(placeholder: str) -> None:
    step = Step("", f"shema trace {placeholder}")
    assert step.missing({}) == (placeholder,)
    assert step.line({}) == f"shema trace {placeholder}"
    assert step.missing({placeholder: "x"}) == ()


def test_the_cases_that_fit_come_first_and_know_what_was_seen() -> None:
    fits = fitting(judge(seen(services=(down("user"), service("chat")))))
    assert [one.case.name for one in fits if one.problems] == ["service-down"]
    assert fits[0].known == {"SERVICE": "user"}
    assert {one.case.name for one in fits} == set(NAMED)


def test_where_several_are_down_the_worst_is_filled_in() -> None:
    ailing = service("course", wrong="not JSON")
    slow = service("auth", latency_s=3.0)
    fits = fitting(judge(seen(services=(slow, ailing))))
    assert fits[0].known == {"SERVICE": "course"}
    assert len(fits[0].problems) == 2


def test_where_nothing_is_wrong_no_case_fits_and_all_are_there() -> None:
    fits = fitting(())
    assert [one.case for one in fits] == list(CASES)
    assert not any(one.problems for one in fits)
