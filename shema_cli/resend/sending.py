"""What a resend does with the messages that it comes to: read again, batch by batch, and published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shema_cli.calls.audience import Audience
from shema_cli.clock import Clock
from shema_cli.dlq.run.bounces import ReplayTally
from shema_cli.dlq.run.pace import BATCH, Backlog
from shema_cli.dlq.run.registered import Code
from shema_cli.dlq.run.republish import Means, Publications, RepublishOptions
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.frozen import dataclass
from shema_cli.resend.message import Outgoing, outgoing
from shema_cli.resend.run import MessageBatch, Resending
from shema_cli.resend.selection import Ids, read

ALREADY = "resent already; --force sends it again"


class Resent(Publications):
    """The same for what is resent to a service: nothing goes out while that is away."""

    def __init__(
        self,
        store: DeadLetters,
        options: RepublishOptions,
        tally: ReplayTally,
        backlog: Backlog,
        present: Audience,
        service: str,
    ) -> None:
        super().__init__(store, options, tally, backlog, present)
        self._service = service

    def held(self, channel: str) -> str | None:
        if not self._options.allow_unheard and self._service in self.listening(channel).audited_missing():
            return f"{self._service} is not there"
        return super().held(channel)


@dataclass(frozen=True)
class _Left:
    """A message that was not come to."""

    id: str


class Sending:
    """The `Source` of a resend: the messages of these ids, in their order."""

    def __init__(
        self,
        run: Resending,
        clock: Clock,
        ids: Ids,
        service: str,
        options: RepublishOptions,
        publications: Publications,
        means: Means,
    ) -> None:
        self._run = run
        self._clock = clock
        self._ids = ids
        self._service = service
        self._options = options
        self._publications = publications
        self._means = means
        self._next = 0

    def go(self, quota: int | None = None) -> int:
        left = quota
        while left != 0 and self._means.way.go_on() and self._next < len(self._ids):
            most = min(self._means.pace.most, BATCH if left is None else left)
            some = self._ids.some(self._next, most)
            self._means.pace.wait()
            if not self._means.way.go_on():
                break
            if not self._send(some):
                break
            self._means.pace.took(len(some))
            self._next = some.stop
            left = None if left is None else left - len(some)
            self._means.way.progress(len(some))
            self._means.backlog.wait()
        return left or 0

    def rest(self) -> Iterator[_Left]:
        return (_Left(self._ids[number]) for number in range(self._next, len(self._ids)))

    def _send(self, some: range) -> bool:
        """False when nothing was done, because the run was told to stop.

        What was trimmed away meanwhile is missing then, and counted as gone.
        """
        read_again = read(self._run.store.redis, self._clock, [self._ids[number] for number in some])
        held: list[Outgoing] = []
        messages: list[Outgoing] = []
        for one in (outgoing(found, self._service) for found in read_again):
            (messages if self._publications.held(one.channel) is None else held).append(one)
        if messages and not self._publish(messages):
            return False
        for one in held:
            self._publications.count_held(one.id, one.channel)
        return True

    def _publish(self, messages: Sequence[Outgoing]) -> bool:
        channels = self._publications.away(list(dict.fromkeys(one.channel for one in messages)))
        batch = MessageBatch(messages, channels, self._options.force, self._options.allow_unheard)
        codes = self._run.step(batch)
        for one, code in zip(messages, codes or (), strict=codes is not None):
            if code is Code.PUBLISHED:
                self._run.remember(one.event_id)
            size = len(one.message.payload)
            self._publications.count(one, one.channel, code, size=size, event=one, at_limit=ALREADY)
        return codes is not None
