"""Every key that `shema` uses in Redis, and how its tails name themselves (contract 1.1, 1.4, 1.5).

The braces are part of the names: on a cluster they put the keys that change together into one slot. Channels are named
in `events/envelope.py`.
"""

from __future__ import annotations

AUDIT = "{shema}:audit"  # stream: the audit trail
NEVER = "{shema}:never"  # is never there: removing it is a write that needs no memory (`lua/append.lua`)
REGISTRY_PREFIX = "{shema}:registry:"  # + service: hash: base URL → registration
DECISION_PREFIX = "{shema}:decision:"  # + enrollment: hash: the decision that stands
SEATS_PREFIX = "{shema}:seats:"  # + course: sorted set: seats given away of late (lua/seats.lua)
ACKNOWLEDGED = "{shema}:acknowledged"  # hash: fingerprint → acknowledgement of a family of dead letters
USER_PREFIX = "user:email:"  # + address: JSON of a user, shared with the auth service

DEAD_LETTERS = "events:dead_letter"  # list: what services could not handle, the newest first
DEAD_LETTERS_PREFIX = "{events:dead_letter}:shema:"  # + what a replay needs, in the slot of the list
IN_FLIGHT = f"{DEAD_LETTERS_PREFIX}inflight"  # list: what runs have passed over or hold, the newest first
RUNS = f"{DEAD_LETTERS_PREFIX}runs"  # sorted set: run → when its lease ends (ms, the server's clock)
GAP = f"{DEAD_LETTERS_PREFIX}gap"  # hash: which run moves the gap now; `taken`: entries that were ever taken out
REPLAY_HISTORY = f"{DEAD_LETTERS_PREFIX}history"  # list: the latest replays, newest first: 8 bytes of key, "<ms> <who>"
RUN_EVENTS_PREFIX = f"{REPLAY_HISTORY}:"  # + run: list: the events that it took out, a step an element
RUN_PREFIX = f"{DEAD_LETTERS_PREFIX}run:"  # + run: hash: where it stands and what it has done
REPLAYS_PREFIX = f"{DEAD_LETTERS_PREFIX}replays:"  # + period (bitmap of shards), + period:shard (hash: key → count)
COPIES = (
    f"{DEAD_LETTERS_PREFIX}copies"  # hash: event → the entries that its publication was also for, still to be taken out
)
OF_DEAD_LETTERS = (DEAD_LETTERS, IN_FLIGHT, RUNS, GAP, REPLAY_HISTORY, RUN_PREFIX, REPLAYS_PREFIX, COPIES)
"""KEYS of each of lua/dlq_*.lua."""

HISTORY = "{shema}:history"  # stream: what was published, and when nobody recorded it (events/history/entries.py)
HISTORY_STATE = "{shema}:history:state"  # hash: who records, and how far (events/history/stream.py)

TAILS = "{shema}:tails"  # hash: token → registration of one of our own tails (lua/tail.lua)
TAILS_OF_DEAD_LETTERS = f"{DEAD_LETTERS_PREFIX}tails"  # the same, on a cluster, where the dead letters are
PRESENCE_PREFIX = "shema-cli:tail:"  # channel: + token: each tail subscribes to its own
TAIL_NAME = "shema-cli:tail"  # the client name of our own tails


def decision(enrollment_id: str) -> bytes:
    """The key of the decision on one enrollment, whatever text its id is."""
    return _key(DECISION_PREFIX, enrollment_id)


def seats(course_id: str) -> bytes:
    """The key of the seats of one course, whatever text its id is."""
    return _key(SEATS_PREFIX, course_id)


def _key(prefix: str, id: str) -> bytes:
    try:
        return f"{prefix}{id}".encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte: JSON can hold one
        return f"{prefix}{id}".encode("utf-8", "surrogatepass")


_TYPES = {
    AUDIT: "stream",
    HISTORY: "stream",
    HISTORY_STATE: "hash",
    REGISTRY_PREFIX: "hash",
    DECISION_PREFIX: "hash",
    SEATS_PREFIX: "zset",
    ACKNOWLEDGED: "hash",
    TAILS: "hash",
    TAILS_OF_DEAD_LETTERS: "hash",
    USER_PREFIX: "string",
    DEAD_LETTERS: "list",
    IN_FLIGHT: "list",
    REPLAY_HISTORY: "list",
    RUNS: "zset",
    RUN_EVENTS_PREFIX: "list",
    GAP: "hash",
    RUN_PREFIX: "hash",
    COPIES: "hash",
}


def kind_of(key: str) -> str | None:
    """What stands under `key`, as TYPE calls it; None for what may be one or the other, or is not ours."""
    names = [name for name in _TYPES if key == name or (name.endswith(":") and key.startswith(name))]
    return _TYPES[names[0]] if names else None
