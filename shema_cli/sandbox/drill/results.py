"""What `shema sandbox drill` hands back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table, counted
from shema_cli.sandbox.drill.drill import Drill, Facts, Remaining
from shema_cli.sandbox.drill.staged import DrillState
from shema_cli.sandbox.process.running import PROFILE
from shema_cli.shell import quoted, to_type

DRILL = "shema sandbox drill"
JOIN = f"export SHEMA_PROFILE={PROFILE}"
AGAIN = "What is down starts again by: shema sandbox fault PART --clear"


@dataclass(frozen=True)
class DrillList(Result):
    """All drills, each with how it stands in this sandbox."""

    drills: Sequence[tuple[Drill, DrillState]]

    def document(self) -> dict[str, object]:
        return {
            "drills": [
                {
                    "name": drill.name,
                    "practises": drill.practises,
                    "minutes": drill.minutes,
                    "state": state.value,
                }
                for drill, state in self.drills
            ]
        }

    def table(self) -> Table:
        rows = [(drill.name, drill.practises, drill.minutes, state.value) for drill, state in self.drills]
        return Table(("name", "practises", "minutes", "state"), rows)

    def notes(self) -> Iterable[str]:
        by_state = {state: drill.name for drill, state in self.drills}
        solved = sum(state is DrillState.SOLVED for _, state in self.drills)
        if at := by_state.get(DrillState.BROKEN_OFF):
            yield f"{at} was broken off while it was staged"
            yield f"  once more: {DRILL} {at}"
            yield f"  no more:   {DRILL} --stop"
        elif at := by_state.get(DrillState.STAGED):
            yield f"{at} is staged; what remains: {DRILL} --check"
        else:
            yield f"{solved} of {counted(len(self.drills), 'drill')} solved; stage one: {DRILL} NAME"


@dataclass(frozen=True)
class DrillStaged(Result):
    """One has been staged. `begin`: the commands to begin with."""

    name: str
    story: tuple[str, ...]
    begin: tuple[str, ...]
    folder: str | None = None

    @classmethod
    def of(cls, drill: Drill, facts: Facts, *, joined: bool) -> DrillStaged:
        """`joined`: what is typed next in this shell leads to the sandbox by itself."""
        folder = drill.folder(facts)
        first = (() if joined else (JOIN,)) + ((f"cd {quoted(folder)}",) if folder else ())
        return cls(drill.name, drill.story(facts), (*first, "shema status", "shema runbook"), folder)

    def document(self) -> dict[str, object]:
        return {"drill": self.name, "story": list(self.story), "folder": self.folder, "begin": list(self.begin)}

    def table(self) -> Table:
        return Table(("story",), [(told,) for told in self.story])

    def notes(self) -> Iterable[str]:
        yield "Begin with:"
        yield from (f"  {line}" for line in self.begin)
        yield AGAIN
        yield f"Solved?  {DRILL} --check"
        yield f"Stuck?   {DRILL} --hint"
        yield f"Enough?  {DRILL} --stop"


@dataclass(frozen=True)
class DrillChecked(Result):
    """Whether the drill that is staged is solved, and what remains."""

    name: str
    remaining: tuple[Remaining, ...]

    @property
    def solved(self) -> bool:
        return not self.remaining

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if self.solved else ExitCode.FAILED

    def document(self) -> dict[str, object]:
        return {"drill": self.name, "solved": self.solved, "remaining": [one.what for one in self.remaining]}

    def table(self) -> Table:
        rows = [(self.name, "remains", one.what) for one in self.remaining]
        return Table(("drill", "state", "what"), rows or [(self.name, "solved", "")])

    def notes(self) -> Iterable[str]:
        if self.solved:
            yield f"The others: {DRILL}"
            yield f"The sandbox as at the start: {DRILL} --stop"
        else:
            yield f"Not yet: {DRILL} --hint gives the next step"


@dataclass(frozen=True)
class DrillHint(Result):
    """The next step of the drill that is staged; None where it is solved."""

    name: str
    remaining: Remaining | None

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if self.remaining is None else ExitCode.FAILED

    def document(self) -> dict[str, object]:
        told = self.remaining
        return {
            "drill": self.name,
            "solved": told is None,
            "what": told.what if told else None,
            "hint": told.hint if told else None,
        }

    def table(self) -> Table:
        told = self.remaining
        return Table(("what", "hint"), [(told.what, told.hint)] if told else [("solved", None)])


@dataclass(frozen=True)
class DrillStopped(Result):
    """The sandbox is as at the start. `name`: what was staged, None where nothing was."""

    name: str | None

    def document(self) -> dict[str, object]:
        return {"stopped": self.name}

    def table(self) -> Table:
        return Table(("stopped",), [(self.name,)])

    def notes(self) -> Iterable[str]:
        if self.name is None:
            yield "No drill was staged; nothing was done."
        else:
            yield "The sandbox is as at the start. Again: " + to_type(DRILL, self.name)


DrillResult = DrillList | DrillStaged | DrillChecked | DrillHint | DrillStopped
