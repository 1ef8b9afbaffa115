"""The steps of a resend: what is published is marked as resent in the same step, once (contract 3.3).

That it is exactly once is `store/lua/dlq_resend.lua`: each message has a count, and one that was resent is passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import partial

from shema_cli.dlq.run.registered import Code, Registered
from shema_cli.dlq.run.store import Argument
from shema_cli.frozen import dataclass
from shema_cli.resend.message import Outgoing

ONCE = 1
ALWAYS = -1
_SPEC = struct.Struct("<H8s8s")


@dataclass(frozen=True)
class MessageBatch:
    """Messages to publish, the oldest first. `channels`: each once, and how many listen to it on other nodes."""

    messages: Sequence[Outgoing]
    channels: Sequence[tuple[str, int]]
    force: bool = False
    allow_unheard: bool = False

    @property
    def most(self) -> int:
        """How often a message may be published."""
        return ALWAYS if self.force else ONCE


class Resending(Registered):
    """A run that publishes what it is given. It holds nothing of the list of dead letters, where it watches for what
    comes back."""

    resumes = "run the same command again, it goes on where this one stopped"
    look = "see what was resent with shema audit list, then run the same command again"

    def step(self, batch: MessageBatch) -> list[Code] | None:
        """Do one step exactly once, also when its answer is lost on the way: a Code for each message. None when it was
        told to stop: nothing was done.

        Raises what keeps the run's beginning out of the trail, and then nothing was done.
        """
        self._be_noted()
        if not self.begun:
            wanted = [(one.channel, one.resent_key) for one in batch.messages]
            idle = self.idle(wanted, max_replays=batch.most, allow_unheard=batch.allow_unheard)
            if idle is not None:
                return idle
            self.announce()
        self._seq += 1
        letters = self._letters(batch)
        return None if letters is None else list(map(Code, letters))

    def _letters(self, batch: MessageBatch) -> str | None:
        while True:
            told = self._told(partial(self.store.resend_step, *self._arguments(batch)))
            if told.outcome == "gone":
                self._rejoin()
                continue
            self.frontier, self.bound = told.frontier, told.bound
            if told.outcome == "stopped":
                self.stopped_by = told.word
                return None
            if told.outcome == "done":
                self.done += told.word.count(Code.PUBLISHED)
                return told.word
            self._vouch(told.word.split())

    def _arguments(self, batch: MessageBatch) -> list[Argument]:
        numbers = {name: number for number, (name, _) in enumerate(batch.channels, 1)}
        of_name = {one.channel: one.message.channel for one in batch.messages}
        specs = b"".join(_SPEC.pack(numbers[one.channel], one.resent_key, one.replay_key) for one in batch.messages)
        payloads = (one.message.payload for one in batch.messages)
        channels = (word for name, elsewhere in batch.channels for word in (of_name[name], elsewhere))
        how = (batch.most, int(batch.allow_unheard), self._voucher.words())
        return [self.id, self._seq, *how, specs, *payloads, *channels]
