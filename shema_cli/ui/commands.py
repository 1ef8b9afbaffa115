"""`shema ui`"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, NoReturn

from shema_cli.cli.declare import Access, Example, command, new_group
from shema_cli.cli.options import Argument
from shema_cli.context import AppContext
from shema_cli.errors import ExitCode, InvalidUsage, NotConfigured, ShemaError

group = new_group("ui")
SEEN = "console"
FIRST_TIME = "first time here? press ? for the keys"
COLLECT_AFTER = (5_000, 10, 5)
SWITCH_INTERVAL_S = 0.001


@command(
    group,
    "ui",
    access=Access.READ,
    examples=(
        Example("The whole job on one screen", "shema ui", needs="terminal"),
        Example("Begin with the dead letters", "shema ui dlq", needs="terminal"),
        Example("Events of one course, live", "shema ui events -- --where courseId=crs-08", needs="terminal"),
    ),
    exits={0: "you left it", 2: "there is no terminal for it, or its extra is not installed", 4: "the session ended"},
    see_also=("status", "dashboard", "enrollments review", "dlq replay"),
)
def ui(
    app: AppContext,
    page: Annotated[str | None, Argument("[PAGE]", help="Where to begin; home when not given.")] = None,
    options: Annotated[
        list[str] | None,
        Argument("[-- OPTION...]", help="What the page's command takes: which events, which enrollments."),
    ] = None,
) -> int:
    """Work on one screen: what is wrong, who waits, what failed; deciding there asks what the commands ask."""
    _need_terminal(app)
    _need_extra()
    from shema_cli.cli.typed import before_the_name
    from shema_cli.interrupts import end_by
    from shema_cli.runbook.run import Shema
    from shema_cli.ui.app import AnotherProfile, Console
    from shema_cli.ui.lines import Desk
    from shema_cli.ui.places import HOME
    from shema_cli.ui.typed import TypedLines

    begin = _beginning(app, page or HOME, options or [])
    colour = app.settings.profile_options.get("color")
    desk = Desk(app)
    console = Console(
        desk,
        app.target,
        colour if isinstance(colour, str) else None,
        app.clock,
        begin=begin,
        typed=TypedLines(app.state),
        profiles=sorted(app.settings.profiles),
        shema=Shema(before_the_name(app.options)),
    )
    if _is_the_first_time(app):
        console.say(FIRST_TIME)
    stay_all_day()
    ended = console.run(mouse=True)
    desk.close()
    if console.ended_by is not None:
        end_by(console.ended_by)
    if isinstance(ended, AnotherProfile):
        _begin_anew(app, ended.name)
    elif ended is not None:
        raise ended
    return ExitCode.DONE


def _beginning(app: AppContext, page: str, options: Sequence[str]) -> str:
    """As it would be typed behind `:`. Raises InvalidUsage where that leads nowhere."""
    from shema_cli.shell import quoted
    from shema_cli.ui.places import HOME, PLACES, page_of

    begin = " ".join(filter(None, (page, quoted(*options))))
    try:
        page_of(begin, app.clock.now())
    except KeyError:
        raise InvalidUsage("no_page", f"there is no page {page!r}", f"one of {', '.join((HOME, *PLACES))}") from None
    return begin


def stay_all_day() -> None:
    """The interpreter as this process needs it, not as a short command does.

    A screen that is left is a circle of objects, so the collector has to come by; what is loaded stays, and need not be
    looked through each time. Keys must not wait for long behind lines that read a great deal.
    """
    import gc
    import sys

    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def _is_the_first_time(app: AppContext) -> bool:
    """Whether nobody has sat here before, as far as this machine remembers."""
    try:
        if app.state.read(SEEN) is not None:
            return False
        app.state.write(SEEN, b"")
    except (ShemaError, OSError):
        return False
    return True


def _begin_anew(app: AppContext, profile: str) -> NoReturn:
    """Become the console of another profile."""
    from shema_cli.cli.typed import before_the_name
    from shema_cli.runbook.run import Shema

    anew = Shema(before_the_name(replace(app.options, profile=profile)))
    app.close()
    program, *arguments = anew.command(("ui",))
    os.execv(program, [program, *arguments])  # noqa: S606 - this very program


def _need_terminal(app: AppContext) -> None:
    """Raises InvalidUsage where nothing may move, or nobody can press a key."""
    streams = app.output.streams
    if app.output.drawn and streams.stdin_is_terminal and streams.animates(streams.stdout):
        return
    raise InvalidUsage(
        "no_terminal",
        "the console needs a terminal on which something may move",
        "shema status, shema dashboard --watch",
    )


def _need_extra() -> None:
    from importlib.util import find_spec

    if find_spec("textual") is None:
        raise NotConfigured("no_console", "the console is not installed here", "pip install 'shema-cli[ui]'")
