"""`shema chat …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shema_cli.cli.declare import Access, command, new_group
from shema_cli.context import AppContext
from shema_cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shema_cli.events.printer import MessageLines, NoticeLine

group = new_group("chat")


@command(group, "tail", access=Access.READ)
def tail(
    app: AppContext,
    sessions: Annotated[
        list[str] | None, typer.Argument(help="Chat sessions; all if none.", metavar="[SESSION]...")
    ] = None,
    grep: Annotated[str | None, typer.Option(help="Only payloads that this matches.", metavar="REGEX")] = None,
    limit: Annotated[int | None, typer.Option(help="Stop after so many messages.", min=1)] = None,
    for_: Annotated[str | None, typer.Option("--for", help="Stop after this time.", metavar="DURATION")] = None,
    idle_exit: Annotated[
        str | None, typer.Option(help="Stop when nothing was said for so long.", metavar="DURATION")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the messages' bytes as they came.")] = False,
) -> ExitCode:
    """Watch the conversations: who says what."""
    from shema_cli.durations import parse_optional_duration
    from shema_cli.events import tail as work
    from shema_cli.events.filters import build_filter
    from shema_cli.events.printer import StdoutPrinter

    options = work.TailOptions(
        patterns=work.session_patterns(sessions or []),
        filter=build_filter(grep=grep),
        limit=limit,
        duration=parse_optional_duration(for_, "--for"),
        idle=parse_optional_duration(idle_exit, "--idle-exit"),
        raw=raw,
        as_chat=True,
    )
    printer = StdoutPrinter(app.output, options, _lines)
    return work.tail(app.store, options, printer, clock=app.clock, still_admin=app.still_admin)


def _lines(record: MessageLines | NoticeLine, width: int) -> RenderableType:
    from shema_cli.events.views import chat_lines

    return chat_lines(record, width)
