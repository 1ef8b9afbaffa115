"""The dead letters as a whole at one moment, and the runs at work on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RunState:
    """A registered run as others see it. `lease_end_ms` and `now_ms` are the server's clock."""

    run: str
    lease_end_ms: int
    now_ms: int
    fields: dict[str, str]

    @property
    def expired(self) -> bool:
        return self.lease_end_ms <= self.now_ms

    @property
    def holds(self) -> int:
        """Entries in flight up to here are held by this run."""
        live = not self.expired and self.fields.get("state") == "live"
        return int(self.fields.get("frontier", "0") or 0) if live else 0


@dataclass(frozen=True)
class Look:
    """The whole at one moment."""

    in_flight: int
    total: int
    runs: tuple[RunState, ...]

    @classmethod
    def told(cls, reply: Sequence[Any]) -> Look:
        """From what the script LOOK answers."""
        now, gap, total, *rest = reply
        runs = [
            RunState(run.decode(), lease_end, now, fields_of(flat))
            for run, lease_end, flat in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
        ]
        return cls(gap, total, tuple(runs))

    @property
    def abandoned(self) -> int:
        """Entries in flight that no live run holds."""
        return max(0, self.in_flight - max((run.holds for run in self.runs), default=0))


def fields_of(flat: Sequence[bytes]) -> dict[str, str]:
    """A hash as a script answers it: name, value, name, value, …"""
    words = [word.decode("utf-8", "replace") for word in flat]
    return dict(zip(words[::2], words[1::2], strict=True))
