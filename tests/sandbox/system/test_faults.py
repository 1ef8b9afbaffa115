from __future__ import annotations

from collections.abc import Mapping

import pytest

from shema_cli.errors import InvalidUsage
from shema_cli.sandbox.system.faults import Fault, fault_text, wanted_fault

NOTHING: Mapping[str, object] = {
    "down": False,
    "deaf": False,
    "latency_ms": None,
    "error_rate": None,
    "garbage": False,
    "hang": False,
    "no_lists": False,
    "poison": None,
}


def test_what_was_not_given_is_not_wanted() -> None:
    assert wanted_fault("user", {**NOTHING, "latency_ms": 5, "poison": ["A"]}, False) == {
        "latency_ms": 5,
        "poison": ["A"],
    }
    assert wanted_fault("user", NOTHING, True) is None


@pytest.mark.parametrize(
    ("target", "given", "message"),
    [
        ("redis", {"latency_ms": 5}, "--latency is not possible for redis"),
        ("firebase", {"poison": ["A"]}, "--poison is not possible for firebase"),
        ("redis", {"error_rate": 0.5}, "--error-rate is not possible for redis"),
        ("firebase", {"deaf": True}, "--deaf is not possible for firebase"),
        ("all", {"hang": True}, "--hang is not possible for all"),
        ("history", {"hang": True}, "--hang is not possible for history"),
        ("chat", {"no_lists": True}, "--no-lists is not possible for chat"),
    ],
)
def test_a_part_that_cannot_do_it_names_what_it_can(target: str, given: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidUsage) as problem:
        wanted_fault(target, {**NOTHING, **given}, False)
    assert problem.value.message == message
    assert "--down" in (problem.value.hint or "")


@pytest.mark.parametrize(("given", "clear"), [({}, False), ({"down": True}, True)])
def test_one_of_fault_and_clear(given: dict[str, object], clear: bool) -> None:
    with pytest.raises(InvalidUsage) as problem:
        wanted_fault("user", {**NOTHING, **given}, clear)
    assert problem.value.code == "which_fault"


def test_faults_add_up_until_they_are_cleared() -> None:
    fault = Fault()
    fault.change({"latency_ms": 300, "poison": ["B"]})
    fault.change({"poison": ["A"], "deaf": True, "hang": True, "no_lists": True})
    assert fault.document() == {"deaf": True, "hang": True, "no_lists": True, "latency_ms": 300, "poison": ["A", "B"]}
    assert fault_text(fault.document()) == "hears nothing, hangs, offers no lists, latency 300 ms, poison A, B"
    poison = fault.poison
    fault.clear()
    assert (fault.document(), fault_text(fault.document())) == ({}, "")
    assert fault.poison is poison  # the service's bus looks at this very set
