"""What a resend comes to, told before anybody is asked: which messages are to go out, and to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from shema_cli.calls.audience import Audience
from shema_cli.clock import Clock, iso_of_ms
from shema_cli.dlq.results import ordered
from shema_cli.dlq.run.republish import RepublishOptions
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.events.history.entries import RecordedMessage
from shema_cli.frozen import dataclass
from shema_cli.resend.message import Outgoing, outgoing
from shema_cli.resend.results import ChannelAgain, ResendPlan
from shema_cli.resend.selection import Ids
from shema_cli.store import keys
from shema_cli.store.listeners import Listeners
from shema_cli.store.pages import PAGE_BYTES

CHUNK = 200


@dataclass(frozen=True)
class Prepared:
    """A plan, and the ids of the messages that are to be tried."""

    plan: ResendPlan
    ids: Ids


def plan_resend(
    store: DeadLetters,
    messages: Iterable[RecordedMessage],
    service: str,
    options: RepublishOptions,
    clock: Clock,
    present: Audience,
    *,
    invalid: int = 0,
) -> Prepared:
    """One walk over the selected messages, oldest first, up to the limit of those that were not resent already.

    Raises what Redis raises.
    """
    walk = _Walk(store, service, options, present)
    walk.pass_over(messages)
    oldest = walk.oldest_ms
    plan = ResendPlan(
        service=service,
        count=walk.channels.total() - walk.unheard,
        already=walk.already,
        unheard=walk.unheard,
        invalid=invalid,
        channels={name: walk.to(name, count) for name, count in ordered(walk.channels).items()},
        oldest=None if oldest is None else iso_of_ms(oldest),
        oldest_age_s=None if oldest is None else round(clock.now().timestamp() - oldest / 1000, 3),
    )
    return Prepared(plan, walk.ids)


class _Walk:
    """Counts what is selected; what was resent already, or stands there twice, is passed over."""

    def __init__(self, store: DeadLetters, service: str, options: RepublishOptions, present: Audience) -> None:
        self.ids = Ids()
        self.channels: Counter[str] = Counter()
        self.already = self.unheard = 0
        self.oldest_ms: int | None = None
        self._store = store
        self._service = service
        self._options = options
        self._present = present
        self._listening: dict[str, Listeners] = {}
        self._seen: set[bytes] = set()

    def pass_over(self, messages: Iterable[RecordedMessage]) -> None:
        waiting, limit = iter(messages), self._options.limit
        while (limit is None or len(self.ids) < limit) and (some := list(_megabyte(waiting))):
            chunk = [outgoing(one, self._service) for one in some]
            self._ask_about(chunk)
            for one in islice(self._fresh(chunk), None if limit is None else limit - len(self.ids)):
                self._take(one)

    def _fresh(self, chunk: Sequence[Outgoing]) -> Iterator[Outgoing]:
        spent = [0] * len(chunk) if self._options.force else self._store.replays([one.resent_key for one in chunk])
        for one, times in zip(chunk, spent, strict=True):
            if times or one.resent_key in self._seen:
                self.already += 1
                continue
            self._seen.add(one.resent_key)
            yield one

    def _take(self, one: Outgoing) -> None:
        self.ids.add(one.message)
        self.channels[one.channel] += 1
        self.oldest_ms = one.message.at_ms if self.oldest_ms is None else min(self.oldest_ms, one.message.at_ms)
        self.unheard += not self._is_heard(one.channel)

    def _is_heard(self, channel: str) -> bool:
        if self._options.require_listeners and self._listening[channel].unmet():
            return False
        return self._options.allow_unheard or not self.to(channel, 0).unheard

    def to(self, channel: str, count: int) -> ChannelAgain:
        return ChannelAgain(count, self._listening[channel], self._options.require_listeners, self._service)

    def _ask_about(self, chunk: Sequence[Outgoing]) -> None:
        if unknown := sorted({one.channel for one in chunk} - self._listening.keys()):
            self._listening |= self._present.of_all(unknown, keys.DEAD_LETTERS)


def _megabyte(messages: Iterator[RecordedMessage]) -> Iterator[RecordedMessage]:
    """The next ones, as many as are about a megabyte, so that the largest are not held all at once."""
    size = 0
    for message in islice(messages, CHUNK):
        yield message
        size += len(message.payload)
        if size > PAGE_BYTES:
            return
