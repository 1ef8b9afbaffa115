"""`shema setup` at a terminal, question by question."""

from __future__ import annotations

from shema_cli.settings.values import CORE_SERVICES
from tests.support.terminal import Terminal

ENTER, CTRL_C, CTRL_D = "\r", "\x03", "\x04"


class Setup(Terminal):
    """Its questions are told by their titles: `3/17 CHAT_SERVICE_URL`."""

    def asks(self, name: str) -> Setup:
        """Wait until it asks for this value."""
        self.wait(until=lambda: self._asked() == name and self._waits())
        return self

    def says(self, *words: str) -> Setup:
        self.wait(*words)
        return self

    def types(self, text: str) -> Setup:
        self._answered = self._place()
        self.keys(text + ENTER)
        return self

    _answered = ""

    def next_question(self) -> str:
        """What it asks next, once it does."""
        self.wait(until=lambda: self._place() != self._answered and self._waits())
        return self._asked()

    def _waits(self) -> bool:
        """Whether the last line that anything stands on ends as a question does."""
        return next((line for line in reversed(self.display) if line), "").endswith("]:")

    def _titles(self) -> list[tuple[str, str]]:
        lines = [line.partition(" ") for line in self.display]
        return [(place, name) for place, _, name in lines if place.replace("/", "").isdigit() and "/" in place]

    def _asked(self) -> str:
        return self._titles()[-1][1] if self._titles() else ""

    def _place(self) -> str:
        return self._titles()[-1][0] if self._titles() else ""


def through_services(terminal: Setup, answer: str) -> None:
    for service in CORE_SERVICES:
        terminal.asks(f"{service.upper()}_SERVICE_URL").types(answer)


def at_the_question(terminal: Setup, secret: str = "service-secret-9f3a-service-secret-9f3a") -> None:
    """All that is asked left out but for the secret, up to the question whether to write."""
    terminal.asks("REDIS_URL").types("-")
    through_services(terminal, "-")
    terminal.asks("SERVICE_JWT_SECRET").types(secret)
    for name in ("FIREBASE_PROJECT_ID", "SHEMA_AUDIT_KEY", "confirm", "read_only"):
        terminal.asks(name).types("")
    terminal.says("Go on? [y/N]")
