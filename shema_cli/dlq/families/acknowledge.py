"""Acknowledging a family of dead letters, and taking that back: each in one step with its audit entry."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from shema_cli.clock import TO_THE_MINUTE, Clock, iso, local_time
from shema_cli.dlq.families.acknowledged import (
    LONGEST_NOTE,
    MOST_FAMILIES,
    MOST_OF_AN_EXAMPLE,
    Acknowledged,
    Acknowledgement,
    Failures,
    Standing,
    failed_by,
    parse_acknowledgement,
    read_acknowledged,
    stored_acknowledgement,
)
from shema_cli.dlq.families.results import AckOutcome, FamilyAck
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.fingerprint import LENGTH
from shema_cli.dlq.letters.selection import SHORTEST_PREFIX, family_of, is_prefix
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import Failed, InvalidUsage, NotFound, Refused
from shema_cli.frozen import dataclass
from shema_cli.output.sanitize import bounded
from shema_cli.results import counted
from shema_cli.store import keys
from shema_cli.store.commit import Change, Committed
from shema_cli.store.scripts import script

if TYPE_CHECKING:
    from shema_cli.output.sanitize import Lines
    from shema_cli.store.journal import Journal

MOST_CANDIDATES = 10
SEE = "shema dlq stats"


@dataclass(frozen=True)
class AckPlan:
    """What is to be acknowledged, or with `removal` no longer. `standing`: how the family stands now, None where nobody
    has acknowledged it. `stored` is what Redis has of it now, `entries` how many there are."""

    family: Acknowledgement
    standing: Standing | None = None
    stored: bytes = b""
    removal: bool = False
    changes: bool = True

    def as_result(self, outcome: AckOutcome = AckOutcome.PLANNED) -> FamilyAck:
        """What became of it."""
        return FamilyAck(self.family, outcome, removal=self.removal)


class Acknowledger:
    """Acknowledges families in the name of the command's admin. Raises Unreachable and Failed as Redis does."""

    def __init__(self, store: DeadLetters, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock

    def plan(self, fingerprint: str, note: str | None = None, until: datetime | None = None) -> AckPlan:
        """What acknowledging comes to. `fingerprint` may be the first digits of one.

        A family that is known stays as it is where neither `note` nor `until` says anything new. Raises NotFound where
        no entry and no acknowledgement has that fingerprint, InvalidUsage where several begin with it, for a note that
        is too long and for an end that is over.
        """
        now = self._clock.now()
        _require_sensible(note, until, now)
        found, read = self._find(fingerprint)
        stands = read.families.get(found.fingerprint)
        how = found.failures.standing(found.fingerprint)
        if stands is not None and how is not None and how.known and note is None and until is None:
            return AckPlan(replace(stands, count=found.count), how, stands.stored, changes=False)
        author = self._journal.author
        family = Acknowledgement(
            found.fingerprint,
            now,
            author.email or author.uid,
            note if note is not None or stands is None else stands.note,
            until,
            found.count,
            found.newest or (stands.newest if stands else None),
            found.example or (stands.example if stands else None),
        )
        return AckPlan(family, how, read.fields.get(found.fingerprint, b""))

    def plan_removal(self, fingerprint: str) -> AckPlan:
        """Raises NotFound where no acknowledged family has that fingerprint, InvalidUsage where several do."""
        read = _readable(self._store)
        digits = _digits(fingerprint)
        names = [name for name in read.fields if name.startswith(digits)]
        if len(names) > 1:
            raise _ambiguous(digits, names)
        if not names:
            raise _not_acknowledged(fingerprint, read)
        (name,) = names
        family = read.families.get(name) or Acknowledgement(name, self._clock.now(), "somebody")
        return AckPlan(family, Failures(read, self._clock.now()).standing(name), read.fields[name], removal=True)

    def question(self, plan: AckPlan) -> Lines:
        """What is asked before the change."""
        family = plan.family
        what = f"{family.fingerprint} ({bounded(family.example or 'no error told', MOST_OF_AN_EXAMPLE)})"
        if plan.removal:
            return (f"Take back the acknowledgement of {what}?", _said_before(plan.standing))
        until = f"until {local_time(family.until, TO_THE_MINUTE)}" if family.until else "until it returns"
        again = (_said_before(plan.standing),) if plan.standing else ()
        entries = counted(family.count, "dead letter")
        return (f"Acknowledge {entries} of {what}?", *again, f"They are left out of status and check {until}.")

    def carry_out(self, plan: AckPlan) -> FamilyAck:
        """Acknowledge it, or take that back. Raises Failed where somebody else was faster, and nothing was changed."""
        if not plan.changes:
            return plan.as_result(AckOutcome.ALREADY)
        done = self._change(plan)
        while done.word == "changed":
            plan = self._once_more(plan)
            done = self._change(plan)
        if done.word == "full":
            message = f"{MOST_FAMILIES:,} families are acknowledged already; nothing was changed"
            raise Refused("too_many_acknowledged", message, "take back what is over: shema dlq unack FINGERPRINT")
        if plan.removal:
            return plan.as_result(AckOutcome.UNACKNOWLEDGED)
        return plan.as_result(AckOutcome.RENEWED if plan.standing else AckOutcome.ACKNOWLEDGED)

    def _change(self, plan: AckPlan) -> Committed:
        family, author = plan.family, self._journal.author
        details: dict[str, object] = {"example": family.example, "count": family.count}
        details |= {"until": iso(family.until)} if family.until and not plan.removal else {}
        stored = "" if plan.removal else stored_acknowledgement(family, uid=author.uid, email=author.email)
        change = Change(
            script("acknowledge"),
            self._journal.draft(
                action="dlq.unack" if plan.removal else "dlq.ack",
                target=family.fingerprint,
                reason="" if plan.removal else family.note or "",
                details=details,
            ),
            own_keys=[keys.ACKNOWLEDGED],
            arguments=[family.fingerprint, stored, plan.stored, MOST_FAMILIES],
            what=f"this change of the acknowledgement of {family.fingerprint}",
            hint=f"when Redis is back: {SEE}",
        )
        return self._journal.carry_out(change)

    def _find(self, fingerprint: str) -> tuple[_Found, Acknowledged]:
        read = _readable(self._store)
        search = _Search(_digits(fingerprint), read, self._clock.now())
        for _, raw in self._store.oldest_first():
            search.look_at(parse_entry(raw))
        return search.found(fingerprint), read

    def _once_more(self, plan: AckPlan) -> AckPlan:
        """The same upon what stands there now, where only a run has written when the newest entry failed.

        Raises Failed where somebody else has said something.
        """
        name = plan.family.fingerprint
        read, before = read_acknowledged(self._store.redis), parse_acknowledgement(name, plan.stored)
        stands = read.families.get(name)
        if stands and before and _says_the_same(stands, before):
            return replace(plan, stored=stands.stored)
        who = f"{stands.by} has acknowledged {name}" if stands else f"the acknowledgement of {name} was taken back"
        raise Failed("acknowledged_meanwhile", f"{who} meanwhile; nothing was changed", f"see how it stands: {SEE}")


@dataclass(frozen=True)
class _Found:
    """The one family that was meant, as it is in the list now."""

    fingerprint: str
    count: int
    newest: datetime | None
    example: str | None
    failures: Failures


class _Search:
    """One walk over the list for the families whose fingerprints begin with these digits."""

    def __init__(self, digits: str, acknowledged: Acknowledged, now: datetime) -> None:
        self._digits = digits
        self._now = now
        self._failures = Failures(acknowledged, now)
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, str | None] = {}
        self._newest: dict[str, datetime] = {}

    def look_at(self, entry: Entry) -> None:
        name = family_of(entry)
        if name is None or (name not in self._counts and len(self._counts) >= MOST_FAMILIES and not self._meant(name)):
            return
        self._counts[name] += 1
        if not self._meant(name):
            return
        self._examples[name] = bounded(entry.error, MOST_OF_AN_EXAMPLE) if entry.error else None
        self._failures.add(entry)
        if failed := failed_by(entry, self._now):
            self._newest[name] = max(failed, self._newest.get(name, failed))

    def _meant(self, name: str) -> bool:
        return name.startswith(self._digits)

    def found(self, asked: str) -> _Found:
        """Raises NotFound with what there is, InvalidUsage with those that begin so."""
        acknowledged = self._failures.acknowledged.families
        names = list(filter(self._meant, dict.fromkeys((*self._counts, *acknowledged))))
        if len(names) > 1:
            raise _ambiguous(self._digits, names)
        if not names:
            raise self._nothing(asked)
        (name,) = names
        newest, example = self._newest.get(name), self._examples.get(name)
        return _Found(name, self._counts[name], newest, example, self._failures)

    def _nothing(self, asked: str) -> NotFound:
        if not self._counts:
            message = f"no dead letter has the fingerprint {asked}: there are none"
            return NotFound("no_such_family", message, SEE)
        families = [f"{name} ({counted(number, 'entry', 'entries')})" for name, number in self._counts.most_common(5)]
        more = len(self._counts) - len(families)
        there = ", ".join(families) + (f" and {more:,} more" if more > 0 else "")
        message = f"no dead letter has the fingerprint {asked}; there are {there}"
        return NotFound("no_such_family", message, f"{SEE} lists them")


