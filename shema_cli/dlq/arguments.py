"""What was typed, as the work wants it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from shema_cli.context import AppContext
from shema_cli.errors import InvalidUsage

if TYPE_CHECKING:
    from shema_cli.dlq.letters.selection import Filters, Selection


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


def selection_of(
    app: AppContext, ids: list[str] | None, ids_file: str | None, everything: bool, filters: Filters
) -> Selection:
    from shema_cli.dlq.letters.selection import Selection
    from shema_cli.inputs import read_ids

    named = list(ids or ())
    if ids_file is not None:
        read = read_ids(ids_file, app.output.streams.stdin)
        if not read:
            raise InvalidUsage("no_ids", f"{ids_file} names no ids", "write one id a line")
        named += read
    return Selection(tuple(dict.fromkeys(named)), filters, everything)


@contextmanager
def readable(app: AppContext, name: str) -> Iterator[IO[bytes]]:
    """A file, or stdin for -, that can be read more than once."""
    if name == "-":
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(app.output.streams.stdin.buffer, spool)
            spool.seek(0)
            yield spool
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - only the opening may fail here
    except OSError as error:
        raise InvalidUsage("file_unreadable", f"{name} cannot be read: {error.strerror}", "check the path") from None
    with file:
        yield file


def rate_of(rate: float | None) -> float | None:
    if rate is not None and not 0 < rate < float("inf"):
        raise InvalidUsage("bad_rate", f"--rate: {rate:g} is not a rate", "give a number of entries a second above 0")
    return rate
