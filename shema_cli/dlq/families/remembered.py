"""What acknowledgements keep of entries that a run is about to take out.

How a family stands is told by when its entries failed. Without those that were taken out, one that fails on and on
would look like one that was silent in between: so before a run begins, each acknowledgement of a known family is told
when its newest entry failed. Of no other: one that has returned stays so until somebody acknowledges it anew.
"""

from __future__ import annotations

from contextlib import suppress

from shema_cli.clock import Clock, iso
from shema_cli.dlq.families.acknowledged import Acknowledgement, Failures, read_acknowledged
from shema_cli.dlq.letters.entry import parse_entry
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import Failed
from shema_cli.json_text import dumps, loads, merged
from shema_cli.store import keys
from shema_cli.store.scripts import script


def remember_failures(store: DeadLetters, clock: Clock) -> None:
    """Walk over the list once, where any family is acknowledged.

    A run does without where this may not be read or written: at worst a family is told as returned that is not. Raises
    Unreachable.
    """
    acknowledged = read_acknowledged(store.redis)
    if not acknowledged.families:
        return
    failures = Failures(acknowledged, clock.now())
    for _, raw in store.oldest_first():
        failures.add(parse_entry(raw))
    for name, newest in failures.newest_of_known().items():
        with suppress(Failed), store.redis.errors():
            one = acknowledged.families[name]
            store.redis.run(script("replace_field"), [keys.ACKNOWLEDGED], [name, one.stored, _told(one, iso(newest))])


def _told(acknowledgement: Acknowledgement, newest: str) -> str:
    """What its field holds then; all else that stands there stays."""
    value = loads(acknowledgement.stored)
    assert isinstance(value, dict)  # or it had acknowledged nothing
    return dumps(merged(value, {"newest": newest}))
