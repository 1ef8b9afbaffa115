"""Run all checks at once, each on its own: one that fails or hangs takes nothing from the others."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from shema_cli.doctor.bench import Bench, Check, Say, Skip
from shema_cli.doctor.models import Diagnosis, Finding
from shema_cli.errors import ShemaError

LIMIT_S = 6.0


@dataclass
class Running:
    """A check under way. What it has found so far counts, also when it never ends."""

    say: Say
    check: Check
    findings: list[Finding] = field(default_factory=list)
    thread: threading.Thread | None = None

    def start(self, bench: Bench) -> None:
        self.thread = threading.Thread(target=self._run, args=(bench,), daemon=True)
        self.thread.start()

    def result(self, seconds: float) -> list[Finding]:
        assert self.thread
        self.thread.join(seconds)
        if self.thread.is_alive():
            advice = "what it asks may be overloaded; run `shema doctor` again"
            return [*self.findings, self.say.fail(f"no answer within {LIMIT_S:g} s", advice)]
        return self.findings

    def _run(self, bench: Bench) -> None:
        try:
            for finding in self.check(bench, self.say):
                self.findings.append(finding)
        except Skip:
            return
        except ShemaError as error:
            self.findings.append(self.say.error(error))
        except Exception as error:
            message = f"this check could not be made: {type(error).__name__}: {error}"
            self.findings.append(self.say.fail(message, "it is a fault in shema; the other checks hold"))


def diagnose(bench: Bench, checks: Sequence[tuple[str, str, Check]], limit_s: float = LIMIT_S) -> Diagnosis:
    """The findings of `checks` (area, name, check) in their order. All of it ends within about `limit_s`."""
    running = [Running(Say(area, name), check) for area, name, check in checks]
    for one in running:
        one.start(bench)
    deadline = bench.clock.monotonic() + limit_s
    found = [one.result(max(0.0, deadline - bench.clock.monotonic())) for one in running]
    return Diagnosis(tuple(finding for findings in found for finding in findings))
