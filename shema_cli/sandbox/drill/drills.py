"""Every drill there is, in the order of the runbook."""

from __future__ import annotations

from shema_cli.errors import NotFound
from shema_cli.sandbox.drill.cases.letters import DeadLetters, FamilyReturned, RunAbandoned
from shema_cli.sandbox.drill.cases.listeners import Missed, NobodyHears
from shema_cli.sandbox.drill.cases.recorder import HistoryGap
from shema_cli.sandbox.drill.cases.redis import CutOff, RedisAway
from shema_cli.sandbox.drill.cases.registry import RegistrationStale
from shema_cli.sandbox.drill.cases.seats import SeatsFull
from shema_cli.sandbox.drill.cases.services import ServiceDown
from shema_cli.sandbox.drill.cases.session import SessionLost
from shema_cli.sandbox.drill.cases.settings import MixedTarget, ServiceRefuses
from shema_cli.sandbox.drill.cases.trail import TrailBroken
from shema_cli.sandbox.drill.drill import Drill

DRILLS: tuple[Drill, ...] = (
    ServiceDown(),
    DeadLetters(),
    FamilyReturned(),
    RunAbandoned(),
    NobodyHears(),
    Missed(),
    HistoryGap(),
    RedisAway(),
    SessionLost(),
    MixedTarget(),
    TrailBroken(),
    SeatsFull(),
    CutOff(),
    ServiceRefuses(),
    RegistrationStale(),
)


def drill_named(name: str) -> Drill:
    """Raises NotFound, naming one that is nearly called so."""
    found = next((one for one in DRILLS if one.name == name), None)
    if found is None:
        from difflib import get_close_matches

        close = get_close_matches(name, [one.name for one in DRILLS], n=1)
        meant = f"did you mean {close[0]}? " if close else ""
        raise NotFound("no_such_drill", f"there is no drill {name!r}", f"{meant}shema sandbox drill lists them")
    return found
