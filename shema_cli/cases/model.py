"""What a case of the runbook is, and how its commands are filled in with what was seen.

Texts are sentences of Markdown with nothing in them but `code` and **emphasis**.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from shema_cli.condition.problems import Kind
from shema_cli.frozen import dataclass
from shema_cli.shell import quoted, to_type

PLACEHOLDERS: Mapping[str, str] = {
    "SERVICE": "the service, such as course",
    "URL": "the address that is registered (shema services list)",
    "FINGERPRINT": "the family of errors (shema dlq stats)",
    "ID": "the id",
    "RUN": "the run (shema dlq runs)",
    "COURSE": "the course, such as crs-08 (shema courses list)",
    "EMAIL": "the account's email",
}
"""What may stand in a command for something that is not known beforehand, and what is asked for."""

Known = Mapping[str, str]
"""Placeholder → what stands in its place."""


@dataclass(frozen=True)
class Step:
    """One thing to do: a `command`, or without one something outside `shema`, by hand.

    `says` what it is for, `look_for` what is to be seen in what it shows, `only_if` (a clause) when it is to be done
    at all. In `command` options stand before arguments, and a placeholder is a word of its own: behind a `--name` the
    value of that option, but an argument where nothing else follows.
    """

    says: str
    command: str = ""
    look_for: str = ""
    only_if: str = ""

    @property
    def by_hand(self) -> bool:
        return not self.command

    @property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for word in shlex.split(self.command) if word in PLACEHOLDERS))

    def missing(self, known: Known) -> tuple[str, ...]:
        """The placeholders for which nothing is known."""
        return tuple(word for word in self.placeholders if word not in known)

    def words(self, known: Known) -> tuple[str, ...]:
        """The command, word by word, with what is known in place of its placeholders; whatever it is, it is one word
        to the command, and never taken for an option."""
        filled: list[str] = []
        words = shlex.split(self.command)
        for at, word in enumerate(words):
            value = known.get(word, word) if word in PLACEHOLDERS else word
            if word in PLACEHOLDERS and value.startswith("-") and "--" not in filled:
                if filled[-1].startswith("--") and not PLACEHOLDERS.keys() >= set(words[at:]):
                    value = f"{filled.pop()}={value}"
                else:
                    filled.append("--")
            filled.append(value)
        return tuple(filled)

    def line(self, known: Known) -> str:
        """The same as it is typed."""
        return quoted(*self.words(known))


@dataclass(frozen=True)
class Case:
    """Something that goes wrong. `name` is for the command line; `answers` are the problems that it is about.

    `meanwhile`: what goes on and what does not; `never`: what makes it worse; `read`: pages of docs/ with more;
    `drilled`: whether the sandbox has a drill of its name.
    """

    name: str
    title: str
    looks_like: str
    steps: tuple[Step, ...]
    answers: tuple[Kind, ...] = ()
    meanwhile: str = ""
    never: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    drilled: bool = True

    @property
    def practise(self) -> str:
        """How it is tried in the sandbox; empty where it cannot be."""
        return f"`{to_type('shema sandbox drill', self.name)}`." if self.drilled else ""

    @property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for step in self.steps for word in step.placeholders))
