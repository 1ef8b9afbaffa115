"""Which entries a filter wants, how the trail is read, and how it looks (contract 2.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shema_cli.audit import read, views, words
from shema_cli.audit.results import AuditFilter, AuditList, AuditRecord, TrailProblem, Verification
from shema_cli.clock import iso
from shema_cli.errors import ExitCode
from shema_cli.store import keys
from shema_cli.store.chain import AuditEntry
from shema_cli.store.connection import Store
from tests.support.drawing import drawn, flat
from tests.support.in_process import in_process, store_in_process

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
WIDTHS = [40, 60, 80, 120, 140]
REPLAYED = "replayed 12 of 15 · evt_1 and 11 more"


def entry(number: int = 1, /, **fields: str) -> AuditEntry:
    told = {
        "at": iso(NOW + timedelta(minutes=number)),
        "actor": "uid-ana",
        "actorEmail": "Ana@shema.test",
        "action": "approve",
        "target": f"e{number}",
        **fields,
    }
    id = f"{int((NOW + timedelta(minutes=number)).timestamp() * 1000)}-0"
    return AuditEntry(id, {name.encode(): value.encode("utf-8", "surrogateescape") for name, value in told.items()})


MINUTE = NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("wanted", "wants"),
    [
        (AuditFilter(), True),
        (AuditFilter(actor="uid-ana"), True),
        (AuditFilter(actor="ANA@shema.test"), True),
        (AuditFilter(actor="UID-ANA"), False),
        (AuditFilter(actor="ana"), False),
        (AuditFilter(action="approve"), True),
        (AuditFilter(action="reject"), False),
        (AuditFilter(target="e1"), True),
        (AuditFilter(target="e"), False),
        (AuditFilter(action="approve", target="e2"), False),
        (AuditFilter(since=MINUTE), True),
        (AuditFilter(since=MINUTE + timedelta(milliseconds=1)), False),
        (AuditFilter(until=MINUTE), True),
        (AuditFilter(until=MINUTE - timedelta(milliseconds=1)), False),
        (AuditFilter(actor="uid-ana", action="approve", target="e1", since=MINUTE, until=MINUTE), True),
    ],
)
def test_which_entries_a_filter_wants(wanted: AuditFilter, wants: bool) -> None:
    assert wanted.wants(entry()) is wants


def test_an_entry_without_a_time_is_in_no_span_of_time() -> None:
    assert not AuditFilter(since=NOW - timedelta(days=1000)).wants(entry(at="yesterday"))
    assert AuditFilter(actor="uid-ana").wants(entry(at="yesterday"))


def stored(*entries: AuditEntry) -> Store:
    client = in_process()
    for one in entries:
        fields: Any = dict(one.stored)
        client.xadd(keys.AUDIT, fields, id=one.id)
    return store_in_process(client)


def targets(found: AuditList) -> list[str]:
    return [one.text("target") for one in found.entries]


def test_the_newest_come_first_and_no_more_than_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "PAGE", 2)
    store = stored(*(entry(n) for n in range(7)))
    found = read.list_entries(store, AuditFilter(), 3)
    assert (targets(found), found.total) == (["e6", "e5", "e4"], 7)
    everything = read.list_entries(store, AuditFilter())
    assert (targets(everything), everything.total) == ([f"e{n}" for n in reversed(range(7))], 7)
    assert read.list_entries(store, AuditFilter(target="e2"), 3).total == 1
    assert targets(read.list_entries(store, AuditFilter(target="e2"), 3)) == ["e2"]
    assert [one.text("target") for one in read.forward(store)] == [f"e{n}" for n in range(7)]


def test_what_is_long_before_is_not_read_and_a_clock_that_is_off_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "PAGE", 1)
    store = stored(*(entry(day * 1440) for day in range(9)))
    looked_at: list[str] = []
    real = AuditFilter.wants

    def wants(self: AuditFilter, one: AuditEntry) -> bool:
        looked_at.append(one.text("target"))
        return real(self, one)

    monkeypatch.setattr(AuditFilter, "wants", wants)
    since = NOW + timedelta(days=6)
    assert targets(read.list_entries(store, AuditFilter(since=since), 9)) == ["e11520", "e10080", "e8640"]
    assert looked_at == ["e11520", "e10080", "e8640", "e7200"]


def test_a_list_says_that_it_is_empty_or_not_all() -> None:
    assert list(AuditList((), 0).notes()) == ["no audit entries"]
    assert list(AuditList((entry(),), 250).notes()) == ["the newest 1 of 250; more with --limit"]
    assert list(AuditList((entry(),), 1).notes()) == []


def test_a_row_names_who_by_email_and_else_by_uid() -> None:
    assert AuditRecord(entry(actorEmail="")).table().rows[0][2] == "uid-ana"  # type: ignore[index]
    record = AuditRecord(entry(reason="full", eventId="evt_1"))
    assert record.line().split("  ")[2:] == ["Ana@shema.test", "approve", "e1", "evt_1", "full"]


@pytest.mark.parametrize(
    ("checked", "problems", "code", "note"),
    [
        (1, (), ExitCode.DONE, "1 entry checked: nothing found wrong"),
        (1, (TrailProblem("1-0", "changed"),), ExitCode.FAILED, "1 entry checked: 1 found wrong"),
        (0, (), ExitCode.DONE, "0 entries checked: nothing says that there ever was a trail"),
    ],
)
def test_how_a_check_ends(checked: int, problems: tuple[TrailProblem, ...], code: ExitCode, note: str) -> None:
    result = Verification(checked, problems)
    assert (result.exit_code, list(result.notes())) == (code, [note])
    assert result.document() == {
        "ok": not problems,
        "checked": checked,
        "keyed": 0,
        "key_set": False,
        "problems": [{"entry": "1-0", "problem": "changed"} for _ in problems],
    }


@pytest.mark.parametrize(
    ("action", "details", "said"),
    [
        ("dlq.replay", '{"replayed": 12, "unheard": 3, "publications": 12, "events": ["evt_1", "evt_2"]}', REPLAYED),
        ("dlq.replay", '{"replayed": 1, "publications": 1, "events": ["evt_1"]}', "replayed 1 · evt_1"),
        ("dlq.discard", '{"discarded": 1234, "events": ["evt_1"]}', "discarded 1,234 · evt_1 and 1,233 more"),
        ("dlq.import", '{"imported": 7}', "imported 7"),
        ("dlq.replay", '{"done": 5, "died": true}', "replayed 5, then died"),
        ("dlq.import", '{"imported": 5, "died": true}', "imported 5, then died"),
        ("dlq.replay.begun", '{"selection": "--all"}', "--all"),
        ("events.resend.begun", "{}", "t"),
        ("dlq.replay", '{"replayed": "x", "events": "y"}', "replayed 0"),
        ("dlq.replay", "[1]", "t"),
        ("dlq.replay", "not json", "t"),
        ("approve", '{"replayed": 1}', "t"),
        ("dlq.ack", '{"example": "Timeout"}', "t Timeout"),
        ("dlq.unack", '{"example": null}', "t"),
        ("dlq.ack", "7", "t"),
    ],
)
def test_what_became_of_a_run_is_told_in_words(action: str, details: str, said: str) -> None:
    told = entry(action=action, details=details, target="t")
    assert words.target(told) == said
    for width in WIDTHS:
        assert "".join(words.count(told).split()) in flat(views.listing(AuditList((told,), 1), width), width)
    assert "".join(said.split()) in flat(views.listing(AuditList((told,), 1), 100), 100)


# -- on a terminal ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_a_list_has_what_matters_at_every_width(width: int) -> None:
    result = AuditList((entry(1, reason="no teacher", eventId="evt_1"), entry(2, action="dlq.replay")), 2)
    shown = flat(views.listing(result, width), width)
    for word in ("Ana@shema.", "approve", "e1", "noteacher", "dlq.replay", "e2", "2026-03-0108:01"):
        assert word in shown, word
    assert ("evt_1" in shown) is (width >= views.WIDE)
    assert ("08:01:00" in shown) is (width < views.FOR_A_TABLE or width >= views.FOR_SECONDS)
    assert "+00:00" in shown


@pytest.mark.parametrize("width", WIDTHS)
def test_columns_that_would_be_empty_are_not_there(width: int) -> None:
    shown = flat(views.listing(AuditList((entry(1), entry(2)), 2), width), width)
    assert "why" not in shown
    assert "event" not in shown


@pytest.mark.parametrize("width", WIDTHS)
def test_an_entry_that_has_just_come_is_a_line(width: int) -> None:
    lines = drawn(views.listing(AuditRecord(entry(1, reason="full")), width), width)
    assert "".join(lines).replace(" ", "") == "2026-03-0108:01:00+00:00Ana@shema.testapprovee1full"


@pytest.mark.parametrize("width", WIDTHS)
def test_each_problem_is_named(width: int) -> None:
    result = Verification(9, (TrailProblem("1-0", "changed: x"), TrailProblem("2-0", "removed: y")))
    assert flat(views.verification(result, width), width) == "1-0changed:x2-0removed:y"
    assert "whole" in flat(views.verification(replace(result, problems=()), width), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_foreign_text_stays_text(width: int) -> None:
    hostile = dict.fromkeys(
        ("actor", "actorEmail", "target", "reason", "eventId", "at"), "\x1b[2J\x9b\u202e[b]x[/b]\r\n"
    )
    for view in (
        views.listing(AuditList((entry(**hostile),), 1), width),
        views.listing(AuditRecord(entry(**hostile)), width),
    ):
        assert "[b]x[/b]" in flat(view, width)


@pytest.mark.parametrize("width", [*WIDTHS, 100, 160, 200])
def test_who_and_what_are_never_broken_however_long_the_id_of_the_event(width: int) -> None:
    long = entry(
        actorEmail="dina.permatasari@shema.test",
        emulator="true",
        action="dlq.discard.begun",
        target="begun: fa75fd2057a4",
        eventId="evt_01a2179b-29d1-7189-9c28-39224b6f9e17",
        reason="no seat",
    )
    lines = drawn(views.listing(AuditList((long,), 1), width), width)
    for word in ("dina.permatasari@shema.test", "dlq.discard.begun", "fa75fd2057a4", "no seat"):
        assert any(word in line for line in lines) or width < len(word) + 24, word
    assert all(len(line) <= width for line in lines)
