"""`events listeners`: who listens to which channel, now."""

from __future__ import annotations

from collections.abc import Sequence

from shema_cli.calls.audience import asked_by, audience, declared_listeners, declared_words
from shema_cli.events.envelope import CHANNELS
from shema_cli.events.results import Listening
from shema_cli.store import keys
from shema_cli.store.connection import Store


def who_listens(store: Store, wanted: Sequence[str]) -> Listening:
    """These channels; if none, those of the catalogue and all that services have declared.

    Raises Unreachable and Failed.
    """
    declared = declared_listeners(store)
    names = asked_by(wanted or [*CHANNELS, *declared_words(declared)])
    counts = audience(store, list(names.values()), keys.AUDIT, declared)
    return Listening({word: counts[channel] for word, channel in names.items()})
