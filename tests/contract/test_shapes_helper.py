from __future__ import annotations

import pytest

from tests.contract.shapes import ANY, ISO, NUMBER, AtLeast, Each, OneOf, Part, may, maybe, problems


@pytest.mark.parametrize(
    ("value", "shape", "fits"),
    [
        ({"a": 1}, {"a": int}, True),
        ({"a": True}, {"a": int}, False),
        (True, NUMBER, False),
        ({"a": 1, "b": 2}, {"a": int}, False),
        ({}, {"a": int}, False),
        ({}, {may("a"): int}, True),
        ({"a": "x"}, {may("a"): int}, False),
        ({"a": 1, "b": 2}, AtLeast({"a": int}), True),
        ([1, "x"], [int], False),
        (None, maybe(str), True),
        (1, maybe(str), False),
        ({"x": 1}, Each(int), True),
        ([], Each(int), False),
        ("2026-01-31T08:00:00.000Z", ISO, True),
        ("2026-01-31T08:00:00Z", ISO, False),
        ("open", OneOf("open", "closed"), True),
        (1, OneOf(True), False),
        ({"a": 1}, Part("one", {"a": int}), True),
        ({"a": 1}, Part("one", {"b": int}), False),
        ([None], [ANY], True),
    ],
)
def test_a_shape_fits_only_what_it_names(value: object, shape: object, fits: bool) -> None:
    assert (not problems(value, shape)) is fits


def test_of_several_alternatives_the_nearest_is_told() -> None:
    shape = ({"kind": OneOf("gap"), "from": ISO, "to": ISO}, {"kind": OneOf("skipped"), "count": int})
    assert problems({"kind": "skipped", "count": "3"}, shape) == ["$.count: '3' is not <class 'int'>"]
