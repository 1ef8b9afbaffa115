"""A call, written as it would be typed: read again, it is the same call."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from shema_cli.app import declared, load
from shema_cli.cli.typed import typed

FAMILY = {"fingerprint": "0e62ad21f8"}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("replay", FAMILY | {"canary": 5, "verify": "30"}),
    ("replay", FAMILY | {"canary": 5, "verify": "30", "dry_run": True}),
    ("replay", {"ids": ["evt_1"], "edit": True, "verify": "30"}),
    ("replay", {"ids": ["-x; rm -rf ~", "evt_1"], "edit": True}),
    ("replay", {"error": "--all", "types": ["A*", "it's $HOME `x`"], "where": ["data.a=b c", "-n=1"]}),
    ("discard", {"invalid": True, "since": "2026-01-01T00:00:00.000Z"}),
]


@pytest.mark.parametrize(("name", "given"), CALLS)
def test_read_again_it_is_the_same_call(name: str, given: dict[str, Any]) -> None:
    declaration = declared(f"dlq {name}")
    line = typed(declaration, f"dlq {name}", given)
    command: Any = load("dlq")
    command = command.commands[name]
    words = shlex.split(line)
    assert words[:3] == ["shema", "dlq", name]
    read = command.taken(command.make_context(name, words[3:]))
    defaults = {one.name: one.default for one in declaration.parameters()}
    assert read == defaults | given


def test_it_is_as_a_person_would_type_it() -> None:
    given = FAMILY | {"canary": 5, "verify": "30", "force": False, "rate": None}
    line = typed(declared("dlq replay"), "dlq replay", given)
    assert line == "shema dlq replay --fingerprint 0e62ad21f8 --canary 5 --verify 30"


def test_a_command_that_is_no_group_is_found_too() -> None:
    assert declared("status").name == "status"
    assert typed(declared("status"), "status", {"read_only": True}) == "shema status --read-only"
