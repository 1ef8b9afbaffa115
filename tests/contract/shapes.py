"""Exact JSON shapes: every key named, none besides.

A shape is a type, a tuple of alternatives, `[shape]` for a list of it, a dict of shapes by key (exactly these keys; a
key wrapped in `may` is allowed to be absent), `Text` for text of one form, `OneOf` for a closed set of values,
`Each(shape)` for an object whose keys are data, `AtLeast` for an object with further keys, `ANY`, or `Part` for a
shape with a name of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Each:
    """An object whose keys are data (`name` says what they are); each value has this shape."""

    shape: Any
    name: str = "name"


@dataclass(frozen=True)
class AtLeast:
    """An object with these keys, and any others (a service's own object)."""

    shape: dict[str, Any]


@dataclass(frozen=True)
class Text:
    """Text of one form; `name` is what the documentation calls it."""

    name: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, init=False)
class OneOf:
    """A closed set of values."""

    values: tuple[str | int | bool, ...]

    def __init__(self, *values: str | int | bool) -> None:
        object.__setattr__(self, "values", values)


@dataclass(frozen=True)
class Part:
    """A shape that stands in several places, under the name by which the documentation refers to it."""

    name: str
    shape: Any


class may(str):  # noqa: N801 - reads as a word of the notation
    """A key that is there only when there is something to tell."""

    __slots__ = ()


ANY = object()
ISO = Text("time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"))
NUMBER = (int, float)


def maybe(shape: Any) -> tuple[Any, ...]:
    return (shape, None)


def problems(value: Any, shape: Any, path: str = "$") -> list[str]:
    """What does not fit, each with its path; empty when `value` has exactly this shape."""
    if shape is ANY:
        return []
    if isinstance(shape, Part):
        return problems(value, shape.shape, path)
    if isinstance(shape, tuple):
        return _alternatives(value, shape, path)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{path}: {value!r} is not a list"]
        return [p for index, item in enumerate(value) for p in problems(item, shape[0], f"{path}[{index}]")]
    if isinstance(shape, dict):
        return _keys(value, shape, path, exact=True)
    if isinstance(shape, AtLeast):
        return _keys(value, shape.shape, path, exact=False)
    if isinstance(shape, Each):
        if not isinstance(value, dict):
            return [f"{path}: {value!r} is not an object"]
        return [p for key, item in value.items() for p in problems(item, shape.shape, f"{path}.{key}")]
    return [] if _scalar(value, shape) else [f"{path}: {value!r} is not {shape!r}"]


def _alternatives(value: Any, shapes: tuple[Any, ...], path: str) -> list[str]:
    """Nothing when one of them fits, else what keeps it from the nearest."""
    found = [problems(value, one, path) for one in shapes]
    return min(found, key=len)


def _keys(value: Any, shape: dict[str, Any], path: str, *, exact: bool) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is not an object"]
    found = [f"{path}.{key} is missing" for key in shape if key not in value and not isinstance(key, may)]
    if exact:
        found += [f"{path}.{key} is not in the contract" for key in value if key not in shape]
    return found + [p for key in shape if key in value for p in problems(value[key], shape[key], f"{path}.{key}")]


def _scalar(value: Any, shape: Any) -> bool:
    if shape is None:
        return value is None
    if isinstance(shape, Text):
        return isinstance(value, str) and shape.pattern.fullmatch(value) is not None
    if isinstance(shape, OneOf):
        return any(type(value) is type(one) and value == one for one in shape.values)
    if shape in NUMBER:
        return type(value) is shape
    return isinstance(value, shape)


def assert_shape(value: Any, shape: Any) -> None:
    assert not problems(value, shape), "\n".join(problems(value, shape))
