"""The text of `--help`, written into the formatter that the command line library hands over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shema_cli.help.exits import exit_codes
from shema_cli.help.option_groups import COMMON, group_of, with_placeholder
from shema_cli.help.pages import Page, page_of

ACCESS_LINES = {
    "open": "Anybody may run it.",
    "read": "Needs a signed-in admin.",
    "change": "Needs a signed-in admin, whom Firebase is asked about at that moment (not with --dry-run).",
    "varies": "Needs a signed-in admin; what changes something also asks Firebase at that moment.",
}


def command_path(ctx: Any) -> str:
    """The words after `shema`."""
    return str(ctx.command_path).partition(" ")[2]


def access_of(command: Any) -> str:
    """`open`, `read`, `change`, or `varies` when the arguments decide."""
    declaration = getattr(command.callback, "declaration", None)
    if declaration is None:
        return "open"
    return str(declaration.access) if isinstance(declaration.access, str) else "varies"


def write_options(command: Any, ctx: Any, formatter: Any) -> None:
    """Arguments, then the options by group, the common ones last."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None:
            title = "Arguments" if param.param_type_name == "argument" else group_of(param)
            groups.setdefault(title, []).append((with_placeholder(param, record[0]), record[1]))
    common = groups.pop(COMMON, [])
    for title in ("Arguments", *(t for t in groups if t != "Arguments")):
        _section(formatter, title, groups.get(title, ()))
    _section(formatter, COMMON if groups else "Options", common)


def write_commands(group: Any, ctx: Any, formatter: Any) -> None:
    """The commands of a group under their sections, each with the whole of its sentence."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if command is not None and not command.hidden:
            title = getattr(command, "section", "") or "Commands"
            sections.setdefault(title, []).append((name, first_sentence(command.help or "")))
    widest = max((len(name) for rows in sections.values() for name, _ in rows), default=0)
    for title, rows in sections.items():
        _section(formatter, title, [(name.ljust(widest), help) for name, help in rows])


def write_page(command: Any, ctx: Any, formatter: Any) -> None:
    """Examples, who may run it, exit codes, see also."""
    path = command_path(ctx)
    page = page_of(path)
    _write_examples(formatter, page)
    if command.callback is not None and hasattr(command.callback, "declaration"):
        access = access_of(command)
        formatter.write_paragraph()
        formatter.write_text(ACCESS_LINES[access])
        codes = exit_codes(access, page.exits)
        _section(formatter, "Exit codes", [(str(code), meaning) for code, meaning in codes.items()])
    if page.see_also:
        formatter.write_paragraph()
        formatter.write_text("See also: " + ", ".join(f"`shema {other}`" for other in page.see_also))


def _write_examples(formatter: Any, page: Page) -> None:
    if not page.examples:
        return
    with formatter.section("Examples"):
        for example in page.examples:
            formatter.write_text(example.about)
            formatter.write(f"{'':>{formatter.current_indent}}  $ {example.line}\n")


def first_sentence(text: str) -> str:
    """The first sentence of a help text, on one line."""
    paragraph = " ".join(text.strip().split("\n\n", 1)[0].split())
    head, dot, _ = paragraph.partition(". ")
    return head + "." if dot else paragraph


def _section(formatter: Any, title: str, rows: Iterable[tuple[str, str]]) -> None:
    rows = list(rows)
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows, col_max=max(12, min(30, formatter.width // 3)))
