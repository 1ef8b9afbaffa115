"""Every name that `shema` uses in Redis (contract 1.1, 1.4, 1.5).

The braces are part of the names: on a cluster they put the keys that change together into one slot.
"""

from __future__ import annotations

AUDIT = "{shema}:audit"  # stream: the audit trail
PUBLISHING = "{shema}:publishing"  # written and removed again, to see whether this server takes writes
REGISTRY_PREFIX = "{shema}:registry:"  # + service: hash: base URL → registration
DECISION_PREFIX = "{shema}:decision:"  # + enrollment: hash: the decision that stands
USER_PREFIX = "user:email:"  # + address: JSON of a user, shared with the auth service

DEAD_LETTERS = "events:dead_letter"  # list: what services could not handle, the newest first
DEAD_LETTERS_PREFIX = "{events:dead_letter}:shema:"  # + what a replay needs, in the slot of the list

PRESENCE_PREFIX = "shema-cli:tail:"  # channel: + pattern: each of our own tails subscribes to it, so that it is known
TAIL_NAME = "shema-cli:tail"  # the client name of our own tails


def decision(enrollment_id: str) -> bytes:
    """The key of the decision on one enrollment, whatever text its id is."""
    return f"{DECISION_PREFIX}{enrollment_id}".encode("utf-8", "surrogateescape")
