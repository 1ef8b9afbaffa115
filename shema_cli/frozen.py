"""`dataclass` of the standard library, with frozen ones that cost little while nobody makes one.

The standard library writes and compiles six functions for each frozen dataclass when its module is imported: half a
millisecond each, for a hundred of them in a command that makes instances of a third (`docs/decisions/dataclasses.md`).
Here five of the six are the same for all, and `__init__` is written for the first instance. Whatever else is asked of
`dataclass` is the standard library's own; its `field`, `fields`, `replace` and `asdict` know these as theirs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")
_Init = Callable[..., None]


def _frozen(cls: type[T], *, eq: bool = True) -> type[T]:
    """As `dataclasses.dataclass(frozen=True, eq=eq)`. Its `__dataclass_params__` do not say that it is frozen."""
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    added = {"__init__": _init_at_first(made), "__repr__": _repr, "__setattr__": _set, "__delattr__": _delete}
    if eq:
        added |= _comparing(fields(made))
    for name, function in added.items():
        if vars(cls).get(name) is None:  # of a class that has an `__eq__`, Python says that its `__hash__` is None
            setattr(cls, name, function)
    return cls


def _init_at_first(cls: Any) -> _Init:
    """An `__init__` that puts the written one in its place."""

    def init(self: object, *args: object, **named: object) -> None:
        cls.__init__ = written = _written_init(cls)
        written(self, *args, **named)

    return init


def _written_init(cls: Any) -> _Init:
    own, kept = [one for one in fields(cls) if one.init], [one for one in fields(cls) if not one.init]
    scope: dict[str, Any] = {"__set": object.__setattr__, "__not_given": MISSING}
    words = [_parameter(one, scope) for one in own if not one.kw_only]
    words += ["*", *(_parameter(one, scope) for one in own if one.kw_only)] if any(one.kw_only for one in own) else []
    lines = [f"__set(self, {one.name!r}, {_value(one)})" for one in own]
    for one in kept:
        if one.default_factory is not MISSING:
            scope[f"__make_{one.name}"] = one.default_factory
            lines.append(f"__set(self, {one.name!r}, __make_{one.name}())")
    lines += ["self.__post_init__()"] if hasattr(cls, "__post_init__") else []
    exec(f"def __init__({', '.join(['self', *words])}):\n " + "\n ".join(lines or ["pass"]), scope)  # noqa: S102
    init: _Init = scope["__init__"]
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    return init


def _parameter(one: Field[Any], scope: dict[str, Any]) -> str:
    """A field among the parameters; what stands for its default is put into `scope`."""
    if one.default is not MISSING:
        scope[f"__default_{one.name}"] = one.default
        return f"{one.name}=__default_{one.name}"
    if one.default_factory is not MISSING:
        scope[f"__make_{one.name}"] = one.default_factory
        return f"{one.name}=__not_given"
    return one.name


def _value(one: Field[Any]) -> str:
    made_here = one.default_factory is not MISSING
    return f"__make_{one.name}() if {one.name} is __not_given else {one.name}" if made_here else one.name


def _comparing(made: tuple[Field[Any], ...]) -> dict[str, Callable[..., Any]]:
    compared = _reader([one.name for one in made if one.compare])
    counted = _reader([one.name for one in made if (one.compare if one.hash is None else one.hash)])

    def equal(self: object, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    def hashed(self: object) -> int:
        return hash(counted(self))

    return {"__eq__": equal, "__hash__": hashed}


def _reader(names: list[str]) -> Callable[[object], object]:
    """What reads these attributes; of one alone, `attrgetter` would make no tuple."""
    return attrgetter(*names) if len(names) > 1 else lambda one: tuple([getattr(one, name) for name in names])


@recursive_repr()
def _repr(self: Any) -> str:
    told = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({told})"


def _set(self: object, name: str, value: object) -> None:
    _refuse_field(self, name, "assign to")
    object.__setattr__(self, name, value)


def _delete(self: object, name: str) -> None:
    _refuse_field(self, name, "delete")
    object.__delattr__(self, name)


def _refuse_field(self: Any, name: str, what: str) -> None:
    """Only a subclass that is no dataclass itself may have attributes of its own."""
    if "__dataclass_fields__" in vars(type(self)) or name in self.__dataclass_fields__:
        raise FrozenInstanceError(f"cannot {what} field {name!r}")


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, **how):
        """As the standard library's."""
        if cls is not None:
            return dataclass(**how)(cls)
        ours = how.get("frozen") and how.keys() <= {"frozen", "eq"}

        def decorate(decorated):
            if ours and "__init__" not in vars(decorated):
                return _frozen(decorated, eq=how.get("eq", True))
            return dataclasses.dataclass(**how)(decorated)

        return decorate


__all__ = ["dataclass"]
