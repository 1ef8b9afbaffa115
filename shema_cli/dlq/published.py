"""What the history of events has of a dead letter, or of what is taken for one (contract 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.clock import Clock, iso_of_ms, local_time_of_ms
from shema_cli.dlq.letters.entry import Entry, parse_event
from shema_cli.dlq.results import Publication
from shema_cli.errors import NotFound, ShemaError
from shema_cli.events.history.entries import RecordedMessage
from shema_cli.events.history.find import FoundInHistory, find
from shema_cli.shell import to_type
from shema_cli.store.connection import Store

BESIDE_S = 0.5


def published(store: Store, entry: Entry, clock: Clock) -> tuple[Publication, ...]:
    """When the event of an entry was published, the oldest first, as far as half a second goes.

    It stands beside what was asked for: nothing, where the history cannot be read.
    """
    if entry.event_id is None:
        return ()
    try:
        found = find(store, [entry.event_id], clock=clock, within_s=BESIDE_S)
    except ShemaError:
        return ()
    return tuple(Publication(iso_of_ms(one.at_ms), one.id) for one in _of(found, entry.event_id))


def not_listed(store: Store, word: str, missing: NotFound, clock: Clock) -> NotFound:
    """What is raised of an id that no dead letter has: where the history has it, where that is and what can be done."""
    found = find(store, [word], clock=clock)
    message = next(_of(found, word), None)
    if message:
        channel = message.channel.decode("utf-8", "backslashreplace")
        when = local_time_of_ms(message.at_ms)
        told = f"{word} is no dead letter, but events history has it: published on {channel} at {when}"
        hint = f"{to_type('shema trace', word)}; publish it again: {to_type('shema events resend', message.id)}"
        return NotFound("only_in_history", told, hint)
    if found.since_ms:
        told = f"{missing.message}, nor has the history since {local_time_of_ms(found.since_ms)}"
        return NotFound(missing.code, told, f"what is older: {to_type('shema events history --grep', word)}")
    return missing


def _of(found: FoundInHistory, id: str) -> Iterator[RecordedMessage]:
    """Those that are this event, or stand under this id; not those that only mention it."""
    return (one for one in found.messages if id in (one.id, parse_event(one.payload).event_id))
