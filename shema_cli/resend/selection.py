"""Which messages of the history are meant: by id, or because a service missed them (contract 3.3)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from shema_cli.clock import Clock
from shema_cli.dlq.letters.entry import parse_event
from shema_cli.errors import InvalidUsage, NotFound
from shema_cli.events.history.entries import RecordedMessage, is_id, order_of
from shema_cli.events.history.find import may_bear
from shema_cli.events.history.stream import HistoryState, by_ids, forward, nothing_recorded, state_of
from shema_cli.frozen import dataclass
from shema_cli.inputs import read_ids
from shema_cli.store.chain import to_bytes
from shema_cli.store.connection import Store
from shema_cli.store.pages import PAGE_BYTES

MOST_TOLD = 20


@dataclass(frozen=True)
class Unusable:
    """What was asked for and cannot be resent. `missing`: the history has no such entry."""

    word: str
    why: str
    missing: bool = True


class Ids:
    """Of messages of the history, in their order, 24 bytes each, with their sizes."""

    def __init__(self) -> None:
        self._numbers = array("Q")

    def add(self, message: RecordedMessage) -> None:
        self._numbers.extend((*order_of(message.id), len(message.payload)))

    def __len__(self) -> int:
        return len(self._numbers) // 3

    def __getitem__(self, number: int) -> str:
        return f"{self._numbers[3 * number]}-{self._numbers[3 * number + 1]}"

    def some(self, first: int, most: int) -> range:
        """As many from `first` on as are about a megabyte, `most` at most; one at least where there are any."""
        size, end = 0, first
        while end < min(len(self), first + most):
            size += self._numbers[3 * end + 2]
            if size > PAGE_BYTES and end > first:
                break
            end += 1
        return range(first, end)


def read(store: Store, clock: Clock, ids: Sequence[str]) -> Iterator[RecordedMessage]:
    """These messages, without those that were trimmed away meanwhile, and without what is no message.

    Waits for a failover. Raises Unreachable and Failed.
    """
    return (entry for entry in by_ids(store, clock, ids) if isinstance(entry, RecordedMessage))


@dataclass(frozen=True)
class ChosenById:
    """What ids name: the ids of messages, the oldest first, and what of it cannot be resent."""

    words: tuple[str, ...]
    ids: tuple[str, ...]
    unusable: tuple[Unusable, ...]
    store: Store
    clock: Clock
    service: str = ""
    listens: tuple[str, ...] = ()

    def messages(self) -> Iterator[RecordedMessage]:
        return read(self.store, self.clock, self.ids)

    def describe(self) -> str:
        named = " ".join(self.words[:MOST_TOLD])
        more = len(self.words) - MOST_TOLD
        return f"{named} and {more} more" if more > 0 else named

    def nothing(self) -> NotFound:
        words = ", ".join(one.word for one in self.unusable[:MOST_TOLD])
        return NotFound("not_in_history", f"{self.unusable[0].why}: {words}", "see what it has: shema events history")


def chosen(ids: Sequence[str], ids_file: str | None, stdin: TextIO) -> tuple[str, ...]:
    """The ids that were typed. Raises InvalidUsage where there are none, or their file cannot be read."""
    named = [*ids, *(read_ids(ids_file, stdin) if ids_file is not None else ())]
    if not named:
        raise InvalidUsage("no_selection", "nothing says which events to resend", "give ids or --ids-file")
    return tuple(dict.fromkeys(named))


def choose(store: Store, clock: Clock, asked: tuple[str, ...]) -> ChosenById:
    """By ids of the history and eventIds. Raises InvalidUsage for an eventId that names several messages, NotFound
    where nothing was ever recorded."""
    with store.errors():
        state = state_of(store)
    if state is None:
        raise nothing_recorded()
    ids = list(filter(is_id, asked))
    found = {entry.id: isinstance(entry, RecordedMessage) for entry in by_ids(store, clock, ids)}
    unusable = []
    messages: set[str] = set()
    for word in ids:
        id = "{}-{}".format(*order_of(word))
        if found.get(id):
            messages.add(id)
        elif id not in found:
            unusable.append(Unusable(word, _why_not_there(word, state)))
        else:
            unusable.append(Unusable(word, "no message, but what the recorder noted", missing=False))
    by_event = _by_event_id(store, [word for word in asked if not is_id(word)])
    for word, named in by_event.items():
        if not named:
            unusable.append(Unusable(word, "the history has no event of this id"))
        messages.update(named)
    return ChosenById(asked, tuple(sorted(messages, key=order_of)), tuple(unusable), store, clock)


def _by_event_id(store: Store, event_ids: Sequence[str]) -> Mapping[str, list[str]]:
    """Each eventId, and the oldest message that bears it: a resend is recorded as well, and the same to the byte."""
    found: dict[str, dict[tuple[bytes, bytes], str]] = {event_id: {} for event_id in event_ids}
    needles = {event_id: to_bytes(event_id) for event_id in event_ids}
    if found:
        with store.errors():
            for entry in forward(store):
                if isinstance(entry, RecordedMessage) and may_bear(entry.payload, needles.values()):
                    event_id = parse_event(entry.payload).event_id
                    if event_id in found:
                        found[event_id].setdefault((entry.channel, entry.payload), entry.id)
    for event_id, messages in found.items():
        if len(messages) > 1:
            some = ", ".join(list(messages.values())[:10])
            message = f"{event_id} names {len(messages)} different messages of the history: {some}"
            raise InvalidUsage("ambiguous_id", message, "give the history's own id of the one you mean")
    return {event_id: list(messages.values()) for event_id, messages in found.items()}


def _why_not_there(id: str, state: HistoryState) -> str:
    if order_of(id)[0] <= state.trimmed_ms:
        return "the history has no such entry any more: it was trimmed away"
    return "the history has no such entry"
