"""Acknowledging a family, and taking that back: what is meant, what is written, and who was faster."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from shema_cli.condition.facts import AckState
from shema_cli.dlq.families.acknowledge import Acknowledger
from shema_cli.dlq.families.acknowledged import read_acknowledged
from shema_cli.dlq.families.results import AckOutcome
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.errors import Failed, InvalidUsage, NotFound, Refused
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.dlq.families.support import FULL, LATE, OF_FULL, OF_LATE, acknowledger, ago, emptied, failed, put
from tests.support.trail import audited, hash_at
from tests.support.world import StillClock


@pytest.fixture
def dina(store: Store, clock: StillClock) -> Acknowledger:
    put(store, ago(clock, 30), ago(clock, 2), ago(clock, 5), ago(clock, 1, FULL))
    return acknowledger(store, clock)


def record(store: Store, name: str = OF_LATE) -> dict[str, object]:
    found: dict[str, object] = json.loads(hash_at(store.client, keys.ACKNOWLEDGED)[name])
    return found


def test_a_family_is_acknowledged_with_its_audit_entry(dina: Acknowledger, store: Store, clock: StillClock) -> None:
    plan = dina.plan(OF_LATE[:4], "the course service is being moved", clock.now() + timedelta(days=2))
    assert dina.question(plan) == (
        f"Acknowledge 3 dead letters of {OF_LATE} ({LATE})?",
        "They are left out of status and check until 2026-03-03 08:00 +00:00.",
    )
    done = dina.carry_out(plan)
    assert (done.outcome, done.family.count, done.family.by) == (AckOutcome.ACKNOWLEDGED, 3, "dina@shema.test")
    assert record(store) == {
        "at": "2026-03-01T08:00:00.000Z",
        "actor": "uid-dina",
        "actorEmail": "dina@shema.test",
        "note": "the course service is being moved",
        "until": "2026-03-03T08:00:00.000Z",
        "count": 3,
        "newest": "2026-03-01T06:00:00.000Z",
        "example": LATE,
    }
    (entry,) = audited(store.client)
    assert (entry["action"], entry["target"]) == ("dlq.ack", OF_LATE)
    assert entry["reason"] == "the course service is being moved"
    assert json.loads(entry["details"]) == {"example": LATE, "count": 3, "until": "2026-03-03T08:00:00.000Z"}


def test_planning_changes_nothing(dina: Acknowledger, store: Store) -> None:
    assert dina.plan(OF_LATE).as_result().outcome is AckOutcome.PLANNED
    assert store.client.exists(keys.ACKNOWLEDGED, keys.AUDIT) == 0


def test_a_family_that_is_known_stays_as_it_is_unless_something_is_said(
    dina: Acknowledger, store: Store, clock: StillClock
) -> None:
    dina.carry_out(dina.plan(OF_LATE, "moved"))
    sari = acknowledger(store, clock, "sari")
    before = record(store)
    already = sari.carry_out(sari.plan(OF_LATE))
    assert (already.outcome, already.family.by, already.family.note) == (AckOutcome.ALREADY, "dina@shema.test", "moved")
    assert (record(store), len(audited(store.client))) == (before, 1)
    renewed = sari.carry_out(sari.plan(OF_LATE, until=clock.now() + timedelta(hours=1)))
    assert renewed.outcome is AckOutcome.RENEWED
    assert (record(store)["actorEmail"], record(store)["note"]) == ("sari@shema.test", "moved")


def test_a_family_that_returned_is_acknowledged_anew(dina: Acknowledger, store: Store, clock: StillClock) -> None:
    dina.carry_out(dina.plan(OF_LATE, "moved"))
    clock.advance(3 * 86400)
    put(store, ago(clock, 1))
    plan = dina.plan(OF_LATE)
    assert plan.standing is not None
    assert plan.standing.state is AckState.RETURNED
    assert plan.standing.told == (
        "acknowledged by dina@shema.test on 2026-03-01 08:00 +00:00, silent since 2026-03-01 06:00 +00:00, "
        "back since 2026-03-04 07:00 +00:00: moved"
    )
    assert dina.question(plan)[1] == f"It is {plan.standing.told}."
    assert dina.carry_out(plan).outcome is AckOutcome.RENEWED
    again = dina.plan(OF_LATE)
    assert again.standing is not None
    assert (again.standing.state, again.changes) == (AckState.KNOWN, False)


def test_one_that_has_ended_is_acknowledged_anew(dina: Acknowledger, clock: StillClock) -> None:
    dina.carry_out(dina.plan(OF_LATE, until=clock.now() + timedelta(hours=1)))
    clock.advance(3600)
    plan = dina.plan(OF_LATE)
    assert plan.standing is not None
    assert plan.standing.told.endswith("until 2026-03-01 09:00 +00:00, which is over")
    assert dina.carry_out(plan).outcome is AckOutcome.RENEWED


def test_one_is_taken_back_with_its_audit_entry(dina: Acknowledger, store: Store) -> None:
    dina.carry_out(dina.plan(OF_LATE, "moved"))
    plan = dina.plan_removal(OF_LATE[:5])
    assert dina.question(plan)[0] == f"Take back the acknowledgement of {OF_LATE} ({LATE})?"
    assert dina.carry_out(plan).outcome is AckOutcome.UNACKNOWLEDGED
    assert store.client.exists(keys.ACKNOWLEDGED) == 0
    assert [entry["action"] for entry in audited(store.client)] == ["dlq.ack", "dlq.unack"]


def test_one_of_which_no_entry_is_left_can_be_renewed_and_taken_back(
    dina: Acknowledger, store: Store, clock: StillClock
) -> None:
    dina.carry_out(dina.plan(OF_LATE))
    emptied(store)
    renewed = dina.plan(OF_LATE, until=clock.now() + timedelta(days=1))
    assert (renewed.family.count, renewed.family.example) == (0, LATE)
    assert renewed.family.newest == clock.now() - timedelta(hours=2)
    dina.carry_out(renewed)
    dina.carry_out(dina.plan_removal(OF_LATE))


def test_garbage_that_stands_there_is_replaced_and_removed(dina: Acknowledger, store: Store) -> None:
    for garbage in ("garbage", ""):
        store.client.hset(keys.ACKNOWLEDGED, OF_LATE, garbage)
        dina.carry_out(dina.plan_removal(OF_LATE))
        store.client.hset(keys.ACKNOWLEDGED, OF_LATE, garbage)
        assert dina.carry_out(dina.plan(OF_LATE)).outcome is AckOutcome.ACKNOWLEDGED
    assert read_acknowledged(store).bad == 0


# -- what is meant -----------------------------------------------------------------------------------------------


def test_a_fingerprint_that_no_entry_has_is_refused_with_those_that_there_are(dina: Acknowledger) -> None:
    with pytest.raises(NotFound, match=f"there are {OF_LATE} \\(3 entries\\), {OF_FULL} \\(1 entry\\)"):
        dina.plan("0000")
    with pytest.raises(NotFound, match="0000 is not acknowledged; no family is"):
        dina.plan_removal("0000")
    dina.carry_out(dina.plan(OF_LATE))
    with pytest.raises(NotFound, match=f"{OF_FULL} is not acknowledged; acknowledged are {OF_LATE}"):
        dina.plan_removal(OF_FULL)


def test_there_is_nothing_to_acknowledge(store: Store, clock: StillClock) -> None:
    with pytest.raises(NotFound, match="there are none"):
        acknowledger(store, clock).plan(OF_LATE)


@pytest.mark.parametrize("typed", ["", "abc", "zzzz", f"{OF_LATE}0", "\x1b[2J", "-" * 10_000])
def test_what_is_no_fingerprint_is_refused(dina: Acknowledger, typed: str) -> None:
    for plan in (dina.plan, dina.plan_removal):
        with pytest.raises(InvalidUsage) as refused:
            plan(typed)
        assert refused.value.code == "bad_fingerprint"
        assert len(refused.value.message) < 100


def test_digits_of_several_families_are_refused_with_the_candidates(store: Store, clock: StillClock) -> None:
    words = ["".join(chr(97 + n // 26**place % 26) for place in range(3)) for n in range(3000)]
    names: dict[str, list[str]] = {}
    for word in words:
        names.setdefault(fingerprint(word)[:4], []).append(word)
    twins = next(words for words in names.values() if len(words) > 1)
    put(store, *(failed(clock.now(), word) for word in twins))
    with pytest.raises(InvalidUsage) as refused:
        acknowledger(store, clock).plan(fingerprint(twins[0])[:4])
    assert all(fingerprint(word) in refused.value.message for word in twins)


def test_a_note_has_a_length_and_an_end_is_to_come(dina: Acknowledger, clock: StillClock) -> None:
    with pytest.raises(InvalidUsage, match="10,000 characters are more than 1,000"):
        dina.plan(OF_LATE, "x" * 10_000)
    for until in (clock.now(), clock.now() - timedelta(days=1)):
        with pytest.raises(InvalidUsage, match="is over"):
            dina.plan(OF_LATE, until=until)


def test_a_failure_that_is_told_for_the_future_is_not_the_newest(store: Store, clock: StillClock) -> None:
    put(store, failed("2099-01-01T00:00:00Z"), ago(clock, 3), failed("no time"))
    assert acknowledger(store, clock).plan(OF_LATE).family.newest == clock.now() - timedelta(hours=3)


# -- others, and a server that does not do its part -----------------------------------------------------------------


def test_of_two_admins_at_once_the_second_learns_of_the_first(
    dina: Acknowledger, store: Store, clock: StillClock
) -> None:
    sari = acknowledger(store, clock, "sari")
    hers, his = sari.plan(OF_LATE, "mine"), dina.plan(OF_LATE, "his")
    dina.carry_out(his)
    with pytest.raises(Failed, match=f"dina@shema.test has acknowledged {OF_LATE} meanwhile; nothing was changed"):
        sari.carry_out(hers)
    back, renewed = sari.plan_removal(OF_LATE), dina.plan(OF_LATE, "again")
    sari.carry_out(back)
    for late in (dina.plan_removal, lambda _: renewed):
        with pytest.raises(Failed):
            dina.carry_out(late(OF_LATE))
    assert len(audited(store.client)) == 2


def test_ten_thousand_families_may_be_acknowledged_and_no_more(dina: Acknowledger, store: Store) -> None:
    words = (word for number in range(10_000) for word in (f"{number:010x}", '{"at":"2026-01-01T00:00:00Z"}'))
    store.client.execute_command("HSET", keys.ACKNOWLEDGED, *words)
    assert len(read_acknowledged(store).families) == 10_000
    with pytest.raises(Refused, match="10,000 families are acknowledged already; nothing was changed"):
        dina.carry_out(dina.plan(OF_LATE))
    dina.carry_out(dina.plan("0000000001", "another word"))
    assert len(audited(store.client)) == 1


def test_another_kind_of_key_is_named_and_nothing_is_changed(dina: Acknowledger, store: Store) -> None:
    plan = dina.plan(OF_LATE)
    store.client.set(keys.ACKNOWLEDGED, "x")
    for attempt in (lambda: dina.plan(OF_LATE), lambda: dina.plan_removal(OF_LATE), lambda: dina.carry_out(plan)):
        with pytest.raises(Failed, match=re.escape(keys.ACKNOWLEDGED)):
            attempt()
    assert audited(store.client) == []


def test_a_full_memory_changes_nothing(dina: Acknowledger, store: Store) -> None:
    plan = dina.plan(OF_LATE)
    store.client.config_set("maxmemory", 1)
    try:
        with pytest.raises(Failed, match="nothing was changed"):
            dina.carry_out(plan)
    finally:
        store.client.config_set("maxmemory", 0)
    assert store.client.exists(keys.ACKNOWLEDGED, keys.AUDIT) == 0


def test_a_user_who_may_not_write_there_changes_nothing(dina: Acknowledger, store: Store, clock: StillClock) -> None:
    plan = dina.plan(OF_LATE)
    store.client.execute_command("ACL", "SETUSER", "default", "-hset")
    try:
        with pytest.raises(Failed, match="hset"):
            dina.carry_out(plan)
    finally:
        store.client.execute_command("ACL", "SETUSER", "default", "+hset")
    assert audited(store.client) == []
