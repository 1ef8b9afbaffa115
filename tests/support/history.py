"""A history that a test writes by hand, as a recorder would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import redis

from shema_cli.store import keys

Words = bytes | str | int


@dataclass
class Written:
    """Entries of the stream and the state of its writer; milliseconds since 1970."""

    client: redis.Redis

    @property
    def now_ms(self) -> int:
        """The server's clock."""
        seconds, microseconds = self.client.time()
        return int(seconds) * 1000 + int(microseconds) // 1000

    def state(self, **fields: Words) -> None:
        """As it stands, with a recorder that runs for an hour still, unless `heard` says otherwise."""
        known: dict[str, Words] = {"epoch": "e1", "began": 1, "heard": self.now_ms + 3_600_000, "trimmed": 0, "size": 0}
        self.client.hset(keys.HISTORY_STATE, mapping=known | fields)  # type: ignore[arg-type]

    def message(self, at_ms: int, payload: bytes, channel: bytes = b"enrollment.approved", id: str = "") -> str:
        return self.add({"channel": channel, "payload": payload, "at": at_ms}, id or f"{at_ms}-*")

    def gap(self, from_ms: int, to_ms: int, cause: bytes | str = "no recorder was running") -> str:
        return self.add({"kind": "gap", "from": from_ms, "to": to_ms, "cause": cause, "at": to_ms}, f"{to_ms}-*")

    def presence(self, at_ms: int, client: str, state: str = "up") -> str:
        entry: dict[str, Words] = {"kind": "presence", "client": client, "state": state, "between": at_ms, "at": at_ms}
        return self.add(entry, f"{at_ms}-*")

    def mark(self, at_ms: int, mark: Words) -> str:
        return self.add({"kind": "mark", "mark": mark, "at": at_ms}, f"{at_ms}-*")

    def add(self, fields: dict[str, Words], id: str) -> str:
        """An entry as it is given. `<ms>-*` is the next id of that millisecond, which servers know from 7.0 on."""
        if id.endswith("-*"):
            id = self._next_id(int(id.removesuffix("-*")))
        self.client.xadd(keys.HISTORY, fields, id=id)  # type: ignore[arg-type]
        return id

    def _next_id(self, ms: int) -> str:
        newest = cast("list[tuple[bytes, object]]", self.client.xrevrange(keys.HISTORY, count=1))
        last_ms, last = map(int, newest[0][0].split(b"-")) if newest else (0, 0)
        return f"{ms}-0" if ms > last_ms else f"{last_ms}-{last + 1}"
