"""`docs/contract.md`: what is written from the schemas is current, and every citation leads to a section there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.written import PAGE, notation, written

ROOT = PAGE.parents[1]
CITATION = re.compile(r"\bcontract (\d\.\d(?:(?:, |; | and )\d\.\d)*)")
SECTION = re.compile(r'^<a id="(\d\.\d)"></a>\n\n## (\d\.\d) ', re.MULTILINE)
IN_PAGE = re.compile(r"\(#([^)]+)\)")
CITED_AT_LEAST = 50


def test_the_documents_of_the_page_are_current() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "run `make docs` and commit what it changed"


def sections() -> set[str]:
    found = SECTION.findall(PAGE.read_text(encoding="utf-8"))
    assert all(anchor == number for anchor, number in found)
    return {anchor for anchor, _ in found}


def citations() -> Iterator[tuple[str, str]]:
    """(file, section) of every `contract 2.4`, also across a line break, in programs and scripts."""
    for path in sorted((ROOT / "shema_cli").rglob("*")):
        if path.suffix in (".py", ".lua"):
            text = re.sub(r"\s*\n[\s#-]*", " ", path.read_text(encoding="utf-8"))
            for cited in CITATION.findall(text):
                yield from ((str(path.relative_to(ROOT)), number) for number in re.findall(r"\d\.\d", cited))


def test_every_citation_leads_to_a_section() -> None:
    there, cited = sections(), list(citations())
    assert len(cited) > CITED_AT_LEAST, "the citations were not found"
    assert [(path, number) for path, number in cited if number not in there] == []
    assert {"1.1", "1.2", "1.3", "1.4", "1.5", "2.1", "2.2", "2.3", "2.4", "3.1"} <= there


def test_every_link_within_the_page_leads_somewhere() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert set(IN_PAGE.findall(text)) <= sections()


STRING = {"type": "string"}


def an_object(keys: dict[str, Any], *, more: bool = False, absent: tuple[str, ...] = ()) -> dict[str, Any]:
    needed = [key for key in keys if key not in absent]
    return {"type": "object", "properties": keys, "required": needed, "additionalProperties": more}


LONG = {"a_long_name_" * 4: STRING, "another_long_name_" * 4: STRING}
INNER = an_object({"b": STRING}) | {"title": "inner"}


@pytest.mark.parametrize(
    ("schema", "lines"),
    [
        (
            an_object({"a": {"type": "integer"}, "b": {"anyOf": [STRING, {"type": "null"}]}}, absent=("b",)),
            ['{"a": integer, "b"?: string | null}'],
        ),
        (an_object({"a": {"type": "number"}}, more=True), ['{"a": number, …}']),
        (
            an_object({"a": {"type": "array", "items": STRING | {"title": "time", "pattern": "^x$"}}}),
            ['{"a": [time, …]}'],
        ),
        (
            {
                "type": "object",
                "additionalProperties": {"type": "boolean"},
                "propertyNames": {"description": "service"},
            },
            ["{<service>: boolean, …}"],
        ),
        (
            an_object({"a": {}, "b": {"enum": ["x", 200]}, "c": {"const": True}}),
            ['{"a": any JSON, "b": "x" | 200, "c": true}'],
        ),
        (
            {
                "type": "array",
                "items": {"$ref": "#/$defs/Step"},
                "$defs": {
                    "Step": an_object({"a": {"$ref": "#/$defs/Inner"}}) | {"title": "step"},
                    "Inner": INNER,
                },
            },
            ["[step, …]", 'step = {"a": inner}', 'inner = {"b": string}'],
        ),
        (an_object({"a": STRING}) | {"title": "of the whole"}, ['{"a": string}']),
        (
            an_object({"a": an_object(LONG)}),
            [
                "{",
                '  "a": {',
                f'    "{"a_long_name_" * 4}": string,',
                f'    "{"another_long_name_" * 4}": string',
                "  }",
                "}",
            ],
        ),
    ],
)
def test_the_notation(schema: dict[str, object], lines: list[str]) -> None:
    assert "\n".join(notation(schema)).split("\n") == lines
