"""What `shema status` hands back (contract 3.5)."""

from __future__ import annotations

from dataclasses import replace

from shema_cli.cases.book import ANSWERED_BY
from shema_cli.condition.facts import Condition
from shema_cli.condition.judge import judge, unknown
from shema_cli.condition.looked import Looked, looked_at
from shema_cli.condition.problems import Headline, Problem, headline
from shema_cli.errors import ExitCode
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table

WELL = "Nothing is wrong"


@dataclass(frozen=True)
class Status(Result):
    """The condition of the system, judged. Exit 1 where anything is wrong; 3 where nothing of it gave an answer."""

    seen: Condition
    words: bool = False  # to be read to somebody who sees nothing drawn

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Worst first."""
        return judge(self.seen)

    @property
    def looked_at(self) -> tuple[Looked, ...]:
        return looked_at(self.seen)

    @property
    def first_line(self) -> Headline:
        return headline(self.problems, WELL)

    @property
    def exit_code(self) -> ExitCode:
        if not self.seen.anything_answered:
            return ExitCode.UNREACHABLE
        return ExitCode.FAILED if self.problems else ExitCode.DONE

    def document(self) -> dict[str, object]:
        return {
            "ok": not self.problems,
            "problems": [{**one.document(), "case": ANSWERED_BY[one.kind].name} for one in self.problems],
            "looked_at": [one.document() for one in self.looked_at],
            "unknown": [{"area": area, "why": why.why, "next": why.next} for area, why in unknown(self.seen)],
        }

    def in_words(self) -> Status:
        """Its view says all of it in words; the table tells what was looked at as well."""
        return replace(self, words=True)

    def table(self) -> Table:
        rows = [(one.severity.value, one.area, one.what, one.cause, one.next) for one in self.problems]
        if self.words:
            rows += [("looked at", one.area, one.told, "", "") for one in self.looked_at]
            rows += [("not known", area, why.why, "", why.next) for area, why in unknown(self.seen)]
        return Table(("severity", "area", "what", "cause", "next"), rows)
