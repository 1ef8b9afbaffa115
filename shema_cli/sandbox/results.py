"""What the sandbox's commands hand back."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shema_cli.clock import iso
from shema_cli.exit_codes import ExitCode
from shema_cli.results import Result, Table
from shema_cli.sandbox.process.running import PROFILE, Running
from shema_cli.settings.values import SECRETS


@dataclass(frozen=True)
class Started(Result):
    """A sandbox that runs now."""

    running: Running

    def document(self) -> Any:
        return {
            "running": True,
            "pid": self.running.pid,
            "profile": PROFILE,
            "started_at": iso(self.running.started_at),
            "environment": self._shown(),
        }

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

    def document(self) -> Any:
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

    def document(self) -> Any:
        return dict(self.values)

    def table(self) -> Table:
        return Table(("export",), [(line,) for line in self.lines()])

    def lines(self) -> Iterable[str]:
        return (f"export {name}={shlex.quote(value)}" for name, value in self.values.items())


@dataclass(frozen=True)
class Status(Result):
    """`parts` is what the sandbox itself tells; without `running` there is none."""

    running: Running | None
    parts: Mapping[str, Any]

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if self.running else ExitCode.FAILED

    def document(self) -> Any:
        if self.running is None:
            return {"running": False}
        return {
            "running": True,
            "pid": self.running.pid,
            "profile": PROFILE,
            "started_at": iso(self.running.started_at),
            **self.parts,
        }

    def table(self) -> Table:
        return Table(("part", "state", "fault", "url"), [part_row(*part) for part in self.all_parts()])

    def all_parts(self) -> list[tuple[str, Mapping[str, Any]]]:
        if self.running is None:
            return []
        services = [(service["name"], service) for service in self.parts["services"]]
        return [*services, ("redis", self.parts["redis"]), ("firebase", self.parts["firebase"])]

    def notes(self) -> Iterable[str]:
        if self.running is None:
            yield "No sandbox is running: shema sandbox start"


def part_row(name: str, part: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return name, "up" if part["up"] else "down", fault_text(part["fault"]), part["url"]


def fault_text(fault: Mapping[str, Any]) -> str:
    """`latency 300 ms, poison ENROLLMENT_APPROVED`; empty when all is well."""
    said = {
        "down": "down",
        "hang": "hangs",
        "garbage": "answers garbage",
        "latency_ms": f"latency {fault.get('latency_ms')} ms",
        "error_rate": f"fails {fault.get('error_rate', 0.0):.0%}",
        "poison": f"poison {', '.join(fault.get('poison', ()))}",
    }
    return ", ".join(text for name, text in said.items() if fault.get(name))


@dataclass(frozen=True)
class Changed(Result):
    """A fault that was set or cleared, or a reset."""

    target: str
    fault: Mapping[str, Any]

    def document(self) -> Any:
        return {"target": self.target, "fault": dict(self.fault)}

    def table(self) -> Table:
        return Table(("part", "fault"), [(self.target, fault_text(self.fault) or "none")])


@dataclass(frozen=True)
class Tally:
    """One second of traffic, or all of it."""

    values: Mapping[str, Any]

    def document(self) -> Any:
        return dict(self.values)

    def line(self) -> str:
        v = self.values
        kinds = " · ".join(f"{name} {count}" for name, count in v["by_kind"].items())
        problems = f", {v['refused']} refused, {v['failed']} failed" if v["refused"] or v["failed"] else ""
        return f"{v['kind']:6} {v['seconds']:6.1f} s  {v['events']} events{problems}  {kinds}"


@dataclass(frozen=True)
class Played:
    """One step of the tour: its commands and how each ended."""

    title: str
    commands: tuple[tuple[str, int], ...]
    as_expected: bool

    def document(self) -> Any:
        commands = [{"command": command, "exit_code": code} for command, code in self.commands]
        return {"title": self.title, "commands": commands, "as_expected": self.as_expected}


@dataclass(frozen=True)
class Toured(Result):
    """The tour, which has been seen: only JSON and CSV print it once more."""

    steps: tuple[Played, ...]

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.DONE if all(step.as_expected for step in self.steps) else ExitCode.FAILED

    def document(self) -> Any:
        return {"steps": [step.document() for step in self.steps]}

    def table(self) -> Table:
        rows = [(step.title, command, code) for step in self.steps for command, code in step.commands]
        return Table(("step", "command", "exit_code"), rows)
