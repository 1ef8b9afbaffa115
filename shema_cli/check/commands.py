"""`shema check`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from shema_cli.check import AREAS, CheckFormat
from shema_cli.cli.declare import Access, Example, command, new_group
from shema_cli.cli.options import FILE, Argument, Option, Values, values_for, words
from shema_cli.context import AppContext
from shema_cli.errors import ExitCode, ShemaError
from shema_cli.output.sink import Output

if TYPE_CHECKING:
    from shema_cli.check.verdict import Checked, Thresholds

group = new_group("check")


class Limits(NamedTuple):
    """The thresholds as they are typed."""

    dlq_warn: Annotated[
        int | None, Option("--dlq-warn", value="N", min=0, help="Warn from so many dead letters on.")
    ] = None
    dlq_crit: Annotated[int | None, Option("--dlq-crit", value="N", min=0, help="Critical from so many on.")] = None
    oldest_warn: Annotated[
        str | None,
        Option("--oldest-warn", value="DURATION", help="Warn when the oldest is so old."),
    ] = None
    oldest_crit: Annotated[
        str | None,
        Option("--oldest-crit", value="DURATION", help="Critical when the oldest is so old."),
    ] = None
    session_warn: Annotated[
        str | None,
        Option("--session-warn", value="DURATION", help="Warn when SHEMA_ID_TOKEN ends within this."),
    ] = None

    def read(self) -> Thresholds:
        """Raises InvalidUsage for what is no duration."""
        from shema_cli.check.verdict import Thresholds
        from shema_cli.clock import parse_optional_duration

        return Thresholds(
            self.dlq_warn,
            self.dlq_crit,
            parse_optional_duration(self.oldest_warn, "--oldest-warn"),
            parse_optional_duration(self.oldest_crit, "--oldest-crit"),
            parse_optional_duration(self.session_warn, "--session-warn"),
        )


class Delivery(NamedTuple):
    """How it is written, and where to."""

    form: Annotated[
        str | None,
        Option("--format", value="FORMAT", completes=words(*CheckFormat), help="text, nagios, prometheus or json."),
    ] = None
    write: Annotated[
        str | None,
        Option("--write", value="FILE", completes=FILE, help="Replace FILE by it, whole or not at all."),
    ] = None

    def deliver(self, checked: Checked, output: Output) -> int:
        """Raises Failed where it cannot be written."""
        from shema_cli.check.delivery import deliver

        return deliver(checked, output, self.form, self.write)


def _unable(error: ShemaError, given: Values, output: Output) -> int:
    """Unknown, in the format and the file that were asked for, whatever kept it from looking."""
    from shema_cli.check.delivery import deliver_unknown

    delivery = Delivery(**values_for(Delivery, given))
    return deliver_unknown(error, given["areas"], output, delivery.form, delivery.write)


@command(
    group,
    "check",
    access=Access.READ,
    examples=(
        Example("Everything, for a person", "shema check", ends=(0, 1, 2)),
        Example("A Nagios plugin", "shema check --format nagios dlq --dlq-warn 100 --dlq-crit 1000"),
        Example(
            "A file for Prometheus' textfile collector",
            "shema check --format prometheus --write shema.prom redis session",
        ),
    ),
    exits={
        0: "ok",
        1: "a warning",
        2: "something is critical",
        3: "unknown: something could not be looked at, nobody is signed in, or this line cannot be read",
        4: "",
    },
    see_also=("status", "services health", "dlq stats"),
    unable=_unable,
    fails_with=ExitCode.UNREACHABLE,
)
async def check(
    app: AppContext,
    areas: Annotated[
        list[str] | None,
        Argument(
            "[AREA]...",
            help=f"{', '.join(AREAS[:-1])} or {AREAS[-1]}; all when none is given.",
            completes=words(*AREAS),
        ),
    ] = None,
    *,
    limits: Limits,
    delivery: Delivery,
) -> int:
    """Look at the system for a monitor: ok, warning, critical or unknown, as its exit code. What is unknown is no 0."""
    from shema_cli.check.delivery import require_format
    from shema_cli.check.verdict import check, wanted_areas
    from shema_cli.status.look import Sight, look

    require_format(delivery.form)
    wanted, thresholds = wanted_areas(areas), limits.read()
    sight = Sight(
        app.settings, app.clock, app.target, lambda: app.store, app.services, lambda: app.trail_memory, app.admin
    )
    seen = await look(sight, frozenset(wanted))
    return delivery.deliver(check(seen, wanted, thresholds), app.output)
