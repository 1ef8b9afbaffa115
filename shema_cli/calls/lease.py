"""The lease of a trial call, kept for as long as the call takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from shema_cli.calls.circuit import TRIAL_LEASE_S, Breaker, Permit


@contextlib.asynccontextmanager
async def kept(breaker: Breaker, permit: Permit) -> AsyncIterator[None]:
    """Renew the lease of a trial inside the block: an attempt may be longer than the lease."""
    if permit.trial is None:
        yield
        return
    task = asyncio.ensure_future(_renew(breaker, permit))
    try:
        yield
    finally:
        task.cancel()


async def _renew(breaker: Breaker, permit: Permit) -> None:
    while True:
        await asyncio.sleep(TRIAL_LEASE_S / 3)
        breaker.renew(permit)
