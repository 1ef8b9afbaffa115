"""The catalogue as AsyncAPI has it: by AsyncAPI's own schema, and by what is published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from shema_cli.errors import ExitCode, InvalidUsage
from shema_cli.events.asyncapi import CHAT_ADDRESS, asyncapi
from shema_cli.events.catalogue import CATALOGUE, new_event
from tests.support.cli import shema
from tests.support.firebase import NODE_MODULES
from tests.support.published import MOMENT, sample
from tests.support.world import StillClock

OFFICIAL = NODE_MODULES / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json"


@pytest.fixture
def official() -> Any:
    if not OFFICIAL.is_file():
        pytest.skip("AsyncAPI's schemas are not installed: it takes npm and `make .tools/.ready`")
    return Draft7Validator(json.loads(OFFICIAL.read_bytes()))


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "$ref" and isinstance(value, str))
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def found(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


def test_it_is_what_asyncapi_says_a_document_is(official: Any) -> None:
    assert [error.message for error in official.iter_errors(asyncapi())] == []
    assert [error.message for error in official.iter_errors(asyncapi("chat:session:s1"))] == []
    wrong = asyncapi() | {"operations": {"send.x": {"action": "shout", "channel": {"$ref": "#/channels/x"}}}}
    assert not official.is_valid(wrong)


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi()
    named = set(references(document))
    assert len(named) >= 3 * (len(CATALOGUE) + 1)
    assert all(isinstance(found(document, one), dict) for one in named)


def test_every_channel_is_there_with_its_message() -> None:
    channels: Any = asyncapi()["channels"]
    assert [one["address"] for one in channels.values()] == [*CATALOGUE, CHAT_ADDRESS]
    assert list(channels["enrollment.approved"]["messages"]) == ["ENROLLMENT_APPROVED"]
    assert channels["chat.session"]["parameters"]["sessionId"]["location"] == "$message.payload#/sessionId"
    assert all(one["bindings"] == {"redis": {}} for one in channels.values())


@pytest.mark.parametrize("channel", [*CATALOGUE, "chat:session:s1"])
def test_what_is_published_is_what_its_payload_says(channel: str) -> None:
    """As AsyncAPI's tools read it, by draft 7."""
    [message] = asyncapi(channel)["components"]["messages"].values()  # type: ignore[index]
    Draft7Validator.check_schema(message["payload"])
    payload = Draft7Validator(message["payload"])
    chat = channel.startswith("chat:session:")
    data = sample("chat.message") | {"sessionId": "s1"} if chat else sample(channel)
    event = new_event(channel, data, version="1.0", clock=StillClock(MOMENT)).document
    assert payload.is_valid(event)
    assert not payload.is_valid({name: value for name, value in event.items() if name != "timestamp"})
    if not chat:
        assert not payload.is_valid(event | {"data": {**sample(channel), "more": 1}})
        assert payload.is_valid(event | {"version": "1.1", "data": {**sample(channel), "more": 1}})


def test_a_channel_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidUsage, match=r"enrollment\.aproved"):
        asyncapi("enrollment.aproved")


def test_it_is_printed_whole_or_of_one_channel(base_env: dict[str, str]) -> None:
    assert shema("events", "schema", "--asyncapi", env=base_env).json == asyncapi()
    one = shema("events", "schema", "user.updated", "--asyncapi", "-o", "csv", env=base_env)
    assert json.loads(one.out) == asyncapi("user.updated")
    nothing = shema("events", "schema", env=base_env)
    assert (nothing.code, nothing.out) == (ExitCode.USAGE, "")
    assert "shema events schema --asyncapi" in nothing.err
