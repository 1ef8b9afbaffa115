"""The decisions on record, under `{shema}:decision:<enrollmentId>` (contract 1.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shema_cli.audit.chain import to_bytes
from shema_cli.enrollments.models import Decision
from shema_cli.store.connection import redis_errors

if TYPE_CHECKING:
    from shema_cli.context import AppContext

READ_AT_ONCE = 500


def decision_key(enrollment_id: str) -> bytes:
    return to_bytes(f"{{shema}}:decision:{enrollment_id}")


def read_decisions(app: AppContext, ids: Sequence[str]) -> dict[str, Decision]:
    """The decisions that stand on these enrollments, by id. Raises Unreachable and NotConfigured."""
    found = {}
    with redis_errors(app.settings):
        for first in range(0, len(ids), READ_AT_ONCE):
            some = ids[first : first + READ_AT_ONCE]
            pipeline = app.redis.pipeline(transaction=False)
            for id in some:
                pipeline.hgetall(decision_key(id))
            for id, stored in zip(some, pipeline.execute(), strict=True):
                if decision := Decision.of_stored(stored):
                    found[id] = decision
    return found
