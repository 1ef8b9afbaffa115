"""The audit trail on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.audit import words
from shema_cli.audit.results import AuditList, AuditRecord, Verification
from shema_cli.clock import TO_THE_MINUTE, TO_THE_SECOND
from shema_cli.output.tables import NARROW, new_table, text, when
from shema_cli.store.chain import EMULATOR, AuditEntry

WIDE = 110
FOR_SECONDS = 130
FOR_A_TABLE = 72  # with fewer columns the time and its offset leave none for who did what


def listing(result: AuditList | AuditRecord, width: int) -> RenderableType:
    if isinstance(result, AuditRecord):
        return _line(result.entry) if width >= NARROW else Group(*_stacked(result.entry))
    if width < FOR_A_TABLE:
        return Group(*(line for entry in result.entries for line in _stacked(entry)))
    table = new_table("at", "who", "did", "to")
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    events = width >= WIDE and any(map(words.events, result.entries))
    reasons = any(entry.text("reason") for entry in result.entries)
    if events:
        table.add_column("event", no_wrap=True)
    if reasons:
        table.add_column("why", overflow="fold")
    for entry in result.entries:
        at = when(entry.text("at"), TO_THE_SECOND if width >= FOR_SECONDS else TO_THE_MINUTE)
        told = words.count(entry) if events else words.target(entry)
        row = [at, _who(entry), text(entry.text("action")), text(told)]
        row += [text(words.events(entry))] if events else []
        table.add_row(*row, *([_why(entry)] if reasons else []))
    return table


def verification(result: Verification, width: int) -> RenderableType:
    if result.ok and not result.checked:
        return Text(f"{result.headline[0].upper()}{result.headline[1:]}.")
    if result.ok:
        return Text("The audit trail is whole: nothing removed, changed or forged.", style="green")
    lines = [Text.assemble((p.entry, "bold"), "  ", text(p.problem, "red")) for p in result.problems]
    return Group(*lines)


def _stacked(entry: AuditEntry) -> list[Text]:
    change = Text.assemble(text(entry.text("action"), "bold"), " ", text(words.target(entry)))
    lines = [Text.assemble(when(entry.text("at")), "  ", _who(entry)), Text.assemble("  ", change)]
    return [*lines, Text.assemble("  ", _why(entry))] if entry.text("reason") else lines


def _line(entry: AuditEntry) -> Text:
    change = Text.assemble(text(entry.text("action"), "bold"), " ", text(words.target(entry)))
    line = Text.assemble(when(entry.text("at")), "  ", _who(entry), "  ", change)
    return Text.assemble(line, "  ", _why(entry)) if entry.text("reason") else line


def _who(entry: AuditEntry) -> Text:
    who = text(entry.who)
    return who.append(" EMULATOR", style="yellow") if entry.text(EMULATOR) else who


def _why(entry: AuditEntry) -> Text:
    return text(entry.text("reason"))
