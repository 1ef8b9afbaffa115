"""The log of the attempts, on stderr with `-v` or `--log-format json` (contract 1.2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from shema_cli.calls.request import Outgoing
from shema_cli.clock import iso, local_instant

CallLog = Callable[[dict[str, object]], None]


def call_record(
    request: Outgoing, instance: str, *, status: int | None, at: datetime, duration_ms: int
) -> dict[str, object]:
    """The log's record of one attempt, in the order of the contract (1.2). `status` is None when no answer came.

    `endpoint` is the path without its query, which may name a person.
    """
    return {
        "type": "service_call",
        "service": request.service,
        "endpoint": request.path.partition("?")[0],
        "duration_ms": duration_ms,
        "status": status,
        "timestamp": iso(at),
        "request_id": request.request_id,
        "attempt": request.attempt,
        "instance": instance,
    }


def format_call(record: Mapping[str, object], *, as_json: bool) -> str:
    """One line: the record as JSON, or for a person: when, what, how it ended, how long it took."""
    if as_json:
        return json.dumps(dict(record), separators=(",", ":"), ensure_ascii=False)
    status = record.get("status")
    return (
        f"{local_instant(str(record.get('timestamp')))} {record.get('service')} {record.get('endpoint')} "
        f"{'no answer' if status is None else status} {record.get('duration_ms')} ms "
        f"(attempt {record.get('attempt')}, {record.get('instance')}, {record.get('request_id')})"
    )
