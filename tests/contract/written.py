"""Writes the documents of all commands into `docs/contract.md`, between its two marks.

    python -m tests.contract.written

Types stand in place of values; `key?` may be absent, `…` stands for more of the same or for further keys, `<word>` for
keys that are data. A part with a name is spelled out below the document that refers to it.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from tests.contract.documents import AS_IT_COMES, DOCUMENTS, Document
from tests.contract.shapes import ANY, NUMBER, AtLeast, Each, OneOf, Part, Text, may

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"
BEGIN, END = "<!-- shapes: written by make docs -->\n", "<!-- end -->\n"
WIDTH, TEXT_WIDTH = 110, 150
UNQUOTED = {"any error"}
DOCUMENTED = {"a line of events tail"}
WORDS = {str: "string", int: "integer", bool: "boolean", dict: "object", None: "null"}


def block() -> str:
    """All documents, in the order of the command tree; one that is like an earlier one refers to it."""
    first: dict[int, str] = {}
    sections = []
    for document in DOCUMENTS:
        sections.append(_section(document, first.get(id(document.shape))))
        first.setdefault(id(document.shape), document.names[0])
    return "\n".join([*sections, _as_it_comes()])


def written(page: str) -> str:
    """The page with the block as it is now. Raises ValueError when a mark is missing."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{PAGE} lacks its marks")
    return f"{before}{BEGIN}\n{block()}\n{END}{after}"


def _section(document: Document, like: str | None) -> str:
    title = " · ".join(name if name in UNQUOTED else f"`{name}`" for name in document.names)
    said = [f"As `{like}`." if like else "", "One object a line." if document.a_line else "", document.about]
    text = textwrap.fill(" ".join(filter(None, said)), TEXT_WIDTH, break_long_words=False, break_on_hyphens=False)
    shown = "" if like else "\n".join(["```text", *notation(document.shape), "```", ""])
    return "\n".join([f"#### {title}", "", *([text, ""] if text else []), *([shown] if shown else [])])


def notation(shape: Any) -> list[str]:
    """The shape, and below it each part that it refers to."""
    whole = shape.shape if isinstance(shape, Part) else shape
    parts: dict[str, Any] = {}
    _collect(whole, parts)
    return [_text(whole), *(f"{name} = {_text(part, before=len(name) + 3)}" for name, part in parts.items())]


def _as_it_comes() -> str:
    rows = [f"- `{name}`: {what}" for name, what in AS_IT_COMES.items()]
    return "\n".join(["#### Whatever `-o` says", "", "These print as it comes:", "", *rows, ""])


def _collect(shape: Any, parts: dict[str, Any]) -> None:
    """The parts that a shape refers to, in the order in which they are met. A document with a name is its own page."""
    if isinstance(shape, Part):
        if shape.name not in parts and shape.name not in DOCUMENTED:
            parts[shape.name] = shape.shape
            _collect(shape.shape, parts)
    elif isinstance(shape, (AtLeast, Each)):
        _collect(shape.shape, parts)
    elif isinstance(shape, (list, tuple, dict)):
        for inner in shape.values() if isinstance(shape, dict) else shape:
            _collect(inner, parts)


def _text(shape: Any, indent: int = 0, before: int = 0) -> str:
    """`shape` on one line where it fits behind `before` columns, else on several, indented by `indent`."""
    line = _line(shape)
    if indent + before + len(line) <= WIDTH:
        return line
    pad = " " * (indent + 2)
    if isinstance(shape, OneOf):
        return _wrapped([json.dumps(value) for value in shape.values], indent + 2)
    if isinstance(shape, tuple):
        texts = [_text(one, indent, 2) for one in shape]
        return f"\n{' ' * indent}| ".join(texts)
    if isinstance(shape, list):
        return f"[{_text(shape[0], indent, before + 1)}, …]"
    if isinstance(shape, Each):
        return f"{{\n{pad}<{shape.name}>: {_text(shape.shape, indent + 2)},\n{pad}…\n{' ' * indent}}}"
    keys = shape.shape if isinstance(shape, AtLeast) else shape
    if not isinstance(keys, dict):
        return line
    rows = [f"{pad}{_key(key)}: {_text(inner, indent + 2, len(key) + 4)}" for key, inner in keys.items()]
    rows += [f"{pad}…"] if isinstance(shape, AtLeast) else []
    return "{\n" + ",\n".join(rows) + f"\n{' ' * indent}}}"


def _wrapped(words: list[str], indent: int) -> str:
    room = WIDTH - indent
    lines = textwrap.wrap(" | ".join(words), room, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)


def _line(shape: Any) -> str:
    if shape is ANY:
        return "any JSON"
    if isinstance(shape, (Part, Text)):
        return shape.name
    if isinstance(shape, OneOf):
        return " | ".join(json.dumps(value) for value in shape.values)
    if shape == NUMBER:
        return "number"
    if isinstance(shape, tuple):
        return " | ".join(map(_line, shape))
    if isinstance(shape, list):
        return f"[{_line(shape[0])}, …]"
    if isinstance(shape, Each):
        return f"{{<{shape.name}>: {_line(shape.shape)}, …}}"
    if isinstance(shape, (dict, AtLeast)):
        keys = shape.shape if isinstance(shape, AtLeast) else shape
        rows = [f"{_key(key)}: {_line(inner)}" for key, inner in keys.items()]
        return "{" + ", ".join([*rows, *(["…"] if isinstance(shape, AtLeast) else [])]) + "}"
    return WORDS[shape]


def _key(key: str) -> str:
    return f'"{key}"?' if isinstance(key, may) else f'"{key}"'


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
