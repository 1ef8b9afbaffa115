"""`shema_cli.frozen` beside the standard library: the same class, decorated by each, does the same."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from functools import cached_property
from threading import Barrier, Thread
from typing import Any, ClassVar

import pytest

from shema_cli import frozen

Decorator = Callable[..., Any]


def shapes(dataclass: Decorator) -> dict[str, Any]:
    """Every kind of class that the house has, made by one of the two."""

    @dataclass(frozen=True)
    class Plain:
        """Two fields, one of them secret."""

        name: str
        token: str = field(default="", repr=False)

        @cached_property
        def length(self) -> int:
            return len(self.name)

    @dataclass(frozen=True)
    class Empty:
        """None."""

    @dataclass(frozen=True)
    class Defaults:
        """A constant that is no field, a list for each, and what counts neither when compared nor as a key."""

        LIMIT: ClassVar[int] = 3
        first: int
        found: list[int] = field(default_factory=list, hash=False)
        told: object = field(default=None, compare=False)
        later: tuple[int, ...] = field(default=(), kw_only=True)

    @dataclass(frozen=True)
    class Below(Plain):
        """Inherits fields, and has a default for one of them."""

        name: str = "nobody"
        age: int = 0

    class Own(Plain):
        """No dataclass: it may have attributes of its own."""

    @dataclass(frozen=True, eq=False)
    class Alone:
        """Equal to itself alone."""

        name: str

    @dataclass(frozen=True)
    class Judged:  # noqa: PLW1641 - what becomes of its hash is looked at
        """Says itself who is equal, and looks at what it was given."""

        name: str
        seen: list[str] = field(default_factory=list, init=False)

        def __post_init__(self) -> None:
            self.seen.append(self.name)

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Judged) and self.name.lower() == other.name.lower()

    @dataclass
    class Open:
        """Not frozen."""

        name: str

    @dataclass(frozen=True, order=True)
    class Ordered:
        """Has an order."""

        name: str

    return {one.__name__: one for one in (Plain, Empty, Defaults, Below, Own, Alone, Judged, Open, Ordered)}


def outcome(work: Callable[[], object]) -> str:
    """What it gives, or how it fails, without the place where the classes were made."""
    try:
        told = repr(work())
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
    return told.replace("shapes.<locals>.", "")


def changed(one: Any, name: str) -> object:
    setattr(one, name, 1)
    return one


def removed(one: Any, name: str) -> object:
    delattr(one, name)
    return one


DONE: dict[str, Callable[[dict[str, Any]], object]] = {
    "made": lambda of: [of["Plain"]("a", "s"), of["Empty"](), of["Defaults"](1, [2]), of["Below"](), of["Own"]("o")],
    "by name": lambda of: of["Below"](token="t", name="n", age=4).token,
    "by name alone": lambda of: of["Defaults"](1, later=(2,)),
    "that by place": lambda of: of["Defaults"](1, [], None, (2,)),
    "a list for each": lambda of: of["Defaults"](1).found is of["Defaults"](1).found,
    "a list that is given": lambda of: (lambda given: of["Defaults"](1, given).found is given)([]),
    "one too few": lambda of: of["Plain"](),
    "one too many": lambda of: of["Empty"](1),
    "one unknown": lambda of: of["Plain"]("a", password="s"),
    "one twice": lambda of: of["Plain"]("a", name="b"),
    "equal": lambda of: [of["Plain"]("a") == of["Plain"]("a"), of["Plain"]("a") == of["Plain"]("b")],
    "of another kind": lambda of: [of["Plain"]("a") == of["Below"]("a"), of["Plain"]("a") == "a"],
    "not compared": lambda of: of["Defaults"](1, told="x") == of["Defaults"](1, told="y"),
    "equal to itself alone": lambda of: of["Alone"]("a") == of["Alone"]("a"),
    "an equality of its own": lambda of: [of["Judged"]("A") == of["Judged"]("a"), of["Judged"]("A").seen],
    "as keys": lambda of: len({of["Plain"]("a"), of["Plain"]("a"), of["Below"]("a"), of["Alone"]("a")}),
    "the same hash": lambda of: [hash(of["Plain"]("a")) == hash(of["Plain"]("a")), hash(of["Empty"]())],
    "not in the hash": lambda of: hash(of["Defaults"](1, [2])) == hash(of["Defaults"](1, [3])),
    "no hash": lambda of: hash(of["Plain"]([])),
    "kept": lambda of: changed(of["Plain"]("a"), "name"),
    "kept whole": lambda of: changed(of["Plain"]("a"), "other"),
    "not deleted": lambda of: removed(of["Plain"]("a"), "name"),
    "nothing else deleted": lambda of: removed(of["Plain"]("a"), "other"),
    "kept below": lambda of: changed(of["Below"]("a"), "token"),
    "kept in one's own": lambda of: changed(of["Own"]("a"), "name"),
    "one's own": lambda of: changed(of["Own"]("a"), "other").__dict__,
    "not one's own": lambda of: removed(of["Own"]("a"), "other"),
    "cached": lambda of: [of["Plain"]("abc").length, (lambda one: [one.length, one.length])(of["Plain"]("ab"))],
    "replaced": lambda of: replace(of["Below"]("a", "s", 3), age=4),
    "replaced wrongly": lambda of: replace(of["Below"]("a"), size=4),
    "as a dict": lambda of: asdict(of["Defaults"](1, [2], of["Plain"]("a"))),
    "fields": lambda of: [one.name for one in fields(of["Below"])],
    "constants": lambda of: [of["Defaults"].LIMIT, of["Below"].name],
    "matched": lambda of: of["Below"].__match_args__,
    "copied": lambda of: copy.deepcopy(of["Defaults"](1, [2])),
    "open": lambda of: changed(of["Open"]("a"), "name"),
    "ordered": lambda of: of["Ordered"]("a") < of["Ordered"]("b"),
    "described": lambda of: of["Plain"].__doc__,
}


@pytest.mark.parametrize("what", DONE)
def test_it_does_what_the_standard_library_does(what: str) -> None:
    ours, theirs = shapes(frozen.dataclass), shapes(dataclasses.dataclass)
    assert outcome(lambda: DONE[what](ours)) == outcome(lambda: DONE[what](theirs))


def test_what_holds_itself_is_shown_as_the_standard_library_shows_it() -> None:
    def shown(dataclass: Decorator) -> str:
        one = shapes(dataclass)["Defaults"](1)
        one.found.append(one)
        return outcome(lambda: one)

    assert shown(frozen.dataclass) == shown(dataclasses.dataclass)


def test_a_field_that_is_deleted_says_so() -> None:
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del shapes(frozen.dataclass)["Plain"]("a").name


@frozen.dataclass(frozen=True)
class Sent:
    """Goes to another process."""

    name: str


def test_another_process_that_has_made_none_can_take_one() -> None:
    code = f"import pickle; one = pickle.loads({pickle.dumps(Sent('a'))!r}); print(one, one == type(one)('a'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "Sent(name='a') True\n"


def test_the_first_instances_may_be_made_by_threads_at_once() -> None:
    for _ in range(50):
        made: list[object] = []
        start = Barrier(4)
        cls = shapes(frozen.dataclass)["Below"]

        def make(cls: Any = cls, start: Barrier = start, made: list[object] = made) -> None:
            start.wait()
            made.append(cls("a", age=2))

        threads = [Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [cls("a", "", 2)] * 4


def test_nothing_is_written_for_a_class_of_which_there_is_no_instance() -> None:
    code = """
written = []
import builtins
run = builtins.exec

def watched(code, *scope):
    if isinstance(code, str):
        written.append(code)
    run(code, *scope)

builtins.exec = watched
from shema_cli.frozen import dataclass
@dataclass(frozen=True)
class One:
    "One."
    name: str
print(*["def __init__" in code for code in written], "made:")
written.clear()
One("a"), One("b")
print(*["def __init__" in code for code in written])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = done.stdout.split("made:")
    assert "True" not in before, "from 3.13 on the standard library runs a text for any class; no function is in it"
    assert after.split() == ["True"]
