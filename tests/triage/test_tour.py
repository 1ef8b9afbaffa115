"""What a key means where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.errors import Failed
from shema_cli.output.keys import DOWN, END_OF_INPUT, ENTER, ESCAPE, UP
from shema_cli.triage.families import Families, Family
from shema_cli.triage.results import Done
from shema_cli.triage.tour import Stage, Tour, Wish

A, B, NO_EVENTS = Family("aaaaaaaaaa", 3, "a"), Family("bbbbbbbbbb", 2, "b"), Family(None, 1)


def tour(*families: Family, why_not: str | None = None) -> Tour:
    made = Tour(why_not)
    made.counted(Families(families or (A, B, NO_EVENTS)))
    return made


def pressed(keys: str, *families: Family, why_not: str | None = None) -> Tour:
    made = tour(*families, why_not=why_not)
    for key in keys:
        made.press(key)
    return made


@pytest.mark.parametrize(
    ("keys", "stage", "at"),
    [
        ("", Stage.READING, 0),
        ("n", Stage.READING, 1),
        ("nb", Stage.READING, 0),
        ("b", Stage.READING, 0),
        ("nnnnn", Stage.READING, 2),
        ("q", Stage.SUMMARY, 0),
        ("qb", Stage.READING, 0),
        ("qq", Stage.LEFT, 0),
        ("q\r", Stage.LEFT, 0),
        ("i", Stage.SAMPLE, 0),
        ("i\x1b", Stage.READING, 0),
        ("iq", Stage.READING, 0),
        ("?", Stage.KEYS, 0),
        ("?R", Stage.READING, 0),
        ("\x04", Stage.LEFT, 0),
        ("i\x04", Stage.LEFT, 0),
        ("rdK", Stage.READING, 0),
    ],
)
def test_where_keys_lead(keys: str, stage: Stage, at: int) -> None:
    found = pressed(keys)
    assert (found.stage, found.at, found.wish) == (stage, at, None)


@pytest.mark.parametrize("wish", Wish)
def test_a_wish_ends_the_screen(wish: Wish) -> None:
    found = pressed(wish.value)
    assert (found.wish, found.over, found.stage) == (wish, True, Stage.READING)
    found.granted(Done("shema …", 0, "done"))
    assert (found.wish, found.over, len(found.done[A.name])) == (None, False, 1)


@pytest.mark.parametrize("wish", Wish)
def test_where_nothing_may_be_changed_a_key_says_so(wish: Wish) -> None:
    found = pressed(wish.value, why_not="production is read-only here")
    assert (found.wish, found.said) == (None, "production is read-only here")
    found.press("n")
    assert found.said == ""


def test_what_is_no_event_is_only_discarded() -> None:
    for key in "Rek":
        assert pressed("nn" + key).wish is None
    assert pressed("nnD").wish is Wish.DISCARD


def test_of_a_family_that_is_gone_nothing_is_wished() -> None:
    found = tour()
    found.counted(Families((B,)))
    for wish in Wish:
        found.press(wish.value)
        assert (found.wish, found.said) == (None, "nothing of this family is left")


def test_it_is_counted_again_and_everybody_stays_where_they_were() -> None:
    found = pressed("n")
    found.problem = Failed("x", "Redis was away")
    new, more = Family("cccccccccc", 100, "c"), Family("bbbbbbbbbb", 7, "b")
    found.counted(Families((new, more)))
    assert found.families == [Family("aaaaaaaaaa", 0, "a"), more, Family(None, 0), new]
    assert found.current == more
    assert found.problem is None


def test_who_was_acknowledged_meanwhile_stays() -> None:
    found = tour()
    found.counted(Families((B,), left_out=(A,)))
    assert found.families[:2] == [A, B]


def test_nothing_there_is_the_end() -> None:
    found = Tour()
    found.counted(Families())
    assert found.over


KEYS = st.sampled_from([*"nbiuekRDq?jk x", ESCAPE, END_OF_INPUT, *ENTER, *UP, *DOWN, "\x1b[5~", "\x1b[6~"])


@given(st.lists(KEYS, max_size=40), st.lists(st.sampled_from([A, B, NO_EVENTS]), max_size=3, unique=True))
def test_whatever_is_pressed_it_stands_somewhere(keys: list[str], families: list[Family]) -> None:
    found = Tour()
    found.press("n")
    found.counted(Families(tuple(families)))
    for key in keys:
        found.press(key)
        if found.over:
            break
        assert 0 <= found.at < len(found.families)
        assert found.top >= 0
