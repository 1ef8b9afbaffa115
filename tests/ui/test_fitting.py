"""Text in so many columns: what is cut says so, and what matters most is cut last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from shema_cli.ui.fitting import beside, cut, filled, shared, trail
from shema_cli.ui.widgets.bars import HELP, Keys, TargetBar

TEXTS = st.text(st.sampled_from("ab 譲\u0301\u200b\x1b\n🎹"), max_size=30)
KEYS = (("a", "approve"), ("r", "reject"), HELP, (":", "go to"), ("q", "quit"))


@given(TEXTS, st.integers(0, 40))
def test_nothing_is_wider_than_its_room(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width
    assert cell_len(filled(text, width)) == width


@given(st.lists(TEXTS, min_size=1, max_size=4), st.integers(8, 60))
def test_several_share_their_room(texts: list[str], width: int) -> None:
    assert sum(map(cell_len, shared(texts, width))) <= width


def test_of_several_the_short_ones_stay_whole() -> None:
    assert shared(["redis", "a" * 20, "b" * 30], 25) == ["redis", "a" * 9 + "…", "b" * 9 + "…"]


def test_of_a_long_way_the_end_stays() -> None:
    assert trail(["home", "dead letters", "8c357d71f8"], 40) == "home › dead letters › 8c357d71f8"
    assert trail(["home", "dead letters", "8c357d71f8"], 28) == "… › 8c357d71f8"
    assert trail(["home", "8c357d71f8"], 8) == "… › 8c3…"


def test_the_age_stays_whatever_is_said_besides() -> None:
    assert beside("status", "w" * 90, "4s ago", 40, told_first=False) == ("w" * 21 + "…", "4s ago")


def test_of_what_stands_still_the_reason_comes_before_what_was_said() -> None:
    told = "as of 4m ago · Redis does not answer"
    assert beside("status", "3 problems", told, 46, told_first=True) == ("", told[:33].rstrip() + "…")


@pytest.mark.parametrize(
    ("width", "said", "shown"),
    [
        (80, "", "a approve  r reject  ? keys  : go to  q quit"),
        (44, "", "a approve  r reject  ? keys  : go to  q quit"),
        (43, "", "a approve  r reject  : go to  ? keys"),
        (20, "", "a approve  ? keys"),
        (9, "", "? keys"),
        (30, "copied: enr-0314", "copied: enr-0314  ? keys"),
        (12, "copied: enr-0314", "copied: enr…"),
    ],
)
def test_keys_are_told_whole_or_not_at_all_and_the_one_that_tells_all_is_the_last_to_go(
    width: int, said: str, shown: str
) -> None:
    keys = Keys()
    keys._keys, keys._said = KEYS, said
    assert keys.line(width).plain == shown


@pytest.mark.parametrize(("width", "shown"), [(12, " prod  …"), (24, " prod  redis… · Fireba…"), (7, " prod ")])
def test_a_target_that_is_cut_says_so(width: int, shown: str) -> None:
    bar = TargetBar()
    bar._words = ("prod", "redis cache", "Firebase school")
    assert bar.line(width).plain == shown
