"""What `shema doctor` finds."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table


class FindingState(StrEnum):
    """`fail` fails the command, `warn` does not."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


WORST_FIRST = (FindingState.FAIL, FindingState.WARN, FindingState.OK)


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how it is, and what to do about it.

    `to_copy` is the end of the message or of the advice, a command too long for a column and not to be broken.
    """

    area: str
    check: str
    state: FindingState
    message: str
    advice: str = ""
    to_copy: str = ""

    def document(self) -> dict[str, str | None]:
        return {
            "area": self.area,
            "check": self.check,
            "state": self.state.value,
            "message": self.message,
            "advice": self.advice or None,
        }


@dataclass(frozen=True)
class Diagnosis(Result):
    """All findings, in the order in which they are told. One that failed fails the command."""

    findings: tuple[Finding, ...]

    def count(self, state: FindingState) -> int:
        """How many findings have this state."""
        return sum(finding.state is state for finding in self.findings)

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.FAILED if self.count(FindingState.FAIL) else ExitCode.DONE

    def document(self) -> dict[str, object]:
        return {
            "ok": not self.count(FindingState.FAIL),
            "summary": {state.value: self.count(state) for state in FindingState},
            "checks": [finding.document() for finding in self.findings],
        }

    def table(self) -> Table:
        rows = [(f.state.value, f.area, f.check, f.message, f.advice) for f in self.findings]
        return Table(("state", "area", "check", "message", "advice"), rows)

    def notes(self) -> Iterable[str]:
        """What is to be copied, each on one line whatever the width, so that no line end is copied with it."""
        yield from dict.fromkeys(finding.to_copy for finding in self.findings if finding.to_copy)
        yield ", ".join(f"{self.count(state)} {state.value}" for state in FindingState)
