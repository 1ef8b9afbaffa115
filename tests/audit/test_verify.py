"""`audit verify` against everything that can be done to a stream behind our back, on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.audit import read
from shema_cli.audit.results import TrailProblem
from shema_cli.audit.verify import ChainCheck, verify
from shema_cli.context import AppContext
from shema_cli.enrollments.decide import DecisionMade, DecisionOrder
from shema_cli.enrollments.results import DecisionKind
from shema_cli.store import keys
from shema_cli.store.chain import GENESIS, AuditEntry, digest, entries_of, seal
from tests.enrollments.school import decider_of
from tests.support.in_process import in_process, store_in_process
from tests.support.valkey import Valkey
from tests.support.world import app_on

COUNT = 6


@pytest.fixture
def app(valkey: Valkey, tmp_path: Path) -> Iterator[AppContext]:
    with app_on(valkey, tmp_path) as opened:
        yield opened


@pytest.fixture
def ids(app: AppContext) -> list[str]:
    """A trail of six sound entries."""
    return [app.journal.append(action="publish", target=f"e{n}", reason="ok") for n in range(COUNT)]


def rebuild(client: redis.Redis, change: Callable[[list[tuple[str, dict[bytes, bytes]]]], None]) -> None:
    """Write the stream anew with the same ids, as somebody would who wants to hide a change."""
    entries = [(entry.id, dict(entry.stored)) for entry in entries_of(client.xrange(keys.AUDIT))]
    change(entries)
    client.delete(keys.AUDIT)
    for id, fields in entries:
        client.xadd(keys.AUDIT, fields, id=id)  # type: ignore[arg-type]


def only_problem(app: AppContext) -> TrailProblem:
    result = verify(app.store)
    assert not result.ok
    assert result.exit_code == 1
    (problem,) = result.problems
    return problem


def test_a_sound_trail(app: AppContext, ids: list[str]) -> None:
    result = verify(app.store)
    assert (result.ok, result.checked, result.exit_code) == (True, COUNT, 0)
    first = entries_of(app.store.client.xrange(keys.AUDIT, count=1))[0]
    assert first.prev == GENESIS


def test_no_trail_at_all(app: AppContext) -> None:
    assert verify(app.store).document() == {"ok": True, "checked": 0, "keyed": 0, "key_set": False, "problems": []}


@pytest.mark.parametrize("place", range(COUNT))
def test_a_deleted_entry_is_named(app: AppContext, ids: list[str], place: int) -> None:
    app.store.client.xdel(keys.AUDIT, ids[place])
    problem = only_problem(app)
    assert problem.entry == ids[place]
    assert problem.problem.startswith("removed")


def test_the_newest_deleted_and_written_over(app: AppContext, ids: list[str]) -> None:
    app.store.client.xdel(keys.AUDIT, ids[-1])
    app.journal.append(action="publish", target="later")
    assert only_problem(app).entry == ids[-1]


def test_several_deleted(app: AppContext, ids: list[str]) -> None:
    app.store.client.xdel(keys.AUDIT, ids[1], ids[4])
    problems = verify(app.store).problems
    assert [p.entry for p in problems] == [ids[2], ids[4]]
    assert all(p.problem.startswith("removed") for p in problems)


def test_everything_deleted(app: AppContext, ids: list[str]) -> None:
    app.store.client.xtrim(keys.AUDIT, maxlen=0, approximate=False)
    problem = only_problem(app)
    assert (problem.entry, problem.problem.split(":")[0]) == (ids[-1], "removed")


def test_the_oldest_trimmed(app: AppContext, ids: list[str]) -> None:
    app.store.client.xtrim(keys.AUDIT, maxlen=3, approximate=False)
    problem = only_problem(app)
    assert problem.problem.startswith("removed")


@pytest.mark.parametrize("place", range(COUNT))
@pytest.mark.parametrize("field", [b"reason", b"actor", b"target", b"at", b"hash"])
def test_a_changed_entry_is_named(app: AppContext, ids: list[str], place: int, field: bytes) -> None:
    rebuild(app.store.client, lambda entries: entries[place][1].update({field: b"altered"}))
    problem = only_problem(app)
    assert problem.entry == ids[place]
    assert problem.problem.startswith("changed")


def test_a_changed_prev_is_found(app: AppContext, ids: list[str]) -> None:
    rebuild(app.store.client, lambda entries: entries[3][1].update({b"prev": b"0" * 64}))
    assert only_problem(app).entry == ids[3]


def test_an_added_field_is_a_change(app: AppContext, ids: list[str]) -> None:
    rebuild(app.store.client, lambda entries: entries[2][1].update({b"note": b"nothing to see"}))
    assert only_problem(app).entry == ids[2]


def test_a_change_with_its_hash_made_again_breaks_the_chain_behind_it(app: AppContext, ids: list[str]) -> None:
    def rewrite(entries: list[tuple[str, dict[bytes, bytes]]]) -> None:
        fields = entries[2][1]
        fields[b"reason"] = b"altered"
        fields[b"hash"] = digest(fields).encode()

    rebuild(app.store.client, rewrite)
    problem = only_problem(app)
    assert problem.entry == ids[3]
    assert "rewritten" in problem.problem
    assert ids[2] in problem.problem


def add_by_hand(app: AppContext, **fields: Any) -> str:
    client: Any = app.store.client
    return str(client.xadd(keys.AUDIT, fields).decode())


def test_an_entry_written_by_hand_is_forged(app: AppContext, ids: list[str]) -> None:
    forged = add_by_hand(app, actor="nobody", action="approve")
    problem = only_problem(app)
    assert (problem.entry, problem.problem.split(":")[0]) == (forged, "forged")
    app.journal.append(action="publish", target="after")
    assert [p.entry for p in verify(app.store).problems] == [forged]


def test_an_entry_with_made_up_hashes_is_forged(app: AppContext, ids: list[str]) -> None:
    forged = add_by_hand(app, actor="nobody", prev="a" * 64, hash="b" * 64)
    problem = only_problem(app)
    assert (problem.entry, problem.problem.split(":")[0]) == (forged, "forged")


def test_an_entry_pushed_in_between_is_forged(app: AppContext, ids: list[str]) -> None:
    def push_in(entries: list[tuple[str, dict[bytes, bytes]]]) -> None:
        forged = seal({"actor": "nobody"}, entries[2][1][b"hash"].decode())
        fields = [fields for _, fields in entries]
        entries[:] = [(f"{n}-0", one) for n, one in enumerate([*fields[:3], forged, *fields[3:]], start=1)]

    rebuild(app.store.client, push_in)
    problem = only_problem(app)
    assert (problem.entry, problem.problem.split(":")[0]) == ("4-0", "forged")


def decided(app: AppContext, count: int) -> list[str]:
    decider = decider_of(app, allow_unheard=True)
    answers = [decider.decide(DecisionOrder(f"e{n}", "s", DecisionKind.APPROVED)) for n in range(count)]
    return [answer.event_id for answer in answers if isinstance(answer, DecisionMade)]


def test_a_stream_written_anew_without_its_newest_decision(app: AppContext) -> None:
    events = decided(app, 4)
    assert verify(app.store).ok
    rebuild(app.store.client, lambda entries: entries.__delitem__(-1))
    problem = only_problem(app)
    assert (problem.entry, problem.problem.split(":")[0]) == (events[-1], "removed")
    assert "{shema}:decision:e3" in problem.problem


def test_a_stream_deleted_whole_after_decisions(app: AppContext) -> None:
    events = decided(app, 3)
    app.store.client.delete(keys.AUDIT)
    assert sorted(p.entry for p in verify(app.store).problems) == sorted(events)


def test_a_decision_made_during_the_check_is_no_problem(
    app: AppContext, valkey: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(app, 2)
    real = app.store.client.scan_iter

    def scan(**options: Any) -> Iterator[bytes | str]:
        with app_on(valkey, tmp_path) as other:
            decider_of(other, allow_unheard=True).decide(DecisionOrder("late", "s", DecisionKind.APPROVED))
        yield from real(**options)

    monkeypatch.setattr(app.store.client, "scan_iter", scan)
    assert verify(app.store).ok


def test_long_trails_are_read_in_pages(app: AppContext, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "PAGE", 2)
    monkeypatch.setattr("shema_cli.audit.records.SCANNED_AT_ONCE", 2)
    decided(app, 5)
    assert (verify(app.store).ok, verify(app.store).checked) == (True, COUNT + 5)
    assert [entry.id for entry in read.backward(app.store)][-COUNT:] == ids[::-1]
    app.store.client.xdel(keys.AUDIT, ids[3])
    assert only_problem(app).entry == ids[3]


def test_swapped_entries_are_found(app: AppContext, ids: list[str]) -> None:
    def swap(entries: list[tuple[str, dict[bytes, bytes]]]) -> None:
        entries[2], entries[3] = (entries[2][0], entries[3][1]), (entries[3][0], entries[2][1])

    rebuild(app.store.client, swap)
    assert not verify(app.store).ok


def test_a_server_that_counts_nothing_still_shows_gaps_and_a_missing_newest(
    app: AppContext, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server before version 7 has neither `entries-added` nor `max-deleted-entry-id` (left out here by hand)."""
    real = app.store.client.xinfo_stream

    def old(key: str) -> dict[str, object]:
        return {k: v for k, v in real(key).items() if k not in ("entries-added", "max-deleted-entry-id")}

    monkeypatch.setattr(app.store.client, "xinfo_stream", old)
    app.store.client.xdel(keys.AUDIT, ids[2])
    assert only_problem(app).entry == ids[3]
    app.store.client.xdel(keys.AUDIT, ids[-1])
    assert [p.entry for p in verify(app.store).problems] == [ids[3], ids[-1]]


