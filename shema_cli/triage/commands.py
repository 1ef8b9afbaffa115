"""`shema dlq triage`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import WHICH, Canary, Option, Verify
from shema_cli.context import AppContext
from shema_cli.dlq.options import LetterFilters
from shema_cli.errors import Refused

if TYPE_CHECKING:
    from shema_cli.dlq.letters.selection import Filters
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.triage import views
    from shema_cli.triage.acts import Commands
    from shema_cli.triage.results import Triaged
    from shema_cli.triage.screen import Place
else:
    views = Later("shema_cli.triage.views")

group = new_group("dlq")
PATH = "dlq triage"
FIRST, WATCHED = 5, "30"


@command(
    group,
    "triage",
    access=Access.READ,
    view=views.triaged,
    examples=(
        Example("Family after family, the worst first", "shema dlq triage", needs="terminal"),
        Example(
            "Only approvals of the last two days",
            "shema dlq triage --type enrollment.approved --since 2d",
            needs="terminal",
        ),
        Example(
            "Three first, and watch them for a minute", "shema dlq triage --canary 3 --verify 60", needs="terminal"
        ),
    ),
    exits={
        0: "whatever was done has worked, or nothing was",
        1: "some of what was done has not worked, or came back",
        2: "there is no terminal",
        5: "nothing that was tried was done: nobody hears, or the replay limit is reached",
    },
    see_also=("dlq stats", "dlq replay", "dlq discard", "status"),
)
def triage(
    app: AppContext,
    filters: LetterFilters,
    *,
    acknowledged: Annotated[
        bool, Option("--acknowledged", heading=WHICH, help="Acknowledged families too, at the end.")
    ] = False,
    canary: Canary = FIRST,
    verify: Verify = WATCHED,
) -> Triaged:
    """Go through the families of dead letters, worst first; replay, edit, acknowledge or discard each by a key."""
    from shema_cli.app import declared
    from shema_cli.cli.typed import typed
    from shema_cli.clock import iso, parse_duration
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.output.desk import need_live_terminal
    from shema_cli.triage.acts import Acts
    from shema_cli.triage.triage import Triager

    canary, verify = canary or FIRST, verify or WATCHED
    parse_duration(verify, "--verify")
    need_live_terminal(app.output, "a triage", "shema dlq stats")
    store = DeadLetters(app.store)
    parsed = filters.parsed(lambda: store, app.clock, app.person)
    since, until = (iso(moment) if moment else None for moment in (parsed.since, parsed.until))
    chosen = filters._replace(fingerprint=parsed.fingerprint, since=since, until=until)._asdict()
    acts = Acts(_commands(app), store, app.person, parsed, chosen, canary, verify)
    asked = {**filters._asdict(), "acknowledged": acknowledged, "canary": canary, "verify": verify}
    again = typed(declared(PATH), PATH, asked)
    place = _place(app, store, parsed, known=acknowledged)
    return Triager(place, acts, app.person, _why_not(app), again).triage()


def _commands(app: AppContext) -> Commands:
    from shema_cli.app import declared
    from shema_cli.cli.declare import carry_out
    from shema_cli.cli.typed import typed
    from shema_cli.triage.acts import Commands

    return Commands(
        run=lambda path, given: carry_out(app, declared(path), path, given),
        typed=lambda path, given: typed(declared(path), path, given),
    )


def _place(app: AppContext, store: DeadLetters, filters: Filters, *, known: bool) -> Place:
    from shema_cli.dlq.families.last_look import LastLook
    from shema_cli.dlq.glance import names_of
    from shema_cli.triage.screen import Place

    last_look, now = LastLook(app.state, app.target, app.admin.uid if app.admin else ""), app.clock.now()
    return Place(
        store=store,
        filters=filters,
        clock=app.clock,
        names=app.names,
        services=app.services,
        words={name: names_of(name, urls) for name, urls in app.settings.service_urls().items()},
        still_admin=app.still_admin,
        output=app.output,
        draw=views.triage,
        target=app.target.words,
        known=known,
        since=last_look.since(now),
        looked=lambda: last_look.keep(app.clock.now()),
    )


def _why_not(app: AppContext) -> str | None:
    """Why nothing may be changed here."""
    try:
        app.target.refuse_change(allow_mixed=False)
    except Refused as refused:
        return refused.message
    return None
