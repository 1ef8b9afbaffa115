"""Every drill, staged and solved; and solved in other ways than the runbook's."""

from __future__ import annotations

from pathlib import Path

import pytest

from shema_cli.sandbox.drill.drills import DRILLS
from tests.sandbox.drill.practice import Practice
from tests.support.waiting import eventually

OWN_WAYS = {
    "service-down": ("shema sandbox fault course --clear", "shema enrollments approve {student} --republish --yes"),
    "dead-letters": ("shema sandbox fault schedule --clear", "shema dlq replay --all --yes"),
    "run-abandoned": ("shema dlq replay --all --yes",),
    "nobody-hears": (
        *(f"shema sandbox fault {one} --clear" for one in ("course", "enrollment", "recommendation", "schedule")),
        "shema enrollments approve {student} --yes",
    ),
    "missed": (
        "shema sandbox fault schedule --clear",
        "shema events resend --missed-by schedule --yes",
    ),
    "history-gap": ("shema sandbox fault history --clear",),
    "redis-away": ("shema sandbox fault redis --clear", "shema enrollments approve {student} --yes"),
    "session-lost": ("sign in",),
    "refused": ("rm .env", "shema enrollments approve {student} --yes"),
    "trail-broken": ("shema audit verify --accept",),
    "seats-full": ("shema enrollments approve --course crs-02 --all-pending --yes",),
    "service-refuses": ("rm .env",),
    "registration-stale": ("shema services deregister course http://127.0.0.1:9 --yes",),
}
"""In the fewest commands."""


@pytest.mark.parametrize("name", [drill.name for drill in DRILLS])
def test_a_drill_is_staged_seen_and_solved(practice: Practice, name: str) -> None:
    staged = practice.stage(name)
    before = practice.check()
    assert (before["solved"], len(before["remaining"]) > 0) == (False, True)
    told = " ".join(staged["story"])
    assert "{" not in told
    student = next((word.strip(".,:") for word in told.split() if word.startswith("enr-")), "")
    for line in OWN_WAYS[name]:
        hint = practice.type("shema sandbox drill --hint --json")
        assert (hint.code, hint.json["solved"]) == (1, False)
        act(practice, line.format(student=student))
    eventually(lambda: practice.check()["solved"], what=lambda: str(practice.check()["remaining"]))
    assert practice.type("shema sandbox drill --hint --json").json["hint"] is None
    states = {one["name"]: one["state"] for one in practice.type("shema sandbox drill --json").json["drills"]}
    assert states.pop(name) == "solved"
    assert set(states.values()) == {"never tried"}


def act(practice: Practice, line: str) -> None:
    if line == "sign in":
        practice.sign_in()
    elif line == "rm .env":
        Path(practice.folder, ".env").unlink()
    else:
        run = practice.type(line)
        assert run.code in (0, 1), run.out + run.err
