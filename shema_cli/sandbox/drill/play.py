"""Drills in a running sandbox: listed, staged, judged, ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from enum import Enum

from shema_cli.clock import Clock, iso
from shema_cli.errors import Failed, Interrupted, InvalidUsage, NotFound, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.output.person import Person
from shema_cli.sandbox import lifecycle
from shema_cli.sandbox.drill.drill import Drill, Remaining
from shema_cli.sandbox.drill.drills import DRILLS, drill_named
from shema_cli.sandbox.drill.results import (
    DRILL,
    DrillChecked,
    DrillHint,
    DrillList,
    DrillResult,
    DrillStaged,
    DrillStopped,
)
from shema_cli.sandbox.drill.scene import Place, Scene
from shema_cli.sandbox.drill.staged import Keeper, Kept, Staged
from shema_cli.sandbox.process.running import RunningSandbox
from shema_cli.sandbox.system.control_client import system_status
from shema_cli.settings.target import PROFILE as TARGET_PROFILE
from shema_cli.settings.target import REDIS
from shema_cli.settings.values import Settings
from shema_cli.state import StateDir

SETTLES_S = 1.0
LOOK_AGAIN_S = 0.2


class Wish(Enum):
    """What is wanted of a drill."""

    LIST = "list"
    STAGE = "stage"
    CHECK = "--check"
    HINT = "--hint"
    STOP = "--stop"


def wish_of(name: str | None, *, check: bool, hint: bool, stop: bool) -> Wish:
    """Raises InvalidUsage for flags that do not go together."""
    wished = [wish for wish, asked in ((Wish.CHECK, check), (Wish.HINT, hint), (Wish.STOP, stop)) if asked]
    if len(wished) > 1:
        told = " and ".join(one.value for one in wished)
        raise InvalidUsage("which_wish", f"{told} do not go together", f"{DRILL} --help")
    return wished[0] if wished else Wish.LIST if name is None else Wish.STAGE


def perform(
    state: StateDir, settings: Settings, clock: Clock, person: Person, name: str | None, wish: Wish, *, yes: bool
) -> DrillResult:
    """Raises NotFound for a drill that there is not, Failed where no sandbox runs, and what each of them raises."""
    if name is not None:
        drill_named(name)
    if wish is Wish.LIST:
        running = RunningSandbox.find(state)
        return listing(Keeper(running.folder) if running else None)
    on = Practice(lifecycle.need(state), Place(state, settings.config_path.parent), settings, clock, person)
    match wish:
        case Wish.CHECK:
            return check(on, name)
        case Wish.HINT:
            return hint(on, name)
        case Wish.STOP:
            return stop(on)
        case _:
            assert name is not None
            return stage(on, name, yes=yes)


@dataclass(frozen=True)
class Practice:
    """One running sandbox, and whoever practises there. `settings` are those of this command."""

    running: RunningSandbox
    place: Place
    settings: Settings
    clock: Clock
    person: Person

    @property
    def keeper(self) -> Keeper:
        return Keeper(self.running.folder)

    @contextmanager
    def scene(self) -> Iterator[Scene]:
        found = Scene(self.running, self.place, self.clock)
        try:
            yield found
        finally:
            found.close()

    @property
    def is_joined(self) -> bool:
        """Whether what is typed next in this shell leads to the sandbox."""
        profile = self.settings.entries.get(TARGET_PROFILE)
        leads_there = self.settings.as_it_stands(REDIS) == self.running.environment[REDIS]
        return leads_there and (profile is None or profile.source != "flag")


def listing(keeper: Keeper | None) -> DrillList:
    """All drills; `keeper` is None where no sandbox runs."""
    kept = keeper.read() if keeper else Kept()
    return DrillList([(drill, kept.state_of(drill.name)) for drill in DRILLS])


def stage(on: Practice, name: str, *, yes: bool) -> DrillStaged | DrillChecked:
    """Stage a drill, or judge it where it is staged already and not solved.

    Another one that is not solved is given up after a yes. Raises NotFound for a drill that there is not, Refused when
    the answer is no, Interrupted when it was broken off, and then the sandbox is as at the start.
    """
    drill = drill_named(name)
    with on.keeper.alone(), on.scene() as scene:
        drill.require(scene)
        kept = on.keeper.read()
        if (there := kept.unsolved) and there.begun_at:
            if there.name == name and _still_there(on, there):
                return _judged(on, drill, there)
            if there.name != name and _still_there(on, there):
                person = on.person.asked_about(*scene.target.words)
                person.confirm(f"Give up {there.name}, which is not solved, and stage {name}.", yes=yes)
        return _staged(on, drill, kept, scene)


def check(on: Practice, name: str | None) -> DrillChecked:
    """Whether it is solved. Raises NotFound where none is staged, or another than this one."""
    with on.keeper.alone():
        drill, staged = _at(on, name)
        return _judged(on, drill, staged)


def hint(on: Practice, name: str | None) -> DrillHint:
    """The next step. Raises as `check` does."""
    told = check(on, name)
    return DrillHint(told.name, next(iter(told.remaining), None))


def stop(on: Practice) -> DrillStopped:
    """Put the sandbox back to the start, whatever was done to it."""
    with on.keeper.alone():
        kept = on.keeper.read()
        if kept.at is None:
            return DrillStopped(None)
        _put_back(on, kept)
        return DrillStopped(kept.at.name)


def _staged(on: Practice, drill: Drill, before: Kept, scene: Scene) -> DrillStaged:
    """What is kept says that it is being staged until it is: then a kill in between is seen."""
    kept = before.staging(drill.name, iso(on.clock.now()))
    on.keeper.write(kept)
    try:
        with on.person.waiting() as waiting:
            waiting.tell(f"staging {drill.name} …")
            scene.reset()
            begun_at = scene.parts()["begun_at"]  # whoever resets it from now on ends the drill
            scene.make_quiet()
            facts = {key: list(values) for key, values in drill.stage(scene).items()}
    except KeyboardInterrupt:
        _put_back(on, before)
        raise Interrupted("interrupted", "interrupted; the sandbox was put back to the start") from None
    except ShemaError as error:
        with suppress(ShemaError):
            _put_back(on, before)
        error.message += f"; {drill.name} is not staged"
        raise
    on.keeper.write(replace(kept, at=Staged(drill.name, facts, begun_at)))
    return DrillStaged.of(drill, facts, joined=on.is_joined)


def _put_back(on: Practice, kept: Kept) -> None:
    lifecycle.reset(on.place.state)
    on.keeper.write(replace(kept, at=None))


def _at(on: Practice, name: str | None) -> tuple[Drill, Staged]:
    staged = on.keeper.read().at
    if staged is None or (name is not None and staged.name != name):
        told = "no drill is staged" if staged is None else f"{staged.name} is staged, not {name}"
        raise NotFound("no_drill", told, f"{DRILL} {name or 'NAME'}")
    drill = drill_named(staged.name)
    if not staged.begun_at:
        message = f"the staging of {staged.name} was broken off half-way"
        raise Failed("drill_broken_off", message, f"{DRILL} {staged.name} stages it anew, --stop puts the sandbox back")
    if not _still_there(on, staged):
        raise Failed(
            "drill_over",
            f"the sandbox was reset since {staged.name} was staged: there is nothing left to solve",
            f"{DRILL} {staged.name} stages it anew",
        )
    return drill, staged


def _still_there(on: Practice, staged: Staged) -> bool:
    return system_status(on.running)["begun_at"] == staged.begun_at


def _judged(on: Practice, drill: Drill, staged: Staged) -> DrillChecked:
    """A service takes a moment to hear of what was sent: what remains is looked at until then."""
    ends = on.clock.monotonic() + SETTLES_S
    with on.scene() as scene:
        while (remaining := _remaining(drill, scene, staged)) and on.clock.monotonic() < ends:
            on.clock.sleep(LOOK_AGAIN_S)
    if not remaining:
        kept = on.keeper.read()
        on.keeper.write(kept.with_solved(drill.name, iso(on.clock.now())))
    return DrillChecked(drill.name, remaining)


def _remaining(drill: Drill, scene: Scene, staged: Staged) -> tuple[Remaining, ...]:
    return tuple(drill.remaining(scene, staged.facts))
