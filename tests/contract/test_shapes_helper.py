from __future__ import annotations

import pytest

from tests.contract.shapes import ISO, AtLeast, Each, maybe, problems


@pytest.mark.parametrize(
    ("value", "shape", "fits"),
    [
        ({"a": 1}, {"a": int}, True),
        ({"a": True}, {"a": int}, False),
        ({"a": 1, "b": 2}, {"a": int}, False),
        ({}, {"a": int}, False),
        ({"a": 1, "b": 2}, AtLeast({"a": int}), True),
        ([1, "x"], [int], False),
        (None, maybe(str), True),
        ({"x": 1}, Each(int), True),
        ("2026-01-31T08:00:00.000Z", ISO, True),
        ("2026-01-31T08:00:00Z", ISO, False),
        ("open", {"open", "closed"}, True),
    ],
)
def test_a_shape_fits_only_what_it_names(value: object, shape: object, fits: bool) -> None:
    assert (not problems(value, shape)) is fits
