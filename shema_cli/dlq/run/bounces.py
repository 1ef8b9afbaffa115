"""What a run that publishes again has come to, and the wait for events that come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import field

from shema_cli.clock import Clock
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.outcomes import MOST_PROBLEMS, REPLAY, Act, EntryProblem, ReplayOutcome
from shema_cli.dlq.run.registered import Registered
from shema_cli.frozen import dataclass
from shema_cli.store.listeners import Listeners

POLL_S = 0.25
BOUNCE_PAGE = 200


@dataclass
class ReplayTally:
    """What has happened so far.

    `heard`: channel → who was there when it was first published on. `published`: replay key → the entry that went out,
    kept only where somebody waits for what comes back.
    """

    act: Act = REPLAY
    counts: Counter[ReplayOutcome] = field(default_factory=Counter)
    problems: list[EntryProblem] = field(default_factory=list)
    omitted: int = 0
    copies: int = 0  # replayed without a publication of their own
    heard: dict[str, Listeners] = field(default_factory=dict)
    published: dict[bytes, str] = field(default_factory=dict)

    @property
    def tried(self) -> int:
        """Entries that a step was asked to publish."""
        outcomes = (self.act.done, ReplayOutcome.UNHEARD, ReplayOutcome.SKIPPED, ReplayOutcome.FAILED)
        return sum(self.counts[outcome] for outcome in outcomes)

    def add(
        self,
        outcome: ReplayOutcome,
        entry_id: str = "",
        message: str | None = None,
        listening: Listeners | None = None,
        before: str = "",
    ) -> None:
        """Count an entry; with a message, it is a problem to be told."""
        self.counts[outcome] += 1
        if message is None:
            return
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(EntryProblem(entry_id, outcome, message, listening, before))
        else:
            self.omitted += 1

    def leave(self, entries: int) -> None:
        """Count so many more that were not come to; no problem tells them one by one."""
        self.counts[ReplayOutcome.NOT_DONE] += entries
        self.omitted += entries


class BounceWatch:
    """Waits for published events to come back: whatever stands at the run's bound or above arrived after its start.

    `published` (replay key → the entry that was replayed) grows while the sweep goes on.
    """

    def __init__(
        self,
        run: Registered,
        clock: Clock,
        published: Mapping[bytes, str],
        tally: ReplayTally,
        stopped: Callable[[], bool],
    ) -> None:
        self._published = published
        self._run = run
        self._clock = clock
        self._tally = tally
        self._stopped = stopped
        self._bounced: set[bytes] = set()
        self._seen = 0
        self._taken = -1

    def until(self, seconds: float, tell: Callable[[float], None] = lambda _left: None) -> bool:
        """Give it `seconds`, or until everything has come back; nothing of ours is in flight meanwhile.

        `tell` is told now and then how many seconds are left. False when it was stopped before that.
        """
        if not self._published or seconds <= 0:
            return True
        self._run.park()
        deadline = self._clock.monotonic() + seconds
        while True:
            self._look()
            left = deadline - self._clock.monotonic()
            if left <= 0 or len(self._bounced) == len(self._published):
                return True
            if self._stopped():
                return False
            tell(left)
            self._clock.sleep(min(left, POLL_S))

    def _look(self) -> None:
        """At what has arrived by now; however fast more arrives, that is for the next look."""
        self._run.refresh()
        until = self._run.store.total()
        while self._run.bound + self._seen < until:
            page = self._run.store.page(self._run.bound + self._seen, BOUNCE_PAGE)
            if page.taken != self._taken:  # somebody took entries out: look at the arrivals from their beginning
                again = self._seen > 0
                self._taken, self._seen = page.taken, 0
                if again:
                    self._run.refresh()
                    continue
            for raw in page.raws:
                self._recognise(parse_entry(raw))
            self._seen += len(page.raws)
            if not page.raws:
                return

    def _recognise(self, entry: Entry) -> None:
        if not entry.valid or (key := entry.replay_key) not in self._published or key in self._bounced:
            return
        self._bounced.add(key)
        before = self._published[key]
        message = f"came back after the {self._tally.act.noun} of {before}: {entry.error or 'no error given'}"
        self._tally.add(ReplayOutcome.BOUNCED, entry.id, message, before=before)
