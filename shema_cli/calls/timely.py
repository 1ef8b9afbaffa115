"""Calls for lists that somebody waits for: each ends in a few seconds, and a service that hangs is waited for once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shema_cli.calls.request import Timeout
from shema_cli.errors import Unreachable
from shema_cli.shell import to_type

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.calls.reply import Reply


class TimelyClient:
    """As much of a `ServiceClient` as reading takes.

    A service that told nothing at all while one question waited for `limit_s` is not asked again.
    """

    def __init__(self, client: ServiceClient, limit_s: float) -> None:
        self._client = client
        self._limit_s = limit_s
        self._told: dict[str, int] = {}
        self._silent: dict[str, Unreachable] = {}

    async def request(
        self,
        service: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        timeout: Timeout = Timeout.DEFAULT,  # noqa: ASYNC109 - of each attempt
        answers: frozenset[int] = frozenset(),
    ) -> Reply:
        """Raises what a call raises, and Unreachable where there was no answer in time, attempts and all."""
        if service in self._silent:
            raise self._silent[service]
        told = self._told.get(service, 0)
        try:
            async with asyncio.timeout(self._limit_s):
                reply = await self._client.request(
                    service, method, path, params=params, timeout=timeout, answers=answers
                )
        except TimeoutError:
            raise self._late(service, hangs=self._told.get(service, 0) == told) from None
        self._told[service] = self._told.get(service, 0) + 1
        return reply

    def _late(self, service: str, *, hangs: bool) -> Unreachable:
        message = f"the {service} service did not answer within {self._limit_s:g} s"
        error = Unreachable("service_slow", message, to_type("shema services health", service))
        if hangs:
            self._silent[service] = error
        return error
