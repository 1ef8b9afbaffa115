"""Whatever is removed, changed, swapped or pushed in: it is found, and nobody else is accused (contract 1.5, 2.3).

Any number of entries at once, in this process; `test_verify.py` tampers by hand with a real stream.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.audit.digests import Digests
from shema_cli.audit.results import TrailProblem
from shema_cli.audit.verify import ChainCheck, verify
from shema_cli.store import keys
from shema_cli.store.chain import GENESIS, AuditEntry, digest, seal
from tests.support.in_process import in_process, store_in_process

COUNTS = st.integers(1, 12)
PLACES = st.sets(st.integers(0, 11), min_size=1, max_size=12)


def chain(count: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(count):
        prev = entries[-1].hash if entries else GENESIS
        fields = {"actor": "ana", "action": "publish", "target": f"e{number}", "reason": "ok" * (number % 3)}
        entries.append(AuditEntry(f"{number + 1}-0", seal(fields, prev)))
    return entries


def changed(entry: AuditEntry, **fields: bytes) -> AuditEntry:
    return AuditEntry(entry.id, {**entry.stored, **{name.encode(): value for name, value in fields.items()}})


def problems(entries: list[AuditEntry]) -> list[TrailProblem]:
    check = ChainCheck()
    return [problem for problem in map(check.feed, entries) if problem]


def named(entries: list[AuditEntry]) -> list[str]:
    return [problem.entry for problem in problems(entries)]


@given(COUNTS)
def test_a_sound_chain_has_no_problems(count: int) -> None:
    assert problems(chain(count)) == []


@given(COUNTS, PLACES, st.sampled_from(["actor", "reason", "target", "new"]), st.binary(max_size=4))
def test_each_changed_entry_is_named_and_no_other(count: int, places: set[int], field: str, value: bytes) -> None:
    entries = chain(count)
    tampered = [
        changed(entry, **{field: value + b"!"}) if number in places else entry for number, entry in enumerate(entries)
    ]
    assert named(tampered) == [entry.id for number, entry in enumerate(entries) if number in places]
    assert all(problem.problem.startswith("changed") for problem in problems(tampered))


@given(COUNTS, st.integers(0, 11))
def test_an_entry_whose_hash_was_changed_is_named_alone(count: int, place: int) -> None:
    entries = chain(count)
    entries[place % count] = changed(entries[place % count], hash=b"f" * 64)
    assert named(entries) == [entries[place % count].id]


@given(COUNTS, PLACES)
def test_every_gap_is_named_by_what_follows_it(count: int, places: set[int]) -> None:
    entries = chain(count)
    left = [entry for number, entry in enumerate(entries) if number not in places]
    follows_a_gap = [entry.id for number, entry in enumerate(entries) if number not in places and number - 1 in places]
    assert named(left) == follows_a_gap
    assert all(problem.problem.startswith("removed") for problem in problems(left))


@given(st.integers(2, 12), st.data())
def test_entries_in_another_order_are_found(count: int, data: st.DataObject) -> None:
    entries = chain(count)
    order = data.draw(st.permutations(range(count)))
    moved = [AuditEntry(f"{n + 1}-0", entries[place].stored) for n, place in enumerate(order)]
    assert bool(problems(moved)) is (list(order) != list(range(count)))


@given(COUNTS, st.integers(0, 11), st.booleans())
def test_what_is_pushed_in_is_forged_whether_it_is_sealed_or_not(count: int, place: int, sealed: bool) -> None:
    entries = chain(count)
    place %= count  # before the newest: behind it, a sealed entry is the next one of the chain
    prev = entries[place - 1].hash if place else GENESIS
    fields: dict[str, Any] = {"actor": "nobody", "target": "forged"}
    forged = AuditEntry("99-0", seal(fields, prev) if sealed else {b"actor": b"nobody"})
    entries.insert(place, forged)
    (problem,) = problems(entries)
    assert (problem.entry, problem.problem.startswith("forged")) == ("99-0", True)
    assert ("it has no hash" in problem.problem) is not sealed


@given(st.integers(2, 12), st.integers(0, 11))
def test_an_entry_rewritten_with_a_new_hash_breaks_what_follows(count: int, place: int) -> None:
    entries = chain(count)
    place %= count - 1
    rewritten = changed(entries[place], reason=b"rewritten")
    entries[place] = changed(rewritten, hash=digest(rewritten.stored).encode())
    assert named(entries) == [entries[place + 1].id]


# -- the whole trail -------------------------------------------------------------------------------------------------


def trail(count: int, removed: set[int], *, decided: bool = False) -> tuple[list[AuditEntry], list[TrailProblem]]:
    """The problems of a trail of which some entries were deleted from the stream."""
    client, entries = in_process(), chain(count)
    for entry in entries:
        fields: Any = {**entry.stored}
        client.xadd(keys.AUDIT, fields, id=entry.id)
        if decided:
            client.hset(keys.decision(entry.text("target")), "eventId", f"evt_{entry.id}")
    if gone := [entry.id for number, entry in enumerate(entries) if number in removed]:
        client.xdel(keys.AUDIT, *gone)
    return entries, list(verify(store_in_process(client)).problems)


@settings(deadline=None, max_examples=40)
@given(COUNTS, st.sets(st.integers(0, 11), max_size=12))
def test_no_removal_goes_unseen_not_even_of_the_newest(count: int, places: set[int]) -> None:
    gone = {place for place in places if place < count}
    entries, found = trail(count, gone)
    assert bool(found) is bool(gone)
    assert all(problem.problem.startswith("removed") for problem in found)
    if count - 1 in gone:
        assert entries[-1].id in {problem.entry for problem in found}
    if len(gone) == 1:
        assert [problem.entry for problem in found] == [entries[gone.pop()].id]


def test_what_was_pushed_in_and_taken_out_again_is_told_by_the_server() -> None:
    client = in_process()
    first, second = chain(2)
    for id, fields in (("1-0", first.stored), ("2-0", {b"actor": b"nobody"}), ("3-0", second.stored)):
        written: Any = {**fields}
        client.xadd(keys.AUDIT, written, id=id)
    client.xdel(keys.AUDIT, "2-0")
    (problem,) = verify(store_in_process(client)).problems
    assert (problem.entry, problem.problem[:38]) == ("2-0", "removed: the server counts 1 removed, ")


def test_a_decision_without_an_entry_proves_a_removal() -> None:
    entries, found = trail(3, set(), decided=True)
    assert [problem.entry for problem in found] == [f"evt_{entry.id}" for entry in entries]
    assert "the decision under" in found[0].problem


TEXTS = st.tuples(st.binary(max_size=4), st.binary(max_size=4))


@given(st.lists(TEXTS, max_size=20), TEXTS)
def test_what_was_added_is_known_again_and_nothing_else(
    all_of: list[tuple[bytes, bytes]], other: tuple[bytes, bytes]
) -> None:
    seen, more = Digests(), Digests()
    for one in all_of:
        seen.add(*one)
        assert seen.has(*one)
    assert seen.has(*other) is (other in all_of)
    for one in [*all_of, other]:
        more.add(*one)
    assert seen.within(more)
    assert more.within(seen) is (other in all_of)