def test_a_key_of_another_type_is_an_error(app: AppContext) -> None:
    from shema_cli.errors import Failed

    app.store.client.set(keys.AUDIT, "x")
    with pytest.raises(Failed):
        verify(app.store)


TEXTS = st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=12), max_size=5)


@given(st.lists(TEXTS, min_size=1, max_size=8), st.data())
def test_any_chain_is_sound_and_any_change_is_found(drafts: list[dict[str, str]], data: st.DataObject) -> None:
    entries, prev = [], GENESIS
    for number, draft in enumerate(drafts):
        fields = seal({k: v for k, v in draft.items() if k not in ("prev", "hash")}, prev)
        entries.append(AuditEntry(f"{number + 1}-0", fields))
        prev = fields[b"hash"].decode()
    assert not any(map(ChainCheck().feed, entries))
    place = data.draw(st.integers(0, len(entries) - 1))
    fields = dict(entries[place].stored)
    name = data.draw(st.sampled_from(sorted(fields)))
    fields[name] += b"."
    entries[place] = AuditEntry(entries[place].id, fields)
    check = ChainCheck()
    assert [p.entry for p in map(check.feed, entries) if p] == [entries[place].id]


@given(TEXTS, TEXTS)
def test_different_fields_never_hash_alike(one: dict[str, str], other: dict[str, str]) -> None:
    if one != other and not {"prev", "hash"} & (one.keys() | other.keys()):
        assert seal(one, GENESIS)[b"hash"] != seal(other, GENESIS)[b"hash"]


