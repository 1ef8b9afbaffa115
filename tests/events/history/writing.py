"""A history as a recorder writes it, entry by entry, at moments of the test's own."""

from __future__ import annotations

import json
from collections.abc import Mapping

import redis

from shema_cli.store import keys

HOUR_MS = 3_600_000


class History:
    """Moments are seconds; 0 is an hour ago by the server's clock. A recorder is running, unless told otherwise."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        seconds, _ = client.time()
        self.now_ms = seconds * 1000
        self.zero_ms = self.now_ms - HOUR_MS
        self.state(epoch="e1", began=self.zero_ms, heard=self.now_ms + 60_000, present="[]", usual="{}")

    def ms(self, second: float) -> int:
        return self.zero_ms + round(second * 1000)

    def state(self, **fields: str | int) -> None:
        self._client.hset(keys.HISTORY_STATE, mapping=fields)  # type: ignore[arg-type]

    def present(self, *names: str) -> None:
        self.state(present=json.dumps(names))

    def add(self, second: float, fields: Mapping[str, str | bytes | int], *, clock_ms: int | None = None) -> str:
        """`clock_ms`: what the server's clock showed, where it had been set back."""
        at_ms = self.ms(second)
        last: list[tuple[bytes, object]] = self._client.xrevrange(keys.HISTORY, count=1)  # type: ignore[assignment]
        last_ms, last_n = map(int, last[0][0].split(b"-")) if last else (0, 0)
        id = f"{at_ms}-0" if at_ms > last_ms else f"{last_ms}-{last_n + 1}"
        at = at_ms if clock_ms is None else clock_ms
        self._client.xadd(keys.HISTORY, {**fields, "at": at}, id=id)  # type: ignore[dict-item]
        return id

    def message(self, second: float, channel: str | bytes, payload: str | bytes) -> str:
        return self.add(second, {"channel": channel, "payload": payload})

    def event(self, second: float, number: int, channel: str = "enrollment.approved", **data: object) -> str:
        """With the eventId `evt_<number>`."""
        return self.message(second, channel, event(number, channel, **data))

    def up(self, second: float, client: str, *, between: float | None = None) -> None:
        self._presence(second, client, "up", second - 0.5 if between is None else between)

    def down(self, second: float, client: str, *, between: float | None = None) -> None:
        self._presence(second, client, "down", second - 0.5 if between is None else between)

    def gap(self, from_: float, to: float, cause: str = "no recorder ran") -> None:
        self.add(to, {"kind": "gap", "from": self.ms(from_), "to": self.ms(to), "cause": cause})

    def names_from_here(self, second: float, *clients: str) -> None:
        self.add(second, {"kind": "counts"})
        for client in clients:
            self._presence(second, client, "up", second)

    def counts(self, second: float, **counts: int) -> None:
        """`enrollment_approved=4` is of enrollment.approved."""
        fields: dict[str, str | bytes | int] = {name.replace("_", "."): n for name, n in counts.items()}
        self.add(second, {"kind": "counts", **fields})

    def _presence(self, second: float, client: str, state: str, between: float) -> None:
        self.add(second, {"kind": "presence", "client": client, "state": state, "between": self.ms(between)})


def event(number: int, channel: str = "enrollment.approved", **data: object) -> str:
    kind = channel.upper().replace(".", "_")
    return json.dumps({"eventType": kind, "eventId": f"evt_{number}", "version": "1.0", "data": data})
