"""The text of `--help`, written into the formatter that typer hands over, from what was declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from shema_cli.cli.declare import Declaration, Example
from shema_cli.cli.options import COMMON
from shema_cli.cli.tree import access_of, first_sentence, parameters_of
from shema_cli.errors import ExitCode

ACCESS_LINES = {
    "open": "Anybody may run it.",
    "read": "Needs a signed-in admin.",
    "change": "Needs a signed-in admin, whom Firebase is asked about at that moment (not with --dry-run).",
    "varies": "Needs a signed-in admin; what changes something also asks Firebase at that moment.",
}
MEANING: Mapping[int, str] = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "failed, partial, degraded, unhealthy or not found",
    ExitCode.USAGE: "the command line or a setting is wrong",
    ExitCode.UNREACHABLE: "something that is needed could not be reached or timed out",
    ExitCode.DENIED: "not signed in, not an admin, or the session has ended",
    ExitCode.REFUSED: "refused by a guard or not confirmed; nothing was changed",
    ExitCode.INTERRUPTED: "interrupted",
}


def exit_codes(access: str, own: Mapping[int, str]) -> dict[int, str]:
    """Code → meaning, in order: from what a command asks of its user, and what it declares itself (empty: never)."""
    codes = {ExitCode.DONE, ExitCode.FAILED, ExitCode.USAGE, ExitCode.INTERRUPTED}
    if access != "open":
        codes |= {ExitCode.UNREACHABLE, ExitCode.DENIED}
    if access in ("change", "varies"):
        codes.add(ExitCode.REFUSED)
    told = {int(code): own.get(code, MEANING[code]) for code in sorted({*codes, *own})}
    return {code: meaning for code, meaning in told.items() if meaning}


class HelpFormatter(Protocol):
    """What typer writes a help with; its own class is private."""

    width: int
    current_indent: int

    def write(self, string: str) -> None: ...
    def write_text(self, text: str) -> None: ...
    def write_paragraph(self) -> None: ...
    def write_dl(self, rows: list[tuple[str, str]], col_max: int) -> None: ...
    def section(self, name: str) -> AbstractContextManager[None]: ...


def write_options(command: Any, ctx: Any, formatter: HelpFormatter) -> None:
    """Arguments, then the options by heading, the common ones last."""
    headings: dict[str, list[tuple[str, str]]] = {"Arguments": []}
    for parameter in parameters_of(command, ctx):
        headings.setdefault(parameter.heading, []).append((parameter.declaration, parameter.about))
    common = headings.pop(COMMON, [])
    for title, rows in headings.items():
        _section(formatter, title, rows)
    _section(formatter, COMMON if any(headings.values()) else "Options", common)


def write_commands(group: Any, formatter: HelpFormatter) -> None:
    """The commands of a group under their sections, each with the whole of its sentence."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for name, command in group.commands.items():
        title = getattr(command, "section", "") or "Commands"
        sections.setdefault(title, []).append((name, first_sentence(command.help or "")))
    widest = max((len(name) for rows in sections.values() for name, _ in rows), default=0)
    for title, rows in sections.items():
        _section(formatter, title, [(name.ljust(widest), help) for name, help in rows])


def write_page(command: Any, formatter: HelpFormatter) -> None:
    """Examples, who may run it, exit codes, see also."""
    declaration: Declaration | None = getattr(command, "declaration", None)
    told = declaration or command
    _write_examples(formatter, told.examples)
    if declaration:
        access = access_of(declaration)
        formatter.write_paragraph()
        formatter.write_text(ACCESS_LINES[access])
        codes = exit_codes(access, declaration.exits)
        _section(formatter, "Exit codes", [(str(code), meaning) for code, meaning in codes.items()])
    if told.see_also:
        formatter.write_paragraph()
        formatter.write_text("See also: " + ", ".join(f"`shema {other}`" for other in told.see_also))


def _write_examples(formatter: HelpFormatter, examples: Iterable[Example]) -> None:
    if not examples:
        return
    with formatter.section("Examples"):
        for example in examples:
            formatter.write_text(example.about)
            formatter.write(f"{'':>{formatter.current_indent}}  $ {example.line}\n")


def _section(formatter: HelpFormatter, title: str, rows: Iterable[tuple[str, str]]) -> None:
    rows = list(rows)
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows, col_max=max(12, min(30, formatter.width // 3)))
