"""Results, errors and how each ends the process (contract 2.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli import errors
from shema_cli.errors import ExitCode, ShemaError
from shema_cli.results import Fields, Result, counted


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ShemaError, 1),
        (errors.Failed, 1),
        (errors.NotFound, 1),
        (errors.InvalidUsage, 2),
        (errors.NotConfigured, 2),
        (errors.Unreachable, 3),
        (errors.AccessDenied, 4),
        (errors.Refused, 5),
        (errors.Interrupted, 130),
    ],
)
def test_each_kind_of_error_has_its_exit_code(kind: type[ShemaError], code: int) -> None:
    assert kind("c", "m").exit_code == code


@given(st.text(), st.text(), st.none() | st.text())
def test_an_error_is_told_as_code_message_and_hint(code: str, message: str, hint: str | None) -> None:
    error = errors.Refused(code, message, hint)
    assert error.document() == {"error": {"code": code, "message": message, "hint": hint}}
    assert str(error) == message


def test_no_two_ways_of_ending_share_a_number() -> None:
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 5, 130]


def test_fields_are_one_object_and_a_line_for_each() -> None:
    fields = Fields({"a": 1, "b": None}, ExitCode.FAILED)
    assert fields.document() == {"a": 1, "b": None}
    assert list(fields.table().rows) == [("a", 1), ("b", None)]
    assert (fields.exit_code, list(fields.notes())) == (ExitCode.FAILED, [])


def test_a_document_is_a_copy_that_nobody_can_change_the_result_by() -> None:
    values = {"a": 1}
    document = Fields(values).document()
    assert isinstance(document, dict)
    document["a"] = 2
    assert values == {"a": 1}


def test_what_is_only_a_result_ends_well_and_has_nothing_to_show() -> None:
    assert Result().exit_code is ExitCode.DONE
    for show in (Result().document, Result().table):
        with pytest.raises(NotImplementedError):
            show()


@pytest.mark.parametrize(
    ("number", "words", "shown"),
    [
        (0, ("service",), "0 services"),
        (1, ("service",), "1 service"),
        (1200, ("service",), "1,200 services"),
        (1, ("entry", "entries"), "1 entry"),
        (2, ("entry", "entries"), "2 entries"),
    ],
)
def test_a_count_agrees_with_its_word(number: int, words: tuple[str, ...], shown: str) -> None:
    assert counted(number, *words) == shown
