"""What a script tells our tails around an event of which it does not know yet whether anybody hears it (contract 3.2).

    hold <nonce> <digest> <seal>      an event with this digest follows: keep it back
    heard <nonce> <digest> <seal>     it was heard: show it
    unheard <nonce> <digest> <seal>   nobody heard it, so it never happened: forget it

on the channel of the tail's token, from one server in one step (`lua/deliver.lua`). `digest` is of the channel and the
payload; `seal` needs the tail's secret, so that nobody else can make a tail keep anything back.

On the same channel come the tail's own marks (`marks.py`).
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Sequence
from dataclasses import field
from hashlib import sha1

from shema_cli.frozen import dataclass
from shema_cli.store.marks import name_in
from shema_cli.store.presence import Sign

Reply = list[bytes]
"""A message as it came: `[b"pmessage", pattern, channel, payload]`."""
LONGEST_HOLD_S = 2.0
"""Only a cluster can lose a verdict on its way; what was kept back until then is shown."""


@dataclass
class _Hold:
    digest: bytes
    since: float
    kept: list[Reply] = field(default_factory=list)


class Verdicts:
    """Goes through what a tail receives, in its order, and gives out what is to be shown."""

    def __init__(self, sign: Sign) -> None:
        self._sign = sign
        self._holds: dict[bytes, _Hold] = {}
        self._seen: deque[bytes] = deque(maxlen=1000)
        self._marks: list[tuple[int, str]] = []

    @property
    def pending(self) -> bool:
        return bool(self._holds)

    def shown(self, replies: Sequence[object], now: float) -> list[Reply]:
        """The messages to show; `now` (s, a steady clock) is when they came."""
        shown: list[Reply] = []
        for reply in replies:
            if type(reply) is not list:
                continue
            if reply[0] == b"pmessage" and not self._keeps(reply):
                shown.append(reply)
            elif reply[0] == b"message" and reply[1] == self._sign.channel:
                if mark := name_in(reply[2]):
                    self._marks.append((len(shown), mark))
                shown += self._told(reply[2].split(b" "), now)
        return shown

    def marks(self) -> list[tuple[int, str]]:
        """The marks in what was gone through since this was asked before: before which message, and their names."""
        marks, self._marks = self._marks, []
        return marks

    def overdue(self, now: float) -> list[Reply]:
        """What was kept back for too long."""
        late = [nonce for nonce, hold in self._holds.items() if now - hold.since > LONGEST_HOLD_S]
        return [reply for nonce in late for reply in self._holds.pop(nonce).kept]

    def _keeps(self, reply: Reply) -> bool:
        if not self._holds:
            return False
        digest = _digest(reply[2], reply[3])
        hold = next((hold for hold in self._holds.values() if hold.digest == digest), None)
        if hold:
            hold.kept.append(reply)
        return hold is not None

    def _told(self, words: list[bytes], now: float) -> list[Reply]:
        if len(words) != 4 or not hmac.compare_digest(_seal(self._sign, words[:3]), words[3]):
            return []
        word, nonce, digest, _ = words
        if word == b"hold":
            if nonce not in self._seen:
                self._seen.append(nonce)
                self._holds[nonce] = _Hold(digest, now)
            return []
        hold = self._holds.pop(nonce, None)
        return hold.kept if hold and word == b"heard" else []


def _digest(channel: bytes, payload: bytes) -> bytes:
    text = b"%d:%s%s" % (len(channel), channel, payload)
    return sha1(text, usedforsecurity=False).hexdigest().encode()


def _seal(sign: Sign, words: Sequence[bytes]) -> bytes:
    text = b" ".join((sign.secret.encode(), *words))
    return sha1(text, usedforsecurity=False).hexdigest().encode()
