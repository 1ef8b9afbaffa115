"""Names in Redis: which slot they are in, and what the tool must be allowed to do with them."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from shema_cli.store import keys, rights
from tests.support.in_process import in_process
from tests.support.texts import ANY_TEXT


@given(ANY_TEXT)
def test_every_id_has_a_key_whatever_text_it_is(id: str) -> None:
    """An id comes out of a service's JSON, where a lone surrogate can be written as an escape."""
    assert keys.decision(id).startswith(keys.DECISION_PREFIX.encode())


@given(st.binary(max_size=12))
def test_an_id_that_is_no_utf_8_has_the_key_of_its_bytes(id: bytes) -> None:
    assert keys.decision(id.decode("utf-8", "surrogateescape")) == keys.DECISION_PREFIX.encode() + id


@given(ANY_TEXT, ANY_TEXT)
def test_two_ids_do_not_share_a_key(one: str, other: str) -> None:
    assert (keys.decision(one) == keys.decision(other)) is (one == other) or _is_written_as_bytes(one + other)


def _is_written_as_bytes(text: str) -> bool:
    """Surrogates can be meant as the bytes that they stand for, and then are those of a text too."""
    return any(0xD800 <= ord(char) <= 0xDFFF for char in text)


@given(ANY_TEXT)
def test_a_decision_is_in_the_slot_of_its_audit_entry(id: str) -> None:
    assert key_slot(keys.decision(id)) == key_slot(keys.AUDIT.encode())


def test_what_changes_together_is_in_one_slot() -> None:
    ours = {keys.AUDIT, keys.ACKNOWLEDGED, f"{keys.REGISTRY_PREFIX}user", f"{keys.DECISION_PREFIX}e1"}
    assert len({key_slot(key.encode()) for key in ours}) == 1
    assert len({key_slot(f"{key}x".encode()) for key in keys.OF_DEAD_LETTERS if key != keys.DEAD_LETTERS}) == 1
    assert key_slot(keys.DEAD_LETTERS.encode()) == key_slot(keys.RUNS.encode())


@pytest.mark.parametrize("key", keys.OF_DEAD_LETTERS)
def test_of_each_key_that_a_script_has_it_is_known_what_stands_there(key: str) -> None:
    """What is under a key of another type is told by what is expected there; counts of replays are of two types."""
    assert keys.kind_of(f"{key}x" if key.endswith(":") else key) or key == keys.REPLAYS_PREFIX


# -- rights ------------------------------------------------------------------------------------------------------


def test_what_a_run_proves_works_on_one_new_key_from_top_to_bottom() -> None:
    """Each line finds the key as the one before left it; a WRONGTYPE here would refuse every run."""
    client = in_process()
    for right in rights.PROVEN:
        client.execute_command(*("{events:dead_letter}:shema:proof" if word == "KEY" else word for word in right))
    assert client.keys() == []


@pytest.mark.parametrize("right", rights.NEEDED, ids=" ".join)
def test_each_right_is_a_command_line_on_a_key_of_ours(right: tuple[str, ...]) -> None:
    assert right[0] == right[0].upper()
    assert "KEY" not in right
    named = [word for word in right[1:] if re.search(r"[:{]", word)]
    known = (keys.DEAD_LETTERS, keys.DEAD_LETTERS_PREFIX, "{shema}:", keys.USER_PREFIX, keys.PRESENCE_PREFIX)
    assert all(word.startswith(known) for word in named)


def test_no_right_is_asked_for_twice() -> None:
    assert len(set(rights.NEEDED)) == len(rights.NEEDED)


def test_whatever_a_script_calls_is_in_the_list() -> None:
    called = re.compile(r"redis\.p?call\('([A-Z]+)'(?:, '([A-Z]+)')?")
    allowed = {rights.command_rule(right) for right in (*rights.NEEDED, *rights.HELPFUL)}
    for file in files("shema_cli.store").joinpath("lua").iterdir():
        for words in called.findall(file.read_text(encoding="utf-8")):
            assert rights.command_rule(words) in allowed, (file.name, words)


def test_the_page_has_the_line_that_doctor_prints() -> None:
    page = (Path(__file__).parents[2] / "docs" / "redis.md").read_text(encoding="utf-8")
    assert f"\n{rights.acl_line()}\n" in page
    assert f"`{' '.join(map(rights.command_rule, rights.ON_A_CLUSTER))}`" in page
