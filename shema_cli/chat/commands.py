"""`shema chat …`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import SESSIONS, Argument, For, Grep, IdleExit, Messages, Raw, Since
from shema_cli.context import AppContext
from shema_cli.errors import ExitCode

if TYPE_CHECKING:
    from shema_cli.events import views
else:
    views = Later("shema_cli.events.views")

group = new_group("chat", see_also=("events tail", "help events"))


@command(
    group,
    "tail",
    access=Access.READ,
    examples=(
        Example("All conversations", "shema chat tail", needs="endless"),
        Example("All of the last hour first", "shema chat tail --since 1h", needs="endless"),
        Example("One of them", "shema chat tail chat-0001", needs="endless"),
        Example(
            "Wait for one question about prices, then end",
            "shema chat tail --grep price --limit 1",
            needs="endless",
        ),
    ),
    exits={0: "the limit or the time was reached"},
    see_also=("events tail",),
)
def tail(
    app: AppContext,
    sessions: Annotated[
        list[str] | None, Argument("[SESSION]...", completes=SESSIONS, help="Chat sessions; all if none.")
    ] = None,
    grep: Grep = None,
    since: Since = None,
    limit: Messages = None,
    for_: For = None,
    idle_exit: IdleExit = None,
    raw: Raw = False,
) -> ExitCode:
    """Watch the conversations: who says what."""
    from shema_cli.clock import parse_optional_duration, parse_optional_moment
    from shema_cli.events import tail as work
    from shema_cli.events.filters import build_filter
    from shema_cli.events.printer import StdoutPrinter
    from shema_cli.people.shown import NamesAside

    options = work.TailOptions(
        patterns=work.session_patterns(sessions or []),
        filter=build_filter(grep=grep),
        limit=limit,
        duration=parse_optional_duration(for_, "--for"),
        idle=parse_optional_duration(idle_exit, "--idle-exit"),
        raw=raw,
        as_chat=True,
        since=parse_optional_moment(since, "--since", app.clock.now()),
    )
    printer = StdoutPrinter(app.output, options, views.chat_lines, NamesAside(app.names, app.clock))
    return work.tail(app.store, options, printer, clock=app.clock, still_admin=app.still_admin)
