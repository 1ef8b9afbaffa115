"""The chain of the audit trail: what an entry's hash holds, and how an entry is found again (contract 1.5)."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shema_cli.json_text import dumps, no_constant
from shema_cli.store import keys
from shema_cli.store.chain import (
    FIELDS,
    GENESIS,
    AuditEntry,
    StreamFacts,
    digest,
    entries_of,
    find,
    flat,
    id_after,
    id_before,
    seal,
    to_bytes,
)
from tests.support.in_process import InProcessClient, in_process
from tests.support.texts import ANY_TEXT

NAMES = st.sampled_from([name for name in FIELDS if name not in ("prev", "hash")]) | st.text("abc", min_size=1)
DRAFTS = st.dictionaries(NAMES, st.text(max_size=12), min_size=1, max_size=6)
STORED = st.dictionaries(st.binary(min_size=1, max_size=6), st.binary(max_size=8), min_size=1, max_size=5)
LAST = 2**64 - 1
IDS = st.tuples(st.integers(0, LAST), st.sampled_from([0, 1, LAST]) | st.integers(0, LAST))


def head(client: InProcessClient) -> str:
    newest = entries_of(client.xrevrange(keys.AUDIT, count=1))
    return newest[0].hash if newest else GENESIS


def write(client: InProcessClient, **draft: str) -> dict[bytes, bytes]:
    """Append an entry upon the head, as the script does."""
    sealed = seal(draft, head(client))
    client.execute_command("XADD", keys.AUDIT, "*", *flat(sealed))
    return sealed


def text_of(id: tuple[int, int]) -> str:
    return f"{id[0]}-{id[1]}"


def pair_of(id: str) -> tuple[int, int]:
    milliseconds, _, sequence = id.partition("-")
    return int(milliseconds), int(sequence)


# -- the hash ----------------------------------------------------------------------------------------------------


@given(DRAFTS)
def test_what_is_sealed_is_sound_and_names_the_one_before(draft: dict[str, str]) -> None:
    entry = AuditEntry("1-0", seal(draft, GENESIS))
    assert entry.linked
    assert entry.sound
    assert entry.prev == GENESIS
    assert {name: entry.text(name) for name in draft} == draft


@given(DRAFTS, st.data())
def test_any_change_of_any_field_is_found(draft: dict[str, str], data: st.DataObject) -> None:
    sealed = seal(draft, GENESIS)
    name = data.draw(st.sampled_from(sorted(sealed)))
    value = data.draw(st.binary(max_size=12))
    assume(value != sealed[name])
    assert not AuditEntry("1-0", sealed | {name: value}).sound


@given(DRAFTS, st.data())
def test_a_field_that_is_taken_out_or_put_in_is_found(draft: dict[str, str], data: st.DataObject) -> None:
    sealed = seal(draft, GENESIS)
    gone = data.draw(st.sampled_from(sorted(sealed)))
    assert not AuditEntry("1-0", {name: value for name, value in sealed.items() if name != gone}).sound
    new = data.draw(st.binary(min_size=1, max_size=6))
    assume(new not in {*sealed, b"mac"})
    assert not AuditEntry("1-0", sealed | {new: b""}).sound


@given(DRAFTS, st.data())
def test_two_values_that_change_places_are_found(draft: dict[str, str], data: st.DataObject) -> None:
    sealed = seal(draft, GENESIS)
    one, other = data.draw(st.permutations([name for name in sorted(sealed) if name != b"hash"]))[:2]
    assume(sealed[one] != sealed[other])
    assert not AuditEntry("1-0", sealed | {one: sealed[other], other: sealed[one]}).sound


@given(STORED, STORED)
def test_different_fields_have_different_hashes(one: dict[bytes, bytes], other: dict[bytes, bytes]) -> None:
    """Each part is led by its length: nothing can move from the end of one into the beginning of the next."""
    of_one, of_other = ({k: v for k, v in fields.items() if k != b"hash"} for fields in (one, other))
    assert (digest(one) == digest(other)) is (of_one == of_other)


def test_a_letter_that_moves_from_a_name_into_its_value_changes_the_hash() -> None:
    assert digest({b"ab": b"c"}) != digest({b"a": b"bc"})
    assert digest({b"a": b"1", b"b": b"2"}) != digest({b"a": b"11:b1:2"})


@given(STORED)
def test_the_order_of_the_fields_and_the_hash_itself_do_not_count(fields: dict[bytes, bytes]) -> None:
    backwards = dict(reversed(fields.items()))
    assert digest(backwards) == digest(fields) == digest(fields | {b"hash": b"anything"})


def test_the_hash_is_the_one_that_the_contract_spells_out() -> None:
    """Kept as a whole, so that no change of the code makes trails that are already written unsound."""
    spelled = b"2:at1:x6:action7:publish4:prev1:0"
    fields = {b"at": b"x", b"action": b"publish", b"prev": b"0"}
    by_name = b"6:action7:publish2:at1:x4:prev1:0"
    assert digest(fields) == hashlib.sha256(by_name).hexdigest()
    assert digest(fields) != hashlib.sha256(spelled).hexdigest()


# -- an entry ----------------------------------------------------------------------------------------------------


@given(st.binary(max_size=20))
def test_bytes_that_are_no_text_go_out_as_they_came_in(stored: bytes) -> None:
    entry = AuditEntry("1-0", {b"reason": stored})
    assert to_bytes(entry.text("reason")) == stored


@given(ANY_TEXT)
def test_any_text_can_be_stored(text: str) -> None:
    assert isinstance(to_bytes(text), bytes)


@given(st.binary(max_size=40) | st.sampled_from([b"[" * 9000, b"1" * 5000, b"\xff", b"{}", b"0", b"null", b"[NaN]"]))
def test_whatever_stands_in_details_can_be_shown(stored: bytes) -> None:
    """Anybody who can write to Redis can write an entry, and `audit list` must still show the others."""
    entry = AuditEntry("1-0", {b"details": stored})
    shown = entry.document()
    assert ("details" in shown) is (entry.details is not None)
    json.loads(dumps(shown, to_be_read=True), parse_constant=no_constant)


@pytest.mark.parametrize(
    ("stored", "details"),
    [
        (b"", None),
        (b'{"receivers":2}', {"receivers": 2}),
        (b"not json", "not json"),
        ("é".encode(), "é"),
    ],
)
def test_details_are_decoded_or_shown_as_they_are(stored: bytes, details: object) -> None:
    assert AuditEntry("1-0", {b"details": stored}).details == details


def test_the_document_has_every_field_of_the_contract_in_order_and_nothing_else() -> None:
    document = AuditEntry("7-1", {b"at": b"x", b"own": b"y"}).document()
    assert list(document) == ["id", *FIELDS]
    assert (document["id"], document["at"], document["actor"]) == ("7-1", "x", "")
    json.dumps(document)


@pytest.mark.parametrize(
    "stored", [{}, {b"hash": b"x"}, {b"hash": b"\xff"}, {b"hash": b"A" * 64}, {b"prev": b"0" * 64}]
)
def test_an_entry_without_a_hash_is_no_link(stored: dict[bytes, bytes]) -> None:
    assert not AuditEntry("1-0", stored).linked
    assert not AuditEntry("1-0", stored).sound


def test_an_answer_without_entries_has_none_and_one_without_fields_is_an_entry() -> None:
    assert entries_of(None) == entries_of([]) == []
    assert entries_of([(b"1-0", None)]) == [AuditEntry("1-0", {})]


# -- ids ---------------------------------------------------------------------------------------------------------


@given(IDS)
def test_nothing_lies_between_an_id_and_the_one_after_it(id: tuple[int, int]) -> None:
    after = id_after(text_of(id))
    if id == (LAST, LAST):
        assert after is None
    else:
        assert after is not None
        assert pair_of(after) == ((id[0], id[1] + 1) if id[1] < LAST else (id[0] + 1, 0))
        assert id_before(after) == text_of(id)


@given(IDS)
def test_nothing_lies_between_an_id_and_the_one_before_it(id: tuple[int, int]) -> None:
    before = id_before(text_of(id))
    if id == (0, 0):
        assert before is None
    else:
        assert before is not None
        assert pair_of(before) < id
        assert id_after(before) == text_of(id)


def test_an_id_without_a_sequence_is_its_first() -> None:
    assert id_after("5") == "5-1"
    assert id_before("5") == f"4-{LAST}"


def test_the_id_after_the_last_of_a_millisecond_is_one_that_a_server_takes() -> None:
    client = in_process()
    client.xadd(keys.AUDIT, {"a": "b"}, id=f"5-{LAST}")
    client.xadd(keys.AUDIT, {"c": "d"}, id="6-0")
    after = id_after(f"5-{LAST}")
    assert after is not None
    assert [entry.id for entry in entries_of(client.xrange(keys.AUDIT, min=after))] == ["6-0"]


# -- finding one again -------------------------------------------------------------------------------------------


def test_an_empty_trail_begins_with_the_genesis_and_has_no_facts() -> None:
    client = in_process()
    assert StreamFacts.read(client) is None
    assert find(client, {seal({"action": "a"}, GENESIS)[b"hash"]}, GENESIS.encode()) == {}


def test_each_entry_is_found_wherever_it_stands_and_across_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shema_cli.store.chain.LOOK_BACK", 2)
    client = in_process()
    sealed = [write(client, action=str(number)) for number in range(7)]
    ids = [entry.id for entry in entries_of(client.xrange(keys.AUDIT))]
    hashes = [one[b"hash"] for one in sealed]
    for hash, id, before in zip(hashes, ids, [GENESIS.encode(), *hashes], strict=False):
        assert find(client, {hash}, before) == {hash: id}
    assert find(client, set(hashes[2:5]), hashes[1]) == dict(zip(hashes[2:5], ids[2:5], strict=True))
    assert head(client) == sealed[-1][b"hash"].decode()


def test_one_that_was_never_written_is_not_found_and_the_search_ends_at_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shema_cli.store.chain.LOOK_BACK", 1)
    client = in_process()
    before = write(client, action="before")
    unwritten = seal({"action": "lost"}, before[b"hash"].decode())
    for number in range(3):
        write(client, action=str(number))
    client.server.comes_back()  # counts from here
    assert find(client, {unwritten[b"hash"]}, before[b"hash"]) == {}
    assert client.server.sent == 4, "three entries behind its place, and the one that it would follow"


def test_the_facts_are_the_servers_own() -> None:
    client = in_process()
    for number in range(3):
        write(client, action=str(number))
    first, _, last = [entry.id for entry in entries_of(client.xrange(keys.AUDIT))]
    assert StreamFacts.read(client) == StreamFacts(last, 3, last, None, 0)
    client.xdel(keys.AUDIT, last)
    facts = StreamFacts.read(client)
    assert facts is not None
    assert (facts.last_generated, facts.last_entry != last) == (last, True)
    assert facts.removed == 1
    client.xdel(keys.AUDIT, first)
    emptier = StreamFacts.read(client)
    assert emptier is not None
    assert emptier.removed == 2