def test_moving_text_between_fields_changes_the_hash() -> None:
    assert seal({"a": "bc", "d": ""}, GENESIS)[b"hash"] != seal({"a": "b", "cd": ""}, GENESIS)[b"hash"]
    assert seal({"a": "1:b"}, GENESIS)[b"hash"] != seal({"a": "1", "b": ""}, GENESIS)[b"hash"]


@pytest.mark.parametrize("id", [f"5-{2**64 - 1}", f"{2**64 - 1}-{2**64 - 1}"])
def test_an_entry_with_the_last_id_of_all_is_read_past(id: str) -> None:
    """Whoever forges an entry chooses its id; the trail must still be read to its end."""
    client = in_process()
    client.xadd(keys.AUDIT, {"action": "forged"}, id=id)
    found = verify(store_in_process(client))
    assert (found.checked, [problem.entry for problem in found.problems]) == (1, [id])


# -- the trail against the records -----------------------------------------------------------------------------------


def forge(app: AppContext, change: Callable[[list[tuple[str, dict[bytes, bytes]]]], None]) -> None:
    """Write the stream anew as somebody does who knows how the chain is made."""

    def rewrite(entries: list[tuple[str, dict[bytes, bytes]]]) -> None:
        change(entries)
        prev = GENESIS.encode()
        for _, fields in entries:
            fields[b"prev"] = prev
            prev = fields[b"hash"] = digest(fields).encode()

    rebuild(app.store.client, rewrite)


