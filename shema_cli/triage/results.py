"""What a triage hands back: what was done, family by family, and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from shema_cli.errors import ExitCode, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table, counted
from shema_cli.triage.families import Family


@dataclass(frozen=True)
class Done:
    """One thing that was done about a family: the line that does the same, how it ended, and what came of it."""

    line: str
    code: int
    told: str
    interrupted: bool = False
    ended: ShemaError | None = None


@dataclass(frozen=True)
class Triaged(Result):
    """`families` as they are now, in the order of the walk; `done` by their names; `left_out`: entries of families that
    are acknowledged; `ended`: why it was stopped."""

    families: tuple[Family, ...] = ()
    done: Mapping[str, tuple[Done, ...]] = field(default_factory=dict)
    left_out: int = 0
    beyond: int = 0
    total: int = 0
    listed: int = 0
    again: str = "shema dlq triage"
    stale: bool = False  # something was changed since it was counted
    interrupted: bool = False
    ended: ShemaError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """That of the commands, where all ended alike; else that some of it failed."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.ended is not None:
            return self.ended.exit_code
        codes = {done.code for all_done in self.done.values() for done in all_done}
        if codes <= {0}:
            return ExitCode.DONE
        return ExitCode(codes.pop()) if len(codes) == 1 else ExitCode.FAILED

    @property
    def left(self) -> list[Family]:
        """Those that somebody still has to do something about."""
        return [one for one in self.families if one.count and not one.known]

    def document(self) -> dict[str, object]:
        return {
            "families": [
                {
                    "fingerprint": one.fingerprint,
                    "left": one.count,
                    "done": [
                        {"command": done.line, "exit_code": done.code, "told": done.told} for done in self._of(one)
                    ],
                }
                for one in self.families
            ]
        }

    def table(self) -> Table:
        rows = [
            (one.name, one.count, one.example, "; ".join(done.told for done in self._of(one))) for one in self.families
        ]
        return Table(("family", "left", "error", "done"), rows)

    def _of(self, family: Family) -> tuple[Done, ...]:
        return self.done.get(family.name, ())

    def notes(self) -> Iterable[str]:
        if not self.families and self.ended is None and not self.interrupted:
            yield f"none of {self.listed:,} match" if self.listed > self.left_out else "no dead letters to go through"
        left = self.left
        if self.stale:
            yield "what is left was counted before the last change"
        if left:
            entries = sum(one.count for one in left)
            yield f"{counted(entries, 'dead letter')} of {counted(len(left), 'family', 'families')} left: {self.again}"
        elif self.families:
            yield "of what was gone through, nothing is left to be done"
        if self.left_out:
            more = counted(self.left_out, "dead letter")
            yield f"{more} of acknowledged families left out; --acknowledged shows them"
        if self.beyond:
            yield f"{counted(self.beyond, 'dead letter')} of yet more families; --type or --where leads to them"
        if self.ended is not None:
            yield f"stopped: {self.ended.message}"
            if self.ended.hint:
                yield f"  try: {self.ended.hint}"
        if self.interrupted:
            yield "interrupted; what is told above was done, and nothing else"
