"""A number over time as a line of bars, as plain text: over this session, or over the last day."""

from __future__ import annotations

import math
from collections.abc import Sequence

from shema_cli.clock import age
from shema_cli.dashboard.results import Live, Reading, Snapshot
from shema_cli.dashboard.trend import MINUTE_S
from shema_cli.output.sparkline import sparkline

MOST_BARS = 24
FEWEST_BARS = 6
"""With fewer than these nobody is told over how long they go."""


def bars_of(reading: Reading, snapshot: Snapshot, live: Live, room: int) -> str:
    """The number over the session or, where more than that is known, over the last day, with how long that is."""
    values = live.history.get(reading.source.service, ())[-MOST_BARS:]
    if snapshot.trends.minutes(snapshot.timestamp) * MINUTE_S <= len(values) * live.every_s:
        return _drawn(values, "", room, snapshot)
    return last_day(reading.source.stat, snapshot, room, finest=_minutes_between(live.every_s))


def _minutes_between(every_s: float) -> int:
    """So many minutes hold a poll for certain, where one comes every so many seconds."""
    return 1 if every_s <= MINUTE_S / 2 else math.ceil(2 * every_s / MINUTE_S)


def last_day(name: str, snapshot: Snapshot, room: int, finest: int = 1) -> str:
    minutes = snapshot.trends.minutes(snapshot.timestamp)
    told = f" {age(minutes * MINUTE_S)}"
    if room < len(told) + FEWEST_BARS:
        told = ""
    most = min(room - len(told), MOST_BARS)
    values = snapshot.trends.of(name).over(snapshot.timestamp, minutes, most, finest=finest)
    return _drawn(values, told, room, snapshot)


def _drawn(values: Sequence[int | None], told: str, room: int, snapshot: Snapshot) -> str:
    """Nothing where fewer than two are known: that would be no course of things."""
    if sum(value is not None for value in values) < 2:
        return ""
    return sparkline(values, min(room, MOST_BARS), ascii=snapshot.words) + told
