"""Families of dead letters that somebody knows of, and whether they still count as known (contract 3.5).

An acknowledgement is a field of the hash `{shema}:acknowledged`: fingerprint → JSON `{"at", "actor", "actorEmail",
"note", "until", "count", "newest", "example"}`. How it stands is told by the times at which the entries failed, and
nothing is written by whoever looks: a day without a failure, and then another one, is seen whenever somebody comes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from shema_cli.clock import TO_THE_MINUTE, iso, local_time, ms_of, parse_iso
from shema_cli.condition.facts import AckState
from shema_cli.dlq.letters.entry import Entry
from shema_cli.dlq.letters.fingerprint import LENGTH
from shema_cli.dlq.letters.selection import family_of
from shema_cli.errors import Failed
from shema_cli.frozen import dataclass
from shema_cli.json_text import dumps, loads
from shema_cli.moments import read_moment
from shema_cli.results import counted
from shema_cli.store import keys

if TYPE_CHECKING:
    from shema_cli.store.connection import Store

SILENCE_MS = 24 * 3600 * 1000
"""After so long without a failure the next one is a return."""
AHEAD = timedelta(hours=1)
"""A failure that is told for later than this from now says nothing of when it was."""
MOST_FAMILIES = 10_000
LONGEST_NOTE = 1000
MOST_OF_AN_EXAMPLE = 200
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Acknowledgement:
    """That a family is known: since when, who said so, and what there was of it then.

    `newest`: when the newest of its `count` entries had failed, or one that a run has taken out since
    (`remembered.py`); None where none said so. `stored` is what Redis has.
    """

    fingerprint: str
    at: datetime
    by: str
    note: str | None = None
    until: datetime | None = None
    count: int = 0
    newest: datetime | None = None
    example: str | None = None
    stored: bytes = b""

    @property
    def last_known(self) -> datetime:
        """From when on failures are told apart: the newest that was known, else the acknowledgement itself."""
        return self.newest or self.at


class Spells:
    """The failures of a family after the newest that was `known`, as spells: within one, never a whole silence
    between two of them. In whatever order they are added, only the ends of each spell are held (ms since 1970)."""

    def __init__(self, known: datetime) -> None:
        self._known = ms_of(known)
        self._spells = [(self._known, self._known)]

    def add(self, failed: datetime) -> None:
        """What failed no later than the newest that was known is nothing new."""
        if (moment := ms_of(failed)) > self._known:
            self._merge(moment, moment)

    def leave_open(self, until: datetime) -> None:
        """Of the time up to here it is not known how often the family failed: so no silence is claimed of it."""
        if (moment := ms_of(until)) > self._known:
            self._merge(self._known, moment)

    def silence(self) -> tuple[datetime, datetime] | None:
        """The last time that it was silent: since when, and since when it is back. None when it never was."""
        if len(self._spells) == 1:
            return None
        return _of_ms(self._spells[-2][1]), _of_ms(self._spells[-1][0])

    def newest(self) -> datetime | None:
        """When it failed last, if that was after what was known."""
        last = self._spells[-1][1]
        return _of_ms(last) if last > self._known else None

    def _merge(self, first: int, last: int) -> None:
        begin = bisect_right(self._spells, first - SILENCE_MS, key=itemgetter(1))
        end = bisect_left(self._spells, last + SILENCE_MS, key=itemgetter(0))
        near = self._spells[begin:end]
        joined = (min(first, near[0][0]), max(last, near[-1][1])) if near else (first, last)
        self._spells[begin:end] = [joined]


@dataclass(frozen=True)
class Standing:
    """How an acknowledged family stands now. Of one that returned: since when it was silent, and is back."""

    acknowledgement: Acknowledgement
    state: AckState
    silent_since: datetime | None = None
    back_since: datetime | None = None

    @property
    def known(self) -> bool:
        """Whether it is left out of what is wrong."""
        return self.state is AckState.KNOWN

    @property
    def told(self) -> str:
        """In words, with the times as people are shown them: `acknowledged by dina@school.test on …, until …`."""
        ack = self.acknowledgement
        words = [f"acknowledged by {ack.by} on {local_time(ack.at, TO_THE_MINUTE)}"]
        if self.silent_since and self.back_since:
            words.append(f"silent since {local_time(self.silent_since, TO_THE_MINUTE)}")
            words.append(f"back since {local_time(self.back_since, TO_THE_MINUTE)}")
        elif ack.until:
            over = ", which is over" if self.state is AckState.EXPIRED else ""
            words.append(f"until {local_time(ack.until, TO_THE_MINUTE)}{over}")
        return ", ".join(words) + (f": {ack.note}" if ack.note else "")

    def document(self) -> dict[str, object]:
        """`{"state", "by", "at", "note", "until", "silent_since", "back_since"}`."""
        ack = self.acknowledgement
        return {
            "state": self.state.value,
            "by": ack.by,
            "at": iso(ack.at),
            "note": ack.note,
            "until": _iso(ack.until),
            "silent_since": _iso(self.silent_since),
            "back_since": _iso(self.back_since),
        }


def standing(acknowledgement: Acknowledgement, spells: Spells, now: datetime) -> Standing:
    """How it stands after what has failed since.

    A family that returned stays so until it is acknowledged anew, also when the acknowledgement has ended besides; it
    may return again, and the last time is told.
    """
    if silence := spells.silence():
        return Standing(acknowledgement, AckState.RETURNED, *silence)
    expired = acknowledgement.until is not None and acknowledgement.until <= now
    return Standing(acknowledgement, AckState.EXPIRED if expired else AckState.KNOWN)


@dataclass(frozen=True)
class Acknowledged:
    """All that is acknowledged, by fingerprint. `unread` says why that is not known: then nothing is, and not none.

    `bad`: how many fields of the hash cannot be understood; they count for nothing. `fields` are the hash as it is.
    """

    families: Mapping[str, Acknowledgement] = field(default_factory=dict)
    bad: int = 0
    unread: str | None = None
    fields: Mapping[str, bytes] = field(default_factory=dict)

    def warnings(self) -> Iterable[str]:
        """What should be said wherever families are shown."""
        if self.unread is not None:
            yield f"which families are acknowledged is not known: {self.unread}"
        if self.bad:
            told = f"{counted(self.bad, 'acknowledgement')} in {keys.ACKNOWLEDGED} cannot be understood"
            yield f"{told} and {'counts' if self.bad == 1 else 'count'} for nothing"


def read_acknowledged(store: Store) -> Acknowledged:
    """All acknowledgements, in one round trip. Raises Unreachable; a refusal of Redis stands in `unread`."""
    try:
        with store.errors():
            found = cast("dict[bytes, bytes]", store.client.hgetall(keys.ACKNOWLEDGED))
    except Failed as error:
        return Acknowledged(unread=error.message)
    fields = {name.decode("utf-8", "backslashreplace"): value for name, value in found.items()}
    parsed = [parse_acknowledgement(name, value) for name, value in fields.items()]
    families = {one.fingerprint: one for one in parsed if one is not None}
    return Acknowledged(families, parsed.count(None), fields=fields)


class Failures:
    """When the acknowledged families failed, entry after entry, in memory that does not grow with the list."""

    def __init__(self, acknowledged: Acknowledged, now: datetime) -> None:
        self.acknowledged = acknowledged
        self._now = now
        self._spells = {name: Spells(one.last_known) for name, one in acknowledged.families.items()}
        self._met: set[str] = set()

    def add(self, entry: Entry) -> None:
        if self._spells and (family := family_of(entry)) in self._spells:
            self.note(family, failed_by(entry, self._now))

    def note(self, family: str, failed: datetime | None) -> None:
        """The same of an entry of which this is known already."""
        if spells := self._spells.get(family):
            self._met.add(family)
            if failed is not None:
                spells.add(failed)

    def leave_open(self, until: datetime) -> None:
        """Not all entries that failed up to here were looked at."""
        for spells in self._spells.values():
            spells.leave_open(until)

    def standing(self, fingerprint: str) -> Standing | None:
        """None for a family that nobody has acknowledged."""
        found = self.acknowledged.families.get(fingerprint)
        return standing(found, self._spells[fingerprint], self._now) if found else None

    def newest_of_known(self) -> dict[str, datetime]:
        """When those failed last that have neither returned nor were silent since they were acknowledged."""
        found = {name: spells.newest() for name, spells in self._spells.items() if spells.silence() is None}
        return {name: newest for name, newest in found.items() if newest is not None}

    def quiet(self) -> list[Standing]:
        """How those stand of which there was no entry."""
        absent = (name for name in self._spells if name not in self._met)
        return [found for name in absent if (found := self.standing(name))]


def failed_by(entry: Entry, now: datetime) -> datetime | None:
    """When it failed; None where it does not say so, or tells a time that is still to come."""
    return believed(read_moment(entry.failed_at), now)


def believed(failed: datetime | None, now: datetime) -> datetime | None:
    """The moment of a failure; None for one that is still to come."""
    return failed if failed is not None and failed - now <= AHEAD else None


# -- what stands in Redis ----------------------------------------------------------------------------------------


def stored_acknowledgement(acknowledgement: Acknowledgement, *, uid: str, email: str) -> str:
    """What its field holds."""
    ack = acknowledgement
    told: dict[str, object] = {"at": iso(ack.at), "actor": uid, "actorEmail": email, "note": ack.note}
    told |= {"until": _iso(ack.until), "count": ack.count, "newest": _iso(ack.newest), "example": ack.example}
    return dumps(told)


def parse_acknowledgement(fingerprint: str, stored: bytes) -> Acknowledgement | None:
    """One field of the hash, whatever is in it; None for what is none."""
    try:
        value = loads(stored)
    except ValueError:
        return None
    if not isinstance(value, dict) or len(fingerprint) != LENGTH or not _HEX.issuperset(fingerprint):
        return None
    at, until, newest = (_moment(value.get(name)) for name in ("at", "until", "newest"))
    if at is None or (until is None and value.get("until") is not None):
        return None
    count = value.get("count")
    return Acknowledgement(
        fingerprint,
        at,
        _text(value.get("actorEmail")) or _text(value.get("actor")) or "somebody",
        _text(value.get("note")),
        until,
        count if isinstance(count, int) and not isinstance(count, bool) else 0,
        newest,
        _text(value.get("example")),
        stored,
    )


def _moment(value: object) -> datetime | None:
    return parse_iso(value) if isinstance(value, str) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _of_ms(moment: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=moment)
