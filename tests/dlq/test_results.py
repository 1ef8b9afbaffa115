"""What the commands on dead letters hand back, and how it looks on a terminal (contract 2.3)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shema_cli.clock import age_in_words, iso
from shema_cli.condition.growth import NO_GROWTH, Growth
from shema_cli.dlq import views
from shema_cli.dlq.families.results import ErrorFamily
from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.dlq.outcomes import (
    ChannelPlan,
    Counted,
    DeadLetterPlan,
    DiscardResult,
    EntryProblem,
    ReplayOutcome,
    ReplayResult,
)
from shema_cli.dlq.results import Attempt, EntryListing, Row, ShownEntry, Stats, Times, ordered
from shema_cli.errors import ExitCode
from shema_cli.output.sparkline import sparkline_of_counts
from shema_cli.store.listeners import Listeners
from tests.dlq.support import entry_id, letter
from tests.support.drawing import drawn, flat

NOW = datetime(2026, 1, 3, tzinfo=UTC)
WIDTHS = [40, 60, 80, 120]
HOSTILE = "\x1b[2J\x9b\u202e[red]x[/red]"


def row(raw: bytes, index: int = 0, replays: int = 0) -> Row:
    return Row(parse_entry(raw), index, replays, NOW)


def made(count: int = 3, **given: Any) -> DeadLetterPlan:
    stays = {"invalid": 0, "at_limit": 0, "unheard": 0}
    plan: dict[str, Any] = {"copies": 0, **stays, "types": {"A": count}, "channels": {}}
    return DeadLetterPlan(count=count, **{"events": count, "oldest": None, "oldest_age_s": None, **plan, **given})


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({}, ExitCode.DONE),
        ({"replayed": 3}, ExitCode.DONE),
        ({"replayed": 3, "invalid": 2}, ExitCode.DONE),
        ({"invalid": 2, "chosen_by_id": True}, ExitCode.FAILED),
        ({"unheard": 3}, ExitCode.REFUSED),
        ({"skipped": 3}, ExitCode.REFUSED),
        ({"unheard": 1, "invalid": 1}, ExitCode.REFUSED),
        ({"unheard": 1, "invalid": 1, "chosen_by_id": True}, ExitCode.FAILED),
        ({"unheard": 1, "replayed": 1}, ExitCode.FAILED),
        ({"skipped": 1, "not_found": 1}, ExitCode.FAILED),
        ({"bounced": 1, "replayed": 5}, ExitCode.FAILED),
        ({"failed": 1}, ExitCode.FAILED),
        ({"gone": 1, "replayed": 5}, ExitCode.FAILED),
        ({"gone": 1, "unheard": 5}, ExitCode.FAILED),
        ({"not_found": 1, "replayed": 5}, ExitCode.FAILED),
    ],
)
def test_how_a_replay_ends_follows_from_its_counts(counts: dict[str, Any], code: ExitCode) -> None:
    assert ReplayResult(**counts).exit_code is code
    assert ReplayResult(**counts, interrupted=True).exit_code is ExitCode.INTERRUPTED
    assert ReplayResult(**counts, plan=made()).exit_code is ExitCode.DONE


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, ExitCode.DONE),
        ({"not_found": ("ffff",)}, ExitCode.FAILED),
        ({"gone": 1}, ExitCode.FAILED),
        ({"not_found": ("ffff",), "interrupted": True}, ExitCode.INTERRUPTED),
    ],
)
def test_how_a_discard_ends(given: dict[str, Any], code: ExitCode) -> None:
    assert DiscardResult(1, "out.ndjson", **given).exit_code is code


def test_a_discard_tells_how_everything_comes_back() -> None:
    result = DiscardResult(2, "out.ndjson", ("ffff", "eeee"))
    assert result.document() == {"discarded": 2, "export": "out.ndjson", "not_found": ["ffff", "eeee"]}
    assert list(result.notes()) == ["not found: ffff, eeee", "they come back with: shema dlq import out.ndjson"]
    planned = DiscardResult(0, None, plan=made(1200))
    assert planned.document()["plan"] == {"discard": 1200, "events": 1200, "types": {"A": 1200}}
    assert list(planned.notes()) == ["dry run: 1,200 dead letters would be discarded; nothing was changed"]
    assert list(DiscardResult(1, None, gone=1).notes()) == ["gone: 1 entry that others took out of the list meanwhile"]


def test_entries_and_events_are_both_told_where_there_are_copies() -> None:
    assert made(1).told == "1 dead letter"
    assert made(5, events=1, copies=4).told == "5 dead letters (5 entries, 1 event)"
    result = ReplayResult(replayed=5, copies=4)
    assert (result.counts()["replayed"], result.counts()["events"]) == (5, 1)
    assert next(iter(result.notes())).startswith("5 entries, 1 event: ")
    assert "events" not in flat(views.replayed(ReplayResult(replayed=5), 80), 80)
    assert "1eventspublished" in flat(views.replayed(result, 80), 80)


def test_problems_are_told_up_to_ten_and_then_counted() -> None:
    problems = tuple(EntryProblem(f"{n:012x}", ReplayOutcome.UNHEARD, "nobody listens") for n in range(15))
    notes = list(ReplayResult(unheard=20, problems=problems, omitted=5).notes())
    assert notes[9] == "000000000009  unheard: nobody listens"
    assert notes[10] == "and 10 more problems (-o json lists 15 of them)"
    assert notes[11].startswith("nobody listens to what is unheard")
    assert list(ReplayResult(problems=problems[:1]).notes()) == ["000000000000  unheard: nobody listens"]


def test_what_stopped_a_replay_is_told() -> None:
    assert list(ReplayResult(replayed=1, stopped="the canary stopped it").notes()) == ["the canary stopped it"]
    (note,) = ReplayResult(replayed=1, interrupted=True).notes()
    assert "nothing is in flight" in note


def test_the_document_of_a_replay_has_what_was_left_out_only_where_something_was() -> None:
    assert "problems_omitted" not in ReplayResult().document()
    assert ReplayResult(omitted=3).document()["problems_omitted"] == 3
    planned = ReplayResult(
        plan=made(channels={"a.b": ChannelPlan(3, Listeners(2))}, oldest="x", oldest_age_s=1.5)
    ).document()
    assert planned["plan"] == {
        "replay": 3,
        "events": 3,
        "unheard": 0,
        "invalid": 0,
        "at_limit": 0,
        "types": {"A": 3},
        "channels": {"a.b": {"entries": 3, "listeners": 2}},
        "oldest": "x",
        "oldest_age_s": 1.5,
    }


# -- the question ----------------------------------------------------------------------------------------------------


def test_the_question_says_how_many_how_old_and_who_hears() -> None:
    channels = {
        "a.b": ChannelPlan(1200, Listeners(1)),
        "c.d": ChannelPlan(3, Listeners(0)),
        "e": ChannelPlan(1, Listeners(4)),
    }
    asked = made(1204, invalid=5, at_limit=6, channels=channels, oldest_age_s=7200).question("Replay")
    assert asked == [
        "Replay 1,204 dead letters, the oldest 2h old?",
        "      1,200  a.b  (1 listener)",
        "          3  c.d  (nobody listens)",
        "          1  e  (4 listeners)",
        "          5  invalid, left alone",
        "          6  at their replay limit, left alone",
    ]


def test_the_question_of_a_discard_counts_by_type() -> None:
    asked = made(2, types={"A": 1, "(invalid)": 1}, invalid=1).question("Discard")
    assert asked == ["Discard 2 dead letters?", "          1  A", "          1  (invalid)"]


def test_a_question_of_a_hundred_channels_stays_short() -> None:
    channels = {f"c{n}": ChannelPlan(1, Listeners(1)) for n in range(20)}
    lines = made(20, channels=channels).question("Replay")
    assert (len(lines), lines[-1]) == (14, "  and 8 more channels")


def test_counts_come_most_frequent_first_then_by_name() -> None:
    assert list(ordered(Counter({"b": 1, "c": 2, "a": 1}))) == ["c", "a", "b"]


# -- lists and one entry ---------------------------------------------------------------------------------------------


def test_a_list_says_what_it_leaves_out() -> None:
    assert list(EntryListing((), 0).notes()) == []
    assert list(EntryListing((row(letter(1)),), 1200).notes()) == ["1 of 1,200; more with --limit"]
    assert list(EntryListing((row(letter(1)),), 1).notes()) == []
    document = EntryListing((row(b"junk", 3),), 9).document()
    assert (document["total"], document["shown"]) == (9, 1)


def test_an_entry_that_says_no_time_has_no_age() -> None:
    assert row(letter(1)).age_s == 86399.0
    assert row(b'{"event":{"eventType":"A"},"failedAt":"yesterday"}').age_s is None
    assert row(b"junk").document() == {
        "id": entry_id(b"junk"),
        "index": 0,
        "event_type": None,
        "event_id": None,
        "channel": None,
        "error": None,
        "failed_at": None,
        "age_s": None,
        "replays": 0,
        "valid": False,
        "reason": "not JSON",
        "fingerprint": None,
    }


@pytest.mark.parametrize(
    ("raw", "content"),
    [
        (b'{"a":1}', {"entry": {"a": 1}}),
        (b"junk", {"raw": "junk"}),
        (b"\xff", {"raw": "\\xff"}),
        (b"[" * 9000, {"raw": "[" * 9000}),
    ],
)
def test_an_entry_is_shown_decoded_or_as_it_is(raw: bytes, content: dict[str, object]) -> None:
    assert ShownEntry(row(raw), None, 1, 3).content() == content


def test_an_entry_says_when_it_has_copies_and_when_its_replays_are_spent() -> None:
    notes = list(ShownEntry(row(letter(1), replays=3), Listeners(1), 2, 3).notes())
    assert notes[0].startswith("2 identical entries share this id")
    assert notes[1] == "replayed 3 times: it comes back no more without --force"
    assert list(ShownEntry(row(letter(1), replays=2), Listeners(1), 1, 3).notes()) == []


def test_counts_and_names_are_one_row() -> None:
    result = Counted({"imported": 2, "duplicates": 1}, ("a remark",))
    assert (list(result.table().rows), list(result.notes())) == ([(2, 1)], ["a remark"])


def test_stats_offer_what_to_do_about_the_most_urgent_family() -> None:
    family = ErrorFamily("0123456789", 2, "late", None, None)
    assert list(Stats(2, 0, Times(NOW), {"A": 2}, (family,)).notes()) == [
        "look: shema dlq list --limit 5 --fingerprint 0123456789",
        "once mended: shema dlq replay --dry-run --fingerprint 0123456789",
    ]
    assert list(Stats(0, 0, Times(NOW), {}, ()).notes()) == []


# -- on a terminal ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_a_list_has_every_entry_at_every_width(width: int) -> None:
    raws = [letter(1), b"junk", b'{"event":{"type":"new_message","sessionId":"s1"},"error":"late"}']
    shown = flat(views.listing(EntryListing(tuple(map(row, raws)), 3), width), width)
    for raw in raws:
        assert entry_id(raw) in shown
    assert "ENROLLMENT_APPROVED" in shown
    assert "invalid:notJSON" in shown
    assert "23h" in shown
    assert ("evt_00000001" in shown) is (width >= views.WIDE_ENOUGH_FOR_AN_EVENT_ID)


def test_replays_have_a_column_once_there_are_some() -> None:
    assert "replays" not in flat(views.listing(EntryListing((row(letter(1)),), 1), 80), 80)
    assert "replays" in flat(views.listing(EntryListing((row(letter(1), replays=2),), 1), 80), 80)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("listeners", "said"),
    [
        (Listeners(0), "nobodylistensnow"),
        (Listeners(1), "1servicelistens"),
        (Listeners(3), "3serviceslisten"),
        (Listeners(1, 2), "1to3listeners"),
        (Listeners(2, None), "2listenersormore"),
    ],
)
def test_one_entry_is_whole_at_every_width(width: int, listeners: Listeners, said: str) -> None:
    attempts = tuple(Attempt(f"2026-01-02T0{n}:00:00.000Z", "ana" if n else "") for n in range(7))
    shown = flat(views.shown(ShownEntry(row(letter(7), 4, 7), listeners, 1, 3, attempts), width), width)
    for word in ("ENROLLMENT_APPROVED", "evt_00000007", "Timeoutafter5000ms", "(23hago)", "4fromthenewest", said):
        assert word in shown, word
    assert shown.count("byana") == 4
    assert "bysomebody" in shown
    assert '"enrollmentId":"enr_7"' in shown


RISING = Growth((0,) * 21 + (4, 2, 12))


def many(families: int = 25, *, limited: bool = False) -> Stats:
    """So many families, each smaller than the one before; the last but one of all is rising."""
    told = tuple(
        ErrorFamily(
            f"{n:010x}", 900 - n, f"error {n}" if n else None, "x", "y", None, 0, RISING if n == 23 else NO_GROWTH
        )
        for n in range(families)
    )
    times = Times(NOW, iso(NOW - timedelta(hours=76)), iso(NOW), "evt_0190", RISING, 12)
    types = {f"TYPE_NUMBER_{n}": 100 - n for n in range(20)}
    return Stats(1205, 7, times, types, told, families=families, limited=limited)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_first_screen_has_what_matters_at_every_width(width: int) -> None:
    lines = drawn(views.overview(many(), width), width)[:-1]
    shown = " ".join(" ".join(lines).split())
    assert lines[0] == "1,205 dead letters, 7 of them invalid"
    assert "oldest 3 d 4 h (evt_0190), newest 0 s" in shown
    assert "▃▂█ 18 in the last 24 h, rising +12/h" in shown
    assert "12 entries do not say when, or not so that it can be read" in shown
    assert shown.index("error 23") < shown.index("(no error)") < shown.index("types: TYPE_NUMBER_0 100")
    assert "more families: shema dlq stats --limit 25" in shown
    if width >= 60:
        assert 14 < len(lines) <= (views.LINES if width >= views.ROOM_FOR_FAMILIES else views.LINES_WHERE_NARROW + 2)
    if width >= views.WIDE:
        assert f"{'·' * 21}▃▂█ rising +12/h 0000000017" in shown


def test_all_families_are_shown_where_so_many_were_asked_for() -> None:
    lines = drawn(views.overview(many(limited=True), 80), 80)
    assert sum("error " in line for line in lines) == 24 + 1  # and the head
    assert not any("more families" in line for line in lines)


def test_where_nothing_failed_lately_it_is_said() -> None:
    times = Times(NOW, iso(NOW - timedelta(days=3)), iso(NOW - timedelta(days=2)), "evt_1")
    lines = drawn(views.overview(Stats(1, 0, times, {"A": 1}, (), families=0), 80), 80)
    assert lines[1:3] == ["oldest 3 d (evt_1), newest 2 d", f"{'·' * 24}  none in the last 24 h"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "-"), (-5, "0 s"), (59, "59 s"), (240, "4 min"), (3600, "1 h"), (12_000, "3 h 20 min"), (86_400, "1 d")],
)
def test_an_age_in_words(seconds: float | None, told: str) -> None:
    assert age_in_words(seconds) == told


@pytest.mark.parametrize(
    ("values", "bars"), [((), ""), ((0, 0), "··"), ((0, 1, 100), "·▂█"), ((5, 5), "██"), ((1, 2, 4), "▂▄█")]
)
def test_bars_of_counts_tell_none_from_few(values: tuple[int, ...], bars: str) -> None:
    assert sparkline_of_counts(values) == bars


@pytest.mark.parametrize("width", WIDTHS)
def test_a_replay_in_numbers_at_every_width(width: int) -> None:
    shown = flat(views.replayed(ReplayResult(replayed=1200, bounced=2, remaining=3), width), width)
    assert shown == "1,200replayed2bounced3leftinthelist"
    planned = ReplayResult(
        plan=made(channels={"a.b": ChannelPlan(1200, Listeners(2)), "c": ChannelPlan(1, Listeners(0))})
    )
    shown = flat(views.replayed(planned, width), width)
    assert "a.b1,2002c10" in shown


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_at_all_is_said(width: int) -> None:
    assert drawn(views.listing(EntryListing((), 0), width), width)[0] == "no dead letters"
    assert drawn(views.overview(Stats(0, 0, Times(NOW), {}, ()), width), width)[0] == "no dead letters"


@pytest.mark.parametrize("width", WIDTHS)
def test_foreign_text_stays_text(width: int) -> None:
    odd = parse_entry(
        b'{"event":{"eventType":"A","eventId":"\\u001b[2J"},"error":"\\u001b[2J[red]x[/red]","failedAt":"\\u202e"}'
    )
    hostile = Row(odd, 0, 1, NOW)
    family = ErrorFamily("0123456789", 1, HOSTILE, HOSTILE, HOSTILE)
    plan = made(channels={HOSTILE: ChannelPlan(1, Listeners(1))})
    for view in (
        views.listing(EntryListing((hostile,), 1), width),
        views.shown(ShownEntry(hostile, Listeners(1), 1, 3, (Attempt(HOSTILE, HOSTILE),)), width),
        views.overview(Stats(1, 0, Times(NOW, HOSTILE, HOSTILE, HOSTILE), {HOSTILE: 1}, (family,)), width),
        views.replayed(ReplayResult(plan=plan), width),
    ):
        assert drawn(view, width)  # which looks for what a terminal would obey