@pytest.mark.parametrize("field", [b"actor", b"actorEmail", b"at", b"reason"])
def test_an_entry_that_says_another_thing_than_its_decision(app: AppContext, field: bytes) -> None:
    decided(app, 3)
    forge(app, lambda entries: entries[1][1].update({field: b"altered"}))
    problem = only_problem(app)
    assert problem.problem.startswith("changed")
    assert f"{{shema}}:decision:e1 differ in {field.decode()}" in problem.problem


@pytest.mark.parametrize("field", ["actor", "actorEmail", "at", "reason"])
def test_a_decision_that_was_changed(app: AppContext, field: str) -> None:
    decided(app, 3)
    app.store.client.hset("{shema}:decision:e1", field, "altered")
    assert f"differ in {field}" in only_problem(app).problem


def test_a_decision_that_was_turned_round(app: AppContext) -> None:
    decided(app, 3)
    app.store.client.hset("{shema}:decision:e1", "decision", "rejected")
    assert {p.problem.partition(":")[0] for p in verify(app.store).problems} == {
        "forged, or its decision was changed",
        "removed",
    }


def test_an_entry_in_anothers_name_without_a_decision(app: AppContext) -> None:
    decided(app, 2)

    def one_more(entries: list[tuple[str, dict[bytes, bytes]]]) -> None:
        fields = {**entries[-1][1], b"actor": b"uid-budi", b"target": b"e9", b"eventId": b"evt_forged"}
        entries.append((f"{int(entries[-1][0].partition('-')[0]) + 1}-0", fields))

    forge(app, one_more)
    problem = only_problem(app)
    assert problem.problem.startswith("forged")
    assert "{shema}:decision:e9" in problem.problem


def test_what_stands_in_place_of_a_decision_is_named(app: AppContext) -> None:
    decided(app, 2)
    app.store.client.set("{shema}:decision:odd", "x")
    problem = only_problem(app)
    assert (problem.entry, problem.problem.split(":")[0]) == ("{shema}:decision:odd", "changed")


def test_a_decision_that_was_published_again_is_in_order(app: AppContext) -> None:
    decided(app, 2)
    order = DecisionOrder("e1", "s", DecisionKind.APPROVED, republish=True, why="nobody heard")
    assert isinstance(decider_of(app, allow_unheard=True).decide(order), DecisionMade)
    assert verify(app.store).ok


def test_a_run_that_no_entry_is_of_is_a_removal(app: AppContext) -> None:
    decided(app, 2)
    app.store.client.lpush(f"{keys.RUN_EVENTS_PREFIX}aaaa", b"1764000000000" + bytes(8))
    problem = only_problem(app)
    assert (problem.entry, problem.problem.split(":")[0]) == ("aaaa", "removed")
    app.journal.append(action="dlq.replay.begun", target=keys.DEAD_LETTERS, details={"run": "aaaa"})
    assert "its end has no entry" in only_problem(app).problem
    app.store.client.hset(f"{keys.RUN_PREFIX}aaaa", "state", "live")
    assert verify(app.store).ok, "it is at work"
    app.store.client.delete(f"{keys.RUN_PREFIX}aaaa")
    app.journal.append(action="dlq.replay", target=keys.DEAD_LETTERS, details={"run": "aaaa.1"})
    assert verify(app.store).ok
