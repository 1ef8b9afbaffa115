"""Exact JSON shapes: every key named, none besides.

A shape is a type, a tuple of alternatives, `[shape]` for a list of it, a dict of shapes by key (exactly these keys), a
compiled pattern for text, a set of allowed values, or `Each(shape)` for an object with any keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Each:
    """An object whose keys are data; each value has this shape."""

    shape: Any


@dataclass(frozen=True)
class AtLeast:
    """An object with these keys, and any others (a service's own object)."""

    shape: dict[str, Any]


ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NUMBER = (int, float)


def maybe(shape: Any) -> tuple[Any, ...]:
    return (shape, None)


def problems(value: Any, shape: Any, path: str = "$") -> list[str]:
    """What does not fit, each with its path; empty when `value` has exactly this shape."""
    if isinstance(shape, tuple):
        return (
            [] if any(not problems(value, one, path) for one in shape) else [f"{path}: {value!r} fits no alternative"]
        )
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{path}: {value!r} is not a list"]
        return [p for index, item in enumerate(value) for p in problems(item, shape[0], f"{path}[{index}]")]
    if isinstance(shape, dict):
        return _keys(value, shape, path, exact=True)
    if isinstance(shape, AtLeast):
        return _keys(value, shape.shape, path, exact=False)
    if isinstance(shape, Each):
        return [p for key, item in dict(value).items() for p in problems(item, shape.shape, f"{path}.{key}")]
    return [] if _scalar(value, shape) else [f"{path}: {value!r} is not {shape!r}"]


def _keys(value: Any, shape: dict[str, Any], path: str, *, exact: bool) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is not an object"]
    found = [f"{path}.{key} is missing" for key in shape if key not in value]
    if exact:
        found += [f"{path}.{key} is not in the contract" for key in value if key not in shape]
    return found + [p for key in shape if key in value for p in problems(value[key], shape[key], f"{path}.{key}")]


def _scalar(value: Any, shape: Any) -> bool:
    if shape is None:
        return value is None
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and shape.fullmatch(value) is not None
    if isinstance(shape, (set, frozenset)):
        return value in shape
    if shape is int:
        return type(value) is int
    return isinstance(value, shape)


def assert_shape(value: Any, shape: Any) -> None:
    assert not problems(value, shape), "\n".join(problems(value, shape))
