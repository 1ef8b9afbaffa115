"""A declared command: what it is given for what was typed, and how it ends."""

from __future__ import annotations

import asyncio
import inspect
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, NamedTuple, cast

import pytest

from shema_cli import app as application
from shema_cli.cli.declare import Access, CommandGroup, Declaration, command, new_group
from shema_cli.cli.options import SAFETY, WHICH, Argument, DryRun, Option, declared_by, values_for
from shema_cli.context import AppContext
from shema_cli.errors import ExitCode
from shema_cli.results import Fields
from tests.support.cli import Run, shema


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Span(NamedTuple):
    since: Annotated[str | None, Option("--since", value="TIME", help="From.")] = None
    until: Annotated[str | None, Option("--until", value="TIME", help="To.")] = None


class Wanted(NamedTuple):
    span: Span
    colours: Annotated[list[Colour] | None, Option("--colour", heading=WHICH, help="Only these.")] = None


def body(
    app: AppContext,
    wanted: Wanted,
    names: Annotated[list[str] | None, Argument("[NAME]...", help="Names.")] = None,
    file: Annotated[Path | None, Option("--file", value="FILE", help="A file.")] = None,
    watch: Annotated[str | None, Option("--watch", value="[S]", bare="5", help="Again and again.")] = None,
    most: Annotated[int, Option("--most", value="N", heading=SAFETY, min=1, help="So many.")] = 3,
    dry_run: DryRun = False,
) -> Any:
    """Tell what was given."""
    seen.append({"wanted": wanted, "names": names, "file": file, "watch": watch, "most": most, "dry_run": dry_run})
    return outcome[0]


seen: list[dict[str, Any]] = []
outcome: list[Any] = [None]


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> CommandGroup:
    """A group `toys` in the tree, beside all others, until the test ends."""
    seen.clear()
    outcome[0] = None
    made = new_group("toys")
    entry = application.TreeEntry("toys", "Toys.")
    monkeypatch.setitem(application.TREE, "toys", entry)
    monkeypatch.setitem(sys.modules, "toys", cast("ModuleType", Module(made)))
    return made


@dataclass
class Module:
    group: CommandGroup


def run(group: CommandGroup, base_env: dict[str, str], *words: str, **declared: Any) -> Run:
    command(group, "play", access=Access.OPEN, **declared)(body)
    return shema("toys", "play", *words, env=base_env)


def test_a_bundle_arrives_as_one_value_and_all_in_their_declared_types(
    group: CommandGroup, base_env: dict[str, str]
) -> None:
    words = ("a", "b", "--since", "1h", "--colour", "red", "--colour", "blue", "--file", "x.txt", "--dry-run")
    assert run(group, base_env, *words).code == 0
    assert seen == [
        {
            "wanted": Wanted(Span("1h"), [Colour.RED, Colour.BLUE]),
            "names": ["a", "b"],
            "file": Path("x.txt"),
            "watch": None,
            "most": 3,
            "dry_run": True,
        }
    ]


def test_what_is_not_given_is_as_it_was_declared(group: CommandGroup, base_env: dict[str, str]) -> None:
    assert run(group, base_env).code == 0
    assert seen[0]["wanted"] == Wanted(Span())
    assert seen[0]["names"] is None


@pytest.mark.parametrize(
    ("words", "watch", "names"),
    [
        (("--watch",), "5", None),
        (("--watch", "--dry-run"), "5", None),
        (("--watch", "7", "x"), "7", ["x"]),
        (("--watch=9",), "9", None),
    ],
)
def test_an_option_that_may_stand_alone(
    words: tuple[str, ...], watch: str, names: list[str] | None, group: CommandGroup, base_env: dict[str, str]
) -> None:
    assert run(group, base_env, *words).code == 0
    assert (seen[0]["watch"], seen[0]["names"]) == (watch, names)


def test_ctrl_c_before_a_coroutine_begins_leaves_none_to_complain_of(
    group: CommandGroup, base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        raise AssertionError("it was not to begin")

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    outcome[0] = coroutine = work()
    monkeypatch.setattr(asyncio, "run", interrupted)
    assert run(group, base_env).code == ExitCode.INTERRUPTED
    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED


def test_all_that_follows_belongs_to_the_words_of_the_command(group: CommandGroup, base_env: dict[str, str]) -> None:
    assert run(group, base_env, "x", "--most", "1", "-z", takes_the_rest=True).code == 0
    assert seen[0]["names"] == ["x", "--most", "1", "-z"]


@pytest.mark.parametrize(
    ("returned", "code", "out"),
    [
        (None, 0, ""),
        (ExitCode.REFUSED, 5, ""),
        (7, 7, ""),
        (Fields({"a": 1}), 0, "a\t1\n"),
        (Fields({"a": 1}, ExitCode.FAILED), 1, "a\t1\n"),
    ],
)
def test_how_it_ends_is_what_the_body_returns(
    returned: object, code: int, out: str, group: CommandGroup, base_env: dict[str, str]
) -> None:
    outcome[0] = returned
    done = run(group, base_env)
    assert (done.code, done.out) == (code, out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--most", "0"), "'--most'"),
        (("--colour", "reed"), "Did you mean 'red'?"),
        (("--fil", "x"), "Did you mean '--file'?"),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(
    words: tuple[str, ...], said: str, group: CommandGroup, base_env: dict[str, str]
) -> None:
    done = run(group, base_env, *words)
    assert done.code == ExitCode.USAGE
    assert said in done.err
    assert "try: shema toys play --help" in done.err
    assert seen == []


def test_a_change_that_is_only_tried_reads() -> None:
    declaration = Declaration("x", body, Access.CHANGE)
    assert declaration.for_arguments({"dry_run": True}) is Access.READ
    assert declaration.for_arguments({"dry_run": False}) is Access.CHANGE
    assert Declaration("x", body, lambda given: given["access"]).for_arguments({"access": Access.READ}) is Access.READ


def test_what_is_not_declared_is_a_fault_of_ours() -> None:
    def careless(app: AppContext, name: str) -> None: ...

    with pytest.raises(TypeError, match="name is declared neither"):
        list(declared_by(careless))


def test_the_order_of_help_is_that_of_the_declaration() -> None:
    names = [declared.name for declared in declared_by(body)]
    assert names == ["since", "until", "colours", "names", "file", "watch", "most", "dry_run"]
    assert set(values_for(body, dict.fromkeys(names))) == {"wanted", "names", "file", "watch", "most", "dry_run"}
