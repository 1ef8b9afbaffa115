"""Drills solved in other ways than the runbook's, and made worse: what counts is how the system is."""

from __future__ import annotations

import pytest

from tests.sandbox.drill.practice import Practice
from tests.support.waiting import eventually

OTHER_WAYS = {
    "service-down": ("shema sandbox fault course --clear", "shema enrollments approve ID --republish --yes"),
    "dead-letters": (
        "shema dlq discard --all --yes",
        "shema sandbox fault schedule --clear",
        "shema events resend EVENT --yes",
    ),
    "run-abandoned": ("shema dlq replay --all --yes",),
    "registration-stale": ("shema services register course http://127.0.0.1:9 --yes",),
}


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_another_way_counts_as_well(practice: Practice, name: str) -> None:
    told = " ".join(practice.stage(name)["story"]).split()
    student = next((word for word in told if word.startswith("enr-")), "")
    for line in OTHER_WAYS[name]:
        hint = practice.type("shema sandbox drill --hint --json")
        assert (hint.code, hint.json["solved"]) == (1, False)
        practice.act(line.replace("ID", student).replace("EVENT", " ".join(published(practice))))
    eventually(lambda: practice.check()["solved"], what=lambda: str(practice.check()["remaining"]))
    assert practice.type("shema sandbox drill --hint --json").json["hint"] is None


def published(practice: Practice) -> list[str]:
    """The ids of the approvals in the history."""
    lines = practice.type("shema events history enrollment.approved --json").lines
    return [line["id"] for line in lines if line["kind"] == "event"]


def test_a_replay_before_the_cause_is_mended_solves_nothing(practice: Practice) -> None:
    practice.stage("dead-letters")
    before = practice.check()["remaining"]
    practice.type("shema dlq replay --all --yes --verify 2")
    eventually(lambda: practice.check()["remaining"] == before, what="all of them are there again")


def test_what_was_sent_twice_is_told_and_cannot_be_solved_any_more(practice: Practice) -> None:
    practice.stage("missed")
    practice.act("shema sandbox fault schedule --clear")
    for _ in range(2):
        practice.act(f"shema events resend {published(practice)[0]} --force --yes")

    def twice() -> bool:
        return any("1 approval more than once" in one for one in practice.check()["remaining"])

    eventually(twice, what=lambda: str(practice.check()["remaining"]))
    practice.act("shema events resend --missed-by schedule --yes")
    assert not practice.check()["solved"]
    assert "--stop" in practice.type("shema sandbox drill --hint --json").json["hint"]


def test_more_students_than_seats_are_told(practice: Practice) -> None:
    practice.stage("seats-full")
    practice.act("shema enrollments approve --course crs-02 --all-pending --skip-capacity-check --yes")
    assert practice.check()["remaining"] == ["3 students more than there are seats, which nobody can take back"]
