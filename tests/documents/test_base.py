"""What a document takes and what it does not: its model and the schema that is made of it say the same."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field, TypeAdapter, ValidationError

from shema_cli.documents.base import CamelObject, May, No, Number, Object, OneOf, OpenObject, Time, Whole, Yes
from shema_cli.documents.catalogue import Document
from shema_cli.documents.schema import schema_of


class Exact(Object):
    a: int


class Absent(Object):
    a: May[int] = None


class Open(OpenObject):
    a: int


class Listed(Object):
    a: list[int]


class Nothing(Object):
    a: str | None


class Numbers(Object):
    a: Number


class Named(Object):
    a: dict[Annotated[str, Field(description="name")], int]


class Moment(Object):
    a: Time


class Words(Object):
    a: Literal["open", "closed"]


class Elsewhere(Object):
    a: Annotated[str, OneOf("open", "closed")]


class OnlyTrue(Object):
    a: Yes


class OnlyFalse(Object):
    a: No


class Status(Object):
    a: Annotated[Literal[200, 401], Whole]


class Spelled(CamelObject):
    an_id: int


class Within(Object):
    a: Exact


class PerhapsWithin(Object):
    a: May[Exact] = None


class Anything(Object):
    a: object


def judged(value: object, model: type[Object]) -> tuple[bool, bool]:
    """Whether the model takes it, whether its schema does."""
    schema = schema_of("x", [Document(("x",), model)])
    try:
        TypeAdapter(model).validate_python(value)
    except ValidationError:
        return False, Draft202012Validator(schema).is_valid(value)
    return True, Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    ("value", "model", "fits"),
    [
        ({"a": 1}, Exact, True),
        ({"a": True}, Exact, False),
        ({"a": 1.5}, Exact, False),
        ({"a": "1"}, Exact, False),
        ({"a": 1, "b": 2}, Exact, False),
        ({}, Exact, False),
        ([], Exact, False),
        ({}, Absent, True),
        ({"a": 1}, Absent, True),
        ({"a": "x"}, Absent, False),
        ({"a": None}, Absent, False),
        ({"a": 1, "b": 2}, Open, True),
        ({"b": 2}, Open, False),
        ({"a": [1, "x"]}, Listed, False),
        ({"a": [1]}, Listed, True),
        ({"a": {"0": 1}}, Listed, False),
        ({"a": None}, Nothing, True),
        ({"a": 1}, Nothing, False),
        ({}, Nothing, False),
        ({"a": 1}, Numbers, True),
        ({"a": 1.5}, Numbers, True),
        ({"a": True}, Numbers, False),
        ({"a": "1"}, Numbers, False),
        ({"a": {"x": 1}}, Named, True),
        ({"a": {"x": "y"}}, Named, False),
        ({"a": []}, Named, False),
        ({"a": "2026-01-31T08:00:00.000Z"}, Moment, True),
        ({"a": "2026-01-31T08:00:00Z"}, Moment, False),
        ({"a": "at 2026-01-31T08:00:00.000Z."}, Moment, False),
        ({"a": "٢٠٢٦-01-31T08:00:00.000Z"}, Moment, False),
        ({"a": "open"}, Words, True),
        ({"a": "Open"}, Words, False),
        ({"a": "open"}, Elsewhere, True),
        ({"a": "ajar"}, Elsewhere, False),
        ({"a": True}, OnlyTrue, True),
        ({"a": False}, OnlyTrue, False),
        ({"a": 1}, OnlyTrue, False),
        ({"a": 0}, OnlyFalse, False),
        ({"a": False}, OnlyFalse, True),
        ({"a": 200}, Status, True),
        ({"a": 404}, Status, False),
        ({"a": True}, Status, False),
        ({"anId": 1}, Spelled, True),
        ({"an_id": 1}, Spelled, False),
        ({"a": {"a": 1}}, Within, True),
        ({"a": {"a": 1, "b": 2}}, Within, False),
        ({"a": None}, PerhapsWithin, False),
        ({"a": {"a": "x"}}, PerhapsWithin, False),
        ({"a": [None]}, Anything, True),
        ({}, Anything, False),
    ],
)
def test_a_document_is_exactly_what_it_says(value: object, model: type[Object], fits: bool) -> None:
    assert judged(value, model) == (fits, fits)


def test_an_absent_key_is_none_on_the_model() -> None:
    assert Absent.model_validate({}).a is None
