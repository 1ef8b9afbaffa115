"""What may be asked of `shema sandbox fault`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shema_cli.errors import InvalidUsage

_OF_REDIS = {"down", "hang"}
_OF_FIREBASE = {"down", "hang", "garbage", "latency_ms", "error_rate"}
_FLAGS = {"latency_ms": "--latency", "error_rate": "--error-rate"}


def wanted_fault(target: str, given: Mapping[str, Any], clear: bool) -> dict[str, Any] | None:
    """The faults to set; None to clear. Raises InvalidUsage for none, for both, and for what a part cannot do."""
    wanted = {name: value for name, value in given.items() if value not in (None, False, [])}
    if clear == bool(wanted):
        raise InvalidUsage("which_fault", "name a fault, or --clear", "shema sandbox fault --help")
    possible = {"redis": _OF_REDIS, "firebase": _OF_FIREBASE}.get(target, set(given))
    if impossible := sorted(set(wanted) - possible):
        flag = _FLAGS.get(impossible[0], f"--{impossible[0]}")
        can = ", ".join(sorted(_FLAGS.get(name, f"--{name}") for name in possible))
        raise InvalidUsage("fault_not_possible", f"{flag} is not possible for {target}", f"use {can}")
    return None if clear else wanted
