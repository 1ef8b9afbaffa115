"""`?` teaches what keys do here, and which command line each stands for."""

from __future__ import annotations

import shlex

import pytest

from shema_cli.ui.listing import Row
from shema_cli.ui.page import Action
from shema_cli.ui.screens.keys import DANGEROUS, NOTHING_HERE, Keys, sections
from tests.ui.support import seated

ACTIONS = (
    Action("a", "approve", lambda rows: ("approve", *(row.id for row in rows))),
    Action("V", "verify", lambda _: ("verify",), reads=True),
    Action("D", "discard", lambda rows: ("discard", *(row.id for row in rows)), tried=True),
    Action("t", "story", lambda _: None, reads=True, one=True),
)


def told(*rows: str, read_only: str | None = None) -> dict[str, list[tuple[str, str, str]]]:
    keys = Keys((("p", "pause"),), ACTIONS, [Row(id, ()) for id in rows], read_only)
    return dict(sections(keys, lambda words: shlex.join(("shema", *words))))


def test_each_key_is_told_with_the_line_that_it_stands_for() -> None:
    assert told("e1")["On this page, upon the row under the cursor"] == [
        ("p", "pause", ""),
        ("a", "approve", "$ shema approve e1"),
        ("V", "verify", "$ shema verify"),
        ("t", "story", NOTHING_HERE),
    ]
    assert ("a", "approve", "$ shema approve e1 e2") in told("e1", "e2")["On this page, upon 2 marked rows"]


def test_what_changes_something_by_a_capital_stands_apart() -> None:
    assert told("e1")[DANGEROUS] == [("D", "discard, after a dry run", "$ shema discard e1")]


def test_without_a_row_there_is_no_line() -> None:
    assert ("a", "approve", "") in told()["On this page"]


def test_where_nothing_may_be_changed_it_says_so_and_why() -> None:
    shown = told("e1", read_only="--read-only")
    assert shown[DANGEROUS][0][1] == "discard, after a dry run (not here: --read-only)"


@pytest.mark.parametrize(("columns", "lines"), [(60, 20), (80, 24), (120, 40)])
async def test_every_key_of_a_page_is_told_at_every_size(sandbox: dict[str, str], columns: int, lines: int) -> None:
    async with seated(sandbox, columns=columns, lines=lines, begin="dlq") as seat:
        await seat.sees("FAMILY", "Timeout")
        await seat.press("question_mark")
        await seat.sees("home › dead letters › keys", "On this page", "$ shema dlq ack")
        seen = ""
        for _ in range(20):
            seen += seat.text
            await seat.press("pagedown")
        for word in (
            "Capitals",
            "$ shema dlq replay --fingerprint",
            "Moving",
            "Rows",
            "mark a row",
            "Everywhere",
            "quit",
        ):
            assert word in " ".join(seen.split()), word
        await seat.press("q")
        await seat.sees("FAMILY")
