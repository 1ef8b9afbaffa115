"""What the history has of some ids, and who was away when it was published (contract 3.3, 3.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from shema_cli.calls.audience import declared_listeners
from shema_cli.clock import Clock, iso_of_ms, ms_of
from shema_cli.events.history.absence import Absence, Span, Traces, WasHeard
from shema_cli.events.history.entries import RecordedGap, RecordedMessage, is_id
from shema_cli.events.history.listened import Listened
from shema_cli.events.history.stream import HistoryState, by_ids, forward, newest_id, nothing_recorded, state_of
from shema_cli.events.messages import Message, MessageKind, read_message, sentence
from shema_cli.frozen import dataclass
from shema_cli.store.connection import Store
from shema_cli.store.listeners import client_names
from shema_cli.trace import words
from shema_cli.trace.find import Found, enrollment_of, further, is_about
from shema_cli.trace.results import FoundIn, TraceEvent
from shema_cli.trace.walk import Needles, Walk, not_before_ms

MOST = 2000
"""Messages that are kept of a walk, the newest."""


class Recorded:
    """The place as `trace` looks into it, once or more often.

    `newest_ms`: of the last entry that was there at the first look; None before it. `gaps`: what nobody recorded.
    `left_out`: how many messages were too many to be kept.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.newest_ms: int | None = None
        self.left_out = 0
        self.gaps: tuple[Span, ...] = ()

    def __call__(self, store: Store, ids: Collection[str], walk: Walk | None = None) -> Iterator[Found]:
        """The messages that are about one of these ids, or stand under it, oldest first.

        Raises NotFound where nothing was ever recorded; Unreachable and Failed.
        """
        past = Past.read(store, ids, walk or Walk(), self._clock)
        self.left_out = max(self.left_out, past.left_out)
        if self.newest_ms is None:
            self.newest_ms, self.gaps = past.newest_ms, past.gaps
        for message in past.messages:
            data = message.document if message.kind is MessageKind.CHAT else message.field("data")
            event = event_of(message, FoundIn.HISTORY, past.heard(message))
            yield f"history {message.id}", event, further(event.event_id, data, {*ids, *_meant(event, ids)})


@dataclass(frozen=True)
class Past:
    """The messages that one walk found, with where the services were that declare to listen.

    `gaps`: what nobody recorded. `newest_ms`: of the last entry that was there.
    """

    messages: tuple[Message, ...]
    listening: dict[str, tuple[Listened, Absence]]
    gaps: tuple[Span, ...]
    newest_ms: int
    left_out: int

    @classmethod
    def read(cls, store: Store, ids: Collection[str], walk: Walk, clock: Clock) -> Past:
        found: deque[Message] = deque(maxlen=MOST)
        gaps: list[Span] = []
        with store.errors():
            state = state_of(store)
            if state is None:
                raise nothing_recorded()
            walk.of, newest = state.entries, newest_id(store)
            listened = {name: Listened(channels) for name, channels in declared_listeners(store).items()}
            traces = {name: Traces(frozenset(client_names(name))) for name in listened}
            needles = Needles(ids)
            under = by_ids(store, clock, [id for id in ids if is_id(id)])
            found.extend(_read(entry) for entry in under if isinstance(entry, RecordedMessage))
            seen = {message.id for message in found}
            matching, since_ms = len(found), not_before_ms(ids)
            for entry in walk.over(forward(store, since_ms=since_ms, until=newest)):
                if isinstance(entry, RecordedMessage):
                    if entry.id not in seen and (message := _about(entry, needles, ids)):
                        found.append(message)
                        matching += 1
                    continue
                if isinstance(entry, RecordedGap):
                    gaps.append(Span(entry.from_ms, entry.to_ms))
                for one in traces.values():
                    one.add(entry)
        span = Span(since_ms, state.now_ms)
        listening = {name: (listened[name], traces[name].absence(state, span)) for name in listened}
        newest_ms = int(newest.partition("-")[0]) or state.now_ms
        return cls(tuple(found), listening, _gaps(gaps, state), newest_ms, matching - len(found))

    def heard(self, message: Message) -> str:
        """`heard by 3 of 4: schedule was away`, of those that declare to listen; empty where that is not known."""
        there, away = 0, []
        entry = RecordedMessage(message.id or "0-0", _ms(message), message.channel, b"")
        for name, (listened, absence) in self.listening.items():
            if not absence.seen or not listened.to(message.channel):
                continue
            match absence.heard(entry):
                case WasHeard.YES:
                    there += 1
                case WasHeard.NO:
                    away.append(name)
                case _:
                    return ""
        return words.heard(there, away) if there or away else ""


def event_of(message: Message, source: FoundIn, heard: str = "") -> TraceEvent:
    """A message as something that happened."""
    data = message.field("data")
    event_id = message.field("eventId")
    return TraceEvent(
        iso_of_ms(_ms(message)),
        source,
        message.kind.value,
        sentence(message),
        event_id=event_id if isinstance(event_id, str) else "",
        id=message.id or "",
        words=words.of_message(message),
        heard=heard,
        about=message.subject,
        enrollment_id=enrollment_of(data),
    )


def _meant(event: TraceEvent, ids: Collection[str]) -> set[str]:
    """Who asks for an entry of the history asks for its event."""
    return {event.event_id} if event.id in ids else set()


def _about(entry: RecordedMessage, needles: Needles, ids: Collection[str]) -> Message | None:
    if not (needles.may_be_in(entry.payload) or needles.may_be_in(entry.channel)):
        return None
    message = _read(entry)
    return message if is_about(message, ids) else None


def _read(entry: RecordedMessage) -> Message:
    moment = datetime.fromtimestamp(entry.at_ms / 1000, UTC)
    message = read_message(entry.channel, b"*", entry.payload, moment)
    message.id = entry.id
    return message


def _gaps(gaps: list[Span], state: HistoryState) -> tuple[Span, ...]:
    last = state.gap_at_the_end()
    return (*gaps, *([Span(last.from_ms, last.to_ms)] if last else []))


def _ms(message: Message) -> int:
    return ms_of(message.received_at)
