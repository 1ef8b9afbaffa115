"""A desk that answers every line out of the canned school. It stands where `ui.lines.Desk` would."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from shema_cli.app import declared
from shema_cli.errors import Refused, ShemaError
from shema_cli.output.sink import View
from shema_cli.results import Result
from shema_cli.ui.lines import Listener, Outcome, Question, Words
from tests.ui.canned import letters, messages, school, system

Answer = Callable[[Words], Result]
READS: Mapping[str, Answer] = {
    "dashboard": lambda _: system.numbers(),
    "status": lambda _: system.status(),
    "enrollments list": lambda _: school.waiting(),
    "enrollments show": lambda words: school.enrollment(words[-1]),
    "courses list": lambda _: school.courses(),
    "courses show": lambda words: school.course(words[-1]),
    "dlq stats": lambda _: letters.families(),
    "dlq list": lambda words: letters.entries(words[words.index("--fingerprint") + 1]),
    "dlq show": lambda words: letters.letter(words[-1]),
    "services health": lambda words: system.health_of(words[2:]),
    "events listeners": lambda _: system.listening(),
    "events missed": lambda words: system.missed(words[-1]),
    "audit list": lambda _: system.trail(),
    "audit verify": lambda _: system.verified(),
    "find": lambda _: school.found(),
    "trace": lambda _: school.story(),
}
FOLLOWED: Mapping[str, Callable[[], Iterable[Result]]] = {
    "events": messages.events,
    "chat": messages.talk,
}
"""By what is followed: everything, or what is said."""
QUESTION = "Approve 2 enrollments; the oldest is 9h old; 1 left as it is; 3 listeners."
TARGET_TOLD = f"Target: {' · '.join(system.TARGET.words)}"


def path(words: Words) -> str:
    """The command that a line begins with."""
    return next(name for name in (" ".join(words[:2]), words[0]) if name in READS or name in OTHERS)


OTHERS = frozenset({"enrollments approve", "events tail"})


def view(words: Words) -> View | None:
    """How the command itself draws what it hands back."""
    return declared(path(words)).view


@dataclass
class CannedDesk:
    """`fails`: the error with which each line ends from now on, by its command. `told` changes what is handed back."""

    fails: dict[str, ShemaError] = field(default_factory=dict)
    told: Callable[[Result], Result] = lambda result: result
    asked: list[Words] = field(default_factory=list)

    def close(self) -> None: ...

    def stay_signed_in(self) -> None: ...

    def read(self, words: Words) -> Outcome:
        self.asked.append(words)
        if error := self.fails.get(path(words)):
            return Outcome(words, error=error)
        return Outcome(words, self.told(READS[path(words)](words)), view(words))

    def follow(self, words: Words, listener: Listener, stop: threading.Event) -> Outcome:
        what = "chat" if "chat:session:*" in words else "events"
        listener.note("following everything")
        for result in FOLLOWED[what]():
            listener.show(self.told(result), view(words))
        stop.wait()
        return Outcome(words)

    def act(self, words: Words, listener: Listener, stop: threading.Event) -> Outcome:
        """As an approval goes: what it comes to, a question, and what became of it."""
        listener.show(self.told(school.foreseen()), view(words))
        listener.note(QUESTION)
        listener.note(TARGET_TOLD)
        question = Question("Go on? [y/N] ", echo=True)
        listener.question(question)
        try:
            agreed = question.wait() == "y"
        except KeyboardInterrupt:
            agreed = False
        if not agreed:
            return Outcome(words, error=Refused("not_confirmed", "not confirmed; nothing was changed"))
        return Outcome(words, self.told(school.decided()), view(words))
