"""The catalogue, its two spellings, and the schemas that come out of it (contract 1.3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.errors import InvalidUsage
from shema_cli.events.catalogue import CATALOGUE, event_kinds, new_event, schema
from shema_cli.events.envelope import CHANNELS, KNOWN_EVENT_TYPES, channel_of, event_type_of, new_event_id
from tests.support.cli import shema
from tests.support.published import FIELDS, MOMENT, sample
from tests.support.world import StillClock


def test_every_event_of_the_contract_is_there() -> None:
    assert {kind.channel: " ".join(kind.fields) for kind in event_kinds()} == FIELDS
    assert tuple(CATALOGUE) == CHANNELS


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_can_be_written_in_both_versions_and_its_schema_agrees(channel: str) -> None:
    from jsonschema import Draft202012Validator

    checker = Draft202012Validator(schema(channel))
    Draft202012Validator.check_schema(schema(channel))
    plain = new_event(channel, sample(channel), version="1.0", clock=StillClock(MOMENT)).document
    more = new_event(channel, {**sample(channel), "extra": 1}, version="1.1", clock=StillClock(MOMENT)).document
    assert checker.is_valid(plain)
    assert checker.is_valid(more)
    assert not checker.is_valid(more | {"version": "1.0"})
    assert not checker.is_valid(plain | {"unknown": 1})
    without_version = {name: value for name, value in plain.items() if name != "version"}
    assert checker.is_valid(without_version) is channel.startswith("booking.")
    for name in FIELDS[channel].split():
        data = {other: value for other, value in sample(channel).items() if other != name}
        assert not checker.is_valid(plain | {"data": data})
        with pytest.raises(InvalidUsage, match=f"{name} is missing"):
            new_event(channel, data, version="1.0", clock=StillClock(MOMENT))


@given(st.lists(st.from_regex(r"[a-z0-9]+", fullmatch=True), min_size=1).map(".".join))
def test_channel_and_event_type_name_each_other(channel: str) -> None:
    assert channel_of(event_type_of(channel)) == channel


def test_the_known_types_are_those_of_the_catalogue() -> None:
    assert {event_type_of(channel) for channel in CATALOGUE} == KNOWN_EVENT_TYPES
    assert channel_of("CHAT_SESSION_CLOSED") == "chat.session.closed"


def test_event_ids_sort_by_time_and_do_not_repeat() -> None:
    clock = StillClock(MOMENT)
    ids = []
    for _ in range(200):
        clock.at += timedelta(microseconds=137)
        ids.append(new_event_id(clock))
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert len({new_event_id(clock) for _ in range(1000)}) == 1000


def test_types_and_schema_are_open(base_env: dict[str, str]) -> None:
    types = shema("events", "types", "-o", "json", env=base_env)
    assert types.code == 0
    assert types.json["events"][1] == {
        "channel": "enrollment.approved",
        "event_type": "ENROLLMENT_APPROVED",
        "versions": ["1.0", "1.1"],
        "fields": ["enrollmentId", "studentId"],
    }
    printed = shema("events", "schema", "enrollment.approved", env=base_env)
    assert (printed.code, printed.json) == (0, schema("enrollment.approved"))
    chat = shema("events", "schema", "chat:session:s1", env=base_env)
    assert chat.json["required"] == FIELDS["chat.message"].split()
    assert shema("events", "schema", "nothing", env=base_env).code == 2
