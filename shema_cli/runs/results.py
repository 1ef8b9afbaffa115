"""What the commands about runs give (contract 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from shema_cli.clock import age, iso_of_ms
from shema_cli.dlq.run.store import RunState
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table, are, counted
from shema_cli.shell import to_type

RECOVER = "shema dlq recover"
LONG_ENOUGH_S = 1.0
"""A rate is told of a run that has been at work for so long."""


class Stand(StrEnum):
    """How a run stands."""

    PREPARING = "preparing"  # it has changed nothing yet: it looks, or its question stands
    RUNNING = "running"
    STOPPING = "stopping"  # told to stop
    ABANDONED = "abandoned"  # it died: its lease is over


@dataclass(frozen=True)
class ListedRun:
    """A run as the registry has it. Moments are the server's clock; `silent`: it was watched and renewed nothing."""

    state: RunState
    silent: bool = False

    @property
    def id(self) -> str:
        return self.state.run

    @property
    def stand(self) -> Stand:
        if self.silent or self.state.expired or self.state.fields.get("state") != "live":
            return Stand.ABANDONED
        if self.stopped_by:
            return Stand.STOPPING
        return Stand.RUNNING if self.state.number("began") or self.done else Stand.PREPARING

    @property
    def name(self) -> str:
        """`replay by ana@school.test`."""
        return f"{self.state.what} by {self.state.who}"

    @property
    def stopped_by(self) -> str:
        return self.state.fields.get("stoppedBy", "")

    @property
    def selection(self) -> str:
        """As it was typed; of a resend with whom it is for."""
        service = self.state.fields.get("service")
        return " ".join(filter(None, (f"--missed-by {service}" if service else "", self.state.fields.get("selection"))))

    @property
    def done(self) -> int:
        """What it has published or taken out."""
        return self.state.number("done") or 0

    @property
    def of(self) -> int | None:
        """How many it is about; None where it has not told."""
        return self.state.number("of")

    @property
    def age_s(self) -> float | None:
        """Since it was registered."""
        return self._since("started")

    @property
    def rate(self) -> float | None:
        """Entries a second since its first change; None where it is not at work, or too new to tell."""
        elapsed = self._since("began")
        if self.stand is not Stand.RUNNING or elapsed is None or elapsed < LONG_ENOUGH_S:
            return None
        return round(self.done / elapsed, 1)

    def _since(self, field: str) -> float | None:
        moment = self.state.number(field)
        return max(0.0, (self.state.now_ms - moment) / 1000) if moment else None

    @property
    def far(self) -> str:
        """`120 of 400 done`."""
        return f"{self.done:,} of {self.of:,} done" if self.of is not None else f"{self.done:,} done"

    def document(self) -> dict[str, object]:
        return {
            "run": self.id,
            "state": self.stand.value,
            "action": self.state.action,
            "by": self.state.who,
            "command": self.state.fields.get("command"),
            "selection": self.selection,
            "started_at": self._at("started"),
            "began_at": self._at("began"),
            "done": self.done,
            "of": self.of,
            "rate": self.rate,
            "stopped_by": self.stopped_by or None,
        }

    def _at(self, field: str) -> str | None:
        moment = self.state.number(field)
        return iso_of_ms(moment) if moment else None


@dataclass(frozen=True)
class RunList(Result):
    """`{"runs": […], "in_flight", "abandoned"}`, the oldest first. `abandoned`: entries in flight that no live run
    holds."""

    is_list = True

    runs: Sequence[ListedRun]
    in_flight: int
    abandoned: int

    def document(self) -> dict[str, object]:
        runs = [run.document() for run in self.runs]
        return {"runs": runs, "in_flight": self.in_flight, "abandoned": self.abandoned}

    def table(self) -> Table:
        columns = ("run", "state", "action", "by", "age", "done", "of", "rate", "stopped_by", "selection")
        return Table(columns, [self._cells(run) for run in self.runs])

    @staticmethod
    def _cells(run: ListedRun) -> Sequence[object]:
        who = (run.id, run.stand.value, run.state.action, run.state.who, age(run.age_s))
        return (*who, run.done, run.of, run.rate, run.stopped_by, run.selection)

    def notes(self) -> Iterable[str]:
        if not self.runs:
            yield "no run is under way"
        stands = {run.stand: run for run in reversed(self.runs)}
        live = stands.get(Stand.RUNNING) or stands.get(Stand.PREPARING)
        if live:
            yield f"end one gently: {to_type('shema dlq runs stop', live.id)}"
        if self.abandoned:
            held = counted(self.abandoned, "entry", "entries")
            yield f"{held} {are(self.abandoned)} in flight, and nobody is at work on them: {RECOVER}"
        elif Stand.ABANDONED in stands:
            yield f"enter the end of what has died: {RECOVER}"


class StopOutcome(StrEnum):
    """What has become of a run that was told to stop."""

    PLANNED = "planned"
    STOPPED = "stopped"  # it has ended
    STOPPING = "stopping"  # it does nothing more, and has not ended yet
    ABANDONED = "abandoned"  # it died before it ended


@dataclass(frozen=True)
class StoppedRun(Result):
    """`{"run", "outcome", "action", "by", "done", "of", "stopped_by"}`; `done` is what it had done when it was told."""

    run: ListedRun
    outcome: StopOutcome
    ours: str  # in whose name it was told
    interrupted: bool = False

    @property
    def exit_code(self) -> ExitCode:
        if self.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.FAILED if self.outcome is StopOutcome.ABANDONED else ExitCode.DONE

    def document(self) -> dict[str, object]:
        known = self.run.document()
        told = {name: known[name] for name in ("action", "by", "done", "of", "stopped_by")}
        return {"run": self.run.id, "outcome": self.outcome.value, **told}

    def table(self) -> Table:
        document = self.document()
        return Table(tuple(document), [tuple(document.values())])

    def notes(self) -> Iterable[str]:
        if self.run.stopped_by not in ("", self.ours):
            yield f"{self.run.stopped_by} has told it to stop before"
        if self.outcome is StopOutcome.PLANNED:
            yield f"dry run: the {self.run.name} would be stopped; nothing was changed"
        elif self.outcome is StopOutcome.STOPPED:
            yield f"the {self.run.name} has ended"
        elif self.outcome is StopOutcome.STOPPING:
            yield f"the {self.run.name} does nothing more, and has not ended yet: shema dlq runs"
        else:
            yield f"the {self.run.name} died before it ended: {RECOVER}"
