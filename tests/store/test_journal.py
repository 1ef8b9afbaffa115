"""Writing the audit trail: what an entry says of whom; the chain holds whatever comes between (contract 1.5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.clock import iso
from shema_cli.errors import Failed, Unreachable
from shema_cli.store import commit, keys
from shema_cli.store.chain import GENESIS, AuditEntry, entries_of
from shema_cli.store.commit import Change, Committer
from shema_cli.store.journal import Author, Journal
from shema_cli.store.scripts import script
from tests.support.in_process import InProcessClient, in_process, store_in_process
from tests.support.trail import audited
from tests.support.world import NOW, StillClock

ANA = Author("uid-ana", "ana@shema.test", "enrollments approve", "staging")
WORDS = st.text(max_size=10)


def journal_on(client: InProcessClient, clock: StillClock | None = None) -> Journal:
    return Journal(store_in_process(client), clock or StillClock(), ANA)


def trail(client: InProcessClient) -> list[AuditEntry]:
    return entries_of(client.xrange(keys.AUDIT))


def test_an_entry_says_who_did_what_with_which_command() -> None:
    client = in_process()
    journal_on(client).append(action="approve", target="e1", event_id="evt_1", reason="paid", request_id="req_1")
    (entry,) = audited(client)
    assert entry["at"] == iso(NOW)
    assert (entry["actor"], entry["actorEmail"]) == ("uid-ana", "ana@shema.test")
    assert (entry["profile"], entry["command"]) == ("staging", "enrollments approve")
    assert (entry["action"], entry["target"], entry["eventId"]) == ("approve", "e1", "evt_1")
    assert (entry["reason"], entry["requestId"]) == ("paid", "req_1")
    assert "details" not in entry


def test_what_is_not_told_is_empty_and_never_missing() -> None:
    draft = journal_on(in_process()).draft(action="a", target="t")
    assert (draft["eventId"], draft["reason"], draft["requestId"]) == ("", "", "")
    assert "prev" not in draft
    assert "hash" not in draft


@pytest.mark.parametrize(("details", "stored"), [(None, None), ({}, None), ({"n": "é"}, '{"n": "é"}')])
def test_details_are_json_or_left_out(details: dict[str, object] | None, stored: str | None) -> None:
    assert journal_on(in_process()).draft(action="a", target="t", details=details).get("details") == stored


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS, st.dictionaries(WORDS, WORDS, max_size=2)), min_size=1, max_size=6))
def test_whatever_is_written_is_one_unbroken_chain(told: list[tuple[str, str, dict[str, str]]]) -> None:
    client = in_process()
    journal = journal_on(client)
    ids = [journal.append(action=action, target=target, details=details) for action, target, details in told]
    entries = trail(client)
    assert [entry.id for entry in entries] == ids
    assert all(entry.sound for entry in entries)
    assert [entry.prev for entry in entries] == [GENESIS, *(entry.hash for entry in entries[:-1])]
    assert [(entry.text("action"), entry.text("target")) for entry in entries] == [one[:2] for one in told]
    assert [entry.details or {} for entry in entries] == [one[2] for one in told]


def test_two_that_write_in_turn_share_one_chain() -> None:
    client = in_process()
    one, other = journal_on(client), journal_on(client)
    for number in range(4):
        (one if number % 2 else other).append(action="a", target=str(number))
    entries = trail(client)
    assert [entry.text("target") for entry in entries] == ["0", "1", "2", "3"]
    assert [entry.prev for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]


def test_the_same_trail_in_another_name() -> None:
    client = in_process()
    journal = journal_on(client)
    journal.append(action="a", target="1")
    journal.of(Author("uid-budi", "budi@shema.test", "admins revoke", "default")).append(action="a", target="2")
    journal.append(action="a", target="3")
    assert [entry["actor"] for entry in audited(client)] == ["uid-ana", "uid-budi", "uid-ana"]


def test_a_reason_with_bytes_that_are_no_utf_8_is_kept_and_sound() -> None:
    client = in_process()
    journal_on(client).append(action="a", target="t", reason=b"\xff\xfe".decode("utf-8", "surrogateescape"))
    (entry,) = trail(client)
    assert entry.stored[b"reason"] == b"\xff\xfe"
    assert entry.sound


# -- what comes between ------------------------------------------------------------------------------------------


class Crowded:
    """A store on which somebody else is always a little faster: before each step another entry is there."""

    def __init__(self, client: InProcessClient, times: int) -> None:
        self.times = times
        self.sent = 0
        self._client = client
        self._inner = store_in_process(client)

    def run(self, *words: Any, **options: Any) -> Any:
        self.sent += 1
        if self.times:
            self.times -= 1
            self._client.xadd(keys.AUDIT, {"hash": f"{self.sent:064x}", "prev": ""})
        return self._inner.run(*words, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def change() -> Change:
    return Change(script("append"), {"action": "a"}, what="writing")


@pytest.mark.parametrize("others", [0, 1, 5])
def test_whoever_is_not_the_fastest_tries_again_upon_the_new_head(others: int) -> None:
    client, clock = in_process(), StillClock()
    crowd = Crowded(client, others)
    done = Committer(crowd, clock).carry_out(change())  # type: ignore[arg-type]
    assert (done.word, done.found) == ("done", None)
    *before, own = trail(client)
    assert len(before) == others
    assert own.sound
    assert own.prev == (before[-1].hash if before else GENESIS)
    assert crowd.sent == max(2, others + 1), "one to learn the head, one for each that was faster"


def test_the_pauses_between_are_short() -> None:
    clock = StillClock()
    began = clock.passed
    Committer(Crowded(in_process(), 30), clock).carry_out(change())  # type: ignore[arg-type]
    assert 0 < clock.passed - began <= 30 * commit.LONGEST_PAUSE_S


def test_a_chain_that_never_stands_still_is_told_and_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "MAX_ATTEMPTS", 4)
    client = in_process()
    crowd = Crowded(client, 10)
    with pytest.raises(Failed) as told:
        Committer(crowd, StillClock()).carry_out(change())  # type: ignore[arg-type]
    assert told.value.code == "audit_contended"
    assert crowd.sent == 4
    assert not any(entry.sound for entry in trail(client))


def test_the_head_is_remembered_so_that_a_second_step_is_one_round_trip() -> None:
    client = in_process()
    crowd = Crowded(client, 0)
    committer = Committer(crowd, StillClock())  # type: ignore[arg-type]
    committer.carry_out(change())
    first = crowd.sent
    committer.carry_out(change())
    assert (first, crowd.sent) == (2, 3)


def test_a_redis_that_is_away_from_the_start_has_changed_nothing_for_sure() -> None:
    client = in_process()
    client.server.comes_back(leaves_after=0)
    with pytest.raises(Unreachable) as told:
        journal_on(client).append(action="a", target="t")
    assert told.value.code == "redis_unreachable"
    assert "may or may not" not in told.value.message


@pytest.mark.parametrize(
    "fields", [{"a": "b"}, {"hash": b"\xff"}, {"hash": "A" * 64}, {"hash": "f" * 63, "prev": "x"}, {"hash": ""}]
)
def test_what_shema_did_not_write_is_passed_over_by_the_chain(fields: dict[str, str | bytes]) -> None:
    client = in_process()
    journal = journal_on(client)
    journal.append(action="a", target="1")
    client.xadd(keys.AUDIT, fields)  # type: ignore[arg-type]
    journal_on(client).append(action="a", target="2")
    journal.append(action="a", target="3")
    first, _, second, third = trail(client)
    assert (second.prev, third.prev) == (first.hash, second.hash)


def test_after_a_thousand_of_them_the_chain_begins_anew() -> None:
    client = in_process()
    journal_on(client).append(action="a", target="1")
    for _ in range(1000):
        client.xadd(keys.AUDIT, {"noise": ""})
    journal_on(client).append(action="a", target="2")
    assert trail(client)[-1].prev == GENESIS


def test_details_survive_json_in_any_script() -> None:
    client = in_process()
    journal_on(client).append(action="a", target="t", details={"name": "Zoë 李 🎵", "n": [1, None, True]})
    assert json.loads(audited(client)[0]["details"]) == {"name": "Zoë 李 🎵", "n": [1, None, True]}
