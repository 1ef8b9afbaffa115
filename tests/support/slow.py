"""Which tests `make quick` leaves out, told by what they start; what waits for other reasons is marked `slow`."""

from __future__ import annotations

from types import ModuleType

import pytest

STARTING_FIXTURES = {
    "sandbox",
    "sandbox_system",
    "firebase_emulator",
    "nodes",  # of a cluster
    "stand_in",  # for Google, in Node
    "dist",  # of `make dist`, and what is made of it
    "wheel",
}
STARTING_MODULES = {
    "multiprocessing",
    "pexpect",
    "subprocess",
    "tests.completion.shells",
    "tests.dlq.spawner",
    "tests.events.tailing",
    "tests.matrix.day",
    "tests.support.terminal",
    "tests.support.topologies",
    "tests.support.traces",
}
"""A test module that has one of these, or something of theirs, starts processes."""


def starts_something(test: pytest.Item) -> bool:
    """Whether a test starts a sandbox, an emulator, a cluster, a terminal or processes of its own."""
    if not isinstance(test, pytest.Function):
        return False
    return not STARTING_FIXTURES.isdisjoint(test.fixturenames) or not STARTING_MODULES.isdisjoint(_used(test.module))


def _used(module: ModuleType) -> set[str]:
    found = vars(module).values()
    modules = {one.__name__ for one in found if isinstance(one, ModuleType)}
    return modules | {str(getattr(one, "__module__", "")) for one in found if getattr(one, "__module__", "")}
