"""Who hears an event, without our own tails: the guard that everyone who publishes shares (contract 2.4, 3.2).

`lua/deliver.lua` decides in the step that publishes; what is foretold before it is counted here. Whoever is subscribed
to a channel itself is counted exactly. What the patterns of others are no server tells: how many they are is a bound.
What a service has declared says which of its patterns match, where PUBLISH tells afterwards whether that is so. On the
other nodes of a cluster nothing does, and nobody proves by his name whose patterns he follows: there each pattern of
whoever is no tail may match, and counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from shema_cli.frozen import dataclass
from shema_cli.results import are, counted, were
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.glob import matches
from shema_cli.store.presence import SUBSCRIBED, TailRegistration, client_lines, read_tails, registered_tails
from shema_cli.store.refusals import asked, explain

if TYPE_CHECKING:
    from redis import Redis

_Command = tuple[str | bytes, ...]

_GLOB_SIGNS = frozenset("*?[")
ASKED_AT_ONCE = 1000
_REGISTERED = ("HGETALL", keys.TAILS)

Declared = Mapping[str, Sequence[str]]
"""Service → the channels and patterns that it says it listens to (contract 1.1)."""


@dataclass(frozen=True)
class Listeners:
    """Who would hear a channel now, counted without publishing.

    `services` surely hear it; `patterns` more may, as far as their patterns match (None: it is not told how many).
    `tails` are our own. `elsewhere` (what `deliver` wants) is the part of `services` and `patterns` on nodes other than
    the one that runs the script, less what calls itself a tail there; 0 on one server. `declared` are the services that
    say they listen to it, `missing` those of which no connection is subscribed (None: CLIENT LIST is forbidden).
    """

    services: int
    patterns: int | None = 0
    tails: int = 0
    elsewhere: int = 0
    declared: tuple[str, ...] = ()
    missing: tuple[str, ...] | None = ()

    @property
    def at_most(self) -> int | None:
        """None where it is not told."""
        return None if self.patterns is None else self.services + self.patterns

    @property
    def exact(self) -> bool:
        return self.patterns == 0

    @property
    def unheard(self) -> bool:
        """Whether an event would surely be lost."""
        return self.at_most == 0

    @property
    def said(self) -> str:
        """`2 listeners`, `2 to 5 listeners`, `nobody listens`: how many, and how sure that is."""
        if self.exact:
            return counted(self.services, "listener") if self.services else "nobody listens"
        if self.at_most is None:
            return f"{self.services} listeners or more" if self.services else "not known whether anybody listens"
        if not self.services:
            return f"nobody for sure; {counted(self.at_most, 'pattern')} of others may match"
        return f"{self.services} to {self.at_most} listeners"

    @property
    def foretold(self) -> str:
        """`said`, and who is not there."""
        if not self.missing:
            return self.said
        return f"{self.said}; {named(self.missing)} {are(len(self.missing))} not there"

    @property
    def short(self) -> str:
        """`2`, `2-5`, `2+`: the same for a column."""
        if self.exact:
            return str(self.services)
        return f"{self.services}+" if self.at_most is None else f"{self.services}-{self.at_most}"

    def unmet(self) -> str | None:
        """Why `--require-listeners` refuses this; None when all that have declared it are there, as far as any have."""
        if self.missing is None:
            return f"whether {named(self.declared)} would hear it cannot be told, because CLIENT LIST is forbidden"
        return self.said_missing or None

    @property
    def said_missing(self) -> str:
        """`schedule was not there`; empty where nobody is missing."""
        if self.missing is None:
            return f"whether {named(self.declared)} heard it is not known (CLIENT LIST is forbidden)"
        return f"{named(self.missing)} {were(len(self.missing))} not there" if self.missing else ""

    def heard_by(self, receivers: int | None) -> Listeners:
        """The same, now that it is known how many heard it: of nobody, everybody was missing."""
        return replace(self, missing=self.declared) if receivers == 0 else self

    def audited_missing(self) -> tuple[str, ...]:
        """Who is known to be missing."""
        return self.missing or ()

    def missing_document(self) -> dict[str, object]:
        """`{"missing": [service, …]}` (null: not known) where services have declared the channel."""
        if not self.declared:
            return {}
        return {"missing": None if self.missing is None else list(self.missing)}

    def document(self) -> dict[str, int | None]:
        """`{"listeners"}`: those that surely hear it; with `"at_most"` (null: not told) where more may."""
        return {"listeners": self.services, **({} if self.exact else {"at_most": self.at_most})}


def listeners(store: Store, channel: str, *, key: str | bytes | None = None) -> Listeners:
    """Who listens to one channel, as `all_listeners` tells it."""
    return all_listeners(store, [channel], key=key)[channel]


def all_listeners(
    store: Store,
    channels: Sequence[str],
    *,
    key: str | bytes | None = None,
    declared: Declared | None = None,
) -> dict[str, Listeners]:
    """Count the listeners of these channels over all nodes. `key` (any key of the script) tells which node will run it.

    Takes a few questions, however many channels. Raises what Redis raises.
    """
    tails, declared = registered_tails(store) if store.cluster else None, declared or {}
    present: set[str] | None = set()
    found = dict.fromkeys(channels, Listeners(0))
    here = store.node_of(key) if key else None
    for name, node in store.named_nodes():
        elsewhere = store.cluster and name != here
        try:
            server = _Node(node, channels, tails, declared, elsewhere=elsewhere)
        except (ConnectionError, TimeoutError):
            if not store.cluster:
                raise
            continue  # whoever listens on a node that is down does not hear us
        present = None if present is None or server.present is None else present | server.present
        for channel, count in server.counted().items():
            found[channel] = _added(found[channel], count)
    return {channel: _with_declared(count, channel, declared, present) for channel, count in found.items()}


def _with_declared(count: Listeners, channel: str, declared: Declared, present: set[str] | None) -> Listeners:
    """Where nobody is subscribed to the channel itself, whoever has declared just that is not there."""
    supposed = {name: own for name, listens in declared.items() if (own := _matching(listens, channel))}
    if count.unheard:
        present = set()
    missing = None if present is None else tuple(sorted(name for name in supposed if not _is_there(name, present)))
    if not count.services and missing is not None:
        exactly = (name for name, own in supposed.items() if own == [channel])
        missing = tuple(sorted({*missing, *exactly}))
    return replace(count, declared=tuple(sorted(supposed)), missing=missing if supposed else ())


def named(services: Sequence[str]) -> str:
    """`schedule`, `schedule and user`, `booking, schedule and user`."""
    return " and ".join(part for part in (", ".join(services[:-1]), services[-1] if services else "") if part)


def _matching(listens: Sequence[str], channel: str) -> list[str]:
    name = _bytes(channel)
    return [word for word in listens if word == channel or matches(_bytes(word), name)]


def _is_there(service: str, present: set[str]) -> bool:
    return not present.isdisjoint(client_names(service))


def client_names(service: str) -> tuple[str, str]:
    """How the connections of a service may be named (contract 3.2)."""
    return service, f"{service}-service"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass" if any(0xD800 <= ord(c) < 0xDC80 for c in text) else "surrogateescape")


def _added(total: Listeners, count: Listeners) -> Listeners:
    patterns = None if None in (total.patterns, count.patterns) else (total.patterns or 0) + (count.patterns or 0)
    elsewhere = total.elsewhere + count.elsewhere
    return Listeners(total.services + count.services, patterns, total.tails + count.tails, elsewhere)


class _Node:
    """One server as it is now; `elsewhere`: another than the one that runs the script."""

    def __init__(
        self,
        node: Redis,
        channels: Sequence[str],
        tails: Sequence[TailRegistration] | None,
        declared: Declared,
        *,
        elsewhere: bool,
    ) -> None:
        """`tails` None: those that are registered there."""
        self._channels = channels
        self._declared = declared
        self._elsewhere = elsewhere
        self._known: list[Sequence[str]] = []  # patterns of connections that follow what their service has declared
        self.present: set[str] | None = None  # names of connections that are subscribed
        counting = _counting([_bytes(channel) for channel in channels])
        registered = [_REGISTERED] if tails is None else []
        *answers, listing = _asked_together(node, [*registered, *counting, SUBSCRIBED], may_refuse=SUBSCRIBED)
        if tails is None:
            tails, answers = read_tails(answers[0]), answers[1:]
        self._exact = _counts(answers)
        self._tails = _living(node, tails)
        self._foreign, self._unproven = self._foreign_patterns(node, listing)

    def counted(self) -> dict[str, Listeners]:
        found = {}
        for channel, exact in zip(self._channels, self._exact, strict=True):
            name = _bytes(channel)
            known = [matches(_bytes(pattern), name) for patterns in self._known for pattern in patterns]
            sure, doubtful = exact + sum(known), known.count(False) if self._elsewhere else 0
            may = None if self._foreign is None else self._foreign + doubtful
            tails = sum(1 for tail in self._tails if any(matches(pattern, name) for pattern in tail.patterns))
            possible = sure + (1 if may is None else may - self._unproven)
            found[channel] = Listeners(sure, may, tails, elsewhere=possible if self._elsewhere else 0)
        return found

    def _foreign_patterns(self, node: Redis, listing: bytes | None) -> tuple[int | None, int]:
        """Patterns that others follow, None where CLIENT LIST is forbidden and some may be others'; and how many of
        them are of tails that could not register: elsewhere on a cluster the name has to do."""
        if listing is None:
            own = {pattern for tail in self._tails for pattern in tail.patterns}
            return (None if int(node.execute_command("PUBSUB", "NUMPAT")) > len(own) else 0), 0
        own_clients = {tail.client for tail in self._tails}
        others = [one for one in client_lines(listing) if (one.get("id", ""), one.get("addr", "")) not in own_clients]
        self.present = {one["name"] for one in others if one.get("name")}
        unknown = [one for one in others if not self._follows_what_it_declared(one)]
        unproven = (one for one in unknown if one.get("name") == keys.TAIL_NAME)
        return sum(map(_patterns_of, unknown)), sum(map(_patterns_of, unproven))

    def _follows_what_it_declared(self, client: Mapping[str, str]) -> bool:
        """Whether it follows as many patterns as its service has declared: then these are taken for them."""
        name = client.get("name", "")
        listens = self._declared.get(name) or self._declared.get(name.removesuffix("-service")) or ()
        patterns = [word for word in listens if _GLOB_SIGNS.intersection(word)]
        known = bool(patterns) and _patterns_of(client) == len(patterns)
        if known:
            self._known.append(patterns)
        return known


def _patterns_of(client: Mapping[str, str]) -> int:
    return int(client.get("psub", 0))


def _living(node: Redis, tails: Sequence[TailRegistration]) -> list[TailRegistration]:
    """Those whose own channel somebody follows there."""
    if not tails:
        return []
    counts = _counts(_asked_together(node, _counting([tail.channel for tail in tails])))
    return [tail for tail, count in zip(tails, counts, strict=True) if count]


def _counting(channels: Sequence[bytes]) -> list[_Command]:
    """How many are subscribed to each of them is asked by."""
    parts = range(0, len(channels), ASKED_AT_ONCE)
    return [("PUBSUB", "NUMSUB", *channels[first : first + ASKED_AT_ONCE]) for first in parts]


def _counts(answers: Sequence[Sequence[int]]) -> list[int]:
    """What was answered to `_counting`."""
    return [int(count) for answer in answers for count in answer[1::2]]


def _asked_together(node: Redis, commands: Sequence[_Command], may_refuse: _Command | None = None) -> list[Any]:
    """The answers, in one round trip; None for what is refused and may be. Raises what Redis raises."""
    pipeline = node.pipeline(transaction=False)
    for words in commands:
        pipeline.execute_command(*words)
    answers = pipeline.execute(raise_on_error=False)
    for number, (words, answer) in enumerate(zip(commands, answers, strict=True)):
        if isinstance(answer, ResponseError) and words is may_refuse:
            answers[number] = None
        elif isinstance(answer, Exception):
            if isinstance(answer, ResponseError):
                explain(answer, asked(words), node)
            raise answer
    return answers
