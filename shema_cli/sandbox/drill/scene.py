"""A running sandbox as a drill is given it: what it takes to have something go wrong there, and to see how it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Unpack

from shema_cli.audit.read import forward
from shema_cli.auth.project import Realm
from shema_cli.calls.audience import Audience
from shema_cli.calls.client import ServiceClient, open_client
from shema_cli.clock import Clock
from shema_cli.condition.facts import Condition, ServiceFacts
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.run.store import DeadLetters, Look
from shema_cli.enrollments.decide import Decider, DecisionMade, DecisionOrder, read_decisions
from shema_cli.enrollments.results import DecisionKind
from shema_cli.errors import Failed, Refused
from shema_cli.events.history.stream import HistoryState, state_of
from shema_cli.frozen import dataclass
from shema_cli.sandbox import lifecycle
from shema_cli.sandbox.identity.people import PROJECT
from shema_cli.sandbox.process.running import RunningSandbox
from shema_cli.sandbox.school.data import EnrollmentRow, new_school
from shema_cli.sandbox.system import control_client
from shema_cli.sandbox.system.control_client import SystemDocument
from shema_cli.sandbox.system.faults import FaultDocument
from shema_cli.settings.sources import load_settings
from shema_cli.settings.target import Target
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir
from shema_cli.status.look import Sight, look
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.journal import Author, Journal
from shema_cli.store.remembered import TrailMemory

SETTLES_WITHIN_S = 20.0
POLL_S = 0.05
COLLEAGUE = "dina@shema.test"
COLLEAGUE_UID = "admin-2"
_JOINED_BY_PROFILE = ("SHEMA_PROFILE",)


@dataclass(frozen=True)
class Place:
    """Where whoever practises keeps sessions and settings."""

    state: StateDir
    config: Path


class Scene:
    """`place`: of whoever practises, who joins by the profile of the sandbox. Nothing but this machine is reached."""

    def __init__(self, running: RunningSandbox, place: Place, clock: Clock) -> None:
        self.running = running
        self.place = place
        self.clock = clock
        self.settings = self._settings(running.environment, running.folder)
        self.store = Store(self.settings, only_here=True)
        self.target = Target.of(self.settings)
        if self.target.project != PROJECT or self.target.foreign:
            raise Refused("no_sandbox", "this is no sandbox: drills are staged nowhere else", "shema sandbox start")

    def close(self) -> None:
        self.store.close()

    # -- to have something go wrong -------------------------------------------------------------------------------

    def reset(self) -> None:
        """The sandbox as at the start."""
        lifecycle.reset(self.place.state)

    def make_quiet(self) -> None:
        """Nothing is wrong: also the dead letters of earlier days are gone."""
        with self.store.errors():
            self.store.client.delete(keys.DEAD_LETTERS)

    def fault(self, target: str, **wanted: Unpack[FaultDocument]) -> None:
        control_client.set_fault(self.running, target, wanted)

    def clear(self, target: str) -> None:
        control_client.set_fault(self.running, target, None)

    def waiting(self, number: int) -> list[EnrollmentRow]:
        """So many pending enrollments, into courses that have a seat for everybody."""
        return new_school(self.clock.now()).waiting()[:number]

    def approve(self, *enrollments: EnrollmentRow) -> list[str]:
        """Approved by a colleague, who does not look at seats; the ids of the events.

        Raises Failed when it did not come about.
        """
        kind = DecisionKind.APPROVED
        decider = Decider(Audience(self.store, self.clock), self.clock, self.journal)
        orders = [DecisionOrder(one["id"], one["student_id"], kind) for one in enrollments]
        made = [decider.decide(order) for order in orders]
        events = [one.event_id for one in made if isinstance(one, DecisionMade)]
        if len(events) < len(made):
            raise Failed("not_staged", "the sandbox did not take a decision", "shema sandbox status")
        return events

    @cached_property
    def journal(self) -> Journal:
        """The trail, in a colleague's name."""
        target = self.target
        author = Author(
            COLLEAGUE_UID,
            COLLEAGUE,
            "enrollments approve",
            target.profile,
            project=PROJECT,
            redis=target.redis or "",
            emulator=True,
        )
        return Journal(self.store, self.clock, author)

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for what the sandbox does by itself. Raises Failed when it does not."""
        ends = self.clock.monotonic() + SETTLES_WITHIN_S
        while not condition():
            if self.clock.monotonic() > ends:
                raise Failed("not_staged", f"waited {SETTLES_WITHIN_S:.0f} s in vain: {what}", "shema sandbox status")
            self.clock.sleep(POLL_S)

    def until_away(self, service: str) -> None:
        """Wait until the recorder has seen that a service is subscribed to nothing."""
        self.until(lambda: not self._is_present(service), f"the recorder sees that {service} is gone")

    def _is_present(self, service: str) -> bool:
        state = self.history()
        return state is None or state.present is None or f"{service}-service" in state.present

    # -- to see how it is -----------------------------------------------------------------------------------------

    def parts(self) -> SystemDocument:
        return control_client.system_status(self.running)

    def handled(self, events: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Of each event, how often which service has handled it."""
        return control_client.handled(self.running, events)

    def look(self, *areas: str) -> Condition:
        """What `shema status` sees of these areas."""
        sight = Sight(
            self.settings, self.clock, self.target, lambda: self.store, self._services, lambda: self.trail, None
        )
        return asyncio.run(look(sight, frozenset(areas)))

    def service(self, name: str) -> ServiceFacts | None:
        """A service as `shema status` sees it; None where it does not see any."""
        found = self.look("services").services
        return next((one for one in found if one.name == name), None) if isinstance(found, Sequence) else None

    def history(self) -> HistoryState | None:
        with self.store.errors():
            return state_of(self.store)

    def letters(self) -> list[Entry]:
        """All dead letters, in the list and in flight."""
        return [parse_entry(raw) for _, raw in DeadLetters(self.store).oldest_first()]

    def runs(self) -> Look:
        return DeadLetters(self.store).look()

    def approved(self, id: str) -> str | None:
        """The event of the approval that stands on an enrollment."""
        decision = read_decisions(self.store, [id]).standing.get(id)
        return decision.event_id if decision and decision.decision == DecisionKind.APPROVED else None

    def publications(self, enrollments: Sequence[str]) -> Mapping[str, set[str]]:
        """The events by which each of these was decided on, as the trail tells."""
        found: dict[str, set[str]] = {id: set() for id in enrollments}
        with self.store.errors():
            for entry in forward(self.store):
                if (id := entry.text("target")) in found and (event := entry.text("eventId")):
                    found[id].add(event)
        return found

    @cached_property
    def trail(self) -> TrailMemory:
        """What the machine of whoever practises has seen of the trail."""
        return TrailMemory(self.place.state, self.target, self.clock)

    @property
    def realm(self) -> Realm:
        return Realm.from_settings(self.settings, self.place.state, self.clock)

    def settings_in(self, folder: Path) -> Settings:
        """What a command goes by that is typed in a folder, with the profile of the sandbox."""
        environment = {name: self.running.environment[name] for name in _JOINED_BY_PROFILE}
        return self._settings(environment, folder)

    def _settings(self, environment: Mapping[str, str], folder: Path) -> Settings:
        own = {"SHEMA_CONFIG_DIR": str(self.place.config), "SHEMA_STATE_DIR": str(self.place.state.path)}
        return load_settings(environ={**environment, **own}, cwd=folder, any_profile=True)

    def _services(self) -> ServiceClient:
        return open_client(self.settings, self.place.state, self.clock, lambda: self.store, warn=_unsaid)


def _unsaid(_told: object) -> None:
    return
