"""`services health` as it is asked for: once, until all are healthy, or for as long as somebody watches."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

from shema_cli.auth.gate import stay_signed_in
from shema_cli.calls.discovery import plain_name
from shema_cli.durations import parse_optional_duration
from shema_cli.errors import InvalidUsage
from shema_cli.output.sink import Format
from shema_cli.services.health import examine, wait_until_healthy, watch
from shema_cli.services.models import HealthReport

if TYPE_CHECKING:
    from shema_cli.context import AppContext


async def look(app: AppContext, names: Sequence[str], wait: str | None) -> HealthReport:
    """One report; with `wait`, the one with which the waiting ended."""
    wanted = [plain_name(name) for name in names]
    seconds = parse_optional_duration(wait, "--wait")
    async with app.services() as client:
        if seconds is None:
            report = await examine(client, wanted, app.clock)
        else:
            report = await wait_until_healthy(client, wanted, app.clock, seconds)
    for warning in report.warnings():
        app.output.warn(warning)
    return report


async def look_again_and_again(app: AppContext, names: Sequence[str], wait: str | None) -> NoReturn:
    """Report after report, until interrupted or until nobody reads them any more."""
    if wait is not None:
        raise InvalidUsage("usage", "--watch and --wait exclude each other", "use one of them")
    wanted = [plain_name(name) for name in names]
    warned: set[str] = set()
    with _shown(app) as show:
        async with app.services() as client:
            async for report in watch(client, wanted, app.clock):
                for warning in (text for text in report.warnings() if text not in warned):
                    warned.add(warning)
                    app.output.warn(warning)
                show(report)
                if app.admin is not None:
                    stay_signed_in(app)
    raise AssertionError("a watch does not end by itself")


@contextlib.contextmanager
def _shown(app: AppContext) -> Iterator[Callable[[HealthReport], None]]:
    """In place on a terminal; one line after the other into a pipe."""
    streams = app.output.streams
    if app.output.format is not Format.TABLE or not streams.animates(streams.stdout):
        yield app.output.record
        return
    from shema_cli.services.views import in_place

    with in_place(app.output.console(streams.stdout), lambda: streams.width, app.output.diverted) as show:
        yield show
