"""What work may say to the person at the terminal, and ask: the only part of a terminal that work is given.

Everything said goes to stderr (contract 2.2). Where nobody is there to answer, a question names the flag that answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from shema_cli.clock import Clock
from shema_cli.output.progress import Progress
from shema_cli.output.prompts import Prompts
from shema_cli.output.sink import Output
from shema_cli.results import Table


@dataclass(frozen=True)
class Protection:
    """What a question shows of the profile that it is about, and what it asks for.

    `label` is the profile's name for people; `type_name` is what must be typed instead of a y, or None; `colour` is one
    of the prompts' colours, or None; `named` says that a profile was chosen at all.
    """

    label: str = "default"
    named: bool = False
    type_name: str | None = None
    colour: str | None = None


class Person:
    """Whoever runs the command."""

    def __init__(self, output: Output, prompts: Prompts, clock: Clock, protection: Protection | None = None) -> None:
        self._output = output
        self._prompts = prompts
        self._clock = clock
        self._protection = protection or Protection()

    @property
    def can_be_asked(self) -> bool:
        """Whether both what is asked and what is typed go to a terminal."""
        return self._output.streams.can_prompt

    @property
    def looks_at_tables(self) -> bool:
        """Whether data is drawn for a person: a table, and stdout is a terminal."""
        return self._output.drawn

    def note(self, text: str) -> None:
        """Progress or a hint."""
        self._output.note(text)

    def warn(self, text: str) -> None:
        """Something that is not as it should be, and that does not end the command."""
        self._output.warn(text)

    def aside(self, table: Table) -> None:
        """A table beside the data, where stderr is a terminal."""
        self._output.aside(table)

    def progress(self, label: str, total: int | None = None) -> Progress:
        """One line that says how far a long run is; `total` None shows the count alone. A context manager."""
        return Progress(self._output.streams, self._clock, label, total)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something is changed, naming the profile; `--yes` answers (contract 2.2, 2.3).

        Raises InvalidUsage, naming --yes, where nobody can be asked, and Refused when the answer is no.
        """
        protection = self._protection
        if yes:
            if protection.named and self._output.streams.stderr_is_terminal:
                self.note(f"Profile: {protection.label}")
            return
        self._prompts.confirm(
            question,
            type_to_confirm=protection.type_name,
            profile=protection.label,
            colour=protection.colour,
        )

    def ask(self, question: str, *, flag: str) -> str:
        """A line of text. Raises InvalidUsage, naming `flag`, where nobody can be asked."""
        return self._prompts.text(question, flag=flag)

    def ask_secret(self, question: str, *, flag: str) -> str:
        """A line that is not echoed. Raises InvalidUsage, naming `flag`, where nobody can be asked."""
        return self._prompts.secret(question, flag=flag)
