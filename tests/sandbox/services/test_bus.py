from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace

import pytest
import redis

from shema_cli.sandbox.system.assembly import System
from tests.support.waiting import eventually


def test_an_event_that_cannot_be_handled_is_tried_three_times_and_buried_as_it_came(
    client: redis.Redis, sandbox_system: System
) -> None:
    client.delete("events:dead_letter")
    odd = '{"eventType":"ENROLLMENT_APPROVED",  "big":9007199254740993, "data":{"enrollmentId":"no-such"}}'
    client.publish("enrollment.approved", odd)
    eventually(lambda: client.llen("events:dead_letter") == 3)  # enrollment, course and schedule
    entries: list[bytes] = client.lrange("events:dead_letter", 0, -1)  # type: ignore[assignment]
    for stored in entries:
        assert stored.startswith(b'{"event":' + odd.encode() + b',"error":')
        assert set(json.loads(stored)) == {"event", "error", "failedAt"}
    tried = [problem for problem in sandbox_system.logbook.problems if "Enrollment no-such not found" in problem]
    assert [text.split("(")[1][:11] for text in tried if text.startswith("enrollment:")] == [
        "attempt 1/3", "attempt 2/3", "attempt 3/3",
    ]  # fmt: skip


def test_the_pauses_between_attempts_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from shema_cli.clock import SystemClock
    from shema_cli.sandbox.services.bus import Bus
    from shema_cli.sandbox.system.logbook import Logbook

    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def fails(event: Mapping[str, object]) -> None:
        raise ValueError("no")

    async def bury(payload: bytes, error: str) -> None:
        pauses.append(-1)

    # The bus's own name for asyncio, not asyncio's sleep, by which a sandbox on another thread lives.
    monkeypatch.setattr("shema_cli.sandbox.services.bus.asyncio", SimpleNamespace(sleep=sleep))
    bus = Bus("redis://127.0.0.1:1", "test", SystemClock(), Logbook())
    monkeypatch.setattr(bus, "_bury", bury)
    asyncio.run(bus._attempt("a.b", b"{}", fails))
    assert pauses == [2.0, 4.0, -1]
