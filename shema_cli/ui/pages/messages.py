"""Dead letters: the families of their errors, the entries of one, and each of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shema_cli.clock import age
from shema_cli.dlq.families.results import ErrorFamily
from shema_cli.dlq.results import EntryListing, Stats
from shema_cli.dlq.results import Row as Letter
from shema_cli.moments import read_moment
from shema_cli.results import counted
from shema_cli.shell import quoted
from shema_cli.ui.lines import Words
from shema_cli.ui.listing import Cell, Column, Row
from shema_cli.ui.page import Action, Page, Sheet, arguments, ids, trace, with_options
from shema_cli.ui.pages import moments, plans

MOST = 1000
CANARY = "5"
INVALID = "invalid"
LIMIT = "--limit"
ENTRY = (
    Column("ENTRY", 12),
    Column("TYPE", 22, least=12),
    Column("ABOUT", 20, grows=True),
    Column("ERROR", 24, grows=True, wide=True),
    Column("AGE", 6, right=True),
    Column("REPLAYS", 7, right=True),
)
_STATES = {"returned": "fail", "expired": "warn"}


def families(now: datetime, options: Words = ()) -> Page:
    """What fails, and how often. `options` say which entries: what is done with a family is done with those alone."""
    which = _which(options)
    return Page(
        name="dlq",
        title=" ".join(("dlq", quoted(*options))) if options else "dead letters",
        words=("dlq", "stats", *options),
        columns=(
            Column("FAMILY", 12),
            Column("ENTRIES", 8, right=True),
            Column("STATE", 8),
            Column("ERROR", 30, grows=True),
            replace(moments.column("LAST", moments.DAY_AND_TIME, now), wide=True),
        ),
        rows=_families,
        said=_said_of_all,
        exports=lambda path, rows: _export_families(path, rows, which),
        opens=lambda row: entries(row.id, which),
        actions=(
            Action("R", "replay", lambda rows: _replay_family(rows[0].id, which), tried=True, one=True),
            Action("a", "acknowledge", lambda rows: _acknowledge("ack", rows[0].id), one=True),
            Action(
                "D", "discard", lambda rows: ("dlq", "discard", *_of_family(rows[0].id), *which), tried=True, one=True
            ),
            Action("o", "one by one", lambda _: ("dlq", "triage"), outside=True, of_all=True),
            Action("A", "take it back", lambda rows: _acknowledge("unack", rows[0].id), one=True),
        ),
    )


def _of_family(fingerprint: str) -> Words:
    return (f"--{INVALID}",) if fingerprint == INVALID else ("--fingerprint", fingerprint)


def _which(options: Words) -> Words:
    """Those that choose entries: how many families are shown chooses none."""
    if LIMIT in options:
        at = options.index(LIMIT)
        return (*options[:at], *options[at + 2 :])
    return tuple(word for word in options if not word.startswith(f"{LIMIT}="))


def _replay_family(family: str, which: Words) -> Words | None:
    return None if family == INVALID else ("dlq", "replay", *_of_family(family), *which, "--canary", CANARY)


def _acknowledge(how: str, family: str) -> Words | None:
    return None if family == INVALID else ("dlq", how, family)


def _families(found: Stats) -> list[Row]:
    """Those that cannot be replayed last: they are of no family."""
    return [*map(_family, found.by_error), *([_invalid(found.invalid)] if found.invalid else [])]


def _invalid(count: int) -> Row:
    told = (Cell("-", "quiet"), Cell("cannot be replayed, whatever their error", "quiet"), Cell("-", rank=0.0))
    return Row(INVALID, (Cell(INVALID, "fail"), Cell(f"{count:,}", rank=float(count)), *told))


def _family(one: ErrorFamily) -> Row:
    cells = (
        Cell(one.fingerprint),
        Cell(f"{one.count:,}", rank=float(one.count)),
        Cell(one.state or "-", _STATES.get(one.state or "", "quiet")),
        Cell(one.example or "(no error told)", "" if one.example else "quiet"),
        moments.cell(read_moment(one.last), moments.DAY_AND_TIME),
    )
    return Row(one.fingerprint, cells)


def _said_of_all(found: Stats) -> str:
    if not found.total:
        return "no dead letters"
    unreadable = f" · {found.invalid:,} that cannot be replayed" if found.invalid else ""
    return f"{counted(found.total, 'entry', 'entries')}{unreadable}"


def entries(fingerprint: str, which: Words = ()) -> Page:
    """The entries of one family, the newest first; `which` are filters besides."""
    return Page(
        name="dlq entries",
        title=" ".join(filter(None, (f"dead letters · {fingerprint}", quoted(*which)))),
        words=("dlq", "list", *_of_family(fingerprint), *which, LIMIT, str(MOST)),
        columns=ENTRY,
        rows=lambda result: [_entry(result, one) for one in result.rows],
        said=_said_of_entries,
        exports=lambda path, rows: _export(
            path, () if rows else (*_of_family(fingerprint), *which), tuple(row.id for row in rows)
        ),
        opens=letter,
        actions=ON_ENTRIES,
    )


def _export_families(path: str, rows: Sequence[Row], which: Words) -> Words | None:
    """One, or all of them: a line takes no two fingerprints."""
    if len(rows) > 1:
        return None
    return _export(path, (*(_of_family(rows[0].id) if rows else ()), *which))


def _export(path: str, which: Words, some: Words = ()) -> Words:
    return ("dlq", "export", *which, *arguments((path, *some)))


def _said_of_entries(found: EntryListing) -> str:
    shown = len(found.rows)
    return f"{shown:,} of {found.total:,}" if shown < found.total else counted(shown, "entry", "entries")


def _entry(listed: EntryListing, one: Letter) -> Row:
    entry, about = one.entry, listed.about(one)
    whom = " · ".join(filter(None, about.cells()))
    cells = (
        Cell(entry.id[:12]),
        Cell(entry.event_type or "(invalid)", "" if entry.valid else "fail"),
        Cell(whom or "-", "" if whom else "quiet"),
        Cell(entry.error or "-"),
        Cell(age(one.age_s) or "-", rank=one.age_s if one.age_s is not None else -1.0),
        Cell(f"{one.replays}", "warn" if one.replays else "", float(one.replays)),
    )
    return Row(entry.id, cells, entry.event_id or "", holds=one)


def _replay(rows: Sequence[Row]) -> Words:
    """A canary where there is something left that it may save."""
    canary = ("--canary", CANARY) if len(rows) > int(CANARY) else ()
    return with_options(("dlq", "replay", *ids(rows)), *canary)


def letter(row: Row) -> Sheet:
    """The entry whose id the row has, whole."""
    return Sheet(row.id, ("dlq", "show", *ids([row])), row, ON_ENTRIES)


ON_ENTRIES = (
    Action("R", "replay", _replay, tried=True, plan=plans.letters(ENTRY, "replay")),
    Action("e", "edit", lambda rows: ("dlq", "replay", *ids(rows), "--edit"), outside=True, one=True),
    Action("D", "discard", lambda rows: ("dlq", "discard", *ids(rows)), plan=plans.letters(ENTRY, "discard")),
    Action("t", "story", lambda rows: trace(rows[0].about), reads=True, one=True),
)
