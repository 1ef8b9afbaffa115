"""The JSON Schema (draft 2020-12) of the documents of one command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from shema_cli.documents.catalogue import DOCUMENTS, Document

ERRORS = "any error"
PLACEHOLDERS = ("FILE", "NAME", "CASE", "TOPIC", "COMMAND")
"""What stands in the name of a call for any word."""


class _Plain(GenerateJsonSchema):
    """Without what pydantic adds and no reader needs: a title for each key, `null` for a key that is absent."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - of none
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """The title of what its keys lead to stays."""
        found = super().dict_schema(schema)
        title = self.generate_inner(schema["values_schema"]).get("title")
        if title:
            found["additionalProperties"]["title"] = title
        return found

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        found = super().model_schema(schema)
        if not schema["cls"].model_config.get("title"):
            found.pop("title", None)
        return found

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002
        """As the models have it."""
        return value


def command_of(name: str) -> str:
    """The command of a document's name: without the options and the places that tell its calls apart."""
    words = name.split(" ")
    kept = [word for word in words if not word.startswith("-") and word not in PLACEHOLDERS]
    return " ".join(kept)


def documents_of(words: str) -> tuple[Document, ...]:
    """All documents of a command, or the one of a call by its name in the contract; none where there is no such."""
    of_command = tuple(one for one in DOCUMENTS if words in map(command_of, one.names))
    return of_command or tuple(one for one in DOCUMENTS if words in one.names)


def schema_of(words: str, documents: Sequence[Document]) -> dict[str, object]:
    """The schema of what these print, told as that of `words`; where they differ, one of several."""
    models = [one.model for one in documents]
    if len(documents) == 1 and words not in documents[0].names:
        words = documents[0].names[0]
    if all(model is models[0] for model in models):
        whole = TypeAdapter(models[0]).json_schema(schema_generator=_Plain)
        parts = whole.pop("$defs", {})
        return _headed(words, _about(documents), whole, parts)
    inputs = [(one.names[0], "validation", TypeAdapter(one.model)) for one in documents]
    found, rest = TypeAdapter.json_schemas(inputs, schema_generator=_Plain)  # type: ignore[arg-type]
    alternatives = [{**_head(one.names[0], _about([one])), **found[one.names[0], "validation"]} for one in documents]
    return _headed(words, "", {"anyOf": alternatives}, rest.get("$defs", {}))


def _headed(words: str, about: str, schema: JsonSchemaValue, parts: JsonSchemaValue) -> dict[str, object]:
    kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
    defined = {"$defs": parts} if parts else {}
    return {"$schema": _Plain.schema_dialect, **_head(words, about), **kept, **defined}


def _head(words: str, about: str) -> dict[str, str]:
    title = {"title": words if words == ERRORS else f"shema {words}"}
    return title | ({"description": about} if about else {})


def _about(documents: Sequence[Document]) -> str:
    """What the contract says of them, and which of their calls print line after line."""
    of_lines = [f"`{name}`" for one in documents if one.a_line for name in one.names]
    told = next((one.about for one in documents if one.about), "")
    if all(one.a_line for one in documents):
        return f"One object a line. {told}".strip()
    return f"{told} One object a line with {', '.join(of_lines)}.".strip() if of_lines else told
