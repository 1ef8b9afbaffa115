"""Which dashboard a command line gets: one look, a live screen, or a line for each poll."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from shema_cli.dashboard.models import Snapshot
from shema_cli.dashboard.snapshot import require_secret, take
from shema_cli.output.sanitize import safe_line
from shema_cli.output.sink import Format

if TYPE_CHECKING:
    from shema_cli.context import AppContext


async def look(app: AppContext, max_stale_s: float) -> Snapshot:
    """One snapshot, with what stands around it when it is for a person."""
    snapshot = await take(app, max_stale_s, looked_at=app.output.drawn)
    for warning in snapshot.warnings:
        app.output.warn(warning)
    return snapshot


async def watch_until_quit(app: AppContext, every: str, max_stale_s: float) -> None:
    """Poll until `q`, Ctrl-C or a reader that went away. Off a terminal each poll is one JSON object a line."""
    from shema_cli.dashboard.watch import interval, snapshots, watch_screen

    every_s = interval(every)
    require_secret(app)
    output = app.output
    if output.drawn and output.streams.animates(output.streams.stdout):
        await watch_screen(app, every_s, max_stale_s)
        return
    if output.format is Format.TABLE and not output.drawn:
        output.format = Format.JSON
    async with aclosing(snapshots(app, every_s, max_stale_s)) as polls:
        async for snapshot in polls:
            if output.drawn:
                output.write(f"{safe_line(snapshot.line())}\n")  # a terminal on which nothing may move
            else:
                output.record(snapshot)
