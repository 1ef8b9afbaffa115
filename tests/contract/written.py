"""Writes the documents of all commands into `docs/contract.md`, between its two marks, out of their JSON Schemas.

    python -m tests.contract.written

Types stand in place of values; `key?` may be absent, `…` stands for more of the same or for further keys, `<word>` for
keys that are data. A part with a title is spelled out below the document that refers to it.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shema_cli.documents.catalogue import AS_IT_COMES, DOCUMENTS, Document
from shema_cli.documents.schema import ERRORS, schema_of

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"
BEGIN, END = "<!-- shapes: written by make docs -->\n", "<!-- end -->\n"
WIDTH, TEXT_WIDTH = 110, 150

Schema = Mapping[str, Any]


def block() -> str:
    """All documents, in the order of the command tree; one that is like an earlier one refers to it."""
    first: dict[int, str] = {}
    sections = []
    for document in DOCUMENTS:
        sections.append(_section(document, first.get(id(document.model))))
        first.setdefault(id(document.model), document.names[0])
    return "\n".join([*sections, _as_it_comes()])


def written(page: str) -> str:
    """The page with the block as it is now. Raises ValueError when a mark is missing."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{PAGE} lacks its marks")
    return f"{before}{BEGIN}\n{block()}\n{END}{after}"


def _section(document: Document, like: str | None) -> str:
    title = " · ".join(name if name == ERRORS else f"`{name}`" for name in document.names)
    said = [f"As `{like}`." if like else "", "One object a line." if document.a_line else "", document.about]
    text = textwrap.fill(" ".join(filter(None, said)), TEXT_WIDTH, break_long_words=False, break_on_hyphens=False)
    lines = [] if like else notation(schema_of(document.names[0], [document]))
    shown = "\n".join(["```text", *lines, "```", ""]) if lines else ""
    return "\n".join([f"#### {title}", "", *([text, ""] if text else []), *([shown] if shown else [])])


def _as_it_comes() -> str:
    rows = [f"- `{name}`: {what}" for name, what in AS_IT_COMES.items()]
    return "\n".join(["#### Whatever `-o` says", "", "These print as it comes:", "", *rows, ""])


def notation(schema: Schema) -> list[str]:
    """The schema, and below it each part that it refers to by its title."""
    notes = _Notation(schema.get("$defs", {}))
    whole = {key: value for key, value in schema.items() if key not in ("title", "$schema", "$defs")}
    lines, told = [notes.text(whole)], 0
    while told < len(notes.parts):
        name, part = list(notes.parts.items())[told]
        lines.append(f"{name} = {notes.text(part, before=len(name) + 3)}")
        told += 1
    return lines


class _Notation:
    """Writes schemas down, and collects the parts that they refer to, in the order in which they are met."""

    def __init__(self, defined: Mapping[str, Schema]) -> None:
        self._defined = defined
        self.parts: dict[str, Schema] = {}

    def text(self, schema: Schema, indent: int = 0, before: int = 0) -> str:
        """On one line where it fits behind `before` columns, else on several, indented by `indent`."""
        schema = self._resolved(schema)
        line = self.line(schema)
        if indent + before + len(line) <= WIDTH:
            return line
        pad = " " * (indent + 2)
        if "enum" in schema:
            return _wrapped([json.dumps(value) for value in schema["enum"]], indent + 2)
        if "anyOf" in schema:
            return f"\n{' ' * indent}| ".join(self._inner(one, indent, 2) for one in schema["anyOf"])
        if schema["type"] == "array":
            return f"[{self._inner(schema['items'], indent, before + 1)}, …]"
        if "properties" not in schema:
            key, value = schema["propertyNames"]["description"], schema["additionalProperties"]
            return f"{{\n{pad}<{key}>: {self._inner(value, indent + 2)},\n{pad}…\n{' ' * indent}}}"
        rows = [
            f"{pad}{key}: {self._inner(value, indent + 2, len(name) + 4)}" for name, key, value in self._keys(schema)
        ]
        rows += [f"{pad}…"] if schema["additionalProperties"] else []
        return "{\n" + ",\n".join(rows) + f"\n{' ' * indent}}}"

    def line(self, schema: Schema) -> str:
        """The whole on one line, however long."""
        schema = self._resolved(schema)
        if "const" in schema:
            return json.dumps(schema["const"])
        if "enum" in schema:
            return " | ".join(json.dumps(value) for value in schema["enum"])
        if "anyOf" in schema:
            return " | ".join(map(self._named, schema["anyOf"]))
        kind = schema.get("type")
        if kind is None:
            return "any JSON"
        if kind == "array":
            return f"[{self._named(schema['items'])}, …]"
        return self._object_line(schema) if kind == "object" else str(kind)

    def _object_line(self, schema: Schema) -> str:
        more = schema["additionalProperties"]
        if "properties" in schema:
            rows = [f"{key}: {self._named(value)}" for _, key, value in self._keys(schema)]
            return "{" + ", ".join([*rows, *(["…"] if more else [])]) + "}"
        if "propertyNames" in schema:
            return f"{{<{schema['propertyNames']['description']}>: {self._named(more)}, …}}"
        return "object"

    @staticmethod
    def _keys(schema: Schema) -> list[tuple[str, str, Schema]]:
        needed = schema.get("required", ())
        return [
            (name, f'"{name}"' if name in needed else f'"{name}"?', value)
            for name, value in schema["properties"].items()
        ]

    def _inner(self, schema: Schema, indent: int, before: int = 0) -> str:
        return self._title(schema) or self.text(schema, indent, before)

    def _named(self, schema: Schema) -> str:
        return self._title(schema) or self.line(schema)

    def _title(self, schema: Schema) -> str:
        """By what a part is referred to; text of one form is not spelled out."""
        found = self._resolved(schema)
        title = str(found.get("title", ""))
        if title and "pattern" not in found:
            self.parts.setdefault(title, found)
        return title

    def _resolved(self, schema: Schema) -> Schema:
        return self._defined[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _wrapped(words: list[str], indent: int) -> str:
    room = WIDTH - indent
    lines = textwrap.wrap(" | ".join(words), room, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
