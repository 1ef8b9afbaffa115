"""Who is declared to hear a channel, and who of them is there (contract 3.2).

A registration may say what its service listens to (contract 1.1). That the service is there is told by the name of a
connection that is subscribed: its own, or with `-service` behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shema_cli.calls.registry import Registry
from shema_cli.clock import Clock
from shema_cli.errors import Failed
from shema_cli.store.connection import Store
from shema_cli.store.listeners import Declared, Listeners, all_listeners
from shema_cli.store.patience import patiently

COUNTED_FOR_S = 0.5
DECLARED_FOR_S = 10.0
MOST_CHANNELS = 500
_ANY = str.maketrans({"*": "x", "?": "x"})

Counts = dict[str, Listeners]
"""By channel."""


class Audience:
    """Counts listeners with what services have declared; for a run that asks again and again, at most twice a second.

    Raises Unreachable and Failed where Redis does not do its part; without the right to read the registry nothing is
    declared.
    """

    def __init__(self, store: Store, clock: Clock, *, also: Declared | None = None) -> None:
        """`also`: who listens to what besides what is declared."""
        self._store = store
        self._clock = clock
        self._also = also or {}
        self._declared: Declared = {}
        self._declared_at = float("-inf")
        self._counted: dict[tuple[str, str], tuple[float, Listeners]] = {}

    def count_anew(self) -> None:
        """For what begins now: what is declared stays known, and nobody is counted."""
        self._counted.clear()

    def of(self, channel: str, key: str | bytes) -> Listeners:
        """Who listens to it, counted half a second ago at most; `key` is any key of the script that publishes."""
        return self.of_all([channel], key)[channel]

    def of_all(self, channels: Sequence[str], key: str | bytes) -> Counts:
        """`of` of each of them, in one question."""
        now, node = self._clock.monotonic(), self._store.node_of(key)  # its slot may move
        never = (float("-inf"), Listeners(0))
        old = [one for one in channels if now - self._counted.get((one, node), never)[0] > COUNTED_FOR_S]
        if old:
            found = self._asked(lambda: audience(self._store, old, key, self._declarations()))
            self._counted |= {(one, node): (now, count) for one, count in found.items()}
        return {one: self._counted[one, node][1] for one in channels}

    def _asked(self, ask: Callable[[], Counts]) -> Counts:
        """A run that has begun waits for a failover."""
        return patiently(self._store, self._clock, ask) if self._counted else ask()

    def _declarations(self) -> Declared:
        now = self._clock.monotonic()
        if now - self._declared_at > DECLARED_FOR_S:
            self._declared, self._declared_at = self._with_others(declared_listeners(self._store)), now
        return self._declared

    def _with_others(self, declared: Declared) -> Declared:
        more = {name: (*declared.get(name, ()), *listens) for name, listens in self._also.items()}
        return {**declared, **more}


def audience(store: Store, channels: Sequence[str], key: str | bytes, declared: Declared | None = None) -> Counts:
    """Who listens to each of these channels now, and who of those that have declared it does not."""
    found = declared_listeners(store) if declared is None else declared
    with store.errors():
        return all_listeners(store, channels, key=key, declared=found)


def declared_listeners(store: Store) -> Declared:
    """What services say they listen to; nothing where the registry may not be read."""
    try:
        return Registry(lambda: store).declared()
    except Failed:
        return {}


def declared_words(declared: Declared) -> list[str]:
    """The channels and patterns that any service has declared, each once."""
    return list(dict.fromkeys(word for listens in declared.values() for word in listens))


def asked_by(words: Sequence[str]) -> dict[str, str]:
    """Channels and patterns, each with a channel to ask by: of a pattern, one that it matches. At most 500."""
    return {word: word.translate(_ANY) for word in list(dict.fromkeys(words))[:MOST_CHANNELS]}
