"""What a replay or a discard comes to, counted in one walk over the list before anybody is asked (contract 2.4).

The dry run tells it, the question asks for it, and the run is held to it: which entries are copies, and how many there
are to be found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from itertools import islice, repeat

from shema_cli.clock import Clock, iso
from shema_cli.dlq.letters.copies import Copies, Covered, number_of
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.selection import Chooser, EntrySelection, FoundEntries
from shema_cli.dlq.outcomes import ChannelPlan, DeadLetterPlan
from shema_cli.dlq.results import ordered
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.frozen import dataclass
from shema_cli.moments import read_moment
from shema_cli.store.listeners import Listeners
from shema_cli.store.pages import LARGEST_CUT_PAGE

MOST_PLACES = 1000


@dataclass(frozen=True)
class Rules:
    """What decides, besides the selection, what is done with an entry. `max_replays` None: however often it was.

    `edited` goes out instead of what is stored.
    """

    limit: int | None = None
    max_replays: int | None = None
    allow_unheard: bool = False
    require_listeners: bool = False
    each: bool = False
    edited: Entry | None = None

    def shown(self, entry: Entry) -> Entry:
        """The event that goes out for an entry."""
        return self.edited or entry


@dataclass(frozen=True)
class Prepared:
    """A plan, and what a run needs of it: the copies, and how many entries it is to find (`takes`)."""

    plan: DeadLetterPlan
    copies: Copies = field(default_factory=Copies)
    takes: int = 0
    untimed: int = 0  # left out only because they do not say when they failed

    @property
    def selected(self) -> int:
        """What the selection matches, whether it can be replayed or not."""
        return self.takes + self.plan.invalid


def plan_replay(
    store: DeadLetters,
    selection: EntrySelection,
    clock: Clock,
    rules: Rules,
    *,
    found: FoundEntries | None = None,
    bound: int | None = None,
) -> Prepared:
    """What replaying the selected entries comes to, with the listeners and replay counts of this moment."""
    walk = _Foretold(store, rules)
    chooser = selection.chooser(found)
    walk.pass_over(_entries(store, found, bound, chooser), chooser)
    return walk.prepared(clock.now())


def plan_discard(
    store: DeadLetters,
    selection: EntrySelection,
    clock: Clock,
    *,
    limit: int | None = None,
    found: FoundEntries | None = None,
    bound: int | None = None,
) -> Prepared:
    """What discarding the selected entries comes to; invalid ones count like any other."""
    walk = _Discarded(limit, takes_invalid=True)
    chooser = selection.chooser(found)
    walk.pass_over(_entries(store, found, bound, chooser), chooser)
    return walk.prepared(clock.now())


class _Seen:
    """The events that a walk has met, by eight bytes each; several have one key where an eventId was used again."""

    def __init__(self) -> None:
        self._out: dict[int, int] = {}
        self._out_again: dict[int, list[int]] = {}
        self._kept_back: set[int] = set()

    def has(self, key: int, event: int) -> bool:
        return event in self._kept_back or self.went_out(key, event)

    def went_out(self, key: int, event: int) -> bool:
        return self._out.get(key) == event or event in self._out_again.get(key, ())

    def times(self, key: int) -> int:
        """How often something with this key went out."""
        return (key in self._out) + len(self._out_again.get(key, ()))

    def add(self, key: int, event: int, *, went_out: bool) -> None:
        if not went_out:
            self._kept_back.add(event)
        elif key in self._out:
            self._out_again.setdefault(key, []).append(event)
        else:
            self._out[key] = event


class _Walk:
    """Counts what is selected, up to a limit, of which invalid entries use up only what `takes_invalid` lets them."""

    def __init__(self, limit: int | None, *, takes_invalid: bool) -> None:
        self.limit = limit
        self.takes_invalid = takes_invalid
        self.invalid = self.events = self.copied = self.takes = self.untimed = 0
        self.types: Counter[str] = Counter()
        self.oldest: datetime | None = None
        self.copies = Copies()
        self.seen = _Seen()

    def pass_over(self, entries: Iterator[Entry], chooser: Chooser) -> None:
        chosen = self._up_to_limit(entries, chooser)
        while chunk := list(islice(chosen, LARGEST_CUT_PAGE)):
            self.add(chunk)
        self.end()

    def add(self, chunk: Sequence[Entry]) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """What is left to do with the last of them."""

    def count(self, entry: Entry) -> None:
        """One that will go."""
        self.types[entry.event_type or "(invalid)"] += 1
        if (moment := read_moment(entry.failed_at)) is not None:
            self.oldest = min(self.oldest or moment, moment)

    def prepared(self, now: datetime) -> Prepared:
        raise NotImplementedError

    def _up_to_limit(self, entries: Iterator[Entry], chooser: Chooser) -> Iterator[Entry]:
        if self.limit == 0:
            return
        selected = chooser.selected
        for entry in entries:
            if not selected(entry):
                self.untimed += chooser.untimed(entry)
                continue
            self.takes += entry.valid or self.takes_invalid
            yield entry
            if self.takes == self.limit:
                return


class _Foretold(_Walk):
    """A replay, entry by entry as `store/lua/dlq_act.lua` decides."""

    def __init__(self, store: DeadLetters, rules: Rules) -> None:
        super().__init__(rules.limit, takes_invalid=rules.edited is not None)
        self._store = store
        self._rules = rules
        self._copies_out = None if rules.each else store.begin_copies()
        self._covered = Covered(())
        self._listeners: dict[str, Listeners] = {}
        self._channels: Counter[str] = Counter()
        self.at_limit = self.unheard = 0
        self._decide_those_before: Callable[[], None] = self._learn_what_is_covered

    def add(self, chunk: Sequence[Entry]) -> None:
        """What is asked about these is answered while the next are read."""
        shown = self._rules.shown
        ready = [entry for entry in chunk if shown(entry).valid]
        self.invalid += len(chunk) - len(ready)
        replay_keys = [shown(entry).replay_key for entry in ready]
        spent = None if self._rules.max_replays is None else self._store.begin_replays(replay_keys)
        self._ask_about({shown(entry).channel or "" for entry in ready})
        self._decide_those_before()
        self._decide_those_before = lambda: self._decide_all(ready, replay_keys, spent)

    def end(self) -> None:
        self._decide_those_before()

    def _decide_all(
        self, entries: Sequence[Entry], replay_keys: Sequence[bytes], spent: Callable[[], list[int]] | None
    ) -> None:
        replays = spent() if spent else repeat(0, len(entries))
        for entry, replay_key, number in zip(entries, replay_keys, replays, strict=True):
            self._decide(entry, replay_key, number)

    def _learn_what_is_covered(self) -> None:
        """Asked for before the walk, and waited for before the first is decided."""
        if self._copies_out is not None:
            self._covered = Covered(self._copies_out())

    def _decide(self, entry: Entry, replay_key: bytes, replays: int) -> None:
        can_be_a_copy = entry.event_id is not None and not self._rules.each
        if can_be_a_copy and self._covered.take(entry):
            self._goes(entry, copied=True)
            return
        channel = self._rules.shown(entry).channel or ""
        key, event = int.from_bytes(replay_key), number_of(entry.event)
        if can_be_a_copy and self.seen.has(key, event):
            self.copies.add(entry)
            if self.seen.went_out(key, event):
                self._goes(entry, copied=True)
                return
        if self._rules.max_replays is not None and replays + self.seen.times(key) >= self._rules.max_replays:
            self.at_limit += 1
            self.seen.add(key, event, went_out=False)
        elif not self._is_heard(channel):
            self.unheard += 1
            self._channels[channel] += 1
            self.seen.add(key, event, went_out=False)
        else:
            self._goes(entry, copied=False)
            self.seen.add(key, event, went_out=True)

    def _goes(self, entry: Entry, *, copied: bool) -> None:
        self.copied += copied
        self.events += not copied
        self._channels[self._rules.shown(entry).channel or ""] += 1
        self.count(entry)

    def _ask_about(self, channels: set[str]) -> None:
        """In one question, however many they are."""
        if unknown := sorted(channels - self._listeners.keys()):
            self._listeners |= self._store.listeners(unknown)

    def _is_heard(self, channel: str) -> bool:
        found = self._listeners[channel]
        if self._rules.require_listeners and found.unmet():
            return False
        return self._rules.allow_unheard or not found.unheard

    def prepared(self, now: datetime) -> Prepared:
        channels = {
            name: ChannelPlan(entries, self._listeners[name], self._rules.require_listeners)
            for name, entries in ordered(self._channels).items()
        }
        plan = _plan(self, now, at_limit=self.at_limit, unheard=self.unheard, channels=channels)
        return Prepared(plan, self.copies, self.takes, self.untimed)


class _Discarded(_Walk):
    """A discard."""

    def add(self, chunk: Sequence[Entry]) -> None:
        for entry in chunk:
            self.invalid += not entry.valid
            self.count(entry)
            if entry.event_id is None:
                self.events += entry.valid
                continue
            key, event = int.from_bytes(entry.replay_key), number_of(entry.event)
            if self.seen.has(key, event):
                self.copied += 1
            else:
                self.events += 1
                self.seen.add(key, event, went_out=True)

    def prepared(self, now: datetime) -> Prepared:
        return Prepared(_plan(self, now), self.copies, self.takes, self.untimed)


def _plan(
    walk: _Walk,
    now: datetime,
    *,
    at_limit: int = 0,
    unheard: int = 0,
    channels: Mapping[str, ChannelPlan] | None = None,
) -> DeadLetterPlan:
    oldest = walk.oldest
    return DeadLetterPlan(
        count=walk.types.total(),
        events=walk.events,
        copies=walk.copied,
        invalid=walk.invalid,
        at_limit=at_limit,
        unheard=unheard,
        types=ordered(walk.types),
        channels=channels or {},
        oldest=iso(oldest) if oldest else None,
        oldest_age_s=round((now - oldest).total_seconds(), 3) if oldest else None,
    )


def _entries(store: DeadLetters, found: FoundEntries | None, bound: int | None, chooser: Chooser) -> Iterator[Entry]:
    """From the oldest on, without what need not be read; only those that ids name, where it is known where they stand
    and they are few."""
    places = found.positions if found else None
    if found is not None and places is not None and len(places) <= MOST_PLACES:
        entries = [parse_entry(raw) for place in places for raw in store.page(place, 1).raws]
        if len(entries) == len(places) and all(map(found.match, entries)):
            return iter(entries)
    return (parse_entry(raw) for _, raw in store.oldest_first(bound) if not chooser.ruled_out(raw))
