"""The catalogue of documents: each has a schema that is one, and its closed sets are those of the program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

import shema_cli
from shema_cli.app import tree
from shema_cli.check import AREAS
from shema_cli.check.verdict import Level
from shema_cli.completion.scripts import FILES
from shema_cli.documents import system
from shema_cli.documents.catalogue import DOCUMENTS, Document
from shema_cli.documents.machine import Installed
from shema_cli.documents.schema import command_of, documents_of, schema_of

NAMES = [name for document in DOCUMENTS for name in document.names]


def every_object(schema: object) -> list[dict[str, object]]:
    if isinstance(schema, list):
        return [found for one in schema for found in every_object(one)]
    if not isinstance(schema, dict):
        return []
    inner = [found for one in schema.values() for found in every_object(one)]
    return inner + ([schema] if schema.get("type") == "object" else [])


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_schema_that_says_of_every_object_which_keys_it_has(name: str) -> None:
    schema = schema_of(name, documents_of(name))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    objects = every_object(schema)
    assert all("additionalProperties" in one for one in objects)
    assert '"default": null' not in json.dumps(schema)


def test_a_command_has_all_documents_of_its_calls() -> None:
    def names(words: str) -> list[str]:
        return [name for document in documents_of(words) for name in document.names]

    assert names("dlq replay") == ["dlq replay", "dlq replay --dry-run"]
    assert names("dlq replay --dry-run") == ["dlq replay --dry-run"]
    assert names("dlq runs") == ["dlq runs"]
    assert names("dlq runs stop") == ["dlq runs stop"]
    assert names("runbook") == ["runbook", "runbook CASE"]
    assert names("dlq") == []
    either = schema_of("dlq replay", documents_of("dlq replay"))
    assert [one["title"] for one in either["anyOf"]] == ["shema dlq replay", "shema dlq replay --dry-run"]  # type: ignore[attr-defined]
    assert "anyOf" not in schema_of("services health", documents_of("services health"))


def test_every_document_is_that_of_a_command() -> None:
    commands = {node.path for node in tree().walk() if node.path and not node.children}
    assert {command_of(name) for name in NAMES} - commands == {"any error", "help json"}


def test_what_is_printed_line_after_line_says_so() -> None:
    def about(words: str) -> object:
        return schema_of(words, documents_of(words)).get("description")

    assert str(about("events history")).startswith("One object a line. As of `events tail`")
    assert str(about("dashboard")).endswith("One object a line with `dashboard --watch`.")
    assert about("doctor") is None


def test_the_closed_sets_are_those_of_the_program() -> None:
    assert get_args(system.CheckedArea.model_fields["area"].annotation) == AREAS
    assert get_args(system.Level) == tuple(level.word for level in Level)
    assert get_args(Installed.model_fields["shell"].annotation) == tuple(FILES)


def test_models_that_are_the_same_are_one() -> None:
    """Two documents that differ in nothing but their name would part at the next change."""
    seen: dict[str, Document] = {}
    for document in DOCUMENTS:
        schema = schema_of("x", [Document(("x",), document.model)])
        same = seen.setdefault(json.dumps({k: v for k, v in schema.items() if k != "description"}), document)
        assert same.model is document.model, (same.names, document.names)


def test_only_help_and_the_completion_scripts_load_the_documents() -> None:
    package = Path(shema_cli.__file__).parent
    using = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "shema_cli.documents" in path.read_text(encoding="utf-8") and path.parent.name != "documents"
    }
    assert using == {"help/json_schemas.py", "help/reference.py", "completion/scripts.py"}
