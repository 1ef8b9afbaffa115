"""What can be made to go wrong with a part of the sandbox: what may be asked for, what is set, and how it is told.

`endpoint.FaultyApp` carries out what goes wrong with an answer, `assembly` what goes wrong with a part, with Redis, or
with the recorder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TypedDict, cast

from shema_cli.errors import InvalidUsage
from shema_cli.frozen import dataclass

EVERYTHING = "all"
"""Every service, Redis, the sign-in and the recorder."""
_OF_EVERYTHING = {"down"}
_OF_REDIS = {"down", "hang"}
_OF_HISTORY = {"down"}
_OF_FIREBASE = {"down", "hang", "garbage", "latency_ms", "error_rate"}
_PLAIN = ("down", "deaf", "hang", "garbage", "no_lists", "latency_ms", "error_rate")
_FLAGS = {"latency_ms": "--latency", "error_rate": "--error-rate", "no_lists": "--no-lists"}
LISTS = {"user": "/api/users", "course": "/api/courses"}
"""Where a service gives lists (contract 3.4), and answers 404 when it offers none."""
_OF_SOME = {"no_lists": LISTS}


class FaultDocument(TypedDict, total=False):
    """What is set of a fault. `latency_ms` is in milliseconds, `error_rate` a share from 0 to 1."""

    down: bool
    deaf: bool
    hang: bool
    garbage: bool
    no_lists: bool
    latency_ms: int
    error_rate: float
    poison: list[str]


@dataclass
class Fault:
    """The faults of one service, of `redis`, `firebase` or `history`; all of them at once if so set."""

    down: bool = False
    deaf: bool = False
    hang: bool = False
    garbage: bool = False
    no_lists: bool = False
    latency_ms: int = 0
    error_rate: float = 0.0
    poison: set[str] = field(default_factory=set)

    def clear(self) -> None:
        self.down = self.deaf = self.hang = self.garbage = self.no_lists = False
        self.latency_ms, self.error_rate = 0, 0.0
        self.poison.clear()

    def change(self, wanted: FaultDocument) -> None:
        """Set the faults that `wanted` names; poisoned event types add up."""
        for name, value in wanted.items():
            if name != "poison":
                setattr(self, name, value)
        self.poison.update(wanted.get("poison", ()))

    def document(self) -> FaultDocument:
        """Only what is set."""
        found = {name: getattr(self, name) for name in _PLAIN}
        shown = {k: v for k, v in found.items() if v} | ({"poison": sorted(self.poison)} if self.poison else {})
        return cast(FaultDocument, shown)


def wanted_fault(target: str, given: Mapping[str, object], clear: bool) -> FaultDocument | None:
    """The faults to set; None to clear. Raises InvalidUsage for none, for both, and for what a part cannot do."""
    wanted = {name: value for name, value in given.items() if value not in (None, False, [])}
    if clear == bool(wanted):
        raise InvalidUsage("which_fault", "name a fault, or --clear", "shema sandbox fault --help")
    of_a_service = {name for name in given if target in _OF_SOME.get(name, (target,))}
    of_parts = {"redis": _OF_REDIS, "firebase": _OF_FIREBASE, "history": _OF_HISTORY, EVERYTHING: _OF_EVERYTHING}
    possible = of_parts.get(target, of_a_service)
    if impossible := sorted(set(wanted) - possible):
        flag = _FLAGS.get(impossible[0], f"--{impossible[0]}")
        can = ", ".join(sorted(_FLAGS.get(name, f"--{name}") for name in possible))
        raise InvalidUsage("fault_not_possible", f"{flag} is not possible for {target}", f"use {can}")
    return None if clear else cast(FaultDocument, wanted)


def fault_text(fault: FaultDocument) -> str:
    """`latency 300 ms, poison ENROLLMENT_APPROVED`; empty when all is well."""
    said = {
        "down": "down",
        "deaf": "hears nothing",
        "hang": "hangs",
        "garbage": "answers garbage",
        "no_lists": "offers no lists",
        "latency_ms": f"latency {fault.get('latency_ms')} ms",
        "error_rate": f"fails {fault.get('error_rate', 0.0):.0%}",
        "poison": f"poison {', '.join(fault.get('poison', ()))}",
    }
    return ", ".join(text for name, text in said.items() if fault.get(name))
