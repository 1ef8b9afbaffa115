"""The log line of one attempt of one call (contract 1.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from shema_cli.clock import iso


def call_record(
    *,
    service: str,
    endpoint: str,
    duration_ms: int,
    status: int | None,
    at: datetime,
    request_id: str,
    attempt: int,
    instance: str,
) -> dict[str, object]:
    """The record, in the order of the contract. `status` is None when no answer came.

    `endpoint` is the path without its query, which may name a person.
    """
    return {
        "type": "service_call",
        "service": service,
        "endpoint": endpoint.partition("?")[0],
        "duration_ms": duration_ms,
        "status": status,
        "timestamp": iso(at),
        "request_id": request_id,
        "attempt": attempt,
        "instance": instance,
    }


def format_call(record: Mapping[str, object], *, as_json: bool) -> str:
    """One line: the record as JSON, or for a person: when, what, how it ended, how long it took."""
    if as_json:
        return json.dumps(dict(record), separators=(",", ":"), ensure_ascii=False)
    status = record.get("status")
    return (
        f"{record.get('timestamp')} {record.get('service')} {record.get('endpoint')} "
        f"{'no answer' if status is None else status} {record.get('duration_ms')} ms "
        f"(attempt {record.get('attempt')}, {record.get('instance')}, {record.get('request_id')})"
    )
