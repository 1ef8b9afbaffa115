"""Which dead letters are meant: by id, by what they say, or all (contract 2.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, TextIO

from shema_cli.dlq.letters.entry import ID_LENGTH, Entry, parse_entry
from shema_cli.dlq.letters.fingerprint import LENGTH, fingerprint
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import InvalidUsage, NotFound
from shema_cli.events.envelope import CHAT_PREFIX
from shema_cli.events.types import beginning_of, type_matches
from shema_cli.events.where import Condition
from shema_cli.frozen import dataclass
from shema_cli.inputs import read_ids
from shema_cli.json_text import loads
from shema_cli.moments import read_moment
from shema_cli.results import counted

SHORTEST_PREFIX = 4
_HEX = frozenset("0123456789abcdef")


class Chooser(NamedTuple):
    """Tells of each entry whether it is selected, or `untimed`: not selected only because it does not say when it
    failed. Both are false for an entry whose bytes alone have been `ruled_out`, which need not be read for that."""

    selected: Callable[[Entry], bool]
    untimed: Callable[[Entry], bool]
    ruled_out: Callable[[bytes], bool]

    def read(self, raw: bytes) -> tuple[Entry, bool]:
        """An entry, and whether it is selected; of one that is ruled out only the bytes are told."""
        if self.ruled_out(raw):
            return Entry(raw), False
        entry = parse_entry(raw)
        return entry, self.selected(entry)


@dataclass(frozen=True)
class Filters:
    """What an entry must say; None and empty ask for nothing. `types` are event types or channels with wildcards."""

    types: tuple[str, ...] = ()
    error: str | None = None
    fingerprint: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    invalid: bool = False
    wheres: tuple[Condition, ...] = ()

    def __bool__(self) -> bool:
        return self != Filters()

    def match(self, entry: Entry) -> bool:
        if self.invalid and entry.valid:
            return False
        if self.types and not self._type(entry):
            return False
        if self.error is not None and self.error.casefold() not in (entry.error or "").casefold():
            return False
        if self.fingerprint is not None and not self._fingerprint(entry):
            return False
        if self.wheres and not self._where(entry):
            return False
        return not self.by_time or self._time(entry)

    @property
    def ruled_out(self) -> Callable[[bytes], bool]:
        """Tells by the bytes of an entry, before it is read, that it does not match; what is escaped may match."""
        values = tuple(where.needle for where in self.wheres)
        beginnings = _beginnings_of(self.types)
        if not (values or beginnings):
            return lambda _raw: False

        def ruled_out(raw: bytes) -> bool:
            if b"\\" in raw:
                return False
            if values and any(value not in raw for value in values):
                return True
            if not beginnings or not raw.isascii():
                return False
            folded = _folded(raw)
            return all(beginning not in folded for beginning in beginnings)

        return ruled_out

    @property
    def by_time(self) -> bool:
        return self.since is not None or self.until is not None

    def is_untimed(self, entry: Entry) -> bool:
        """Whether it is left out for no other reason than that it does not say when it failed."""
        if not self.by_time or read_moment(entry.failed_at) is not None:
            return False
        return replace(self, since=None, until=None).match(entry)

    def whole(self, store: DeadLetters) -> Filters:
        """The same with the whole fingerprint, where only its first digits were given.

        Raises InvalidUsage for digits that several fingerprints begin with, or too few of them.
        """
        given = (self.fingerprint or "").lower()
        if self.fingerprint is None or len(given) >= LENGTH:
            return self
        if not is_prefix(given):
            hint = f"give {SHORTEST_PREFIX} digits of it or more: shema dlq stats lists them"
            raise InvalidUsage("short_fingerprint", f"--fingerprint: {self.fingerprint!r} is too short", hint)
        entries = (parse_entry(raw) for _, raw in store.oldest_first())
        found = {name for entry in entries if (name := family_of(entry)) and name.startswith(given)}
        if len(found) > 1:
            listed = ", ".join(sorted(found)[:10])
            message = f"--fingerprint: {given} fits {len(found)} fingerprints: {listed}"
            raise InvalidUsage("ambiguous_fingerprint", message, "give more digits of the one you mean")
        return replace(self, fingerprint=found.pop()) if found else self

    def _type(self, entry: Entry) -> bool:
        return _is_of(self.types, entry.event_type, entry.channel)

    def _where(self, entry: Entry) -> bool:
        event = entry.event
        if b"\\" not in event and not all(where.needle in event for where in self.wheres):
            return False
        try:
            document = loads(event)
        except ValueError:
            return False
        return all(where.holds(document, lambda: document) for where in self.wheres)

    def _fingerprint(self, entry: Entry) -> bool:
        return family_of(entry) == (self.fingerprint or "").lower()

    def _time(self, entry: Entry) -> bool:
        moment = read_moment(entry.failed_at)
        if moment is None:
            return False
        return (self.since is None or moment >= self.since) and (self.until is None or moment <= self.until)

    def describe(self) -> str:
        words = [f"--type {name}" for name in self.types]
        words += [f"--error {self.error}"] if self.error is not None else []
        words += [f"--fingerprint {self.fingerprint}"] if self.fingerprint else []
        words += [f"--since {self.since.isoformat()}"] if self.since else []
        words += [f"--until {self.until.isoformat()}"] if self.until else []
        words += [f"--where {where}" for where in self.wheres]
        return " ".join(words + (["--invalid"] if self.invalid else []))


@lru_cache(maxsize=1024)
def _is_of(types: tuple[str, ...], event_type: str | None, channel: str | None) -> bool:
    """Whether one of these types is meant; asked of a whole list, in which few differ."""
    names = [name for name in (event_type, channel) if name]
    return any(type_matches(wanted, names) for wanted in types)


def _folded(text: bytes) -> bytes:
    """An event type and its channel, in capitals or not, as the same bytes."""
    return text.upper().replace(b"_", b".")


def _beginnings_of(types: Sequence[str]) -> tuple[bytes, ...]:
    """What stands, folded, in each plain entry of one of these types; nothing where that cannot be said."""
    folded = tuple(_folded(beginning_of(wanted).encode("utf-8", "surrogateescape")) for wanted in types)
    chat = CHAT_PREFIX.upper().encode()  # such a channel is put together, and does not stand in the entry
    told = (text.isascii() and not text.startswith(chat) and not chat.startswith(text) for text in folded)
    return folded if all(told) else ()


def nothing_matches(listed: int, what: str) -> NotFound:
    """What is raised, or told, where filters let none of the `listed` entries through."""
    message = f"none of {listed:,} match: {what}" if listed else "there are no dead letters"
    return NotFound("nothing_selected", message, "shema dlq stats shows what there is")


def untimed_note(entries: int) -> str:
    """What is said of entries that a time filter leaves out because they do not say when they failed."""
    left_out = counted(entries, "entry", "entries")
    return f"--since and --until leave out {left_out} whose failedAt is missing or cannot be read"


def family_of(entry: Entry) -> str | None:
    """The fingerprint of its error; None for an entry of which nothing can be read."""
    return fingerprint(entry.error) if entry.valid or entry.error is not None else None


@dataclass(frozen=True)
class EntrySelection:
    """Ids (prefixes of 4 hex digits or more, or eventIds) narrowed by filters, or all that the filters let through."""

    ids: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)
    everything: bool = False

    @classmethod
    def typed(
        cls, ids: Sequence[str], ids_file: str | None, stdin: TextIO, filters: Filters, *, everything: bool
    ) -> EntrySelection:
        """From what was typed; `ids_file` is a file with an id a line, - being stdin.

        Raises InvalidUsage when it cannot be read, NotFound when it names none.
        """
        named = list(ids)
        if ids_file is not None:
            named += read_ids(ids_file, stdin)
        return cls(tuple(dict.fromkeys(named)), filters, everything)

    def require(self, verb: str) -> None:
        """Raises InvalidUsage when nothing says which entries are meant."""
        if not (self.ids or self.filters or self.everything):
            raise InvalidUsage(
                "no_selection",
                f"nothing says which entries to {verb}",
                "give ids, --ids-file, --all or a filter (--type, --where, --error, --fingerprint, --since, --until, "
                "--invalid)",
            )
        if self.ids and self.everything:
            raise InvalidUsage("bad_selection", "ids and --all cannot be given together", "leave one of them out")

    def must_match(self, listed: int) -> None:
        """Raises NotFound where nothing matched of the `listed` entries, but for a plain --all."""
        if self.everything and not self.filters:
            return
        raise nothing_matches(listed, self.describe())

    def chooser(self, found: FoundEntries | None) -> Chooser:
        """`found` is what the ids name, None where there are none."""
        filters = self.filters
        if found is None:
            selected = filters.match if filters else lambda _entry: True
        else:
            selected = (lambda entry: found.match(entry) and filters.match(entry)) if filters else found.match
        untimed = lambda entry: filters.is_untimed(entry) and (found is None or found.match(entry))  # noqa: E731
        return Chooser(selected, untimed, filters.ruled_out)

    def describe(self) -> str:
        shown = " ".join(self.ids[:20]) + (f" … ({len(self.ids)} ids)" if len(self.ids) > 20 else "")
        return " ".join(word for word in (shown, self.filters.describe(), "--all" if self.everything else "") if word)


@dataclass(frozen=True)
class FoundEntries:
    """Ids found in the list. `positions` are where the entries stood; None when the list changed during the search."""

    ids: frozenset[str]
    event_ids: frozenset[str]
    missing: tuple[str, ...]
    positions: tuple[int, ...] | None

    def match(self, entry: Entry) -> bool:
        return (entry.event_id is not None and entry.event_id in self.event_ids) or entry.id in self.ids


def resolve(store: DeadLetters, words: Sequence[str], bound: int | None = None) -> FoundEntries:
    """Find what each word names, in one walk over the list.

    Raises InvalidUsage for a prefix that fits several ids, or too short for one; NotFound when no word names anything.
    """
    search = _Search(words)
    before = store.page(0, 0).taken
    for position, raw in store.oldest_first(bound):
        search.look_at(position, raw)
    still = store.page(0, 0).taken == before
    search.check()
    missing = tuple(word for word in words if word not in search.found)
    if len(missing) == len(words):
        raise NotFound("entry_not_found", f"no dead letter has the id {', '.join(missing[:5])}", "shema dlq list")
    ids = frozenset().union(*search.by_prefix.values())
    return FoundEntries(ids, frozenset(search.event_ids), missing, tuple(search.positions) if still else None)


class _Search:
    def __init__(self, words: Sequence[str]) -> None:
        self.words = frozenset(words)
        self.by_head: dict[str, list[str]] = {}
        for word in filter(is_prefix, self.words):
            self.by_head.setdefault(word[:SHORTEST_PREFIX].lower(), []).append(word)
        self.needles = [word.encode("utf-8", "surrogateescape") for word in self.words]
        self.by_prefix: dict[str, set[str]] = {}
        self.event_ids: set[str] = set()
        self.positions: list[int] = []

    @property
    def found(self) -> set[str]:
        return self.event_ids | {word for word, ids in self.by_prefix.items() if ids}

    def look_at(self, position: int, raw: bytes) -> None:
        digest = sha256(raw).hexdigest()
        hit = False
        for word in self.by_head.get(digest[:SHORTEST_PREFIX], ()):
            if digest.startswith(word.lower()):
                self.by_prefix.setdefault(word, set()).add(digest[:ID_LENGTH])
                hit = True
        if self._bears_event_id(raw):
            hit = True
        if hit:
            self.positions.append(position)

    def _bears_event_id(self, raw: bytes) -> bool:
        if b"\\" not in raw and len(self.needles) <= 8 and not any(needle in raw for needle in self.needles):
            return False
        event_id = parse_entry(raw).event_id
        if event_id not in self.words:
            return False
        self.event_ids.add(str(event_id))
        return True

    def check(self) -> None:
        for word, ids in self.by_prefix.items():
            if len(ids) > 1 and word not in self.event_ids:
                listed = ", ".join(sorted(ids)[:10])
                raise InvalidUsage(
                    "ambiguous_id", f"{word} fits {len(ids)} entries: {listed}", "give more digits of the one you mean"
                )
        for word in self.words - self.found:
            if len(word) < SHORTEST_PREFIX:
                raise InvalidUsage(
                    "short_id", f"{word!r} is too short for an id", f"give {SHORTEST_PREFIX} digits of it or more"
                )


def is_prefix(word: str) -> bool:
    return len(word) >= SHORTEST_PREFIX and len(word) <= 64 and _HEX.issuperset(word.lower())
