"""Whether what a command printed is its document: by the model, and by the schema that `shema help json` prints."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from shema_cli.documents.catalogue import DOCUMENTS, Document
from shema_cli.documents.schema import schema_of

BY_NAME: dict[str, Document] = {name: document for document in DOCUMENTS for name in document.names}


def assert_document(found: Any, name: str) -> None:
    """`found` is what the contract gives the call `name`. Raises ValidationError, of pydantic or of jsonschema."""
    model, schema = _judges(name)
    model.validate_python(found)
    schema.validate(found)


@cache
def _judges(name: str) -> tuple[TypeAdapter[Any], Any]:
    document = BY_NAME[name]
    return TypeAdapter(document.model), Draft202012Validator(schema_of(name, [document]))
