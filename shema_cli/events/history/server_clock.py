"""What the server's clock shows, told by ours: when something was heard, without asking (docs/decisions/history.md)."""

from __future__ import annotations


class ServerClock:
    """Each answer that names the server's time says, within the time that it took, how far apart the two are."""

    def __init__(self) -> None:
        self._least = float("-inf")
        self._most = float("inf")

    def learn(self, server_ms: float, sent_s: float, answered_s: float) -> None:
        """The server's clock showed `server_ms` at some moment between these of ours (s, a steady clock)."""
        least, most = server_ms - 1000 * answered_s, server_ms + 1 - 1000 * sent_s
        if least > self._most or most < self._least:  # it was set
            self._least, self._most = least, most
        else:
            self._least, self._most = max(least, self._least), min(most, self._most)

    def ms(self, moment_s: float) -> int:
        """What it showed at a moment of ours, as it is set now. 0 before anything was learnt."""
        if self._most == float("inf"):
            return 0
        return max(0, int(1000 * moment_s + (self._least + self._most) / 2))
