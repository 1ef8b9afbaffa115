"""Rows as their reader has them: the cursor and the marks stay with their rows."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.ui import listing as listing_module
from shema_cli.ui.listing import Cell, Listing, Order, Row

KEYS = ("mark", "range", "up", "down", "sort", "filter", "less")
NAMES = st.text("abcde ", min_size=1, max_size=6)


def row(id: str, *cells: str, about: str = "") -> Row:
    return Row(id, tuple(map(Cell, cells or (id,))), about)


def listing(*rows: Row) -> Listing:
    made = Listing()
    made.show(rows)
    return made


def ids(shown: Listing) -> list[str]:
    return [one.id for one in shown.visible]


def test_nothing_is_under_the_cursor_of_an_empty_list() -> None:
    empty = listing()
    for change in (empty.mark, empty.mark_range, lambda: empty.move(1), lambda: empty.sort_by(0)):
        change()
    assert empty.current is None
    assert empty.chosen == []


def test_the_cursor_stays_with_its_row_when_others_come_before_it() -> None:
    shown = listing(row("a"), row("b"), row("c"))
    shown.go_to(1)
    shown.show([row("x"), row("y"), row("a"), row("b")])
    assert shown.current is not None
    assert shown.current.id == "b"


def test_where_its_row_is_gone_the_cursor_stays_where_it_was_or_at_the_end() -> None:
    shown = listing(row("a"), row("b"), row("c"))
    shown.go_to(2)
    shown.show([row("a"), row("b")])
    assert shown.current == row("b")


def test_the_cursor_does_not_leave_the_rows() -> None:
    shown = listing(row("a"), row("b"))
    shown.move(-5)
    assert shown.cursor == 0
    shown.move(50)
    assert shown.cursor == 1


def test_every_word_of_a_filter_counts_by_itself_whatever_its_case_and_wherever_it_stands() -> None:
    shown = listing(
        row("e1", "Budi", "Piano"), row("e2", "Ana", "Piano", about="budi@shema.test"), row("e3", "Budi", "Drum")
    )
    shown.look_for("PIANO budi")
    assert ids(shown) == ["e1", "e2"]
    shown.look_for("!piano")
    assert ids(shown) == ["e3"]
    shown.look_for("")
    assert ids(shown) == ["e1", "e2", "e3"]


def test_marks_go_with_rows_that_are_gone_and_not_with_those_that_are_filtered() -> None:
    shown = listing(row("a"), row("b"), row("c"))
    shown.mark()
    shown.mark()
    shown.look_for("c")
    assert [one.id for one in shown.chosen] == ["a", "b"]
    shown.show([row("b"), row("c")])
    assert [one.id for one in shown.chosen] == ["b"]


def test_without_marks_the_row_under_the_cursor_is_chosen() -> None:
    shown = listing(row("a"), row("b"))
    shown.go_to(1)
    assert shown.chosen == [row("b")]


def test_a_range_goes_from_the_row_marked_last_to_the_cursor_in_either_direction() -> None:
    shown = listing(*map(row, "abcdef"))
    shown.go_to(3)
    shown.mark()
    shown.go_to(1)
    shown.mark_range()
    assert list(shown.marks) == ["d", "b", "c"]
    shown.unmark()
    shown.mark_range()
    assert list(shown.marks) == ["b"]


def test_a_column_is_sorted_by_what_it_means_and_not_by_its_digits() -> None:
    ages = [Row(text, (Cell(text, rank=rank),)) for text, rank in (("2d", 2.0), ("10h", 0.4), ("1m", 0.0))]
    shown = listing(*ages)
    shown.sort_by(0)
    assert ids(shown) == ["1m", "10h", "2d"]
    shown.sort_by(0)
    assert ids(shown) == ["2d", "10h", "1m"]
    shown.sort_by(0)
    assert shown.sort is None
    assert ids(shown) == ["2d", "10h", "1m"]


@given(
    st.lists(NAMES, unique=True),
    st.lists(st.sampled_from(["mark", "range", "up", "down", "sort", "filter", "less"]), max_size=12),
)
def test_whatever_is_pressed_the_cursor_is_on_a_row_that_is_seen_and_the_marks_on_rows_that_are_there(
    names: list[str], keys: list[str]
) -> None:
    shown, rows = listing(*map(row, names)), list(map(row, names))
    for key in keys:
        if key == "less":
            rows = rows[1:]
            shown.show(rows)
        else:
            press = {
                "mark": shown.mark,
                "range": shown.mark_range,
                "up": lambda: shown.move(-1),
                "down": lambda: shown.move(1),
                "sort": lambda: shown.sort_by(0),
                "filter": lambda: shown.look_for("a"),
            }
            press[key]()
        assert set(shown.marks) <= {one.id for one in rows}
        assert (shown.current is None) == (not shown.visible)
        assert set(ids(shown)) <= {one.id for one in rows}


def test_what_comes_while_many_rows_are_arranged_aside_stands_among_them_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing_module, "AT_ONCE", 2)
    shown = listing(row("c"), row("a"), row("d"))
    shown.go_to(2)
    shown.sort_by(0)
    assert ids(shown) == ["c", "a", "d"]
    wanted = shown.wanted
    assert wanted is not None
    shown.add([row("b")], 100)
    shown.settle(wanted, wanted.arranged())
    assert ids(shown) == ["a", "b", "c", "d"]
    assert shown.wanted is None


def test_what_was_arranged_for_an_older_wish_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing_module, "AT_ONCE", 2)
    shown = listing(row("c"), row("a"), row("d"))
    shown.look_for("c")
    older = shown.wanted
    assert older is not None
    shown.look_for("")
    shown.settle(older, older.arranged())
    assert ids(shown) == ["c", "a", "d"]


CHANGES = st.sampled_from(["add", "less", "sort", "filter", "without", "all", "up", "mark", "settle", "settle"])


@given(st.lists(NAMES, unique=True, max_size=8), st.lists(CHANGES, max_size=14))
def test_what_is_arranged_aside_is_what_would_have_been_arranged_at_once(names: list[str], changes: list[str]) -> None:
    at_once, aside = Listing(), Listing()
    numbers = iter(range(1000))
    for one in (at_once, aside):
        one.show(list(map(row, names)))
    for change in [*changes, "settle"]:
        if change == "settle":
            settled(aside)
            assert ids(aside) == ids(at_once)
            continue
        came = [row(f"{next(numbers)} a"), row(f"{next(numbers)} b")]
        for one, many in ((at_once, 1000), (aside, 0)):
            with mock.patch.object(listing_module, "AT_ONCE", many):
                press(one, change, came)


def press(shown: Listing, change: str, came: list[Row]) -> None:
    match change:
        case "add":
            shown.add(came, 12)
        case "less":
            shown.show([one for one in shown._all if not one.id.endswith("a")])
        case "sort":
            shown.sort_by(0)
        case "filter" | "without" | "all":
            shown.look_for({"filter": "a", "without": "!a", "all": ""}[change])
        case "up":
            shown.move(-1)
        case "mark":
            shown.mark()


def settled(shown: Listing) -> None:
    if (wanted := shown.wanted) is not None:
        shown.settle(wanted, wanted.arranged())


@given(st.lists(st.floats(0, 9).map(round), max_size=40), st.booleans())
def test_many_rows_are_sorted_in_parts_as_they_would_be_in_one(ranks: list[int], reverse: bool) -> None:
    rows = [Row(f"{number}", (Cell("", rank=float(rank)),)) for number, rank in enumerate(ranks)]
    with mock.patch.object(listing_module, "TOGETHER", 3):
        found = Order(sort=(0, reverse)).of(rows)
    assert found == sorted(rows, key=lambda one: one.cells[0].sortable, reverse=reverse)
