"""What was published while a service was not there to hear it (contract 3.3).

The history is walked twice: once for when the service was there, once for what was published. What is kept of it is
the changes of this one service and a few words on each event that it missed, never a payload.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from shema_cli.clock import Clock, iso_of_ms
from shema_cli.errors import InvalidUsage
from shema_cli.events.history.absence import Span, Traces, WasHeard
from shema_cli.events.history.entries import HistoryEntry, RecordedGap, RecordedMessage
from shema_cli.events.history.fewer import Numbers
from shema_cli.events.history.listened import listened_by
from shema_cli.events.history.missed_events import Missed, MissedEvent
from shema_cli.events.history.past import Window, time_before
from shema_cli.events.history.stream import HistoryState, forward, nothing_recorded, settled_state
from shema_cli.events.messages import decode, read_message, sentence
from shema_cli.output.sanitize import bounded
from shema_cli.store.connection import Store
from shema_cli.store.listeners import client_names

TOLD_EVERY = 1000
MOST_WORDS = 200
"""Characters that are kept of what one event says."""
_ALL = Window()
_CLIENT_NAME = re.compile(r"[!-~]+")
"""What `CLIENT SETNAME` takes."""
_Identity = tuple[bytes, str | bytes]
"""Its channel and its eventId; of what has none, the digest of its bytes."""


def missed(
    store: Store,
    service: str,
    channels: Sequence[str],
    window: Window = _ALL,
    walked: Callable[[int], object] = lambda _: None,
    *,
    clock: Clock,
) -> Missed:
    """What was published on `channels` (else on those that it has declared) while no client of its name was subscribed.

    An event that came again when it was there is not missed. `walked` is told of each 1,000 entries. Raises NotFound
    where nothing was ever recorded, InvalidUsage for a name that no client can have, and where nobody says what it
    listens to; Unreachable and Failed.
    """
    if not _CLIENT_NAME.fullmatch(service):
        raise InvalidUsage("bad_service", f"{service!r} is no service: no client of Redis can have that name")
    with store.errors():
        state = settled_state(store, clock)
        if state is None:
            raise nothing_recorded()
        listened = listened_by(store, service, channels)
        before = time_before(store, state, _ALL)
        whole = _whole(window, state, before, next(forward(store), None))
        traces, numbers, last = Traces(frozenset(client_names(service))), Numbers(listened), "0-0"
        for entry in _walk(forward(store, since_ms=whole.from_ms), walked):
            last = entry.id
            traces.add(entry)
            numbers.add(entry)
        if before:
            traces.add(before)
        absence = traces.absence(state, whole)
        unheard = _Unheard()
        for entry in _walk(forward(store, since_ms=whole.from_ms, until=last), walked):
            if isinstance(entry, RecordedMessage) and listened.to(entry.channel):
                unheard.add(entry, absence.heard(entry), counts=entry.at_ms <= whole.to_ms)
    return Missed(
        service=service,
        channels=listened.patterns,
        since_ms=whole.from_ms,
        all_that_is_kept=not window.since_ms,
        away=absence.away,
        unknown=absence.unknown,
        events=unheard.events(),
        fewer=numbers.fewer(min(whole.to_ms, state.heard_ms)),
        seen=absence.seen,
        away_still=window.until_ms is None and any(span.to_ms >= whole.to_ms for span in absence.away),
        asked=tuple(_asked(channels, window)),
    )


def _walk(entries: Iterator[HistoryEntry], walked: Callable[[int], object]) -> Iterator[HistoryEntry]:
    for number, entry in enumerate(entries, 1):
        yield entry
        if not number % TOLD_EVERY:
            walked(TOLD_EVERY)


def _asked(channels: Sequence[str], window: Window) -> Iterator[str]:
    yield from (word for channel in channels for word in ("--channel", channel))
    yield from ("--since", iso_of_ms(window.since_ms)) if window.since_ms else ()
    yield from ("--until", iso_of_ms(window.until_ms)) if window.until_ms is not None else ()


def _whole(window: Window, state: HistoryState, before: RecordedGap | None, oldest: HistoryEntry | None) -> Span:
    """The window from what is kept, or from where it begins, to now at the latest."""
    to_ms = state.now_ms if window.until_ms is None else min(window.until_ms, state.now_ms)
    kept_ms = before.to_ms if before else oldest.at_ms if oldest else state.heard_ms
    return Span(window.since_ms or kept_ms, to_ms)


class _Unheard:
    """The missed messages so far; one that is heard later goes."""

    def __init__(self) -> None:
        self._events: dict[str, MissedEvent] = {}
        self._by_identity: dict[_Identity, dict[bytes, str]] = {}

    def add(self, message: RecordedMessage, heard: WasHeard, *, counts: bool) -> None:
        """`counts`: whether it lies in the window. What was heard behind it counts all the same."""
        if heard is WasHeard.YES:
            if self._by_identity:
                for id in self._by_identity.pop(_identity(message), {}).values():
                    del self._events[id]
        elif counts and heard is not WasHeard.UNKNOWN:
            self._keep(message, maybe=heard is WasHeard.MAYBE)

    def events(self) -> tuple[MissedEvent, ...]:
        return tuple(self._events.values())

    def _keep(self, message: RecordedMessage, *, maybe: bool) -> None:
        """An event that was missed twice, the same to the byte, is one event."""
        at = datetime.fromtimestamp(message.at_ms / 1000, UTC)
        read = read_message(message.channel, message.channel, message.payload, at)
        event_id, event_type = _text(read.field("eventId")), _text(read.field("eventType"))
        copies = self._by_identity.setdefault(_identity(message, event_id), {})
        digest = _digest(message.payload)
        if digest in copies and event_id is not None:
            return
        copies[digest if event_id is not None else message.id.encode()] = message.id
        named = (message.id, message.at_ms, read.channel_name, event_id, event_type, maybe)
        self._events[message.id] = MissedEvent(*named, bounded(sentence(read), MOST_WORDS), read.subject)


def _identity(message: RecordedMessage, event_id: str | None = None) -> _Identity:
    if event_id is None:
        document = decode(message.payload)
        event_id = _text(document.get("eventId")) if isinstance(document, dict) else None
    return message.channel, event_id if event_id is not None else _digest(message.payload)


def _digest(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=16).digest()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
