"""One reading line asked again and again: its last good answer, how old that is, and what is wrong since."""

from __future__ import annotations

from dataclasses import replace

from shema_cli.clock import age
from shema_cli.errors import ShemaError
from shema_cli.frozen import dataclass
from shema_cli.ui.lines import Outcome

SLOW_AFTER_S = 3.0
REST = 20
"""So many times as long as an answer took of the processor, nobody asks again by himself."""
LONGEST_REST_S = 300.0


@dataclass(frozen=True)
class Source:
    """What is known of a line by now. Moments are monotonic seconds; `asked_at` None: nobody waits for an answer.

    `rests_until`: what costs much to read, such as a hundred thousand dead letters, is not asked again before.
    """

    good: Outcome | None = None
    good_at: float = 0.0
    problem: ShemaError | None = None
    asked_at: float | None = None
    rests_until: float = 0.0

    def asked(self, now: float) -> Source:
        return replace(self, asked_at=now)

    def answered(self, outcome: Outcome, now: float) -> Source:
        """A failure leaves the last good answer where it is."""
        rests_until = now + min(outcome.cost_s * REST, LONGEST_REST_S)
        if outcome.error is not None:
            return replace(self, problem=outcome.error, asked_at=None, rests_until=rests_until)
        return Source(outcome, now, rests_until=rests_until)

    def told(self, now: float) -> str:
        """`4s ago`; with what is wrong behind it where something is: of a line that is cut, the age stays."""
        wrong = ""
        if self.problem is not None:
            wrong = self.problem.message
        elif self.asked_at is not None and now - self.asked_at >= SLOW_AFTER_S:
            wrong = f"no answer for {age(now - self.asked_at)}"
        if self.good is None:
            return wrong or "asking …"
        old = f"{age(now - self.good_at)} ago"
        return f"as of {old} · {wrong}" if wrong else old

    def stands_still(self, now: float) -> bool:
        """Whether what is shown is older than it should be."""
        waits = self.asked_at is not None and now - self.asked_at >= SLOW_AFTER_S
        return self.problem is not None or waits
