"""`shema events resend`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from shema_cli.cli.declare import Access, Example, Later, command, new_group
from shema_cli.cli.options import (
    SAFETY,
    SERVICES,
    WHICH,
    Argument,
    DryRun,
    IdsFile,
    MissedChannels,
    Option,
    Since,
    Until,
    Yes,
)
from shema_cli.context import AppContext
from shema_cli.dlq.options import Republishing
from shema_cli.errors import InvalidUsage

if TYPE_CHECKING:
    from shema_cli.dlq import views
    from shema_cli.resend.resend import Selection
    from shema_cli.resend.results import ResendResult
else:
    views = Later("shema_cli.dlq.views")

group = new_group("events")
EVENT = "evt_00000000-0000-7000-8000-000000000008"


class AskedMessages(NamedTuple):
    """Which messages of the history, as it was typed."""

    ids: Annotated[
        list[str] | None, Argument("[ID]...", help="Ids of the history (shema events history), or eventIds.")
    ] = None
    ids_file: IdsFile = None
    missed_by: Annotated[
        str | None,
        Option(
            "--missed-by",
            value="SERVICE",
            heading=WHICH,
            completes=SERVICES,
            help="What this service missed (shema events missed).",
        ),
    ] = None
    since: Since = None
    until: Until = None
    channels: MissedChannels = None

    def selection(self, app: AppContext) -> Selection:
        """Warns of what cannot be known. Raises InvalidUsage for what makes no sense together, NotFound where nothing
        was ever recorded, and as `missed` does."""
        from shema_cli.resend.selection import choose, chosen

        if self.missed_by is None:
            if self.since or self.until or self.channels:
                raise InvalidUsage("bad_selection", "--since, --until and --channel go with --missed-by SERVICE")
            return choose(app.store, app.clock, chosen(self.ids or (), self.ids_file, app.output.streams.stdin))
        if self.ids or self.ids_file:
            hint = "leave one of them out"
            raise InvalidUsage("bad_selection", "ids and --missed-by cannot be given together", hint)
        return self._missed(app, self.missed_by)

    def _missed(self, app: AppContext, service: str) -> Selection:
        from shema_cli.clock import parse_optional_moment
        from shema_cli.events.history.missed import missed
        from shema_cli.events.history.past import Window
        from shema_cli.resend.missed import MissedBy

        now = app.clock.now()
        window = Window.between(
            parse_optional_moment(self.since, "--since", now), parse_optional_moment(self.until, "--until", now)
        )
        channels = [name for name in self.channels or () if name]
        selection = MissedBy(app.store, app.clock, missed(app.store, service, channels, window, clock=app.clock))
        for warning in selection.warnings():
            app.person.warn(warning)
        return selection


@command(
    group,
    "resend",
    access=Access.CHANGE,
    view=views.replayed,
    examples=(
        Example(
            "What schedule missed, two first to see whether they come back",
            "shema events resend --missed-by schedule --since 2h --canary 2 --verify 1 --yes",
            needs="history",
        ),
        Example("See who would hear it again", f"shema events resend {EVENT} --dry-run", needs="history"),
        Example("Once, whoever listens", f"shema events resend {EVENT} --yes", needs="history"),
    ),
    exits={
        0: "all that was selected has gone out, now or before",
        1: "some did not, or came back; or nothing was selected",
        5: "nothing was resent: nobody hears, or you said no",
    },
    see_also=("events missed", "events history", "dlq replay", "audit list", "trace"),
)
def resend_events(
    app: AppContext,
    asked: AskedMessages,
    force: Annotated[bool, Option("--force", heading=SAFETY, help="Resend also what was resent already.")] = False,
    *,
    how: Republishing,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> ResendResult:
    """Publish events of the history again, oldest first, byte for byte, each once."""
    from shema_cli.dlq.run.run import Operator
    from shema_cli.dlq.run.store import DeadLetters
    from shema_cli.resend.resend import resend

    options = how.options(force=force, dry_run=dry_run)
    letters, environ = DeadLetters(app.store), app.output.streams.environ
    operator = Operator(letters, app.clock, app.journal, app.person, app.still_admin, environ, yes)
    return resend(operator, asked.selection(app), options)
