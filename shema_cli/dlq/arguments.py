"""What was typed, as the work wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shema_cli.context import AppContext

if TYPE_CHECKING:
    from shema_cli.dlq.letters.selection import Filters


def filters_of(
    app: AppContext,
    types: list[str] | None,
    error: str | None,
    fingerprint: str | None,
    since: str | None,
    until: str | None,
    invalid: bool,
) -> Filters:
    from shema_cli.dlq.letters.selection import Filters
    from shema_cli.durations import parse_moment

    now = app.clock.now()
    return Filters(
        types=tuple(types or ()),
        error=error,
        fingerprint=fingerprint,
        since=parse_moment(since, "--since", now) if since else None,
        until=parse_moment(until, "--until", now) if until else None,
        invalid=invalid,
    )
