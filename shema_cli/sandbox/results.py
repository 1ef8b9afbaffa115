"""What the sandbox's commands hand back."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from shema_cli.clock import iso
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table
from shema_cli.sandbox.process.running import PROFILE, RunningSandbox
from shema_cli.sandbox.system.control_client import PartDocument, SystemDocument, TrafficDocument
from shema_cli.sandbox.system.faults import FaultDocument, fault_text
from shema_cli.settings.values import SECRETS


@dataclass(frozen=True)
class Started(Result):
    """A sandbox that runs now."""

    running: RunningSandbox

    def document(self) -> dict[str, object]:
        return {**_identity(self.running), "environment": self._shown()}

    def table(self) -> Table:
        return Table(("variable", "value"), list(self._shown().items()))

    def _shown(self) -> dict[str, str]:
        """Without the secret, which `sandbox env` gives to those who need it."""
        return {name: value for name, value in self.running.environment.items() if name not in SECRETS}

    def notes(self) -> Iterable[str]:
        return (
            "The sandbox runs. Join it with one of:",
            f"  shema --profile {PROFILE} dashboard",
            '  eval "$(shema sandbox env)"',
            "and end it with: shema sandbox stop",
        )


@dataclass(frozen=True)
class Stopped(Result):
    """`swept`: remains of sandboxes that were killed, cleaned up now."""

    was_running: bool
    swept: int

    def document(self) -> dict[str, object]:
        return {"stopped": self.was_running, "swept": self.swept}

    def table(self) -> Table:
        return Table(("stopped", "swept"), [(self.was_running, self.swept)])

    def notes(self) -> Iterable[str]:
        if not self.was_running:
            yield "No sandbox was running."


@dataclass(frozen=True)
class Environment(Result):
    """Variables that lead a program into the sandbox. As text: lines for a shell to eval."""

    values: Mapping[str, str]

    def document(self) -> dict[str, str]:
        return dict(self.values)

    def table(self) -> Table:
        return Table(("export",), [(line,) for line in self.lines()])

    def lines(self) -> Iterable[str]:
        return (f"export {name}={shlex.quote(value)}" for name, value in self.values.items())


@dataclass(frozen=True)
class SystemStatus:
    """A sandbox that runs, and what it tells of itself."""

    running: RunningSandbox
    told: SystemDocument


@dataclass(frozen=True)
class SandboxStatus(Result):
    """What runs, or that nothing does (None)."""

    system: SystemStatus | None

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if self.system else ExitCode.FAILED

    def document(self) -> dict[str, object]:
        return {**_identity(self.system.running), **self.system.told} if self.system else {"running": False}

    def table(self) -> Table:
        return Table(("part", "state", "fault", "url"), [part_row(*part) for part in self.all_parts()])

    def all_parts(self) -> list[tuple[str, PartDocument]]:
        if self.system is None:
            return []
        told = self.system.told
        services = [(service["name"], service) for service in told["services"]]
        return [*services, ("redis", told["redis"]), ("firebase", told["firebase"]), ("history", told["history"])]

    def notes(self) -> Iterable[str]:
        if self.system is None:
            yield "No sandbox is running: shema sandbox start"


def part_state(part: PartDocument) -> str:
    """In a word or two: `up`, `down`, and what the history does."""
    return part.get("state") or ("up" if part["up"] else "down")


def part_row(name: str, part: PartDocument) -> tuple[str, str, str, str]:
    return name, part_state(part), fault_text(part["fault"]), part["url"]


def _identity(running: RunningSandbox) -> dict[str, object]:
    return {"running": True, "pid": running.pid, "profile": PROFILE, "started_at": iso(running.started_at)}


@dataclass(frozen=True)
class PartChanged(Result):
    """A fault that was set or cleared, or a reset."""

    target: str
    fault: FaultDocument

    def document(self) -> dict[str, object]:
        return {"target": self.target, "fault": self.fault}

    def table(self) -> Table:
        return Table(("part", "fault"), [(self.target, fault_text(self.fault) or "none")])


@dataclass(frozen=True)
class TrafficReport:
    """One second of traffic, or all of it."""

    told: TrafficDocument

    @property
    def is_total(self) -> bool:
        return self.told["kind"] == "total"

    @property
    def exit_code(self) -> ExitCode:
        """Something that failed is a failure of the whole."""
        return ExitCode.FAILED if self.is_total and self.told["failed"] else ExitCode.DONE

    def document(self) -> TrafficDocument:
        return self.told

    def line(self) -> str:
        told = self.told
        kinds = " · ".join(f"{name} {count}" for name, count in told["by_kind"].items())
        problems = f", {told['refused']} refused, {told['failed']} failed" if told["refused"] or told["failed"] else ""
        return f"{told['kind']:6} {told['seconds']:6.1f} s  {told['events']} events{problems}  {kinds}"


@dataclass(frozen=True)
class PlayedStep:
    """One step of the tour: its commands and how each ended."""

    title: str
    commands: tuple[tuple[str, int], ...]
    as_expected: bool

    def document(self) -> dict[str, object]:
        commands = [{"command": command, "exit_code": code} for command, code in self.commands]
        return {"title": self.title, "commands": commands, "as_expected": self.as_expected}


@dataclass(frozen=True)
class Toured(Result):
    """The tour, which has been seen: only JSON and CSV print it once more."""

    steps: tuple[PlayedStep, ...]

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if all(step.as_expected for step in self.steps) else ExitCode.FAILED

    def document(self) -> dict[str, object]:
        return {"steps": [step.document() for step in self.steps]}

    def table(self) -> Table:
        rows = [(step.title, command, code) for step in self.steps for command, code in step.commands]
        return Table(("step", "command", "exit_code"), rows)
