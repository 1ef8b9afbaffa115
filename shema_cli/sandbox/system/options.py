"""How a sandbox is to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """`base_port`: services on the eight ports after it, then sign-in, Redis and control. None: any free ports.

    `pause_s`: the unit of the pauses between a consumer's attempts (contract 1.4: 1 s).
    """

    base_port: int | None = None
    pause_s: float = 1.0

    def port(self, offset: int) -> int:
        return self.base_port + offset if self.base_port else 0
