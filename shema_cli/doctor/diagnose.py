"""All checks, run at once and each on its own: one that fails or hangs takes nothing from the others."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import field

from shema_cli.calls.aside import load
from shema_cli.doctor import machine, redis_server, sign_in, system
from shema_cli.doctor.bench import Bench, Check, Say, Skip
from shema_cli.doctor.results import WORST_FIRST, Diagnosis, Finding
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass

LIMIT_S = 6.0
CHECKS: tuple[tuple[str, str, Check], ...] = (
    ("settings", "profile", machine.profile),
    ("settings", "target", machine.target),
    ("settings", "values", machine.values),
    ("files", "config", machine.config_file),
    ("files", "state", machine.state_folder),
    ("files", "secrets", machine.secret_files),
    ("sign-in", "keyring", sign_in.keyring),
    ("sign-in", "firebase", sign_in.firebase),
    ("sign-in", "session", sign_in.session),
    ("redis", "server", redis_server.server),
    ("redis", "writes", redis_server.writes),
    ("redis", "clock", redis_server.clock),
    ("redis", "persistence", redis_server.persistence),
    ("redis", "memory", redis_server.memory),
    ("redis", "subscribers", redis_server.output_buffer),
    ("redis", "rights", redis_server.rights),
    ("messages", "audit trail", system.audit_trail),
    ("messages", "dead letters", system.dead_letters),
    ("messages", "listeners", system.listening),
    ("messages", "history", system.history),
    ("services", "registry", system.registry),
    ("services", "health", system.health),
    ("terminal", "completion", machine.completion),
    ("terminal", "abilities", machine.terminal),
)
"""Area, name and check, in the order in which they are told."""
LOADED_FIRST = (
    "anyio._backends._asyncio",
    "anyio.lowlevel",
    "certifi",
    "cryptography.x509",
    "email.contentmanager",
    "encodings.idna",
    "importlib_metadata._adapters",
    "jwt",
    "keyring.backends.SecretService",
    "keyring.backends.Windows",
    "keyring.backends.chainer",
    "keyring.backends.kwallet",
    "keyring.backends.libsecret",
    "keyring.backends.macOS",
    "shema_cli.auth.certificates",
    "zipp.compat.overlay",
)
"""What the checks, and the libraries under them, would import when they get there."""


@dataclass
class RunningCheck:
    """A check under way. What it has found so far counts, also when it never ends."""

    say: Say
    check: Check
    findings: list[Finding] = field(default_factory=list)
    thread: threading.Thread | None = None

    def start(self, bench: Bench) -> None:
        """Begin, in a thread of its own."""
        self.thread = threading.Thread(target=self._run, args=(bench,), daemon=True)
        self.thread.start()

    def result(self, seconds: float) -> list[Finding]:
        """What was found within `seconds`; one finding more where it has not ended by then."""
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
    """The findings of `checks` (area, name, check), what failed first, else in their order.

    All of it ends within about `limit_s`.
    """
    load(LOADED_FIRST)
    running = [RunningCheck(Say(area, name), check) for area, name, check in checks]
    for one in running:
        one.start(bench)
    deadline = bench.clock.monotonic() + limit_s
    found = [one.result(max(0.0, deadline - bench.clock.monotonic())) for one in running]
    told = [finding for findings in found for finding in findings]
    return Diagnosis(tuple(sorted(told, key=lambda finding: WORST_FIRST.index(finding.state))))
