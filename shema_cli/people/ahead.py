"""The names of a long list, looked up while its next pages are read (contract 3.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.people.names import NameBook
    from shema_cli.people.results import Names


class NamesAhead:
    """Asks aside, in a loop that has a client; what was told is found by whoever asks `names` afterwards.

    At the end of the block what is still asked is given up: nobody waits for it.
    """

    def __init__(self, names: NameBook, client: ServiceClient) -> None:
        self._names = names
        self._client = client
        self._asking: set[asyncio.Task[Names]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for one in self._asking:
            one.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def ask(self, students: Iterable[str], courses: Iterable[str]) -> None:
        """Have these looked up. Comes back at once."""
        task = asyncio.ensure_future(self._names.look_up(list(students), list(courses), self._client))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
