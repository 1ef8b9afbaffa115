"""The keys of the dead letters. The braces keep all of them in the slot of the list itself (contract 1.5)."""

from __future__ import annotations

LIST = "events:dead_letter"
PREFIX = "{events:dead_letter}:shema:"
IN_FLIGHT = f"{PREFIX}inflight"
RUNS = f"{PREFIX}runs"  # sorted set: run → when its lease ends (milliseconds, server time)
GAP = f"{PREFIX}gap"  # hash: which run moves the gap at the moment; how many entries were ever taken out
RUN = f"{PREFIX}run:"  # + run: hash: where it stands and what it has done
HISTORY = f"{PREFIX}history"  # list: the latest replays, newest first: 8 bytes of replay key, "<milliseconds> <who>"
REPLAYS = f"{PREFIX}replays:"  # + period + shard: hash: replay key → count

RUN_KEYS = (LIST, IN_FLIGHT, RUNS, GAP)
