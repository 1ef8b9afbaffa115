"""`dlq triage`: screen and action in turn, until somebody has seen enough (contract 3.5).

A screen only looks. What is wished for on it is done after it has given the terminal back, by the command that does it:
whatever ends a triage between two actions ends it with nothing half done.
"""

from __future__ import annotations

from shema_cli.errors import Interrupted, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.output.desk import need_live_terminal
from shema_cli.output.person import Person
from shema_cli.triage.acts import Acts
from shema_cli.triage.results import Triaged
from shema_cli.triage.screen import Memory, Place, Screen
from shema_cli.triage.tour import Stage, Tour

GO_ON = "Enter goes back to the families, q to the summary"


@dataclass(frozen=True)
class Triager:
    """What a triage takes. `why_not`: why nothing may be changed here; `again`: how it is begun anew."""

    place: Place
    acts: Acts
    person: Person
    why_not: str | None
    again: str

    def triage(self) -> Triaged:
        """Go through the families. Raises InvalidUsage where there is no terminal, and what the first count ends in."""
        need_live_terminal(self.place.output, "a triage", "shema dlq stats")
        tour, memory = Tour(self.why_not), Memory()
        interrupted, ended = False, None
        try:
            ended = self._walk(tour, memory)
        except (KeyboardInterrupt, Interrupted):
            interrupted = True
        except ShemaError as error:
            if not tour.families:
                raise
            ended = error
        return Triaged(
            families=tuple(tour.families),
            done={name: tuple(done) for name, done in tour.done.items()},
            left_out=sum(one.count for one in memory.found.left_out if one.name not in {f.name for f in tour.families}),
            beyond=memory.found.beyond,
            total=memory.found.total,
            listed=memory.found.listed,
            again=self.again,
            stale=memory.stale,
            interrupted=interrupted,
            ended=ended,
        )

    def _walk(self, tour: Tour, memory: Memory) -> ShemaError | None:
        """Why it was ended, where that was not wished for. Raises Interrupted."""
        while True:
            Screen(self.place, tour, memory).show()
            family = tour.current
            if tour.wish is None or family is None:
                return None
            done = self.acts.grant(tour.wish, family, memory.found.taken)
            tour.granted(done)
            memory.seen.pop(family.name, None)
            memory.stale = memory.stale or done is not None
            if done is not None and done.ended:
                return done.ended
            if done is not None and done.interrupted:
                raise Interrupted("interrupted", "interrupted")
            if self.person.ask(GO_ON, flag="--yes").lower() == "q":
                tour.stage = Stage.SUMMARY
