"""Which named clients are subscribed to anything, and how many to each channel, as the servers tell it (contract 3.3).

On a cluster all nodes are asked at once, and one that does not answer in time is told as silent: whoever asks may have
a lease to renew.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from redis.exceptions import ConnectionError, RedisError, ResponseError, TimeoutError

from shema_cli.frozen import dataclass
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.presence import SUBSCRIBED
from shema_cli.store.refusals import refusal

if TYPE_CHECKING:
    from redis import Redis

ANSWER_S = 0.5
LONGEST_NAME = 200
_CLIENT = re.compile(rb"^id=(\d+)[^\n]*? name=([^ \n]+)(?: age=(\d+))?", re.MULTILINE)
_REFUSED = ("", "NOPERM")
"""How a server says that a command may not be run here, or that it does not know it."""

Answer = bytes | RedisError | OSError


@dataclass(frozen=True, slots=True)
class NamedClient:
    """The subscribed connections of one name, `<node> <id>` each. `oldest_s`: the age of the oldest, if told."""

    connections: frozenset[str]
    oldest_s: int | None = None


@dataclass(frozen=True)
class Subscribed:
    """Name → its connections. `silent`: the nodes that did not answer; one server always does, or it is an error."""

    clients: Mapping[str, NamedClient]
    silent: frozenset[str] = frozenset()


@dataclass
class _Question:
    """One node asked aside."""

    answer: list[Answer] = field(default_factory=list)
    thread: threading.Thread | None = None

    def ask(self, node: Redis) -> None:
        self.answer.append(_listing(node))


class Servers:
    """Asks the same servers again and again. A node that still owes an answer is not asked a second time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asked: dict[str, _Question] = {}

    def subscribed(self) -> Subscribed | None:
        """Who is subscribed, our own tails and connections without a name left out; None where CLIENT LIST is refused.

        Raises what Redis raises when no server answers.
        """
        answers = self._aside() if self._store.cluster else {"": _listing(self._store.client)}
        lost = [answer for answer in answers.values() if isinstance(answer, (RedisError, OSError))]
        if any(isinstance(one, ResponseError) and refusal(one).word in _REFUSED for one in lost):
            return None
        listings = {node: answer for node, answer in answers.items() if isinstance(answer, bytes)}
        if lost and not listings:
            raise lost[0]
        return Subscribed(_by_name(listings), frozenset(answers) - frozenset(listings))

    def counts(self, channels: Sequence[str]) -> dict[str, int]:
        """How many are subscribed to each of these channels, of all nodes that answer. Raises what Redis raises."""
        found = dict.fromkeys(channels, 0)
        for node in self._store.nodes():
            try:
                told: Sequence[bytes | int] = node.execute_command("PUBSUB", "NUMSUB", *channels)
            except (ConnectionError, TimeoutError):
                if not self._store.cluster:
                    raise
                continue
            for channel, count in zip(channels, told[1::2], strict=True):
                found[channel] += int(count)
        return found

    def _aside(self) -> dict[str, Answer]:
        nodes = dict(self._store.named_nodes())
        self._asked = {name: asked for name, asked in self._asked.items() if name in nodes and not asked.answer}
        for name, node in nodes.items():
            if name not in self._asked:
                asked = self._asked[name] = _Question()
                asked.thread = threading.Thread(target=asked.ask, args=(node,), name="shema-presence", daemon=True)
                asked.thread.start()
        deadline = time.monotonic() + ANSWER_S
        for asked in self._asked.values():
            if asked.thread:
                asked.thread.join(max(0.0, deadline - time.monotonic()))
        late = TimeoutError("no answer")
        return {name: asked.answer[0] if asked.answer else late for name, asked in self._asked.items()}


def _listing(node: Redis) -> Answer:
    try:
        answer: bytes = node.execute_command(*SUBSCRIBED)
    except (RedisError, OSError) as error:
        return error
    return answer


def _by_name(listings: Mapping[str, bytes]) -> dict[str, NamedClient]:
    connections: dict[bytes, list[str]] = {}
    oldest: dict[bytes, int] = {}
    for node, listing in listings.items():
        for id, name, age in _CLIENT.findall(listing):
            connections.setdefault(name, []).append(f"{node} {id.decode()}")
            if age:
                oldest[name] = max(oldest.get(name, 0), int(age))
    connections.pop(keys.TAIL_NAME.encode(), None)
    return {_told(name): NamedClient(frozenset(own), oldest.get(name)) for name, own in connections.items()}


def _told(name: bytes) -> str:
    """A name as text; one that is too long by its beginning and a digest, so that it stays apart from others."""
    text = name.decode("utf-8", "backslashreplace")
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…{hashlib.sha256(name).hexdigest()[:12]}"
