"""Which enrollments a command is about (contract 2.3, `<selection>`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from shema_cli.enrollments.models import PENDING
from shema_cli.enrollments.source import Query
from shema_cli.errors import InvalidUsage
from shema_cli.inputs import read_ids


@dataclass(frozen=True)
class Selection:
    """Ids in the order asked for, each once; or a query."""

    ids: tuple[str, ...] = ()
    query: Query | None = None


def select(
    ids: Sequence[str] | None,
    ids_file: str | None,
    stdin: TextIO,
    *,
    status: str | None,
    course: str | None,
    all_pending: bool,
) -> Selection:
    """Raises InvalidUsage when nothing is selected, or ids and filters are mixed."""
    by_filter = all_pending or status is not None or course is not None
    if by_filter and (ids or ids_file):
        raise InvalidUsage(
            "mixed_selection", "ids and filters were both given", "give ids (or --ids-file), or filters, not both"
        )
    if by_filter:
        if all_pending and status not in (None, PENDING):
            raise InvalidUsage("mixed_selection", f"--all-pending and --status {status} exclude each other", "drop one")
        return Selection(query=Query(status or PENDING, course))
    chosen = [*(ids or ()), *(read_ids(ids_file, stdin) if ids_file else ())]
    unique = tuple(dict.fromkeys(id.strip() for id in chosen if id.strip()))
    if not unique and not ids_file:
        raise InvalidUsage(
            "nothing_selected",
            "no enrollment was named",
            "give ids, --ids-file FILE (- for stdin), --course, --status or --all-pending",
        )
    return Selection(ids=unique)