def _require_sensible(note: str | None, until: datetime | None, now: datetime) -> None:
    if note is not None and len(note) > LONGEST_NOTE:
        message = f"--note: {len(note):,} characters are more than {LONGEST_NOTE:,}"
        raise InvalidUsage("long_note", message, "say it shorter, or name a ticket")
    if until is not None and until <= now:
        raise InvalidUsage("bad_time", f"--until: {local_time(until)} is over", "name a time to come")


def _says_the_same(one: Acknowledgement, other: Acknowledgement) -> bool:
    return (one.at, one.by, one.note, one.until) == (other.at, other.by, other.note, other.until)


def _readable(store: DeadLetters) -> Acknowledged:
    """Raises Failed where it cannot be read: nothing is written over what nobody has seen."""
    read = read_acknowledged(store.redis)
    if read.unread is not None:
        raise Failed("acknowledged_unreadable", f"{read.unread}; nothing was changed", "shema doctor")
    return read


def _digits(fingerprint: str) -> str:
    digits = fingerprint.strip().lower()
    if not is_prefix(digits) or len(digits) > LENGTH:
        hint = f"give {SHORTEST_PREFIX} to {LENGTH} hex digits: {SEE} lists them"
        raise InvalidUsage("bad_fingerprint", f"{bounded(fingerprint, 40)!r} is no fingerprint", hint)
    return digits


def _ambiguous(digits: str, names: list[str]) -> InvalidUsage:
    listed = ", ".join(sorted(names)[:MOST_CANDIDATES])
    message = f"{digits} fits {len(names)} fingerprints: {listed}"
    return InvalidUsage("ambiguous_fingerprint", message, "give more digits of the one you mean")


def _not_acknowledged(asked: str, read: Acknowledged) -> NotFound:
    names = sorted(read.fields)
    more = len(names) - MOST_CANDIDATES
    there = ", ".join(names[:MOST_CANDIDATES]) + (f" and {more:,} more" if more > 0 else "")
    message = f"{asked} is not acknowledged; " + (f"acknowledged are {there}" if names else "no family is")
    return NotFound("not_acknowledged", message, SEE)


def _said_before(standing: Standing | None) -> str:
    if standing is None:
        return "What stands there cannot be understood."
    return f"It is {standing.told}."
