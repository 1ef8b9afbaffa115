"""Options as they are declared, and bundles of them: what is read of a body is what it is called with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.cli.declare import Access, Declaration, Example, Later, command, new_group
from shema_cli.cli.help_text import MEANING, exit_codes
from shema_cli.cli.options import (
    NOTHING,
    OTHER,
    Argument,
    CommonOptions,
    LogFormat,
    Option,
    declared_by,
    values_for,
    words,
)
from shema_cli.cli.tree import access_of, first_sentence
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.errors import ExitCode
from shema_cli.output.sink import Format


class Inner(NamedTuple):
    since: Annotated[str | None, Option("--since", value="TIME", help="From.")] = None
    until: Annotated[str | None, Option("--until", value="TIME", help="To.")] = None


class Middle(NamedTuple):
    inner: Inner
    limit: Annotated[int, Option("--limit", value="N", help="So many.")] = 3


class Outer(NamedTuple):
    name: Annotated[str, Argument("NAME", help="A name.")]
    middle: Middle


def body(app: AppContext, outer: Outer, yes: Annotated[bool, Option("--yes", "-y", help="Yes.")] = False) -> None:
    """Do it. And more of it."""


ORDER = ["name", "since", "until", "limit", "yes"]
VALUES = st.fixed_dictionaries({name: st.none() | st.integers() | st.text(max_size=3) for name in ORDER})


# -- declared and given ------------------------------------------------------------------------------------------


def test_bundles_in_bundles_are_read_in_their_place_and_in_order() -> None:
    declared = list(declared_by(body))
    assert [one.name for one in declared] == ORDER
    assert [one.default for one in declared] == [..., None, None, 3, False]
    assert [isinstance(one.told, Argument) for one in declared] == [True, False, False, False, False]


@given(VALUES)
def test_each_value_arrives_where_it_was_declared(given_values: dict[str, object]) -> None:
    called = values_for(body, given_values)
    outer = called["outer"]
    assert set(called) == {"outer", "yes"}
    assert called["yes"] is given_values["yes"]
    assert isinstance(outer, Outer)
    assert outer.name is given_values["name"]
    assert outer.middle == Middle(Inner(given_values["since"], given_values["until"]), given_values["limit"])  # type: ignore[arg-type]


@given(VALUES, st.dictionaries(st.text("xyz", min_size=1), st.integers(), max_size=3))
def test_values_of_others_are_passed_over(given_values: dict[str, object], others: dict[str, int]) -> None:
    assert values_for(body, {**others, **given_values}) == values_for(body, given_values)


@pytest.mark.parametrize("missing", ORDER)
def test_a_value_that_was_never_read_is_a_fault_of_ours(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        values_for(body, {name: None for name in ORDER if name != missing})


def test_a_bundle_is_read_like_a_body() -> None:
    assert [one.name for one in declared_by(Middle)] == ["since", "until", "limit"]
    assert values_for(Inner, {"since": "a", "until": None}) == {"since": "a", "until": None}


def test_what_an_option_says_unless_it_is_told_otherwise() -> None:
    plain = Option("--x", help="X.")
    assert (plain.heading, plain.completes, plain.bare, plain.hidden) == (OTHER, NOTHING, None, False)
    assert Argument("X", help="X.").completes == NOTHING
    assert words("a", "b") == "=a b"


# -- the common options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("here", "before", "output"),
    [
        (CommonOptions(), GlobalOptions(), None),
        (CommonOptions(output=Format.CSV), GlobalOptions(), "csv"),
        (CommonOptions(json_output=True), GlobalOptions(), "json"),
        (CommonOptions(output=Format.CSV, json_output=True), GlobalOptions(), "json"),
        (CommonOptions(), GlobalOptions(output="json"), "json"),
        (CommonOptions(output=Format.TABLE), GlobalOptions(output="json"), "table"),
    ],
)
def test_json_is_short_for_its_format_and_the_nearer_one_wins(
    here: CommonOptions, before: GlobalOptions, output: str | None
) -> None:
    assert here.over(before).output == output


def test_the_other_common_options_are_taken_as_they_are() -> None:
    given_here = CommonOptions(verbose=True, log_format=LogFormat.JSON, profile="p", env_file=Path("e"))
    assert given_here.over(GlobalOptions(profile="q")) == GlobalOptions(None, True, "json", "p", Path("e"))
    before = GlobalOptions("csv", True, "text", "q", Path("f"))
    assert CommonOptions().over(before) == before


# -- the declaration ---------------------------------------------------------------------------------------------


def test_a_command_is_kept_in_its_group_and_its_body_stays_what_it_is() -> None:
    group = new_group("rooms", see_also=("doctor",))
    made = command(group, "list", access=Access.READ, examples=(Example("All", "shema rooms list"),))(body)
    assert made is body
    declaration = group.commands["list"]
    assert (declaration.name, declaration.body, declaration.access) == ("list", body, Access.READ)
    common = [one.name for one in declared_by(CommonOptions)]
    assert [one.name for one in declaration.parameters()] == [*ORDER, *common]


@pytest.mark.parametrize(
    ("access", "given_values", "needed"),
    [
        (Access.OPEN, {}, Access.OPEN),
        (Access.OPEN, {"dry_run": True}, Access.OPEN),
        (Access.READ, {"dry_run": True}, Access.READ),
        (Access.CHANGE, {}, Access.CHANGE),
        (Access.CHANGE, {"dry_run": True}, Access.READ),
        (lambda _: Access.CHANGE, {"dry_run": True}, Access.READ),
        (lambda given: given["access"], {"access": Access.OPEN}, Access.OPEN),
    ],
)
def test_the_access_that_a_call_needs(access: Access, given_values: dict[str, object], needed: Access) -> None:
    assert Declaration("x", body, access).for_arguments(given_values) is needed


def test_a_view_is_loaded_when_it_draws_and_not_before() -> None:
    later = Later("tests.cli.no_such_module")
    view = later.listing
    with pytest.raises(ModuleNotFoundError):
        view(None, 80)
    assert Later("textwrap").shorten("one two three", 9) == "one [...]"


@pytest.mark.parametrize(("access", "told"), [(Access.OPEN, "open"), (Access.CHANGE, "change"), (len, "varies")])
def test_an_access_that_depends_on_the_arguments_varies(access: Access, told: str) -> None:
    assert access_of(Declaration("x", body, access)) == told


# -- what help says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("access", "codes"),
    [
        ("open", [0, 1, 2, 130]),
        ("read", [0, 1, 2, 3, 4, 130]),
        ("change", [0, 1, 2, 3, 4, 5, 130]),
        ("varies", [0, 1, 2, 3, 4, 5, 130]),
    ],
)
def test_the_exit_codes_follow_from_what_a_command_asks_of_its_user(access: str, codes: list[int]) -> None:
    assert list(exit_codes(access, {})) == codes
    assert exit_codes(access, {})[0] == "done"


@given(st.dictionaries(st.sampled_from([int(code) for code in ExitCode]), st.text(max_size=5)))
def test_a_commands_own_words_for_a_code_win_and_add_codes_in_order(own: dict[int, str]) -> None:
    codes = exit_codes("open", own)
    never = {code for code, meaning in own.items() if not meaning}
    assert list(codes) == sorted({0, 1, 2, 130, *own} - never)
    assert all(codes[code] == own.get(code, MEANING.get(code)) for code in codes)


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANING) == set(ExitCode)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ""),
        ("One.", "One."),
        ("One. Two.", "One."),
        ("One\n  and more. Two.", "One and more."),
        ("One without an end\n\nAnother paragraph.", "One without an end"),
        ("Version 1.2 is told. Two.", "Version 1.2 is told."),
    ],
)
def test_the_first_sentence_of_a_help_text(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence
