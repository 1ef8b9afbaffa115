"""The audit trail on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.audit import words
from shema_cli.audit.results import AuditList, AuditRecord, Verification
from shema_cli.clock import TO_THE_MINUTE, TO_THE_SECOND
from shema_cli.output.tables import NARROW, named, new_table, text, when
from shema_cli.people.results import Named
from shema_cli.store.chain import EMULATOR, AuditEntry

WIDE = 110
FOR_SECONDS = 130
FOR_A_TABLE = 72  # with fewer columns the time and its offset leave none for who did what
FOR_TO_AND_WHY = 20
_GAP = 3


def listing(result: AuditList | AuditRecord, width: int) -> RenderableType:
    if isinstance(result, AuditRecord):
        return _line(result) if width >= NARROW else Group(*_stacked(result.entry, result.about))
    form = TO_THE_SECOND if width >= FOR_SECONDS else TO_THE_MINUTE
    room = width - _taken(result.entries, form)
    if width < FOR_A_TABLE or room < FOR_TO_AND_WHY:
        return Group(*(line for entry in result.entries for line in _stacked(entry, result.about(entry))))
    table = new_table("at", "who", "did", "to")
    for column in table.columns[:3]:
        column.no_wrap = True
    longest = max((len(words.events(entry)) for entry in result.entries), default=0)
    events = longest > 0 and width >= WIDE and room - longest - _GAP >= FOR_TO_AND_WHY
    reasons = any(entry.text("reason") for entry in result.entries)
    if events:
        table.add_column("event", no_wrap=True)
    if reasons:
        table.add_column("why", overflow="fold")
    for entry in result.entries:
        told = words.count(entry) if events else words.target(entry)
        row = [when(entry.text("at"), form), _who(entry), text(entry.text("action")), _to(told, result.about(entry))]
        row += [text(words.events(entry))] if events else []
        table.add_row(*row, *([_why(entry)] if reasons else []))
    return table


def _taken(entries: Iterable[AuditEntry], form: str) -> int:
    """The columns that when, who and what need side by side, none of which is broken."""
    cells = [(when(entry.text("at"), form), _who(entry), text(entry.text("action"))) for entry in entries]
    return sum(max(cell.cell_len for cell in column) + _GAP for column in zip(*cells, strict=True))


def verification(result: Verification, width: int) -> RenderableType:
    if result.ok and not result.checked:
        return Text("There is no trail.")
    if result.ok:
        return Text("The audit trail is whole: nothing removed, changed or forged.", style="green")
    lines = [Text.assemble((p.entry, "bold"), "  ", text(p.problem, "red")) for p in result.problems]
    return Group(*lines)


def _to(told: str, about: Named) -> Text:
    """To what it was done, and whom that is about."""
    to = named(about.student_name, told)
    return to.append(" · ", "dim").append_text(text(about.course_title)) if about.course_title else to


def _stacked(entry: AuditEntry, about: Named) -> list[Text]:
    change = Text.assemble(text(entry.text("action"), "bold"), " ", _to(words.target(entry), about))
    lines = [Text.assemble(when(entry.text("at")), "  ", _who(entry)), Text.assemble("  ", change)]
    return [*lines, Text.assemble("  ", _why(entry))] if entry.text("reason") else lines


def _line(record: AuditRecord) -> Text:
    entry = record.entry
    change = Text.assemble(text(entry.text("action"), "bold"), " ", _to(words.target(entry), record.about))
    line = Text.assemble(when(entry.text("at")), "  ", _who(entry), "  ", change)
    return Text.assemble(line, "  ", _why(entry)) if entry.text("reason") else line


def _who(entry: AuditEntry) -> Text:
    who = text(entry.who)
    return who.append(" EMULATOR", style="yellow") if entry.text(EMULATOR) else who


def _why(entry: AuditEntry) -> Text:
    return text(entry.text("reason"))
