"""A history as a recorder writes it, entry by entry, at moments of the test's own."""

from __future__ import annotations

import json
from collections.abc import Mapping

import redis

from tests.support.history import Words, Written

HOUR_MS = 3_600_000


class History:
    """Moments are seconds; 0 is an hour ago by the server's clock. A recorder is running, unless told otherwise."""

    def __init__(self, client: redis.Redis) -> None:
        self._written = Written(client)
        self.now_ms = self._written.now_ms
        self.zero_ms = self.now_ms - HOUR_MS
        self.state()

    def ms(self, second: float) -> int:
        return self.zero_ms + round(second * 1000)

    def state(self, **fields: Words) -> None:
        self._written.state(**{"began": self.zero_ms, "present": "[]", "usual": "{}", **fields})

    def present(self, *names: str) -> None:
        self.state(present=json.dumps(names))

    def add(self, second: float, fields: Mapping[str, Words], *, clock_ms: int | None = None) -> str:
        """`clock_ms`: what the server's clock showed, where it had been set back."""
        at_ms = self.ms(second)
        return self._written.add({**fields, "at": at_ms if clock_ms is None else clock_ms}, f"{at_ms}-*")

    def message(self, second: float, channel: str | bytes, payload: str | bytes) -> str:
        return self.add(second, {"channel": channel, "payload": payload})

    def event(self, second: float, number: int, channel: str = "enrollment.approved", **data: object) -> str:
        """With the eventId `evt_<number>`."""
        return self.message(second, channel, event(number, channel, **data))

    def up(self, second: float, client: str, *, between: float | None = None) -> None:
        self._presence(second, client, "up", second - 0.5 if between is None else between)

    def down(self, second: float, client: str, *, between: float | None = None) -> None:
        self._presence(second, client, "down", second - 0.5 if between is None else between)

    def begin(self, second: float) -> None:
        """The first recorder starts."""
        self._written.gap(0, self.ms(second))

    def gap(self, from_: float, to: float, cause: str = "no recorder ran") -> None:
        self._written.gap(self.ms(from_), self.ms(to), cause)

    def names_from_here(self, second: float, *clients: str) -> None:
        self.add(second, {"kind": "counts"})
        for client in clients:
            self._presence(second, client, "up", second)

    def counts(self, second: float, **counts: int) -> None:
        """`enrollment_approved=4` is of enrollment.approved."""
        fields: dict[str, Words] = {name.replace("_", "."): n for name, n in counts.items()}
        self.add(second, {"kind": "counts", **fields})

    def _presence(self, second: float, client: str, state: str, between: float) -> None:
        self.add(second, {"kind": "presence", "client": client, "state": state, "between": self.ms(between)})


def event(number: int, channel: str = "enrollment.approved", **data: object) -> str:
    kind = channel.upper().replace(".", "_")
    return json.dumps({"eventType": kind, "eventId": f"evt_{number}", "version": "1.0", "data": data})
