"""How known families and what is new look on a terminal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shema_cli.condition.facts import AckState
from shema_cli.dlq import views
from shema_cli.dlq.families.acknowledged import Acknowledgement, Standing
from shema_cli.dlq.families.results import AckOutcome, ErrorFamily, FamilyAck, KnownFamilies, News
from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.dlq.results import EntryListing, Row, ShownEntry, Stats, Times
from tests.dlq.families.support import LATE, OF_FULL, OF_LATE, failed
from tests.support.drawing import flat
from tests.support.world import NOW

WIDTHS = [40, 60, 80, 120]
HOSTILE = "\x1b[2J\x9b\u202e[red]x[/red]" * 40


def standing(state: AckState, name: str = OF_LATE, note: str = HOSTILE) -> Standing:
    acknowledgement = Acknowledgement(name, NOW, f"dina{HOSTILE}", note, NOW + timedelta(1), example=HOSTILE)
    if state is not AckState.RETURNED:
        return Standing(acknowledgement, state)
    return Standing(acknowledgement, state, NOW + timedelta(2), NOW + timedelta(4))


@pytest.mark.parametrize("width", WIDTHS)
def test_stats_tell_how_families_stand_and_what_is_new(width: int) -> None:
    families = tuple(
        ErrorFamily(f"{n:010x}", 9, LATE, None, None, standing(state), n) for n, state in enumerate(AckState)
    )
    quiet = tuple(standing(AckState.KNOWN, f"{n:010x}") for n in range(12))
    result = Stats(27, 0, Times(NOW), {}, families, families=3, known=KnownFamilies(9, quiet), news=News(1203, 7200))
    shown = flat(views.overview(result, width), width)
    for word in (
        "1,203newsinceyourlastlook,2hago",
        "9offamiliesthatareacknowledged",
        "+1",
        "+2",
        "returned:ack",
        "and7more",
    ):
        assert word in shown, word
    assert shown.count("acknowledgedbydina") == 3 + views.MOST_QUIET
    assert "expired:ack" in shown


@pytest.mark.parametrize("width", WIDTHS)
def test_a_list_tells_it_of_each_entry(width: int) -> None:
    entry = parse_entry(failed(NOW))
    rows = tuple(Row(entry, 0, 0, NOW, standing(state), new=state is AckState.KNOWN) for state in AckState)
    shown = flat(views.listing(EntryListing(rows, 3, news=News(1, 7200)), width), width)
    for state in AckState:
        assert state.value in shown
    assert ("+" if width >= 60 else "new") in shown


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("state", AckState)
def test_one_entry_tells_who_knows_of_it(width: int, state: AckState) -> None:
    row = Row(parse_entry(failed(NOW)), 0, 0, NOW, standing(state, note="moved"))
    shown = flat(views.shown(ShownEntry(row, None, 1, 3), width), width)
    assert "acknowledgedbydina" in shown
    assert ("returned:" in shown) is (state is AckState.RETURNED)


def test_what_came_of_it_is_said() -> None:
    family = Acknowledgement(OF_FULL, NOW, "dina@shema.test", count=3)
    said = {outcome: list(FamilyAck(family, outcome).notes()) for outcome in AckOutcome}
    assert said[AckOutcome.PLANNED] == ["dry run: would be acknowledged; nothing was changed"]
    assert said[AckOutcome.ACKNOWLEDGED] == said[AckOutcome.RENEWED] == ["3 dead letters left out of status and check"]
    assert said[AckOutcome.ALREADY][0].startswith("dina@shema.test has acknowledged it already")
    assert said[AckOutcome.UNACKNOWLEDGED] == []
    planned = FamilyAck(family, AckOutcome.PLANNED, removal=True)
    assert list(planned.notes()) == ["dry run: would be acknowledged no longer; nothing was changed"]
