"""How a recorder shows what it does: a line that moves on a terminal, elsewhere a line a change (contract 3.3)."""

from __future__ import annotations

from collections.abc import Callable

from shema_cli.clock import Clock, iso
from shema_cli.events.history.writer import Figures
from shema_cli.frozen import dataclass
from shema_cli.output.sink import Format, Output
from shema_cli.results import counted

_RATE_OVER_S = 2.0
_WARNED = ("deaf", "waiting", "blocked")


@dataclass(frozen=True)
class RecorderChange:
    """One change of a recorder's role."""

    at: str
    state: str
    why: str
    entries: int
    size: int

    def document(self) -> dict[str, object]:
        told: dict[str, object] = {"kind": "recorder", "at": self.at, "state": self.state.replace(" ", "_")}
        return told | {"why": self.why or None, "entries": self.entries, "size": self.size}

    def line(self) -> str:
        return f"{self.state}: {self.why}" if self.why else self.state


class StreamReporter:
    """Changes go to stdout under `-o json`, else to stderr; the moving line is stderr's."""

    def __init__(self, output: Output, clock: Clock) -> None:
        self._output = output
        self._clock = clock
        self._state = ""
        self._counted: list[tuple[float, int]] = []

    def changed(self, state: str, why: str, figures: Figures) -> None:
        self._state = state
        change = RecorderChange(iso(self._clock.now()), state, why, figures.entries, figures.size)
        if self._output.format is Format.JSON:
            self._output.record(change)
            return
        say: Callable[[str], None] = self._output.warn if state in _WARNED else self._output.note
        say(change.line())

    def goes_on(self, figures: Figures) -> None:
        now = self._clock.monotonic()
        self._counted = [one for one in self._counted if now - one[0] <= _RATE_OVER_S] + [(now, figures.written)]
        (since, before), rate = self._counted[0], 0.0
        if now > since:
            rate = (figures.written - before) / (now - since)
        kept = f"{counted(figures.entries, 'entry', 'entries')} kept, {figures.size / 1e6:,.1f} MB"
        held = f"{figures.held:,} held"
        if self._state == "recording":
            self._output.passing(f"recording  {kept}  {rate:,.0f}/s  {held}")
        else:
            self._output.passing(f"{self._state or 'beginning'}  {held}")

    def warn(self, text: str) -> None:
        self._output.warn(text)
