"""What a drill is: a case of the runbook that can be staged in a sandbox, and judged from outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from shema_cli.cases.book import NAMED
from shema_cli.frozen import dataclass
from shema_cli.results import counted

if TYPE_CHECKING:
    from shema_cli.sandbox.drill.scene import Scene

Facts = Mapping[str, Sequence[str]]
"""What a staging leaves to be judged by, as it is kept (`staged.py`): ids of enrollments, of events, …, by name."""


ENROLLMENTS, EVENTS = "enrollments", "events"
"""Names of facts: who was approved, or is to be; the events of these approvals, one of each."""


@dataclass(frozen=True)
class Remaining:
    """What is not as it should be yet, and the next step: a command where one does it."""

    what: str
    hint: str


class Drill(ABC):
    """It has the name of the case that is practised; `minutes`: how long it takes.

    `sees` and `asked` are the story, in which `{student}` is the first enrollment of it and `{students}` how many.
    """

    name: ClassVar[str]
    minutes: ClassVar[int]
    sees: ClassVar[str]
    asked: ClassVar[str]

    def require(self, scene: Scene) -> None:  # noqa: B027 - most can be staged anywhere
        """Raises Refused where it cannot be staged; nothing was done."""

    @abstractmethod
    def stage(self, scene: Scene) -> Facts:
        """Have it go wrong where all is well and no dead letter waits. Raises what the sandbox does."""

    @property
    def practises(self) -> str:
        """What goes wrong, in words."""
        return NAMED[self.name].title

    def story(self, facts: Facts) -> tuple[str, str]:
        """What the admin sees, and what is asked for. The answer is not in it."""
        students = facts.get(ENROLLMENTS, ())
        words = {"student": next(iter(students), ""), "students": counted(len(students), "student")}
        return self.sees.format_map(words), self.asked.format_map(words)

    @abstractmethod
    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        """What is not solved yet, in the order in which it is dealt with; nothing when all is.

        It goes by how the system is, whatever was done to bring that about. Raises Unreachable when the sandbox hangs.
        """

    def folder(self, facts: Facts) -> str | None:
        """Where commands are typed, if that matters."""
        return None
