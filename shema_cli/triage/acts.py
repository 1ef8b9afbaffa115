"""What is wished for in a triage, done by the command that does it (contract 3.5): this only chooses its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shema_cli.cli.declare import Carried
from shema_cli.clock import parse_duration
from shema_cli.dlq.families.results import FamilyAck
from shema_cli.dlq.letters.selection import Filters, is_prefix
from shema_cli.dlq.outcomes import DeadLetterPlan, DiscardResult, ReplayResult
from shema_cli.dlq.run.store import DeadLetters
from shema_cli.errors import AccessDenied, Interrupted, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.results import counted
from shema_cli.triage.families import Family, oldest_of
from shema_cli.triage.results import Done
from shema_cli.triage.tour import Wish

if TYPE_CHECKING:
    from shema_cli.dlq.letters.entry import Entry
    from shema_cli.output.person import Person

REPLAY, DISCARD, ACKNOWLEDGE, UNACKNOWLEDGE = "dlq replay", "dlq discard", "dlq ack", "dlq unack"
LEFT_ALONE = {"not_confirmed", "not_edited", "nothing_selected"}
"""Errors by which a person, or the list, says that there is nothing to be done."""

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Commands:
    """The other commands of this program: how one is run here, and how it would be typed."""

    run: Callable[[str, Values], Carried]
    typed: Callable[[str, Values], str]


@dataclass(frozen=True)
class Acts:
    """`chosen`: the filters of this triage as values of those commands; `canary`: how many go first; `verify`: for how
    long what comes back is waited for, as it is typed."""

    commands: Commands
    store: DeadLetters
    person: Person
    filters: Filters
    chosen: Values
    canary: int
    verify: str

    def grant(self, wish: Wish, family: Family, taken: int) -> Done | None:
        """Do it; None where it was left alone. `taken` is that of the pass that found it.

        Raises Interrupted, and AccessDenied when the session has ended.
        """
        told = family.example or ("what is no event" if family.fingerprint is None else "no error told")
        self.person.note(["", f"{counted(family.count, 'dead letter')}: {told}"])
        try:
            return self._granted(wish, family, taken)
        except (AccessDenied, Interrupted):
            raise
        except ShemaError as error:  # of what is looked up for a command; its own errors it has told
            self.person.warn(error.message)
            return None

    def _granted(self, wish: Wish, family: Family, taken: int) -> Done | None:
        if wish is Wish.REPLAY:
            return self._foretold(REPLAY, self._of(family) | {"canary": self.canary, "verify": self.verify}, family)
        if wish is Wish.DISCARD:
            return self._foretold(DISCARD, self._of(family), family)
        return self._edit(family, taken) if wish is Wish.EDIT else self._acknowledge(family)

    def _foretold(self, path: str, given: Values, family: Family) -> Done | None:
        """The dry run first. What has come or gone since the screen was drawn is told; the command counts anew."""
        _, foreseen = self._run(path, {**given, "dry_run": True})
        if foreseen.error is not None:
            return _failed(self.commands.typed(path, given), foreseen.error)
        plan = getattr(foreseen.outcome, "plan", None)
        now = plan.count + plan.unheard + plan.at_limit if isinstance(plan, DeadLetterPlan) else family.count
        if now != family.count:
            self.person.note(f"the screen told of {family.count:,}; now it is {now:,}")
        return self._done(path, given)

    def _edit(self, family: Family, taken: int) -> Done | None:
        oldest = next(iter(oldest_of(self.store, family, self.filters, taken)), None)
        if oldest is None:
            self.person.note("nothing of this family is left")
            return None
        return self._done(REPLAY, {"ids": [_chosen_by(oldest)], "edit": True, "verify": self.verify})

    def _acknowledge(self, family: Family) -> Done | None:
        if family.known:
            return self._done(UNACKNOWLEDGE, {"fingerprint": family.fingerprint})
        note = self.person.ask("What is known of it, for the others (Enter: nothing)", flag="--note")
        return self._done(ACKNOWLEDGE, {"fingerprint": family.fingerprint, "note": note or None})

    def _of(self, family: Family) -> dict[str, Any]:
        if family.fingerprint is None:
            return {**self.chosen, "invalid": True}
        return {**self.chosen, "fingerprint": family.fingerprint}

    def _done(self, path: str, given: Values) -> Done | None:
        line, carried = self._run(path, given)
        if carried.error is not None:
            return _failed(line, carried.error)
        done = _told(line, carried, self.verify)
        self.person.note(done.told)
        return done

    def _run(self, path: str, given: Values) -> tuple[str, Carried]:
        line = self.commands.typed(path, given)
        self.person.note(["", f"$ {line}"])
        return line, self.commands.run(path, given)


def _chosen_by(entry: Entry) -> str:
    """What chooses one event with all its copies; its own id where it has no eventId, or one that may be an id."""
    return entry.id if entry.event_id is None or is_prefix(entry.event_id) else entry.event_id


def _failed(line: str, error: ShemaError) -> Done | None:
    if error.code in LEFT_ALONE:
        return None
    return Done(line, error.exit_code, error.message, ended=error if isinstance(error, AccessDenied) else None)


def _told(line: str, carried: Carried, verify: str) -> Done:
    """What came of it, in one line."""
    result = carried.outcome
    if isinstance(result, ReplayResult):
        words = ", ".join(_of_replay(result, verify))
        return Done(line, carried.code, words, result.interrupted, result.ended)
    if isinstance(result, DiscardResult):
        words = f"{result.discarded:,} discarded" + (f", exported to {result.export}" if result.export else "")
        return Done(line, carried.code, words, result.interrupted, result.ended)
    words = result.outcome.value if isinstance(result, FamilyAck) else "done"
    return Done(line, carried.code, words)


def _of_replay(result: ReplayResult, verify: str) -> list[str]:
    counts = {
        "replayed": result.replayed,
        "unheard": result.unheard,
        "at their replay limit": result.skipped,
        "failed": result.failed,
        "gone meanwhile": result.gone,
    }
    words = [f"{count:,} {name}" for name, count in counts.items() if count or name == "replayed"]
    if result.stopped:
        return [*words, result.stopped]
    if result.bounced:
        return [*words, f"{result.bounced:,} came back"]
    watched = result.replayed and not (result.interrupted or result.ended)
    return [*words, f"none came back within {parse_duration(verify, '--verify'):g} s"] if watched else words
