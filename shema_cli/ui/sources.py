"""What each line has told last; a line that several wait for is asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from shema_cli.calls.aside import aside
from shema_cli.ui.lines import Outcome, Words
from shema_cli.ui.source import Source

MOST_KEPT = 30
"""Lines whose last answers are kept: who opens one thing after another all day does not want them all again."""


class Sources:
    """`read` asks a line, and blocks: each time in a thread of its own, one at a time for each line.

    So a source that hangs keeps one thread, however often its page is left and opened again. `now` in monotonic
    seconds.
    """

    def __init__(self, read: Callable[[Words], Outcome], now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._known: dict[Words, Source] = {}
        self._asked: dict[Words, asyncio.Task[Outcome]] = {}

    def of(self, words: Words) -> Source:
        return self._known.get(words, Source())

    def ask(self, words: Words) -> Awaitable[Outcome]:
        """What it tells now; it is told to the end, also when nobody waits for it any more."""
        asked = self._asked.get(words)
        if asked is None:
            self._keep(words, self.of(words).asked(self._now()))
            asked = self._asked[words] = asyncio.create_task(self._ask(words))
        return asyncio.shield(asked)

    def doubt(self) -> None:
        """Something was changed: what is being answered now may be from before that."""
        self._asked.clear()

    async def _ask(self, words: Words) -> Outcome:
        outcome = await aside(lambda: self._read(words))
        if self._asked.get(words) is asyncio.current_task():
            del self._asked[words]
            self._keep(words, self.of(words).answered(outcome, self._now()))
        return outcome

    def _keep(self, words: Words, source: Source) -> None:
        self._known.pop(words, None)
        self._known[words] = source
        while len(self._known) > MOST_KEPT:
            del self._known[next(iter(self._known))]
