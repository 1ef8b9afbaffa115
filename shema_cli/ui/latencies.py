"""How long instances took to answer, as long as somebody looks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from statistics import median

from shema_cli.output.sparkline import sparkline
from shema_cli.services.results import HealthReport

MOST = 200
"""Looks that are remembered of one instance."""
SEEN = 8
"""Reports that are known again: a page shows its last one anew when it is come back to."""


class Latencies:
    """Milliseconds by the URL of the instance, the newest last; None: a look that it did not answer."""

    def __init__(self) -> None:
        self._by_url: dict[str, deque[int | None]] = {}
        self._seen: deque[HealthReport] = deque(maxlen=SEEN)

    def add(self, report: HealthReport) -> None:
        """One more look; the same one twice counts once."""
        if any(report is one for one in self._seen):
            return
        self._seen.append(report)
        for service in report.services:
            for one in service.instances:
                self._by_url.setdefault(one.url, deque(maxlen=MOST)).append(one.latency_ms)

    def trend(self, url: str, width: int) -> str:
        """The last looks as bars; nothing before the second answer."""
        values = self._of(url)
        return sparkline(values, width) if len(_known(values)) > 1 else ""

    def median_ms(self, url: str) -> int | None:
        known = _known(self._of(url))
        return round(median(known)) if known else None

    def told(self, url: str) -> str:
        """`median 12 ms of 30 looks, 2 without an answer`"""
        values = self._of(url)
        silent = len(values) - len(_known(values))
        lost = f", {silent} without an answer" if silent else ""
        middle = self.median_ms(url)
        return f"median {'-' if middle is None else f'{middle} ms'} of {len(values)} looks{lost}"

    def _of(self, url: str) -> list[int | None]:
        """As they are now: rows are made in a thread of their own."""
        return list(self._by_url.get(url, ()))


def _known(values: Iterable[int | None]) -> list[int]:
    return [value for value in values if value is not None]
