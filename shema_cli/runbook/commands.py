"""`shema runbook [CASE]`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import Argument, Option, words
from shema_cli.context import AppContext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shema_cli.condition.problems import Problem
    from shema_cli.runbook import views
    from shema_cli.runbook.results import Screen
else:
    views = Later("shema_cli.runbook.views")

group = new_group("runbook")


def _cases() -> str:
    from shema_cli.cases.book import NAMED

    return words(*NAMED)


@command(
    group,
    "runbook",
    access=Access.OPEN,
    view=views.screen,
    examples=(
        Example("What is wrong, and the steps against it", "shema runbook", needs="terminal"),
        Example("One case, step by step", "shema runbook dead-letters", needs="terminal"),
        Example("Its commands, filled in with what was seen", "shema runbook service-down --print"),
        Example(
            "Which cases fit, for a script", "shema runbook --json | jq '.cases[] | select(.fits != [])'", needs="jq"
        ),
    ),
    exits={
        0: "it was shown, or gone through; how its commands ended does not count",
        1: "",
        2: "there is no such case, or a setting is wrong",
    },
    see_also=("status", "doctor", "sandbox drill"),
)
def runbook(
    app: AppContext,
    case: Annotated[
        str | None,
        Argument("[CASE]", completes=_cases, help="A case by its name; those that fit come first when none is given."),
    ] = None,
    step: Annotated[
        int, Option("--step", value="N", min=1, help="At a terminal, begin with this step of the case.")
    ] = 1,
    print_only: Annotated[
        bool, Option("--print", help="Print it with its commands filled in, and run nothing.")
    ] = False,
) -> Screen | None:
    """Go through what is to be done about what is wrong, step by step: each shows its command and runs it at Enter.

    It looks as `shema status` does, for five seconds at most. Off a terminal it prints, and runs nothing.
    """
    from shema_cli.cases.book import fitting
    from shema_cli.cli.typed import before_the_name
    from shema_cli.output.terminal import screen_size
    from shema_cli.runbook.guide import Guide, read_once, require_case
    from shema_cli.runbook.results import CaseList, CaseText
    from shema_cli.runbook.run import Shema

    chosen = require_case(case, step)
    started = Shema(before_the_name(app.options), app.options.output)
    plays = app.output.drawn and app.person.can_be_asked and not print_only
    if plays and read_once(app.options.env_file):
        plays = False
        app.output.warn("--env-file can be read once only, and so by no command of a step: nothing is run")
    problems = _look(app)
    fits = fitting(problems)
    if not plays:
        found = next((fit for fit in fits if fit.case is chosen), None)
        return CaseText(found, started) if found else CaseList(fits, problems)
    _, lines = screen_size()
    guide = Guide(
        app.person,
        show=lambda screen: app.output.draw(views.screen(screen, app.output.streams.width)),
        shema=started,
        look=lambda: _look(app),
        height=lines,
    )
    guide.go(fits, problems, chosen, step - 1)
    return None


def _look(app: AppContext) -> Sequence[Problem]:
    """As `status` does, if its admin may; with a new connection and the session as it is now."""
    import asyncio

    from shema_cli.condition.judge import judge
    from shema_cli.errors import ShemaError
    from shema_cli.runbook.guide import not_let_in
    from shema_cli.status.look import Sight, look

    world = app.beside("runbook")
    try:
        world.admin = world.gate.authorize(changes=False)
        world.output.passing("looking …")
        sight = Sight(
            world.settings,
            world.clock,
            world.target,
            lambda: world.store,
            world.services,
            lambda: world.trail_memory,
            world.admin,
        )
        return judge(asyncio.run(look(sight)))
    except ShemaError as error:
        return (not_let_in(error, project_is_set=world.settings.get("FIREBASE_PROJECT_ID") is not None),)
    finally:
        world.output.passing("")
        world.close()
